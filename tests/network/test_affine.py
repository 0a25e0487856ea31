"""Weighted sums found in expressions, against the plain meaning of the expression."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from network.strategies import weighted_sums
from wildwire.language.expression import Binary, Call, Name, Number, Sum, Unary
from wildwire.language.tree import Formula
from wildwire.network import Network

KNOWN = [("x0", None), ("x1", None), ("v", 3)]
VALUES = {"x0": 0.7, "x1": -1.3, "v": np.array([0.2, 1.1, -0.4]), "a": 0.6, "b": -1.7}


def meaning(node, element):
    """The value of an expression by walking its tree, groups as arrays."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        value = VALUES[node.name]
        if node.index is None:
            return value
        place = node.index
        shift = 0 if place.variable is None else place.factor * element
        return value[place.offset + shift]
    if isinstance(node, Sum):
        return sum(meaning(term, element) for term in node.terms)
    if isinstance(node, Unary):
        return -meaning(node.operand, element)
    if isinstance(node, Binary):
        left, right = meaning(node.left, element), meaning(node.right, element)
        return left * right if node.operator == "*" else left / right
    assert isinstance(node, Call)
    reduce = {"sum": np.sum, "mean": np.mean}[node.function]
    return reduce(meaning(node.arguments[0], element))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    weighted_sums(KNOWN, 3),
    st.sampled_from(["{}", "-({})", "2*({})/0.5", "a*({}) - b"]),
)
def test_every_affine_expression_has_the_value_of_its_weighted_sum(inner, around):
    line = around.format(inner.replace("?", "0.9"))
    text = f"input x0, x1, v[3]\ny[k: 3] = {line}\nlet a = 0.6\nlet b = -1.7\noutput y"
    network = Network.parse(text)
    assert not network.refusals
    (formula,) = network.document.of(Formula)
    weights, sources, biases = network.matrix(network.start, "y")
    inputs = dict(zip(network.inputs, [0.7, -1.3, 0.2, 1.1, -0.4], strict=True))
    row = np.array([inputs[source] for source in sources])
    for element in range(3):
        expected = meaning(formula.expression, element)
        scale = np.abs(weights[element]) @ np.abs(row) + 10
        found = weights[element] @ row + biases[element]
        assert math.isclose(found, expected, abs_tol=1e-13 * scale)
