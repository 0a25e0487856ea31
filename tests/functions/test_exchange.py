"""Arguments of expressions that may change places."""

import pytest

import wildwire as ww
from wildwire.functions.exchange import interchangeable


@pytest.mark.parametrize(
    ("formula", "groups"),
    [
        ("a*b + exp(c)", ((0, 1), (2,))),
        ("exp(a) + exp(b) + exp(c)", ((0, 1, 2),)),
        ("a*b**2*c", ((0, 2), (1,))),
        ("a/b*c", ((0, 2), (1,))),
        ("sin(a - b)*c", ((0,), (1,), (2,))),
        ("where(a > b, a, b) + c**2", ((0,), (1,), (2,))),
        ("(a + b + c)**2", ((0, 1, 2),)),
    ],
)
def test_arguments_that_may_change_places(formula, groups):
    network = ww.parse(f"input a, b, c\ny = {formula}\noutput y")
    assert interchangeable(network.functions[0]) == groups
