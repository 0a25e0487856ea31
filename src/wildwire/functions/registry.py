"""Functions by name: the built-in catalogue.

Comes in: a name. Goes out: a `Function`, or an error that suggests the nearest name.
Called by the network (names in its text) and the engine (losses). The catalogue itself
is `catalogue.wire`; `generate.py` keeps it as ready-made trees in `generated/`, so that
looking up a built-in function parses nothing.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from wildwire.errors import FunctionError
from wildwire.functions.function import Function
from wildwire.functions.primitives import CALLS
from wildwire.language.checks import LONGEST_FORMULA

__all__ = ["callable_with", "catalogue", "find", "find_loss", "losses", "set_loss"]

_CHOSEN = re.compile(r"([A-Za-z_]\w*)\(\s*([A-Za-z_]\w*\s*=[^()=]*)\)")
"""An activation with choices by name: `spline(knots=4)`, `step(slope=triangle)`."""

_SET = re.compile(r"([A-Za-z_]\w*)\(\s*([A-Za-z_]\w*\s*=(?!=)[^()]*)\)")
"""A loss with parameters by name: `huber(delta=0.5)`."""

_WORD = re.compile(r"[A-Za-z_]\w*")

_ALLOWED = {
    ("huber", "delta"): (0.0, math.inf),
    ("quantile", "q"): (0.0, 1.0),
    ("expectile", "q"): (0.0, 1.0),
}
"""Open ranges of the parameters of built-in losses: outside they have no minimum where o is t."""


@functools.lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Function]:
    """The built-in activations by name (read-only)."""
    return _built_in("activation")


@functools.lru_cache(maxsize=1)
def losses() -> Mapping[str, Function]:
    """The built-in losses by name (read-only)."""
    return _built_in("loss")


@functools.lru_cache(maxsize=1)
def _callable() -> Mapping[str, Function]:
    """What is no primitive: in a formula, tanh is the primitive and not the activation, which is made of it."""
    return {name: f for name, f in catalogue().items() if name not in CALLS}


def callable_with(own: Iterable[Function]) -> dict[str, Function]:
    """The functions that a formula may call: the user's own, then those of the catalogue that are no primitives."""
    return {**_callable(), **{used.name: used for used in own}}


def _built_in(kind: str) -> Mapping[str, Function]:
    from wildwire.functions.generated.catalogue_index import FUNCTIONS

    chosen = {f.name: f for f in FUNCTIONS if f.kind == kind}
    return MappingProxyType(chosen)


def find(name: str, known: Mapping[str, Function] = MappingProxyType({})) -> Function:
    """An activation by name.

    Parameters
    ----------
    name : str
        Such as "tanh", or with what a call may choose, "spline(knots=4)".
    known : mapping of str to Function
        The user's own, looked through first.

    Raises
    ------
    FunctionError
        Nobody defines it; the message suggests the nearest name.
    """
    match = _CHOSEN.fullmatch(name.strip())
    if match is not None:
        return _with_choices(match[1], match[2], known)
    found = known.get(name) or catalogue().get(name)
    if found is None:
        raise FunctionError(_unknown("activation", name, [*known, *catalogue()]))
    return found


def _with_choices(name: str, text: str, known: Mapping[str, Function]) -> Function:
    from wildwire.functions.choices import choose

    choices: dict[str, int | str] = {}
    for part in text.split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        choices[key] = int(value) if value.isdecimal() else value
    return choose(find(name, known), choices, known)


def find_loss(text: str | Function) -> Function:
    """A loss by name, or defined by an expression in o and t.

    Parameters
    ----------
    text : str or Function
        "squared", "huber(delta=0.5)" (a loss of the catalogue with another parameter),
        `"abs(o - t)**1.5"`, `"mine(o, t, delta=1) = ..."`; a Function is returned as it
        is.

    Raises
    ------
    FunctionError
        Neither a known name nor a formula; a FormulaError where it cannot be read.
    """
    if isinstance(text, Function):
        if text.kind != "loss":
            raise FunctionError(f"{text.name} is an {text.kind}, not a loss")
        return text
    if not isinstance(text, str):
        raise FunctionError(f"a loss is a name, a formula or a Function, not {text!r}")
    from wildwire.functions.define import loss

    if len(text) > LONGEST_FORMULA:
        return loss(text)  # which refuses it by its length
    found = losses().get(text.strip())
    if found is not None:
        return found
    if text.strip() not in ("o", "t") and _WORD.fullmatch(text.strip()):
        raise FunctionError(_unknown("loss", text.strip(), list(losses())))
    return loss(text)


def set_loss(text: str) -> Function | None:
    """The loss of the catalogue that `huber(delta=0.5)` means; None for texts of another form.

    Raises
    ------
    FunctionError
        No such loss, no such parameter, or a value that it cannot have.
    """
    match = _SET.fullmatch(text.strip())
    if match is None:
        return None
    name = match[1]
    found = losses().get(name)
    if found is None:
        raise FunctionError(_unknown("loss", name, list(losses())))
    numbers = dict(found.parameters)
    for part in match[2].split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in numbers:
            known = ", ".join(numbers) or "none"
            raise FunctionError(
                f"the loss {name} has no parameter {key!r}; it has {known}"
            )
        numbers[key] = _parameter(name, key, value)
    return replace(found, parameters=tuple(numbers.items()))


def _parameter(name: str, key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    low, high = _ALLOWED.get((name, key), (-math.inf, math.inf))
    if low < value < high:
        return value
    raise FunctionError(
        f"{name}: {key} must be a number between {low:g} and {high:g}; it is {text!r}"
    )


def _unknown(kind: str, name: str, known: list[str]) -> str:
    from wildwire.functions.reader import suggestion

    hint = suggestion(name, known) or "."
    if kind == "activation" and name == "softmax":
        hint = "; it is computed over outputs: write `output softmax(...)`."
    return f"unknown {kind} {name!r}{hint} There are {', '.join(sorted(known))}"
