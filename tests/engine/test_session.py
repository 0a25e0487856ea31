"""Training steps of a session against the same steps taken with the twin."""

import numpy as np
import pytest

from wildwire.engine import evaluate, reference
from wildwire.engine.session import Session
from wildwire.functions import penalty
from wildwire.learning import learners
from wildwire.learning.update_rules import rule_address
from wildwire.network import Network

ROWS = 23

ONE_TO_ONE = {
    "inputs": 3,
    "source": [0, 1, 2, 0, 3, 4, 1],
    "target": [0, 0, 0, 1, 2, 2, 2],
    "activation": ["tanh", "logistic", "identity"],
}
SHARED = {
    **ONE_TO_ONE,
    "frozen": np.array([0, 1, 0, 0, 0, 0, 0], bool),
    "weight": np.array([np.nan, 0.4, np.nan, np.nan, np.nan, np.nan, np.nan]),
    "lets": {"a": 0.3},
    "link_let": [-1, -1, -1, 0, -1, 0, -1],
    "link_sign": [1, 1, 1, -1, 1, 1, 1],
}
NETWORKS = {"one to one": ONE_TO_ONE, "shared and frozen": SHARED}


def problem(kind):
    """A network, a start and data."""
    network = Network.from_arrays(**NETWORKS[kind])
    rng = np.random.default_rng(4)
    theta = network.initial(seed=3)
    theta = np.where(np.abs(theta) < 0.05, 0.2, theta)
    X, Y = rng.normal(size=(ROWS, 3)), rng.normal(size=(ROWS, 1))
    return network, theta, X, Y, rng.permutation(ROWS)


def descend(session, rate, steps, order, first=0, step=1):
    """Gradient descent through the session."""
    rule = rule_address(learners.GradientDescent(rate=rate).rule, session.dtype.name)
    state = np.zeros((0, session.vector_size), session.dtype)
    return session.steps(
        rule, state, np.zeros(1), np.full(steps, rate), order, first, step
    )


def by_twin(network, theta, X, Y, order, batch, rate, steps, gradient="mean", **kinds):
    """The same steps with the twin; returns theta and the loss before each step."""
    losses = []
    for number in range(steps):
        rows = order[number * batch : (number + 1) * batch]
        value, slope = reference.loss_and_gradient(
            network, theta, X[rows], Y[rows], gradient=gradient
        )
        losses.append(value)
        theta = theta - rate * kinds.get("change", lambda g, t: g)(slope, theta)
    return theta, losses


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("batch", [1, 5, 8, "full"])
@pytest.mark.parametrize("gradient", ["mean", "sum"])
def test_steps_are_the_twins(kind, batch, gradient):
    network, theta, X, Y, order = problem(kind)
    session = Session(network, X, Y, loss="squared", batch=batch, gradient=gradient)
    session.load(theta)
    size = ROWS if batch == "full" else batch
    report = descend(session, 0.05, session.n_batches, order)
    expected, losses = by_twin(
        network, theta, X, Y, order, size, 0.05, session.n_batches, gradient
    )
    assert np.allclose(session.theta(), expected, rtol=1e-12, atol=1e-13)
    counts = [len(order[i * size : (i + 1) * size]) for i in range(session.n_batches)]
    sums = losses if gradient == "sum" else np.multiply(losses, counts)
    assert report.status == 0
    assert report.weight == ROWS
    assert report.loss.sum() == pytest.approx(np.sum(sums), rel=1e-12)


@pytest.mark.parametrize("kind", NETWORKS)
def test_slices_of_an_epoch_change_no_bit(kind):
    network, theta, X, Y, order = problem(kind)
    whole = Session(network, X, Y, loss="squared", batch=4)
    parts = Session(network, X, Y, loss="squared", batch=4)
    for session in (whole, parts):
        session.load(theta)
    descend(whole, 0.1, 6, order)
    descend(parts, 0.1, 1, order)
    descend(parts, 0.1, 3, order, first=1, step=2)
    descend(parts, 0.1, 2, order, first=4, step=5)
    assert np.array_equal(whole.theta(), parts.theta())


