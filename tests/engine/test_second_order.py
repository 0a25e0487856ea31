"""Products with the Hessian: against the twin, against differences, and what must hold of every Hessian."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from engine.second_order_problems import (
    KINDS,
    Problem,
    difference,
    free_numbers,
    padded,
    problem,
    stencil,
)
from network.strategies import KINKED, SMOOTH, TRANSFERS, filled, networks
from wildwire.engine import reference_second, second_order
from wildwire.engine.memory import read_memory
from wildwire.engine.second_order import SecondOrder
from wildwire.errors import DataError, NetworkError, SettingError, SettleError

SEEDS = range(5)


def _rows(text, n=9, seed=0, loss="squared", **options):
    """A problem of rows for a network's text."""
    network, rng = ww.parse(text), np.random.default_rng(seed)
    theta = rng.uniform(-1, 1, network.n_theta)
    known = ~np.isnan(network.start)
    theta[known] = network.start[known]
    X = rng.uniform(-1.5, 1.5, (n, network.n_inputs))
    Y = rng.uniform(0.1, 0.9, (n, network.n_outputs))
    for head in network.heads:
        own = Y[:, head.first : head.first + head.count]
        own /= own.sum(axis=1, keepdims=True)
    return Problem(network, theta, X, Y, rng.uniform(0.1, 2, n), loss, **options)


def _check_with_twin(made, seed=0):
    """Value and gradient as `loss_and_gradient`; both products as the twin."""
    second, u = (
        made.second_order(),
        np.random.default_rng(seed).normal(size=len(made.theta)),
    )
    value, gradient = second.at(made.theta)
    known_value, known = made.gradient(made.theta)
    assert np.isclose(value, known_value, rtol=1e-12, atol=1e-12)
    scale = 1 + np.abs(known).max(initial=0)
    assert np.allclose(gradient, known, rtol=0, atol=1e-12 * scale)
    full = padded(made)[0]
    for is_gauss in (False, True):
        ours = second.gauss_newton_product(u) if is_gauss else second.product(u)
        allowed = 1e-12 * full.condition(u, is_gauss)
        assert np.abs(ours - full.twin(u, is_gauss)).max(initial=0) <= allowed
    return second


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_products_agree_with_the_twin_and_with_differences(kind):
    drawn = again = 0
    for seed in SEEDS:
        made = problem(kind, seed)
        second = _check_with_twin(made, seed)
        v, vain = stencil(made, np.random.default_rng(seed))
        drawn, again = drawn + vain + (v is not None), again + vain
        if v is None:
            continue
        free = free_numbers(made.network)
        slope, own = difference(made, v)
        error = np.abs(second.product(v) - slope) - own
        allowed = 1e-6 * padded(made)[0].condition(v)
        assert np.all(error[free] <= allowed), (kind, seed)
    assert again <= 0.1 * drawn, (again, drawn)


@pytest.mark.slow
@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    networks(softmax=True, activations=SMOOTH + KINKED, transfers=TRANSFERS),
    st.integers(0, 999),
)
def test_products_agree_with_the_twin_on_drawn_networks(network, seed):
    rng, theta = np.random.default_rng(seed), filled(network, seed)
    n = (1, 2, 5, 40)[seed % 4]
    X = rng.uniform(0.3, 1.5, (n, network.n_inputs))
    Y = rng.uniform(0, 1, (n, network.n_outputs))
    for head in network.heads:
        own = Y[:, head.first : head.first + head.count]
        own /= own.sum(axis=1, keepdims=True)
    made = Problem(network, theta, X, Y, rng.uniform(0.1, 2, n), {})
    u = rng.normal(size=len(theta))
    expected = made.twin(u)
    if not np.isfinite(expected).all():
        return  # a power or root of a number that has none
    second = made.second_order()
    second.at(theta)
    assert np.all(np.abs(second.product(u) - expected) <= 1e-11 * made.condition(u))


