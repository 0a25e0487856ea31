"""The value of a neuron with a formula of its own, as a form.

Comes in: a function, the forms of its arguments, the values of its parameters. Goes out: a `Form`. Called by
`forms.py`. Walks the graph of the formula: sums are added up, products forget the order of their factors, everything
else is an atom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wildwire.functions import Function
from wildwire.functions.derive import tables
from wildwire.functions.evaluate import constant_value
from wildwire.functions.graph import Node
from wildwire.functions.reflections import turned
from wildwire.symmetry.atoms import Atoms, Form, added

HIGHEST_POWER = 8
"""Up to here a power is a product of equal factors."""


def form_of(
    function: Function, parts: Sequence[Form], parameters, atoms: Atoms
) -> Form:
    """The form of a function of these parts."""
    derived = tables(function, 0)
    graph, output = derived.graph, derived.outputs[0]
    found: dict[int, Form] = {}
    for index in graph.needed([output]):
        node = graph.nodes[index]
        sources = [found[source] for source in node.sources]
        match node.operation:
            case "argument":
                found[index] = parts[int(node.value)]
            case "parameter":
                found[index] = Form(constant=float(parameters[int(node.value)]))
            case "number":
                found[index] = Form(constant=float(node.value))
            case _:
                found[index] = _made(node, sources, atoms)
    return found[output.index]


def _made(node: Node, sources: list[Form], atoms: Atoms) -> Form:
    if not any(source.atoms for source in sources):
        value = constant_value(node, [source.constant for source in sources])
        if math.isfinite(value):
            return Form(constant=value)
    match node.operation:
        case "+":
            return added([(sources[0], 1.0), (sources[1], 1.0)])
        case "-":
            return added([(sources[0], 1.0), (sources[1], -1.0)])
        case "negative":
            return sources[0].scaled(-1.0)
        case "*":
            return atoms.product(sources)
        case "/" if not sources[1].atoms and sources[1].constant != 0:
            return sources[0].scaled(1 / sources[1].constant)
        case "/":
            return atoms.product([sources[0], _inverse(sources[1], atoms)])
        case "whole_power" if node.value <= HIGHEST_POWER:
            return atoms.product(sources * int(node.value))
        case "power" if not sources[1].atoms and sources[1].constant % 1 == 0:
            return _power(sources[0], int(sources[1].constant), atoms)
    rule = turned(node) if len(sources) == 1 else None
    return atoms.made((node.operation, node.value), sources, (), lambda: rule)


def _power(base: Form, exponent: int, atoms: Atoms) -> Form:
    """A power whose exponent, a number of theta, happens to be whole."""
    if abs(exponent) <= HIGHEST_POWER:
        whole = atoms.product([base] * abs(exponent))
        return whole if exponent >= 0 else _inverse(whole, atoms)
    turning = (1.0, 0.0) if exponent % 2 == 0 else (-1.0, 0.0)
    return atoms.made(("power", exponent), [base], (), lambda: turning)


def _inverse(form: Form, atoms: Atoms) -> Form:
    """1/form; a factor of the form is taken out."""
    factor = 1.0
    if not form.atoms:
        return Form(constant=1 / form.constant if form.constant else math.inf)
    if len(form.atoms) == 1 and form.constant == 0:
        factor = form.coefficients[0]
        form = Form(form.atoms, (1.0,))
    return atoms.made(("1/",), [form], (), lambda: (-1.0, 0.0)).scaled(1 / factor)


def constant(function: Function, arguments: Sequence[float], parameters) -> float:
    """The value at one place."""
    return float(function.evaluate(0, [np.array(a) for a in arguments], parameters)[0])
