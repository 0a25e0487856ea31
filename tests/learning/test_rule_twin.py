"""Kernels of local rules against their twin: all signals, transfers, expressions, shares, batches, weights."""

import numpy as np
import pytest

import wildwire as ww
from engine.transfer_networks import numbers_for, sample_for, transfer_network
from learning.local_rule_twin import epoch
from wildwire.engine.rule_walk import RuleWalk
from wildwire.errors import SettingError
from wildwire.functions.rule import read_formula, rule_formula

EVERY = "0.02*(x*y - 0.3*w + 0.1*slope*x + 0.2*tanh(z) + 0.1*d + 0.05/n)"
TAUGHT = "0.05*slope*x*(e + 0.1*t) - 0.01*w"
REDUCED = "0.05*x*e/(1 + sum(x*x)) + 0.01*(max(w) - min(x) + mean(w*x)) + 0.001*prod(1 + 0.1*x)"


def every(s):
    whole = s.x * s.y - 0.3 * s.w + 0.1 * s.slope * s.x + 0.2 * np.tanh(s.z) + 0.1 * s.d
    return 0.02 * (whole + 0.05 / s.n)


def taught(s):
    return 0.05 * s.slope * s.x * (s.e + 0.1 * s.t) - 0.01 * s.w


def reduced(s):
    w, x = np.array(s.links).T
    change = 0.05 * s.x * s.e / (1 + np.sum(x * x))
    change += 0.01 * (np.max(w) - np.min(x) + np.mean(w * x))
    return change + 0.001 * np.prod(1 + 0.1 * x)


FUNCTIONS = {EVERY: every, TAUGHT: taught, REDUCED: reduced}

MIXED = """
input a, b, c
h ~ tanh(a, b, c)
g ~ gaussian(distance(a, h), width=?)
q = exp(-0.3*h)/([1] + g*g) + ?*a
k ~ softplus(quadratic(h, b))
s = modulus(both(a: (0.3, -0.4), h: (0.2, 0.5)), s=0.7)
let p = 0.4
u = p*a - p*h + [0.5]*c + ?
y ~ logistic(h, g, q, k, s, u, a, a)
output y, u
transfer both(w, x, v) = (sum(w*x), max(v*x))
activation modulus(a, b, s=0.5) = sqrt(a**2 + (s*b)**2 + 0.1)
"""
ONE_LAYER = """
input a, b, c
y ~ tanh(a, b, c)
z ~ spline(a, c, knots=4)
r = tanh(?*a + [0.7]*b - 0.2)
v ~ weighted_mean(a, b)
m ~ softplus(polynomial(b, c, degree=[2]))
output y, z, r, v, m
"""
SOFTMAX = "input a, b, c\nz[3] ~ identity(a, b, c)\noutput softmax(z)"
DEEP = """
input a, b, c
h[3] ~ tanh(a, b)
g[2] ~ logistic(h, c)
y ~ sin(g, h, a)
x = 0.3*h[0] - 0.4*g[1] + [0.2]*y
output y, x
"""


def problem(text, seed=0, n=11):
    network = ww.parse(text)
    random = np.random.default_rng(seed)
    theta = random.uniform(0.2, 0.9, network.n_theta)
    theta *= random.choice([-1, 1], network.n_theta)
    known = ~np.isnan(network.start)
    theta[known] = network.start[known]
    X = random.uniform(0.2, 1.2, (n, network.n_inputs))
    Y = random.uniform(0.1, 0.9, (n, network.n_outputs))
    weight = random.integers(0, 3, n).astype(float)
    return network, theta, X, Y, weight, random.permutation(n)


