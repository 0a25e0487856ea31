"""A general expression of a line as a function of its sources and numbers.

Comes in: the prepared tree of an `=` or `fixed` line that is no weighted sum, and the resolver of one of
its neurons. Goes out: a `Function` whose arguments are the neuron's sources and whose parameters are its
numbers, and the `Draft` that says which those are. Called by `formulas.py`.

Sources are counted in the order in which they first stand, numbers likewise, so that equal formulas of
different neurons are one function: it is derived and compiled once. The elements of a reduced group are
counted apart from the same sources outside of it, or `exp(z[k])/sum(exp(z))` would be another function for
every k.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wildwire.errors import NetworkError, UnknownNameError
from wildwire.functions.calls import called_names
from wildwire.functions.function import Function
from wildwire.functions.vectors import COMBINED
from wildwire.language.expression import Binary, Call, Name, Number, Sum, Unary
from wildwire.network.affine import ONE, Monomial, Term
from wildwire.network.choices import chosen_function
from wildwire.network.chunks import Draft
from wildwire.network.naming import suggestion
from wildwire.network.prepare import Choice, Learnable, change_parts, parts, walk
from wildwire.network.scope import ALIASES, REDUCTIONS, Line, Scope, placed
from wildwire.network.transfer_calls import BIAS, is_transfer, read_call

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

MOST_SOURCES = 64
"""Sources of one expression: each is an argument with a derivative of its own."""

NAME = "expression"


@dataclass
class _Reading:
    """What one walk over a tree collects."""

    line: Line
    sources: dict[tuple[int, int, bool], str] = field(default_factory=dict)
    numbers: dict[Any, str] = field(default_factory=dict)  # key or let name
    lets: dict[str, Monomial] = field(default_factory=dict)
    forms: dict[str, Function] = field(default_factory=dict)

    def source(self, node: int, delay: int, reduced: bool) -> Name:
        key = node, delay, reduced
        return Name(self.sources.setdefault(key, f"x{len(self.sources)}"))

    def number(self, key) -> Name:
        return Name(self.numbers.setdefault(key, f"w{len(self.numbers)}"))


def general_draft(tree, line: Line, name: str, position) -> tuple[Draft, Function]:
    """The draft of a neuron, and what it computes.

    Parameters
    ----------
    tree : prepared expression
        Checked: all names and functions are known.
    line : Line
    name : str
        Of the neuron.
    position : (int, int) or None
        Of its line, for errors.

    Raises
    ------
    NetworkError
        More than `MOST_SOURCES` sources, or groups of different lengths in one reduction.
    """
    reading = _Reading(line)
    formula: Any = _read(tree, reading, None)
    if len(reading.sources) > MOST_SOURCES:
        message = (
            f"the expression of {name} has {len(reading.sources)} sources, and an expression may have "
            f"{MOST_SOURCES}: give part of it neurons of its own, or use a weighted sum"
        )
        raise placed(NetworkError, message, position)
    terms = [Term(node, delay, ONE) for node, delay, _ in reading.sources]
    monomials = [
        Monomial(1.0, ((key, 1),)) if isinstance(key, int) else line.let(key)
        for key in reading.numbers
    ]
    draft = Draft(name, terms, [], [m for m in monomials if m is not None], [])
    own = [key for key in reading.numbers if isinstance(key, int)]
    draft.names = {key: f"{name} w{place}" for place, key in enumerate(own)}
    return draft, _function(formula, reading, line.scope)


def _function(formula, reading: _Reading, scope: Scope) -> Function:
    known = {**scope.functions, **reading.forms}
    called = called_names(formula) & set(known)
    return Function(
        name=NAME,
        kind="expression",
        arguments=tuple(reading.sources.values()),
        parameters=tuple((name, 0.0) for name in reading.numbers.values()),
        formula=formula,
        uses=tuple(known[name] for name in sorted(called)),
    )


def _read(tree, reading: _Reading, element: int | None):
    """The tree over arguments and parameters; inside a reduction, for one element of its groups."""
    if isinstance(tree, Learnable):
        return reading.number(tree.key)
    if isinstance(tree, Name):
        return _name(tree, reading, element)
    if isinstance(tree, Sum):
        return Sum(tuple(_read(part, reading, element) for part in tree.terms))
    if isinstance(tree, Unary):
        return Unary(tree.operator, _read(tree.operand, reading, element))
    if isinstance(tree, Binary):
        left = _read(tree.left, reading, element)
        return Binary(tree.operator, left, _read(tree.right, reading, element))
    if isinstance(tree, Call):
        if is_transfer(tree, reading.line.scope):
            values = _transferred(tree, reading)
            if len(values) == 1:
                return values[0]
            message = (
                f"{tree.function} returns {len(values)} numbers: it stands only as the arguments of a "
                "function that takes as many"
            )
            raise placed(NetworkError, message, tree.position)
        if tree.function in REDUCTIONS:
            return _reduced(tree, reading)
        return _called(tree, reading, element)
    return tree


def _called(call: Call, reading: _Reading, element: int | None) -> Call:
    """A call with its parameters by place, as functions are read."""
    scope = reading.line.scope
    known = call.function in scope.functions
    function = call.function if known else ALIASES.get(call.function, call.function)
    arguments: list[Any] = []
    for part in call.arguments:
        if is_transfer(part, scope):
            arguments += _transferred(part, reading)
        else:
            arguments.append(_read(part, reading, element))
    activation = chosen_function(call, scope)
    if activation is not None and activation.choices:
        function = _form_name(activation, call)
        reading.forms[function] = replace(activation, name=function)
    if call.keywords and activation is not None:
        written = {n: v for n, v in call.keywords if not isinstance(v, Choice)}
        placed_first = len(arguments) - len(activation.arguments)
        for name, default in activation.parameters[placed_first:]:
            value = written.pop(name, Number(default, frozen=True))
            arguments.append(_read(value, reading, element))
        if written:
            names = [name for name, _ in activation.parameters]
            name = next(iter(written))
            message = (
                f"{call.function} has no parameter {name!r}.{suggestion(name, names)}"
            )
            raise placed(UnknownNameError, message, call.position)
    return Call(function, tuple(arguments), ())


def _form_name(form: Function, call: Call) -> str:
    """The name of a chosen form inside of formulas, where several of one function may stand; no text can write it."""
    choices = dict(form.choices)
    if "slope" in choices:
        message = (
            f"slope={choices['slope']} stands inside an expression, which learns by its true "
            f"slope: give {call.function} a neuron of its own"
        )
        raise placed(NetworkError, message, call.position)
    shown = ", ".join(f"{name}={size}" for name, size in choices.items())
    return f"{form.name}({shown})"


def _name(name: Name, reading: _Reading, element: int | None):
    if name.index is None and name.delay is None:
        value = reading.line.let(name.name)
        if value is not None and not value.factors:
            return Number(value.coefficient, frozen=True)
        if value is not None:
            return reading.number(name.name)
    several = reading.line.length(name) is not None
    return reading.source(*reading.line.source(name, element), several)


def _transferred(call: Call, reading: _Reading) -> list:
    """The values of a transfer, written out over its sources and numbers."""
    read = read_call(call, reading.line)
    sources = [reading.source(node, delay, False) for node, delay in read.sources]
    for part in walk(call):  # numbers are counted in written order
        if isinstance(part, Learnable):
            reading.number(part.key)
    weights = [_read(tree, reading, None) for tree in read.weights]
    numbers = [_read(tree, reading, None) for tree in read.numbers]
    bias = Number(0.0, frozen=True)
    if read.bias is not None:
        bias = _read(read.bias, reading, None)
    transfer = read.transfer
    if transfer is None:
        terms = [Binary("*", w, x) for w, x in zip(weights, sources, strict=True)]
        return [COMBINED["sum"]([*terms, bias] if read.bias is not None else terms)]
    places = _places(transfer, len(sources))

    def named(name: str, number: int):
        if name == transfer.arguments[0]:
            return weights[number]
        if name == transfer.arguments[1]:
            return sources[number]
        if name == BIAS:
            return bias
        first, step = places[name]
        return numbers[first + step * max(number, 0)]

    from wildwire.functions.unrolled import written_out

    return [
        _flat(written_out(transfer, formula, len(sources), named))
        for formula in transfer.formulas
    ]


def _places(transfer: Transfer, n_links: int) -> dict[str, tuple[int, int]]:
    """Where the numbers of one name begin in the transfer's numbers, and how far apart they stand."""
    places = {name: (k, 0) for k, (name, _) in enumerate(transfer.parameters)}
    first, step = transfer.n_parameters, len(transfer.link_numbers)
    places |= {name: (first + k, step) for k, name in enumerate(transfer.link_numbers)}
    first, step = first + n_links * step, len(transfer.pair_numbers)
    return places | {
        name: (first + k, step) for k, name in enumerate(transfer.pair_numbers)
    }


