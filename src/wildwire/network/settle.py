"""The line `settle`: read, given as an argument, written.

Comes in: a document, or what `from_arrays` was given. Goes out: a `Settle` for the network, or a line of text.
Called by `elaborate.py`, `arrays.py` and `generate.py`.
"""

from __future__ import annotations

import numpy as np

from wildwire.errors import NetworkError, SettingError
from wildwire.language import tree
from wildwire.network.scope import placed
from wildwire.network.tables import Settle

MOST_STEPS = 10**6


def settle_of(document: tree.Document) -> Settle | None:
    """What the line `settle` of a text says, or None without such a line.

    Raises
    ------
    NetworkError
        Two such lines, or more steps than anybody waits for.
    """
    lines = document.of(tree.Settle)
    if not lines:
        return None
    position = None if lines[-1].line is None else (lines[-1].line, 1)
    if len(lines) > 1:
        raise placed(NetworkError, "`settle` stands twice: leave one line", position)
    given = dict(lines[0].settings)
    if len(given) < len(lines[0].settings):
        message = "a setting of `settle` stands twice: leave one"
        raise placed(NetworkError, message, position)
    steps = given.get("steps", Settle.steps)
    if steps > MOST_STEPS:
        message = f"`steps` is {steps:g}; at most {MOST_STEPS:,} are allowed"
        raise placed(NetworkError, message, position)
    return Settle(int(steps), float(given.get("tolerance", Settle.tolerance)))


def read_settle(given) -> Settle | None:
    """`settle` as users give it to `from_arrays`: a Settle, True or None."""
    if given is None or given is False:
        return None
    if given is True:
        return Settle()
    if not isinstance(given, Settle):
        raise SettingError(f"settle is {given!r}: use True or a Settle")
    numbers = (given.steps, given.tolerance)
    if not all(isinstance(n, int | float | np.number) for n in numbers) or not (
        1 <= given.steps <= MOST_STEPS
        and given.steps == int(given.steps)
        and 0 < given.tolerance < np.inf
    ):
        raise SettingError(
            f"{given}: steps must be a whole number from 1 to {MOST_STEPS:,}, tolerance above 0"
        )
    return Settle(int(given.steps), float(given.tolerance))


def settle_line(known: Settle) -> tree.Settle:
    """The line `settle`, with what differs from the usual."""
    settings = []
    if known.steps != Settle.steps:
        settings.append(("steps", float(known.steps)))
    if known.tolerance != Settle.tolerance:
        settings.append(("tolerance", known.tolerance))
    return tree.Settle(tuple(settings))
