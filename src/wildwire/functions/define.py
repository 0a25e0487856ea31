"""Functions by formula: what users define.

Comes in: text in the language, or a definition that the parser has read. Goes out: a
checked `Function` with the same rights as the built-in ones. Called by users
(`ww.activation`, `ww.loss`), by the network (definitions in its text) and by
`generate.py` (the catalogue itself).
"""

from __future__ import annotations

import graphlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from wildwire.errors import FormulaError, FunctionError, LanguageError
from wildwire.functions.function import Function, called_names
from wildwire.functions.transfer import MOST_VALUES
from wildwire.language.expression import Expression

if TYPE_CHECKING:
    from wildwire.language.tree import Definition

__all__ = [
    "activation",
    "from_definition",
    "from_definitions",
    "from_parts",
    "loss",
    "penalty",
]

_ARITY = {"activation": (1, MOST_VALUES), "loss": (2, 2), "penalty": (1, 1)}
_DEFINED = ("activation", "loss")  # what the language has definitions for
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def activation(text: str) -> Function:
    """Define an activation by its formula.

    Parameters
    ----------
    text : str
        `"bump(z, k=10) = exp(-k*(1 - z)**2)"`: a name, the argument, learnable
        parameters with their defaults, and the value. May end with
        `, slope = FORMULA` (a training slope) and `, range = LOW..HIGH`. The leading
        word `activation` may stand there.

    Returns
    -------
    Function
        With the same rights as the built-in ones; compiled when first used.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit. Where the text cannot be read it
        is a FormulaError, with line and column.

    Notes
    -----
    A name alone, `"tanh"`, is that function of the catalogue.

    Examples
    --------
    >>> import wildwire as ww
    >>> bump = ww.activation("bump(z, k=10) = exp(-k*(1 - z)**2)")
    >>> bump.evaluate(0, [[0.0, 1.0]]).round(5).tolist()
    [[5e-05, 1.0]]
    """
    return _told_as_one("activation", text)


def loss(text: str) -> Function:
    """Define a loss by its formula, per output.

    Parameters
    ----------
    text : str
        An expression in `o` (output) and `t` (target), `"abs(o - t)**1.5"`, or a whole
        definition, `"mine(o, t, p=1.5) = abs(o - t)**p"`. A clause
        `, range = 0..1` says which outputs it can take. A name alone, `"huber"`, is that
        loss of the catalogue, `"huber(delta=0.5)"` the same with another parameter.

    Returns
    -------
    Function
        Sums over outputs and samples are the engine's work.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit. Where the text cannot be read it
        is a FormulaError, with line and column.
    """
    return _told_as_one("loss", text)


def check_length(kind: str, text: object) -> None:
    """Refuse what is no text, or too long, before anything reads it: ten megabytes of brackets cost nothing."""
    from wildwire.language.checks import LONGEST_FORMULA

    if not isinstance(text, str):
        raise FunctionError(
            f"the {kind} is defined by text, not by {type(text).__name__}"
        )
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(
            f"the {kind} is defined by at most {LONGEST_FORMULA:,} characters, this "
            f"text has {len(text):,}"
        )


def _told_as_one(kind: str, text: str) -> Function:
    """The function of a text from anywhere; whatever is wrong with it is a FunctionError."""
    check_length(kind, text)
    try:
        return _define(kind, text)
    except FunctionError:
        raise
    except LanguageError as error:
        raise FormulaError(
            error.message, error.line, error.column, error.source
        ) from None


def penalty(text: str) -> Function:
    """Define a penalty on weights by its formula.

    Parameters
    ----------
    text : str
        An expression in `w`, the weight of a link: `"0.01*abs(w)"`, `"0.001*w**2 + 0.01*abs(w)"`.

    Returns
    -------
    Function
        Of kind "penalty", with the one argument w; sums over the links are the engine's work.

    Raises
    ------
    LanguageError
        The text cannot be read.
    FunctionError
        It names what does not exist, or does not depend on w.
    """
    from wildwire.language.parser import parse_formula

    if not isinstance(text, str):
        raise FunctionError(f"a penalty is an expression in w, not {text!r}")
    if text.strip().lower() in ("l1", "l2", "elasticnet"):
        raise FunctionError(
            f"penalty {text!r}: give an expression in w with its strength, such as "
            "'0.01*abs(w)', or l1=0.01, l2=0.01"
        )
    made = from_parts("penalty", "custom", ("w",), (), parse_formula(text))
    from wildwire.functions.derive import tables

    graph, (value,) = tables(made, 0).graph, tables(made, 0).outputs
    if not any(graph.nodes[i].operation == "argument" for i in graph.needed([value])):
        raise FunctionError(f"penalty {text!r} does not depend on the weight w")
    return made


