"""A neuron's transfer as a call with its numbers behind its sources.

Comes in: a transfer, the names of the sources, and what stands for each number. Goes out: the `Call` that reads
back as the same. Called by `express.py` (a `~` line that has been learnt) and `generate.py` (networks from arrays).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wildwire.language.expression import Call, Link, Name, Number

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer


def transfer_call(
    transfer: Transfer,
    names: Sequence[Name],
    weights: Sequence,
    numbers: Sequence,
    keywords: tuple = (),
) -> Call:
    """The call of a transfer.

    Parameters
    ----------
    transfer : Transfer
    names : sequence of Name
        The sources, link by link.
    weights : sequence of expression
        One per link.
    numbers : sequence of expression
        Link by link the further numbers, then those of pairs, in the order of the arrays.
    keywords : tuple of (str, expression)
        Parameters and bias.
    """
    step, n = len(transfer.link_numbers), len(names)
    arguments: list[Any] = [
        Link((name,), (weight, *numbers[k * step : (k + 1) * step]))
        for k, (name, weight) in enumerate(zip(names, weights, strict=True))
    ]
    size, of_pairs = len(transfer.pair_numbers), numbers[n * step :]
    # Where a source stands twice its pairs are told apart by their order: then none may be missing.
    repeated = len(set(names)) < n
    for k, (i, j) in enumerate(transfer.pairs(n)):
        own = tuple(of_pairs[k * size : (k + 1) * size])
        if repeated or not all(_is_nothing(number) for number in own):
            arguments.append(Link((names[i], names[j]), own))
    return Call(transfer.name, tuple(arguments), keywords)


def _is_nothing(number) -> bool:
    """Whether leaving the number out says the same: 0, frozen."""
    frozen = isinstance(number, Number) and number.frozen
    return frozen and number.value == 0 and math.copysign(1.0, number.value) > 0
