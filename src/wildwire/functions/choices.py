"""What a call chooses of a function: sizes of its vectors, its training slope.

Comes in: a function and choices by name, `knots=4` or `slope=triangle`. Goes out: a function of the same name with that
many parameters or that slope, which remembers what it is a form of. Called by `Function.chosen`, by the network
(keywords of calls) and by `registry.find` (`"spline(knots=4)"`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import FunctionError
from wildwire.functions.vectors import sizes_of, start_of
from wildwire.language.expression import Call, Name

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["SLOPES", "choosable", "choose", "vector_places", "vector_start"]

SLOPES = {
    "straight_through": "straight_through",
    "logistic": "logistic_bell",
    "triangle": "triangle",
}
"""Words for training slopes, and the activations of the catalogue whose value is the slope."""


def vector_places(function: Function) -> Mapping[str, slice]:
    """Places of the elements of each vector among a function's parameters."""
    if function.written is None:
        return MappingProxyType({})
    sizes = sizes_of(function.written, _sizes_chosen(function))
    found, place = {}, 0
    for name, _ in function.written.parameters:
        count = sizes.get(name)
        if count is not None:
            found[name] = slice(place, place + count)
        place += 1 if count is None else count
    return MappingProxyType(found)


def vector_start(function: Function, vector: str, element: int, parameters):
    """Where an element of a vector starts, before it is moved at random.

    Parameters
    ----------
    function : Function
    vector : str
        Name of the vector.
    element : int
    parameters : sequence of (array of) float
        Values of all parameters; the clause `start` may name those that are no vectors.

    Returns
    -------
    array of float
        0 without a clause `start`.
    """
    from wildwire.functions.function import Function

    assert function.written is not None  # it has vectors
    sizes = _sizes_chosen(function)
    formula = start_of(function.written, sizes, vector, element)
    if formula is None:
        return np.zeros(np.shape(parameters[0]) if len(parameters) else ())
    kept = [
        (name, np.asarray(value, float))
        for (name, _), value, is_element in zip(
            function.parameters, parameters, function.elements, strict=True
        )
        if not is_element
    ]
    names = tuple(name for name, _ in kept)
    rule = Function("start", "expression", names, (), formula, uses=function.uses)
    # A formula without any name is one number; NumPy's twin still wants an argument.
    if not names:
        rule, kept = replace(rule, arguments=("z",)), [("z", np.zeros(()))]
    return rule.evaluate(0, [value for _, value in kept])[0]


def _sizes_chosen(function: Function) -> dict[str, int]:
    return {name: int(size) for name, size in function.choices if name != "slope"}


def choosable(function: Function) -> set[str]:
    """Names of what a call may choose: a parameter of the same name goes before."""
    names = {"slope"} if function.kind == "activation" else set()
    if function.written is not None:
        vectors = function.written.vectors.values()
        names |= {v.size_name for v in vectors if v.size_name is not None}
    return names - {name for name, _ in function.parameters}


def choose(
    function: Function,
    choices: Mapping[str, int | str],
    known: Mapping[str, Function] = MappingProxyType({}),
) -> Function:
    """The form of a function that is chosen; the function as defined where nothing differs from it.

    Parameters
    ----------
    function : Function
        An activation; its own choices stay unless they are made again.
    choices : mapping of str to int or str
    known : mapping of str to Function
        The user's own activations: they may be named as slopes, too.

    Raises
    ------
    FunctionError
        There is no such choice, size or word.
    """
    base = function.base or function
    allowed = choosable(base)
    for name in choices:
        if name not in allowed:
            raise FunctionError(
                f"{base.name} has nothing called {name!r} to choose; there is "
                f"{', '.join(sorted(allowed)) or 'nothing'}"
            )
    given = {**dict(function.choices), **choices}
    word = given.pop("slope", None)
    slope = None if word is None else _slope_of(word, known)
    if base.written is not None:
        vectors = base.written.vectors.values()
        sizes_of(base.written, given)
        usual = {v.size_name: v.size for v in vectors}
        given = {name: size for name, size in given.items() if size != usual[name]}
    if not given and slope is None:
        return base
    return _form(base, tuple(sorted(given.items())), word, slope)


def _slope_of(word, known: Mapping[str, Function]) -> Function:
    """The activation whose value is the slope."""
    from wildwire.functions.registry import catalogue

    if word in known:
        return known[word]
    if word in SLOPES:
        return catalogue()[SLOPES[word]]
    raise FunctionError(
        f"slope={word} is no training slope: there are {', '.join(SLOPES)}, and the "
        "activations that you define (of z alone); another formula stands in the definition, "
        "`, slope = FORMULA`"
    )


@functools.lru_cache(maxsize=1024)
def _form(
    base: Function,
    sizes: tuple[tuple[str, int], ...],
    word: str | None,
    slope: Function | None,
) -> Function:
    from wildwire.functions.definitions import from_definition

    form = base
    if sizes:
        assert base.written is not None  # it has sizes
        known = {used.name: used for used in base.uses}
        form = from_definition(base.written, known, dict(sizes))
    form = replace(form, base=base, choices=sizes)
    choices: tuple[tuple[str, int | str], ...] = sizes
    if slope is not None and word is not None:
        if len(base.arguments) > 1:
            raise FunctionError(
                f"slope={word}: {base.name} has {len(base.arguments)} arguments, and a training slope "
                "stands in for the derivative in one"
            )
        choices = (*choices, ("slope", word))
        formula = Call(slope.name, (Name(form.arguments[0]),))
        uses = form.uses if slope in form.uses else (*form.uses, slope)
        form = replace(form, slope=formula, uses=uses, choices=choices)
        _check_slope(form)
    return form


def _check_slope(form: Function) -> None:
    from wildwire.functions.derive import tables

    try:
        tables(form, 1)
    except FunctionError as error:
        raise FunctionError(
            f"slope={form.choices[-1][1]} of {form.name}: {error}"
        ) from None