def _define(kind: str, text: str) -> Function:
    from wildwire.language.parser import parse_definition, parse_formula

    if _WORD.fullmatch(text.strip()) and text.strip() not in ("o", "t", kind):
        from wildwire.functions.registry import find, find_loss

        return find_loss(text) if kind == "loss" else find(text.strip())
    if kind == "loss" and not _is_definition(text):
        from wildwire.functions.registry import set_loss

        chosen = set_loss(text)
        if chosen is not None:
            return chosen
        return from_parts("loss", "custom", ("o", "t"), (), parse_formula(text))
    body = text.lstrip()
    head = "" if body.split(maxsplit=1)[:1] == [kind] else f"{kind} "
    try:
        return from_definition(parse_definition(head + body))
    except LanguageError as error:
        lead = text[: len(text) - len(body)]
        raise _as_written(error, text, lead, len(head)) from None


def _as_written(
    error: LanguageError, text: str, lead: str, n_head: int
) -> LanguageError:
    """The error with its place in the user's text, before which stood `n_head` more characters instead of `lead`."""
    if error.line is None or error.column is None:
        return error
    shift = 0
    if error.line == 1:
        shift = len(lead.rpartition("\n")[2]) - n_head
    line = error.line + lead.count("\n")

    def moved(match: re.Match) -> str:
        return f"in column {max(1, int(match[1]) + shift)}"

    source = text.splitlines()[line - 1] if line <= len(text.splitlines()) else None
    message = re.sub(r"in column (\d+)", moved, error.message)
    return LanguageError(message, line, max(1, error.column + shift), source)