@pytest.mark.parametrize("kind", NETWORKS)
def test_penalties_act_on_links_only(kind):
    network, theta, X, Y, order = problem(kind)
    session = Session(
        network, X, Y, loss="squared", batch="full", l1=0.01, l2=0.1, l1_dies=False
    )
    session.load(theta)
    descend(session, 0.05, 1, order)
    is_weight = np.array([" bias" not in name for name in network.theta_names])
    expected, _ = by_twin(
        network, theta, X, Y, order, ROWS, 0.05, 1,
        change=lambda g, t: g + is_weight * (0.1 * t + 0.01 * np.sign(t)),
    )  # fmt: skip
    assert np.allclose(session.theta(), expected, rtol=1e-12, atol=1e-14)


FORMULAS = ("0.01*abs(w) + 0.1*w**2/2", "0.05*w**2/(1 + w**2)", "0.1*log(1 + abs(w))")


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("batch", [1, 5, "full"])
@pytest.mark.parametrize("kind", NETWORKS)
def test_penalties_by_formula_are_the_twins(kind, batch, formula):
    network, theta, X, Y, order = problem(kind)
    size = ROWS if batch == "full" else batch
    chosen = penalty(formula)
    session = Session(network, X, Y, loss="squared", batch=batch, penalty=chosen)
    session.load(theta)
    descend(session, 0.05, session.n_batches, order)
    expected, _ = by_twin(
        network, theta, X, Y, order, size, 0.05, session.n_batches,
        change=lambda g, t: g + reference.penalty_and_gradient(network, t, chosen)[1],
    )  # fmt: skip
    assert np.allclose(session.theta(), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_formulas_of_l1_and_l2_do_what_these_do(kind):
    network, theta, X, Y, order = problem(kind)
    found = []
    for options in (
        {"l1": 0.01, "l2": 0.1, "l1_dies": False},
        {"penalty": penalty("0.01*abs(w) + 0.1*w**2/2")},
        {"penalty": penalty("0.01*abs(w)"), "l2": 0.1},
    ):
        session = Session(network, X, Y, loss="squared", batch=4, **options)
        session.load(theta)
        descend(session, 0.05, 6, order)
        found.append(session.theta())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-13)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_penalty_without_a_finite_value_is_not_applied(dtype):
    """Of numbers that are no links the formula may be anything."""
    network = Network.parse("input x\nh ~ tanh(x)\ny = 0.5*h - 2\noutput y")
    X = np.linspace(-1, 1, ROWS)[:, None]
    theta = np.array([0.3, -1.0, 0.5, -2.0])
    assert network.theta_names == ["x -> h", "h bias", "h -> y", "y bias"]
    for start, status in ((theta, 0), (theta * [-1, 1, 1, 1], 1)):
        session = Session(
            network, X, X, loss="squared", dtype=dtype, penalty=penalty("log(w)")
        )
        session.load(start)
        report = descend(session, 1e-3, 1, np.arange(ROWS))
        assert report.status == status
        moved = session.theta() != start.astype(dtype)
        assert moved.tolist() == [not status] * 4


def test_dead_links_have_no_penalty():
    """The slope of this one is infinite at 0."""
    network, theta, X, Y, order = problem("one to one")
    session = Session(
        network,
        X,
        Y,
        loss="squared",
        batch="full",
        l1=50.0,
        penalty=penalty("sqrt(abs(w))"),
    )
    session.load(theta)
    statuses = [descend(session, 0.01, 1, order).status for _ in range(5)]
    assert statuses == [0] * 5
    assert not session.alive.all()


