"""What a formula means, without the forms that make it exact at any size.

Comes in: a `Function`. Goes out: its formula with every `stable(condition, a, b)` replaced by the one form of
the two that holds at places of ordinary size, and without guards that never act there: `sin(z)/z` for sinc, `1/z` for
reciprocal. For readers only: kernels, twin and exports
use the whole formula. Called by `entry.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.errors import FunctionError
from wildwire.functions.primitives import GUARDS
from wildwire.language.expression import Call, Expression
from wildwire.language.rewrite import rebuild, walk

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["plain_formula", "sample_places"]

PLACES = 60


def plain_formula(function: Function) -> Expression:
    """The formula without `stable` and guards, where what is left holds at all ordinary places."""
    places = sample_places(function)
    wanted = function.evaluate(0, places)[0]
    formula = function.formula
    while True:
        for node, form in _simpler(formula):
            changed = _with(formula, node, form)
            value = _value(function, changed, places)
            if value is not None and np.allclose(value, wanted, 1e-9, 1e-9):
                formula = changed
                break
        else:
            return formula


def sample_places(function: Function) -> list[np.ndarray]:
    """Ordinary arguments: from -4 to 4, or within the range of a loss."""
    random = np.random.default_rng(5)
    places = [random.uniform(-4, 4, PLACES) for _ in function.arguments]
    if function.kind == "loss" and function.range is not None:
        low, high = np.clip(function.range, -4, 4)
        places[0] = random.uniform(low + 0.01, high - 0.01, PLACES)
    return places


def _value(function: Function, formula: Expression, places: list) -> np.ndarray | None:
    try:
        other = replace(function, formula=formula, slope=None)
        return other.evaluate(0, places)[0]
    except FunctionError:  # such a form may divide by zero
        return None


def _simpler(formula: Expression) -> Iterator[tuple[Call, Any]]:
    """Calls that one could do without, each with what would stand there instead."""
    for node in walk(formula):
        if isinstance(node, Call) and node.function == "stable":
            yield node, node.arguments[2]
            yield node, node.arguments[1]
        elif isinstance(node, Call) and node.function in GUARDS:
            yield node, node.arguments[0]


def _with(node, old: Call, new: Expression):
    """The expression with one node replaced."""
    return new if node is old else rebuild(node, lambda part: _with(part, old, new))