def _flat(tree):
    """The tree with long chains of additions as flat sums: thousands of pairs must have no depth."""
    terms = []
    while isinstance(tree, Binary) and tree.operator == "+":
        terms.append(_flat(tree.right))
        tree = tree.left
    tree = change_parts(tree, _flat)
    return Sum((tree, *reversed(terms))) if terms else tree


def _reduced(call: Call, reading: _Reading):
    """A reduction over the elements of the groups in its arguments, written out."""
    values: list = []
    for argument in call.arguments:
        found = (reading.line.length(name) for name in _names(argument, reading))
        lengths = {length for length in found if length is not None}
        if len(lengths) > 1:
            sizes = " and ".join(map(str, sorted(lengths)))
            message = f"{call.function} runs over groups of {sizes} elements at once"
            raise placed(NetworkError, message, call.position)
        for element in range(lengths.pop()) if lengths else (None,):
            values.append(_read(argument, reading, element))
    return COMBINED[call.function](values)


def _names(tree, reading: _Reading):
    if isinstance(tree, Name):
        if reading.line.let(tree.name) is None:
            yield tree
    elif not is_transfer(tree, reading.line.scope) and not (
        isinstance(tree, Call) and tree.function in REDUCTIONS
    ):
        for part in parts(tree):
            yield from _names(part, reading)
