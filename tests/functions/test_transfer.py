"""Transfers as data: what may be written, what it means, in which order its numbers stand."""

import numpy as np
import pytest

from wildwire.errors import FunctionError
from wildwire.functions import activation, from_definitions, transfer, transfers
from wildwire.functions.define_transfer import transfer_from_definition
from wildwire.functions.transfer import MOST_PAIRED
from wildwire.language.parser import parse_definition

X = np.array([[0.5, 2.0], [1.5, 0.25], [0.75, 1.0]])
W = np.array([0.8, -0.6, 1.1])


def _pairs(x, first=0):
    return [(i, j) for i in range(len(x)) for j in range(i + first, len(x))]


MEANING = {
    "quadratic": lambda w, x, n: w @ x + sum(
        q * x[i] * x[j] for q, (i, j) in zip(n, _pairs(x), strict=True)
    ),
    "product": lambda w, x, n: np.prod(x ** w[:, None], axis=0),
    "distance": lambda w, x, n: np.linalg.norm(x - w[:, None], axis=0),
    "squared_distance": lambda w, x, n: ((x - w[:, None]) ** 2).sum(axis=0),
    "weighted_mean": lambda w, x, n: np.average(x, axis=0, weights=w),
    "power_mean": lambda w, x, n: np.average(
        x ** n[0], axis=0, weights=np.abs(w)
    ) ** (1 / n[0]),
    "max": lambda w, x, n: (w[:, None] * x).max(axis=0),
    "min": lambda w, x, n: (w[:, None] * x).min(axis=0),
    "cosine": lambda w, x, n: w @ x / (np.linalg.norm(w) * np.linalg.norm(x, axis=0)),
    "contrast": lambda w, x, n: w @ x / np.abs(w).sum(),
    "softmax_pooling": lambda w, x, n: np.average(
        x, axis=0, weights=np.exp(w[:, None] * x)
    ),
    "polynomial": lambda w, x, n: (w @ x + 0.3) ** n[0],
}  # fmt: skip


@pytest.mark.parametrize("name", transfers())
def test_values_are_what_the_name_says(name):
    made = transfers()[name]
    numbers = list(made.defaults)
    numbers += [0.1 * k for k in range(made.n_numbers(3) - len(numbers))]
    found = made.evaluate(0, list(X), W, numbers, 0.3)[0]
    expected = MEANING[name](W, X, numbers)
    if name == "quadratic":
        expected = expected + 0.3
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", transfers())
def test_slopes_and_second_derivatives_against_differences(name):
    made = transfers()[name]
    x, numbers = [0.5, 1.5], list(made.defaults)
    numbers += [0.1 + 0.2 * k for k in range(made.n_numbers(2) - len(numbers))]
    bias = [0.4] if made.has_bias else []
    point = [*x, 0.8, 0.6, *bias, *numbers]

    def value(*numbers_):
        numbers_ = [float(number) for number in numbers_]
        function = made.unrolled(2)
        return float(function.evaluate(0, numbers_[:2], numbers_[2:])[0])

    tables = made.evaluate(2, x, [0.8, 0.6], numbers, *bias)
    n = len(point)
    for i in range(n):
        step = 1e-5 * max(1, abs(point[i]))
        up, down = list(point), list(point)
        up[i] += step
        down[i] -= step
        slope = (value(*up) - value(*down)) / (2 * step)
        assert tables[1 + i] == pytest.approx(slope, rel=1e-6, abs=1e-7)
    at = 1 + n
    for i in range(n):
        for j in range(i, n):
            second = _second(made, point, i, j)
            assert tables[at] == pytest.approx(second, rel=1e-6, abs=1e-7)
            at += 1


def _second(made, point, i, j):
    """d slope_i / d number_j by central differences of the first derivatives."""
    step = 1e-5 * max(1, abs(point[j]))
    up, down = list(point), list(point)
    up[j] += step
    down[j] -= step
    slopes = [made.unrolled(2).evaluate(1, p[:2], p[2:])[1 + i] for p in (up, down)]
    return float(slopes[0] - slopes[1]) / (2 * step)