def test_l1_kills_links_that_cross_zero():
    network, theta, X, Y, order = problem("one to one")
    session = Session(network, X, Y, loss="squared", batch="full", l1=50.0)
    session.load(theta)
    for _ in range(5):
        descend(session, 0.01, 1, order)
    names = np.array(network.theta_names)
    dead = ~session.alive
    assert dead.any()
    assert all("->" in name for name in names[dead])
    assert np.all(session.theta()[dead] == 0)
    again = Session(network, X, Y, loss="squared", batch="full", l1=50.0)
    again.load(session.theta())
    again.set_alive(session.alive)
    assert np.array_equal(again.alive, session.alive)
    descend(again, 0.01, 1, order)
    assert np.all(again.theta()[dead] == 0)


def test_clipping_shortens_the_gradient():
    network, theta, X, Y, order = problem("one to one")
    session = Session(network, X, 100 * Y, loss="squared", batch="full", clip=0.5)
    session.load(theta)
    descend(session, 1.0, 1, order)
    assert np.linalg.norm(session.theta() - theta) == pytest.approx(0.5, rel=1e-9)


def test_bounds_hold():
    network = Network.parse("input x\nlet a = 0.4 in [0, 1]\ny = a*x\noutput y")
    X, Y = np.ones((4, 1)), np.full((4, 1), 9.0)
    session = Session(network, X, Y, loss="squared", batch="full")
    session.load(network.initial(seed=0))
    descend(session, 1.0, 1, np.arange(4))
    assert session.theta().tolist() == [1.0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_step_that_is_not_finite_is_not_applied(dtype):
    network, theta, X, Y, _ = problem("one to one")
    session = Session(network, X, Y, loss="squared", batch=4, dtype=dtype)
    session.load(theta * 1e200 if dtype == "float64" else theta * 1e30)
    before = session.theta()
    report = descend(session, 0.1, 3, np.arange(ROWS))
    assert report.status == 1
    assert np.array_equal(session.theta(), before)


def test_weights_of_rows_and_missing_targets():
    network, theta, X, Y, order = problem("one to one")
    weight = np.random.default_rng(0).integers(0, 3, ROWS).astype(float)
    session = Session(network, X, Y, loss="squared", batch="full", sample_weight=weight)
    session.load(theta)
    descend(session, 0.1, 1, order)
    kept = np.repeat(np.arange(ROWS), weight.astype(int))
    _, slope = reference.loss_and_gradient(network, theta, X[kept], Y[kept])
    assert np.allclose(session.theta(), theta - 0.1 * slope, rtol=1e-12, atol=1e-14)
    assert session.loss(theta) == pytest.approx(
        reference.loss_and_gradient(network, theta, X[kept], Y[kept])[0], rel=1e-12
    )


def test_scaled_targets_give_the_same_steps_in_other_units():
    """Divided by a power of two and multiplied back: not one bit differs."""
    network, theta, X, Y, order = problem("one to one")
    unit = 2.0**60
    plain = Session(network, X, Y, loss="squared", batch="full")
    plain.load(theta)
    descend(plain, 0.1, 1, order)
    scaled = Session(
        network, X, Y * unit, loss="squared", batch="full", output_scale=[unit],
        output_unit=[unit**2],
    )  # fmt: skip
    start = network.numbers(theta)
    last = {
        n: v * unit
        for n, v in start.items()
        if n.split()[-1] == "n_2" or n == "n_2 bias"
    }
    assert last
    scaled.load(network.theta({**start, **last}))
    assert scaled.loss() == pytest.approx(unit**2 * Session(
        network, X, Y, loss="squared"
    ).loss(theta), rel=1e-12)  # fmt: skip


@pytest.mark.parametrize("kind", NETWORKS)
def test_state_vectors_go_to_theta_order_and_back(kind):
    network, _, X, Y, _ = problem(kind)
    session = Session(network, X, Y, loss="squared")
    vector = np.arange(1.0, network.n_theta + 1)
    there = session.state_from_theta_order(vector)
    assert there.shape == (session.vector_size,)
    assert np.array_equal(session.state_to_theta_order(there), vector)


def test_bounds_hold_in_the_text_that_float32_leads_to():
    network = Network.parse("input x\nlet a in [0, 0.1]\ny = a*x\noutput y")
    session = Session(
        network, np.ones((4, 1)), np.full((4, 1), 5.0), loss="squared", dtype="float32"
    )
    session.load([0.05])
    descend(session, 1.0, 1, np.arange(4))
    assert 0.09 < session.theta()[0] <= 0.1
    assert Network.parse(network.to_text(session.theta())).start[0] <= 0.1


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e25), ("float64", 1e200)])
def test_clipping_survives_squares_that_overflow(dtype, size):
    network, theta, X, Y, order = problem("one to one")
    session = Session(
        network, X, Y, loss=f"{size}*(o - t)**2", batch="full", clip=0.5, dtype=dtype
    )
    session.load(theta)
    descend(session, 1.0, 1, order)
    assert np.linalg.norm(session.theta() - theta) == pytest.approx(0.5, rel=1e-5)


