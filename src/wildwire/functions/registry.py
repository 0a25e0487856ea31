"""Functions by name: the built-in catalogue.

Comes in: a name. Goes out: a `Function`, or an error that suggests the nearest name.
Called by the network (names in its text) and the engine (losses). The catalogue itself
is `catalogue.wire`; `generate.py` keeps it as ready-made trees in `generated/`, so that
looking up a built-in function parses nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from wildwire.errors import FunctionError
from wildwire.functions.function import Function

__all__ = ["catalogue", "find", "find_loss", "losses"]


@functools.lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Function]:
    """The built-in activations by name (read-only)."""
    return _built_in("activation")


@functools.lru_cache(maxsize=1)
def losses() -> Mapping[str, Function]:
    """The built-in losses by name (read-only)."""
    return _built_in("loss")


def _built_in(kind: str) -> Mapping[str, Function]:
    from wildwire.functions.generated.catalogue_index import FUNCTIONS

    chosen = {f.name: f for f in FUNCTIONS if f.kind == kind}
    return MappingProxyType(chosen)


def find(name: str, known: Mapping[str, Function] = MappingProxyType({})) -> Function:
    """An activation by name.

    Parameters
    ----------
    name : str
        Such as "tanh".
    known : mapping of str to Function
        The user's own, looked through first.

    Raises
    ------
    FunctionError
        Nobody defines it; the message suggests the nearest name.
    """
    found = known.get(name) or catalogue().get(name)
    if found is None:
        raise FunctionError(_unknown("activation", name, [*known, *catalogue()]))
    return found


def find_loss(text: str | Function) -> Function:
    """A loss by name, or defined by an expression in o and t.

    Parameters
    ----------
    text : str or Function
        "squared", `"abs(o - t)**1.5"`, `"huber(o, t, delta=1) = ..."`; a Function is
        returned as it is.

    Raises
    ------
    FunctionError
        Neither a known name nor a formula.
    LanguageError
        The formula cannot be read.
    """
    if isinstance(text, Function):
        if text.kind != "loss":
            raise FunctionError(f"{text.name} is an {text.kind}, not a loss")
        return text
    found = losses().get(text)
    if found is not None:
        return found
    if text.replace("_", "").isalnum():
        raise FunctionError(_unknown("loss", text, list(losses())))
    from wildwire.functions.define import loss

    return loss(text)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    from wildwire.functions.reader import suggestion

    hint = suggestion(name, known) or "."
    return f"unknown {kind} {name!r}{hint} There are {', '.join(sorted(known))}"