@pytest.mark.parametrize("kind", KINDS)
def test_the_hessian_is_symmetric(kind):
    for seed in SEEDS:
        made, rng = problem(kind, seed), np.random.default_rng(seed)
        second = made.second_order()
        second.at(made.theta)
        # Mixed derivatives of a power at a base below 0 are those of its guard.
        free = free_numbers(made.network)
        u, v = (rng.normal(size=len(free)) * free for _ in range(2))
        for product in (second.product, second.gauss_newton_product):
            Hu, Hv = product(u), product(v)
            scale = 1 + np.abs(Hu).max(initial=0) + np.abs(Hv).max(initial=0)
            assert abs(v @ Hu - u @ Hv) <= 1e-11 * scale * max(len(u), 1)


def test_the_matrix_is_made_of_products():
    made = problem("plain", 5)
    second = made.second_order()
    second.at(made.theta)
    H = second.matrix()
    assert np.array_equal(H, H.T)
    v = np.random.default_rng(0).normal(size=len(made.theta))
    assert np.allclose(H @ v, second.product(v), rtol=1e-9, atol=1e-9)
    options = {"loss": made.loss, "weight": made.weight}
    whole = reference_second.matrix(made.network, made.theta, made.X, made.Y, **options)
    assert np.allclose(H, whole, rtol=1e-9, atol=1e-9)


# ---- cases that one can work out by hand -----------------------------------------------------------------------------


def test_least_squares_has_the_normal_matrix():
    made = _rows("input x[3]\ny ~ linear(x)\noutput y", n=20)
    second = made.second_order()
    second.at(made.theta)
    A = np.column_stack([made.X, np.ones(20)])
    names = made.network.theta_names
    order = [k for k, name in enumerate(names) if "b" not in name.split()[-1]]
    order += [k for k in range(4) if k not in order]
    expected = np.zeros((4, 4))
    expected[np.ix_(order, order)] = A.T @ (made.weight[:, None] * A)
    assert np.allclose(second.matrix(), expected)
    v = np.arange(4.0)
    assert np.allclose(second.gauss_newton_product(v), second.product(v))


def test_a_saddle():
    """f = x^2 - y^2 of two numbers: H is diag(2, -2), whatever the theta."""
    network = ww.parse(
        "input u\nz = p**[2]*u - q**[2]*u\nlet p = 1\nlet q = 0.5\noutput z"
    )
    second = SecondOrder(network, [[1.0]], [[0.0]], loss="o + 0*t")
    value, gradient = second.at(network.start)
    names = list(network.theta_names)
    sign = np.array([1.0 if "p" in name else -1.0 for name in names])
    assert value == pytest.approx(0.75)
    assert np.allclose(gradient, 2 * sign * network.start)
    assert np.allclose(second.matrix(), np.diag(2 * sign), atol=1e-14)
    assert np.allclose(second.gauss_newton_product(np.ones(2)), 0)


def test_products_of_theta_have_second_derivatives_of_their_own():
    """A linear network whose weight is p*q/r: a loss that is linear in the output leaves only these."""
    text = "input x\ny = p*q*x/r\nlet p = 0.7\nlet q = -0.4\nlet r = 1.3\noutput y"
    network = ww.parse(text)
    second = SecondOrder(network, [[2.0]], [[0.0]], loss="3*o + 0*t")
    second.at(network.start)
    p, q, r = (network.start[list(network.theta_names).index(n)] for n in "pqr")
    by_name = {
        "pp": 0, "qq": 0, "rr": 2 * p * q / r**3, "pq": 1 / r, "pr": -q / r**2,
        "qr": -p / r**2,
    }  # fmt: skip
    names = list(network.theta_names)
    for i, a in enumerate(names):
        for k, b in enumerate(names):
            expected = 6 * by_name["".join(sorted(a + b))]
            assert second.matrix()[i, k] == pytest.approx(expected, abs=1e-13)