def test_a_weight_for_every_output():
    network = Network.from_arrays(2, [0, 1, 0], [0, 0, 1], activation="identity")
    rng = np.random.default_rng(5)
    theta = rng.normal(size=network.n_theta)
    X, Y = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    weight = rng.integers(0, 2, (6, 2)).astype(float)
    weight[:, 0] = 0
    weight[0, 1] = 1
    Y[weight == 0] = 99.0
    value, gradient = evaluate.loss_and_gradient(
        network, theta, X, Y, sample_weight=weight
    )
    expected = reference.loss_and_gradient(network, theta, X, Y, sample_weight=weight)
    assert value == pytest.approx(expected[0], rel=1e-12)
    assert np.allclose(gradient, expected[1], rtol=1e-12)
    both = np.repeat(rng.uniform(1, 2, (6, 1)), 2, axis=1)
    assert evaluate.loss_and_gradient(network, theta, X, Y, sample_weight=both)[
        0
    ] == pytest.approx(
        evaluate.loss_and_gradient(network, theta, X, Y, sample_weight=both[:, 0])[0]
    )


@pytest.mark.parametrize("batch", [1, 4, "full"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_row_weighs_its_own_weight_where_targets_are_missing(batch, dtype):
    network = Network.from_arrays(2, [0, 1, 0], [0, 0, 1], activation="identity")
    rng = np.random.default_rng(5)
    theta = rng.normal(size=network.n_theta)
    X, Y = rng.normal(size=(7, 2)), rng.normal(size=(7, 2))
    own = rng.uniform(0.5, 2, 7)
    there = np.column_stack([np.ones(7), rng.integers(0, 2, 7)])
    options = {"loss": "squared", "sample_weight": own[:, None] * there}
    session = Session(
        network, X, Y, batch=batch, dtype=dtype, row_weight=own, **options
    )
    session.load(theta)
    size = 7 if batch == "full" else batch
    report = descend(session, 0.1, 1, np.arange(7))
    rows = slice(0, size)
    value, gradient = reference.loss_and_gradient(
        network, theta, X[rows], Y[rows], gradient="sum",
        sample_weight=options["sample_weight"][rows],
    )  # fmt: skip
    assert report.weight == pytest.approx(own[rows].sum(), rel=1e-6)
    assert report.loss.sum() == pytest.approx(value, rel=1e-5)
    expected = theta - 0.1 * gradient / own[rows].sum()
    np.testing.assert_allclose(session.theta(), expected, atol=1e-6)
    total = reference.loss_and_gradient(
        network, session.theta(), X, Y, gradient="sum",
        sample_weight=options["sample_weight"],
    )[0]  # fmt: skip
    assert session.loss() == pytest.approx(total / own.sum(), rel=1e-5)


def test_rows_that_weigh_nothing_have_no_gradient():
    network = Network.from_arrays(1, [0], [0], activation="identity")
    value, gradient = evaluate.loss_and_gradient(
        network, [1.0, 2.0], np.ones((3, 1)), np.ones(3), sample_weight=np.zeros(3),
        gradient="sum",
    )  # fmt: skip
    assert value == 0
    assert gradient.tolist() == [0.0, 0.0]