def test_numbers_stand_parameters_first_then_links_then_pairs():
    made = transfer("f(w, x, c, q, d, p=2) = sum(c*x + d*w) + pairs(q*x*x')/p")
    assert made.link_numbers == ("c", "d")
    assert made.pair_numbers == ("q",)
    assert made.n_numbers(2) == 1 + 2 * 2 + 3
    assert made.pairs(2) == [(0, 0), (0, 1), (1, 1)]
    names = [name for name, _ in made.unrolled(2).parameters]
    assert names == [
        "w0", "w1", "p_p", "n_c_0", "n_d_0", "n_c_1", "n_d_1", "n_q_0", "n_q_1", "n_q_2",
    ]  # fmt: skip


def test_distinct_pairs_leave_the_squares_out():
    made = transfer("f(w, x, q) = pairs(q*x*x', distinct)")
    assert made.distinct
    assert made.pairs(3) == [(0, 1), (0, 2), (1, 2)]
    assert made.evaluate(0, [2.0, 3.0], [0, 0], [10.0]).item() == 60


def test_a_bias_exists_only_where_the_formula_names_it():
    assert [t.name for t in transfers().values() if t.has_bias] == [
        "quadratic", "polynomial",
    ]  # fmt: skip


def test_a_negative_source_of_a_product_counts_as_the_guard():
    product = transfers()["product"]
    value, by_x, by_w = product.evaluate(1, [-2.0], [1.0])
    assert value == pytest.approx(1e-12)
    assert by_x == 0
    assert by_w == pytest.approx(1e-12 * np.log(1e-12))


REFUSED = [
    ("r(w) = sum(w)", "weight and the source"),
    ("r(w, x) = w*x", "'w' belongs to a link"),
    ("r(w, x) = sum(w*x')", "inside pairs"),
    ("r(w, x, q) = sum(x) + 1", "'q' stands nowhere"),
    ("r(w, x) = tanh(1)", "no sum, prod"),
    ("r(w, x) = pairs(x*x', some)", "takes one formula"),
    ("r(w, x) = sum(x, w)", "takes one formula"),
    ("r(w, x, q) = sum(x) + pairs(q*x*x')/q", "'q' belongs to a link"),
    ("r(w, x, bias) = sum(bias*x)", "meaning of its own"),
    ("r(w, x) = sum(y)", "unknown name 'y'"),
    ("r(w, x) = sum(tanq(x))", "unknown function 'tanq'"),
    ("r(w, x) = sum(x), range = 0..1", "has no range"),
    ("r(w, x) = (sum(x), sum(w), max(x), min(x), mean(x))", "may return 4"),
    ("r(w, x, a, b, c, d, e, f, g) = sum(a*b*c*d*e*f*g)", "more than 8"),
    ("nonesuch", "unknown transfer 'nonesuch'"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refused(text, reason):
    with pytest.raises(FunctionError, match=reason.replace("(", r"\(")):
        transfer(text)


def test_pairs_beyond_the_stated_number_of_links_are_refused():
    quadratic = transfers()["quadratic"]
    quadratic.check_links(MOST_PAIRED)
    with pytest.raises(FunctionError, match=f"{MOST_PAIRED + 1} links are more"):
        quadratic.pairs(MOST_PAIRED + 1)
    transfers()["distance"].check_links(10_000)


def test_a_name_alone_is_the_catalogue():
    assert transfer("distance") is transfers()["distance"]


def test_formulas_may_call_the_users_own_functions():
    definition = parse_definition("activation half(z) = z/2")
    known = from_definitions([definition])
    line = parse_definition("transfer halves(w, x) = sum(half(w*x))")
    made = transfer_from_definition(line, known)
    assert made.evaluate(0, [2.0, 4.0], [1, 3]).item() == 7


def test_keys_depend_on_the_formula_alone():
    one = transfer("f(w, x) = sum(w*x**2)")
    assert one.key == transfer("g(v, s) = sum(v*s**2)").key
    assert one.key != transfer("f(w, x) = sum(w*x**3)").key
    assert one.key != transfer("f(w, x) = mean(w*x**2)").key


def test_a_training_slope_needs_one_argument():
    with pytest.raises(FunctionError, match="this one has 2 arguments"):
        activation("m(a, b) = a*b, slope = 1")
    two = activation("m(a, b) = a*b")
    with pytest.raises(FunctionError, match="slope=triangle: m has 2 arguments"):
        two.chosen(slope="triangle")


def test_activations_have_one_value():
    with pytest.raises(FunctionError, match="several values"):
        activation("f(z) = (z, z)")