def both(text, formula, *, online, neurons=None, by=(), seed=0):
    """Theta and last changes after two epochs, by kernel and by twin."""
    network, theta, X, Y, weight, order = problem(text, seed)
    bounds = np.tile([-np.inf, np.inf], (network.n_theta, 1))
    bounds[0] = theta[0] - 0.01, theta[0] + 0.01
    made = rule_formula(read_formula(formula))
    walk = RuleWalk(network, made, X, Y, weight, bounds, neurons=neurons, by=by, online=online)  # fmt: skip
    order = order[weight[order] > 0]
    found = walk.epoch(theta, np.zeros(network.n_theta), order, 1, lambda: None)
    found = walk.epoch(found.theta, found.last, order, found.steps + 1, lambda: None)
    last = None
    for step in (1, 1 + (len(order) if online else 1)):
        theta, last = epoch(
            network, theta, X, Y, FUNCTIONS[formula], order=order, weight=weight, online=online,
            last=last, step=step, neurons=neurons, by=by, bounds=bounds,
        )  # fmt: skip
    return (found.theta, found.last), (theta, last)


CASES = [
    (MIXED, EVERY, {}),
    (ONE_LAYER, EVERY, {}),
    (ONE_LAYER, TAUGHT, {}),
    (ONE_LAYER, REDUCED, {}),
    (SOFTMAX, TAUGHT, {}),
    (MIXED, TAUGHT, {"neurons": ("y", "u")}),
    (MIXED, EVERY, {"neurons": ("h", "k", "s")}),
    (DEEP, TAUGHT.replace(" + 0.1*t", ""), {"by": ("weight",)}),
    (DEEP, TAUGHT.replace(" + 0.1*t", ""), {"by": ("output", "slope")}),
    (DEEP, TAUGHT.replace(" + 0.1*t", ""), {"by": ("weight", "output", "slope")}),
    (DEEP, REDUCED, {"by": ("weight", "output", "slope")}),
]
FUNCTIONS[TAUGHT.replace(" + 0.1*t", "")] = lambda s: (
    0.05 * s.slope * s.x * s.e - 0.01 * s.w
)


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("text, formula, settings", CASES)
def test_kernel_agrees_with_twin(text, formula, settings, online):
    found, wanted = both(text, formula, online=online, **settings)
    for mine, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-13)


def test_any_network_with_any_transfer():
    made, refused, compared = rule_formula(read_formula(EVERY)), 0, 0
    for seed in range(40):
        network = transfer_network(seed)
        theta = numbers_for(network, seed)
        X, Y = sample_for(network, seed, 5)[:2]
        bounds = np.tile([-np.inf, np.inf], (network.n_theta, 1))
        try:
            walk = RuleWalk(network, made, X, Y, None, bounds, online=False)
        except SettingError as error:
            assert "product of learnable numbers" in str(error)
            refused += 1
            continue
        last = np.zeros(network.n_theta)
        found = walk.epoch(theta, last, np.arange(5), 1, lambda: None)
        with np.errstate(over="ignore", invalid="ignore"):
            wanted, _ = epoch(network, theta, X, Y, every, online=False)
        if found.broken is None and np.isfinite(wanted).all():
            scale = 1 + np.abs(wanted).max()
            assert np.abs(found.theta - wanted).max() < 1e-10 * scale
            compared += 1
    assert compared >= 25 and refused <= 12


def test_the_size_of_a_tile_changes_no_bit(monkeypatch):
    from wildwire.engine import rule_walk

    whole = both(ONE_LAYER, REDUCED, online=False)[0]
    monkeypatch.setattr(rule_walk, "TABLE", 30)
    small = both(ONE_LAYER, REDUCED, online=False)[0]
    assert whole[0].tobytes() == small[0].tobytes()


def test_a_step_neuron_errs_where_run_says_it_does():
    """Sums that cancel to nearly 0 decide a step by their last bit: the kernel must add as `run` does."""
    random = np.random.default_rng(3)
    network = ww.wiring.layered(7, 1, output_activation="step")
    theta = random.integers(-9, 10, 8) / 10
    X = random.integers(-3, 4, (3000, 7)) / 10
    ties = np.abs(X @ theta[:7] + theta[7]) < 1e-15
    assert ties.sum() > 10
    Y = ww.run(network, theta, X)
    made = rule_formula(read_formula("x*e"))
    for online in (True, False):
        bounds = np.tile([-np.inf, np.inf], (8, 1))
        walk = RuleWalk(network, made, X, Y, None, bounds, online=online)
        found = walk.epoch(theta, np.zeros(8), np.arange(3000), 1, lambda: None)
        assert not found.moved