def test_softmax_of_numbers_alone():
    """Outputs softmax(theta): H = W (diag p - p p^T), and the Gauss-Newton matrix is the same."""
    text = "input x\na = ?*x\nb = ?*x\nc = ?*x\noutput softmax(a, b, c)"
    made = _rows(text, loss="softmax")
    made.X[:] = 1.0
    second = made.second_order()
    second.at(made.theta)
    p = ww.run(made.network, made.theta, made.X[:1])[0]
    expected = made.weight.sum() * (np.diag(p) - np.outer(p, p))
    assert np.allclose(second.matrix(), expected, atol=1e-12)
    v = np.array([1.0, -2.0, 0.5])
    assert np.allclose(second.gauss_newton_product(v), expected @ v, atol=1e-12)


# ---- losses ----------------------------------------------------------------------------------------------------------

LOSSES = {
    "own softmax": ("y[3] ~ linear(h)\noutput softmax(y)", "softmax"),
    "softmax, another loss": ("y[3] ~ tanh(h)\noutput softmax(y)", "squared"),
    "softmax, cross-entropy of each": ("y[3] ~ tanh(h)\noutput softmax(y)", "logistic"),
    "logistic": ("y ~ logistic(h)\noutput y", "logistic"),
    "logistic, no partner": ("y ~ logistic(h)\noutput y", "squared"),
    "poisson": ("y ~ exponential(h)\noutput y", "poisson"),
    "gamma": ("y ~ exponential(h)\noutput y", "gamma"),
    "poisson of softplus": ("y ~ softplus(h)\noutput y", "poisson"),
    "parameters": (
        "y ~ linear(h)\noutput y",
        "mine(o, t, p=1.5) = (o - t)**2*exp(-p*o)",
    ),
    "a list": (
        "y ~ logistic(h)\nz ~ tanh(h, y)\noutput y, z",
        [("logistic", 2.0), ("huber", 0.5)],
    ),
    "head and others": ("y[3] ~ tanh(h)\nz ~ logistic(h)\noutput softmax(y), z", {}),
    "a read output": ("y ~ logistic(h)\nz ~ tanh(y, h)\noutput y, z", "squared"),
    "a read partner": (
        "y ~ logistic(h)\nz ~ tanh(y, h)\noutput y, z",
        ["logistic", "squared"],
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    text, loss = LOSSES[name]
    made = _rows(f"input x[3]\nh[5] ~ tanh(x)\n{text}", loss=loss)
    made.weight[3] = 0
    _check_with_twin(made)


def test_weights_per_output_and_missing_targets():
    made = _rows("input x[2]\nh[4] ~ tanh(x)\ny[2] ~ linear(h)\noutput y", loss="huber")
    rng = np.random.default_rng(1)
    made.weight = rng.uniform(0.2, 1, made.Y.shape) * (rng.random(made.Y.shape) < 0.7)
    _check_with_twin(made)


def test_zero_weights_are_zero_products():
    made = _rows("input x\ny ~ tanh(x)\noutput y")
    made.weight[:] = 0
    second = made.second_order()
    value, gradient = second.at(made.theta)
    assert value == 0 and not gradient.any()
    assert not second.product(np.ones(2)).any()
    assert not second.gauss_newton_product(np.ones(2)).any()


def test_no_rows_at_all():
    network = ww.parse("input x\ny ~ tanh(x)\noutput y")
    second = SecondOrder(network, np.zeros((0, 1)), np.zeros((0, 1)), loss="squared")
    value, gradient = second.at([0.5, 0.1])
    assert value == 0 and not gradient.any() and not second.product([1, 2]).any()


def test_nothing_to_learn():
    network = ww.parse("input x\ny = tanh([2]*x)\noutput y")
    second = SecondOrder(network, [[1.0]], [[0.0]], loss="squared")
    value, gradient = second.at([])
    assert value == pytest.approx(np.tanh(2) ** 2 / 2)
    assert gradient.shape == second.product([]).shape == (0,)
    assert second.gauss_newton_product([]).shape == (0,)
    assert second.matrix().shape == (0, 0)


# ---- functions -------------------------------------------------------------------------------------------------------


def test_a_training_slope_stands_for_the_derivative():
    """`slope = 2*z` of an activation z^2 changes nothing; another slope keeps the matrix symmetric."""
    text = "{}\ninput x[2]\nh[3] ~ bowl(x)\ny ~ linear(h)\noutput y"
    plain = _rows(text.format("activation bowl(z) = z**2"))
    same = _rows(text.format("activation bowl(z) = z**2, slope = 2*z"))
    other = _rows(text.format("activation bowl(z) = step(z), slope = 1/(1 + z*z)"))
    found = []
    for made in (plain, same, other):
        second = _check_with_twin(made)
        found.append(second.matrix())
    assert np.array_equal(found[0], found[1])
    v, u = np.random.default_rng(0).normal(size=(2, len(other.theta)))
    assert v @ second.product(u) == pytest.approx(u @ second.product(v))


def test_piecewise_linear_networks_have_the_curvature_between_their_pieces():
    made = _rows(
        "input x[3]\nh[6] ~ relu(x)\ng[4] ~ abs(h, x)\ny ~ linear(g)\noutput y"
    )
    second = _check_with_twin(made)
    v, _ = stencil(made, np.random.default_rng(0))
    slope, own = difference(made, v)
    assert np.all(np.abs(second.product(v) - slope) <= 1e-8 + own)


def test_many_parameters_and_wide_formulas():
    lines = ["input x[4]", "h[3] ~ spline(x, knots=12)"]
    products = " + ".join(
        f"?*x[{i}]*x[{k}]*h[{i % 3}]" for i in range(4) for k in range(4)
    )
    made = _rows("\n".join([*lines, f"y = tanh({products})", "output y"]), n=30)
    _check_with_twin(made)


# ---- memory and loops ------------------------------------------------------------------------------------------------


def _sequence_problem(n=3, steps=12):
    text = """input x, u
g[5] ~ tanh(x@1, u, g@1, g@3)
y ~ tanh(g, y@2)
start y = ?
output y"""
    network, rng = ww.parse(text), np.random.default_rng(0)
    X, Y = rng.normal(size=(n, steps, 2)), rng.normal(size=(n, steps, 1))
    theta = network.initial(seed=0)
    return Problem(network, theta, X, Y, np.ones((n, steps)))


def test_learnt_values_before_the_first_step():
    made = _sequence_problem()
    second = _check_with_twin(made)
    place = [k for k, name in enumerate(made.network.theta_names) if "start" in name]
    assert place, made.network.theta_names
    v = np.zeros(len(made.theta))
    v[place] = 1.0
    slope, own = difference(made, v)
    assert np.any(slope)
    assert np.all(np.abs(second.product(v) - slope) <= 1e-7 + own)


def test_sequences_that_end_early_do_not_grow_behind_their_end():
    """What is filled up would move by 3**900; the long sequence stays at 0."""
    network = ww.parse("input x\ny ~ linear(x, y@1)\noutput y")
    names = network.theta_names
    bias = np.array(["b" in name.split()[-1] for name in names])
    theta = np.array([3.0 if "@" in name else 0.5 for name in names]) * ~bias
    X = [np.zeros((900, 1)), np.ones((3, 1))]
    Y = [np.zeros((900, 1)), np.zeros((3, 1))]
    found = []
    for steps in (900, 3):
        cut = [[array[:steps] for array in arrays] for arrays in (X, Y)]
        second = SecondOrder(network, *cut, loss="squared")
        second.at(theta)
        found.append(second.product(1.0 * ~bias)[~bias])
    assert np.any(found[1])
    assert np.allclose(*found, rtol=1e-12)


def test_loops_that_settle_within_sequences():
    """No twin: against differences of the gradient."""
    text = """input x
a ~ tanh(x, b, c@1)
b ~ logistic(a, b, x@2)
c ~ tanh(squared_distance(a, b, c@1))
settle steps=3000, tolerance=1e-14
output b, c"""
    network, rng = ww.parse(text), np.random.default_rng(2)
    theta = rng.uniform(-0.5, 0.5, network.n_theta)
    X, Y = rng.normal(size=(3, 6, 1)), rng.normal(size=(3, 6, 2))
    made = Problem(network, theta, X, Y, np.ones((3, 6)))
    second = made.second_order()
    assert np.allclose(second.at(theta)[1], made.gradient(theta)[1], atol=1e-11)
    for seed in range(3):
        v = np.random.default_rng(seed).normal(size=len(theta))
        slope, own = difference(made, v, step=1e-3)
        assert np.all(np.abs(second.product(v) - slope) <= 1e-8 + own)


def test_a_row_that_does_not_settle_is_named():
    network = ww.parse("input x\ny = [-3]*y + ?*x\nsettle steps=50\noutput y")
    second = SecondOrder(network, [[0.0], [1.0]], [[0.0], [0.0]], loss="squared")
    with pytest.raises(SettleError, match="row 1"):
        second.at([1.0])


# ---- threads, memory, errors -----------------------------------------------------------------------------------------


def _bits(made, threads):
    second, v = made.second_order(threads), np.ones(len(made.theta))
    value, gradient = second.at(made.theta)
    found = [np.array([value]), gradient, second.product(v)]
    return [*found, second.gauss_newton_product(v), second.product(v)]


@pytest.mark.parametrize("kind", ["rows", "sequences"])
def test_bits_do_not_depend_on_threads_or_on_what_is_kept(kind, monkeypatch):
    if kind == "rows":
        made = _rows("input x[5]\nh[9] ~ tanh(x)\ny ~ linear(h)\noutput y", n=700)
    else:
        made = _sequence_problem(n=130)
    one = _bits(made, 1)
    assert np.array_equal(one[2], one[4])  # nothing is used up
    for kept in (second_order.KEPT_BYTES, 0):
        monkeypatch.setattr(second_order, "KEPT_BYTES", kept)
        for threads in (1, 2):
            for a, b in zip(one, _bits(made, threads), strict=True):
                assert np.array_equal(a, b)


@pytest.mark.slow
def test_dense_blocks_that_go_through_blas():
    made = _rows("input x[520]\nh[520] ~ tanh(x)\ny[3] ~ linear(h)\noutput y", n=40)
    made.theta *= 0.05
    second = made.second_order()
    second.at(made.theta)
    v = np.random.default_rng(0).normal(size=len(made.theta)) / 20
    slope, own = difference(made, v, step=1e-3)
    scale = np.abs(slope).max()
    assert np.all(np.abs(second.product(v) - slope) <= 1e-9 * scale + own)


def test_another_theta_changes_products():
    made = problem("plain", 1)
    second, v = made.second_order(), np.ones(len(made.theta))
    second.at(made.theta)
    before = second.product(v)
    second.at(made.theta + 0.1)
    assert not np.array_equal(second.product(v), before)
    second.at(made.theta)
    assert np.array_equal(second.product(v), before)


def test_what_is_refused():
    network = ww.parse("input x\ny ~ tanh(x, y@1)\noutput y")
    X, Y = np.ones((2, 5, 1)), np.ones((2, 5, 1))
    with pytest.raises(SettingError, match="truncate"):
        SecondOrder(network, X, Y, loss="squared", memory=read_memory(0, 2, None))
    with pytest.raises(DataError, match="sequences"):
        SecondOrder(network, X, Y[:, :2], loss="squared")
    second = SecondOrder(network, X, Y, loss="squared")
    with pytest.raises(SettingError, match="at"):
        second.product(np.ones(3))
    second.at(np.full(3, 0.1))
    with pytest.raises(SettingError, match="shape"):
        second.product(np.ones(2))
    with pytest.raises(SettingError, match="finite"):
        second.gauss_newton_product([np.nan, 0, 0])
    with pytest.raises(SettingError, match="shape"):
        second.at(np.ones(2))
    far = ww.parse(
        "input x\nh[60] ~ spline(x, knots=62)\ny ~ tanh(h, y@20000)\noutput y"
    )
    with pytest.raises(NetworkError, match="second derivatives"):
        second_order.with_seconds(second_order.compile_network(far))