def _is_definition(text: str) -> bool:
    """Whether a lone `=` outside of brackets makes it more than an expression."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        around = text[max(0, i - 1) : i + 2]
        compared = any(pair in around for pair in ("==", "<=", ">=", "!="))
        if character == "=" and depth == 0 and not compared:
            return True
    return False


def from_definition(
    definition: Definition,
    known: Mapping[str, Function] = MappingProxyType({}),
    sizes: Mapping[str, int] = MappingProxyType({}),
) -> Function:
    """The function that a definition in the language describes.

    Parameters
    ----------
    definition : Definition
        Of an activation or a loss.
    known : mapping of str to Function
        The user's own functions that its formula may call.
    sizes : mapping of str to int
        Other sizes of its vectors, by their names.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit.
    """
    if definition.kind not in _DEFINED:
        raise FunctionError(
            f"{definition.kind} {definition.name} is no activation and no loss: "
            "ww.transfer reads it"
        )
    if definition.others:
        raise FunctionError(
            f"{definition.kind} {definition.name} has several values; only a transfer may"
        )
    if definition.vectors:
        return _from_vectors(definition, known, sizes)
    return from_parts(
        definition.kind,
        definition.name,
        definition.arguments,
        plain_parameters(definition),
        definition.formula,
        slope=definition.slope,
        limits=definition.range,
        known=known,
    )


def plain_parameters(definition: Definition) -> tuple[tuple[str, float], ...]:
    """The parameters of a definition without vectors."""
    found = []
    for name, value in definition.parameters:
        if not isinstance(value, int | float):
            raise FunctionError(
                f"{definition.kind} {definition.name}: {name}[...] is a vector, which only an "
                "activation may have"
            )
        found.append((name, float(value)))
    return tuple(found)


def _from_vectors(definition: Definition, known, sizes) -> Function:
    """The function of a definition with vectors, written out for these sizes.

    Second derivatives are not tried: there is one for every pair of elements.
    """
    from wildwire.functions.vectors import write_out

    what = f"{definition.kind} {definition.name}"
    if definition.kind == "loss":
        raise FunctionError(
            f"{what}: a loss learns no numbers; vector parameters are for activations"
        )
    try:
        made = write_out(definition, sizes)
    except FunctionError as error:
        raise FunctionError(f"{what}: {error}") from None
    function = from_parts(
        definition.kind, definition.name, definition.arguments, made.parameters,
        made.formula, slope=made.slope, limits=definition.range, known=known, level=1,
    )  # fmt: skip
    function = replace(
        function,
        written=replace(definition, comment=None),
        choices=tuple(sorted(sizes.items())),
    )
    _check_starts(function)
    return function


def _check_starts(function: Function) -> None:
    """Read the clauses `start` once, so that a fault is found where they are defined."""
    from wildwire.functions.choices import vector_start

    for vector in function.vectors:
        try:
            vector_start(function, vector, 0, [1.0] * function.n_parameters)
        except FunctionError as error:
            what = f"{function.kind} {function.name}: start of {vector}"
            raise FunctionError(f"{what}: {error}") from None


def from_parts(
    kind: str,
    name: str,
    arguments: tuple[str, ...],
    parameters: tuple[tuple[str, float], ...],
    formula: Expression,
    *,
    slope: Expression | None = None,
    limits: tuple[float | None, float | None] | None = None,
    known: Mapping[str, Function] = MappingProxyType({}),
    level: int = 2,
) -> Function:
    """A checked function from the parts of a definition; see `from_definition`.

    `level` is up to which derivatives are tried.
    """
    _check_names(kind, name, arguments, parameters)
    called = called_names(formula) | (called_names(slope) if slope else set())
    function = Function(
        name,
        kind,
        tuple(arguments),
        tuple((key, float(value)) for key, value in parameters),
        formula,
        slope,
        _bounds(name, limits),
        tuple(known[used] for used in sorted(called) if used in known),
    )
    from wildwire.functions.derive import tables

    try:
        tables(function, level)
    except FunctionError as error:
        raise FunctionError(f"{kind} {name}: {error}") from None
    except RecursionError:
        raise FunctionError(
            f"{kind} {name}: the formula is nested too deeply"
        ) from None
    return function


def _bounds(name: str, limits: tuple | None) -> tuple[float, float] | None:
    if limits is None:
        return None
    low, high = limits
    low = -math.inf if low is None else float(low)
    high = math.inf if high is None else float(high)
    if not low < high:
        raise FunctionError(f"{name}: the range {low:g}..{high:g} is empty")
    return low, high


def _check_names(kind: str, name: str, arguments: tuple, parameters: tuple) -> None:
    fewest, most = _ARITY[kind]
    if not fewest <= len(arguments) <= most:
        wanted = {
            "activation": f"one argument, z, or up to {most}, what a transfer returns",
            "loss": "two arguments, o and t",
        }
        raise FunctionError(
            f"{kind} {name} takes {wanted[kind]}, not {len(arguments)}; numbers with a "
            "default, as in bump(z, k=10), are its parameters"
        )
    names = [*arguments, *(key for key, _ in parameters)]
    for key in names:
        if names.count(key) > 1:
            raise FunctionError(f"{kind} {name} has two things called {key!r}")
    for key, value in parameters:
        if value is None or not math.isfinite(value):
            raise FunctionError(f"{kind} {name}: the default of {key!r} must be finite")


def from_definitions(definitions: Iterable[Definition]) -> dict[str, Function]:
    """All activations and losses of a text, in whatever order they call each other.

    Parameters
    ----------
    definitions : iterable of Definition
        Transfers among them are passed over.

    Returns
    -------
    dict of str to Function
        By name.

    Raises
    ------
    FunctionError
        Two have one name, or they call each other in a circle.
    """
    by_name: dict[str, Definition] = {}
    for definition in definitions:
        if definition.kind not in _DEFINED:
            continue
        if definition.name in by_name:
            raise FunctionError(f"the function {definition.name!r} is defined twice")
        by_name[definition.name] = definition
    calls = {}
    for name, definition in by_name.items():
        called = called_names(definition.formula)
        if definition.slope is not None:
            called |= called_names(definition.slope)
        calls[name] = called & by_name.keys()
    try:
        order = list(graphlib.TopologicalSorter(calls).static_order())
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        raise FunctionError(
            f"functions call each other in a circle: {circle}"
        ) from None
    done: dict[str, Function] = {}
    for name in order:
        done[name] = from_definition(by_name[name], done)
    return done
