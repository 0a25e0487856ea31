"""Local rules as learners: the classical figures, what they converge to, what they refuse."""

import copy
import pickle

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import (
    FormulaError,
    FunctionError,
    SettingError,
    UnsupportedError,
)
from wildwire.learning import Objective, learners
from wildwire.learning.stopping import Reason

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0)}
STEP = "input x1, x2\ny ~ step(x1, x2)\noutput y"
QUADRATIC = """
input x1, x2
y = step(quadratic(x1: ?, x2: ?, (x1, x1): [0], (x1, x2): ?, (x2, x2): [0], bias=?))
output y
"""
IN_ORDER = learners.PerceptronRule(0.1, shuffle=False)


def gate(name):
    return np.array(GATES[name], dtype=float)


def course_of(learner, network, X, Y, theta, seed=0, **settings):
    objective = Objective(network, X, Y, **settings)
    return learner.begin(
        objective, np.asarray(theta, float), np.random.default_rng(seed)
    )


def run(course, epochs):
    """Epochs that the course has run when it ends by itself; None if it does not."""
    for number in range(1, epochs + 1):
        course.step()
        if course.reason is not None:
            return number
    return None


def classical_start(network, seed):
    """Uniform in [-0.5, 0.5]; the threshold, drawn last, is a weight on -1 and the bias its negative."""
    drawn = np.random.RandomState(seed).uniform(-0.5, 0.5, network.n_theta)
    drawn[-1] *= -1
    order = ["x1 -> y", "x2 -> y", "(x1, x2) -> y", "y bias"]
    values = dict(
        zip([n for n in order if n in network.theta_names], drawn, strict=True)
    )
    return network.theta(values)


# Rows in their order, theta after every row; the last epoch counted is the one in which nothing changes.
@pytest.mark.parametrize(
    "text, problem, median, most",
    [(STEP, "and", 7, 13), (STEP, "or", 6, 13), (QUADRATIC, "xor", 10, 22)],
)
def test_perceptron_converges_as_often_and_as_fast_as_the_literature(
    text, problem, median, most
):
    network = ww.parse(text)
    objective = Objective(network, CORNERS, gate(problem))
    epochs = []
    for seed in range(200):
        start = classical_start(network, seed)
        course = IN_ORDER.begin(objective, start, np.random.default_rng(seed))
        epochs.append(run(course, 40))
        assert course.reason is Reason.CONVERGED
        assert course.loss == 0
    assert (np.median(epochs), max(epochs)) == (median, most)


def test_one_linear_neuron_never_learns_exclusive_or():
    network = ww.parse(STEP)
    objective = Objective(network, CORNERS, gate("xor"))
    for seed in range(200):
        start = classical_start(network, seed)
        course = IN_ORDER.begin(objective, start, np.random.default_rng(seed))
        assert run(course, 40) is None
        assert course.loss > 0


def test_the_hand_solution_of_exclusive_or_stands_still():
    network = ww.parse(QUADRATIC)
    values = {"x1 -> y": 1, "x2 -> y": 1, "(x1, x2) -> y": -2, "y bias": -0.5}
    start = network.theta(values)
    course = course_of(IN_ORDER, network, CORNERS, gate("xor"), start)
    assert run(course, 5) == 1
    assert course.reason is Reason.CONVERGED
    assert course.theta.tobytes() == start.tobytes()


def test_a_threshold_on_minus_one_is_the_negative_of_a_bias():
    biased = ww.parse(STEP)
    threshold = ww.parse("input x1, x2, one\ny ~ step([0], x1, x2, one)\noutput y")
    X = np.column_stack([CORNERS, -np.ones(4)])
    start = np.array([0.31, -0.22, 0.13])
    first = course_of(IN_ORDER, biased, CORNERS, gate("and"), start)
    second = course_of(IN_ORDER, threshold, X, gate("and"), start * [1, 1, -1])
    for _ in range(4):
        first.step(), second.step()
        np.testing.assert_allclose(
            second.theta * [1, 1, -1], first.theta, rtol=0, atol=1e-15
        )


def test_a_layer_of_perceptrons_learns_each_as_if_alone():
    layer = ww.wiring.layered(2, 2, output_activation="step")
    Y = np.column_stack([gate("and"), gate("or")])
    start = layer.initial(seed=3)
    together = course_of(IN_ORDER, layer, CORNERS, Y, start)
    run(together, 30)
    for k in range(2):
        alone = course_of(IN_ORDER, ww.parse(STEP), CORNERS, Y[:, k], start[3 * k : 3 * k + 3])  # fmt: skip
        run(alone, 30)
        assert alone.theta.tobytes() == together.theta[3 * k : 3 * k + 3].tobytes()


@pytest.mark.parametrize("activation, low", [("step", 0.0), ("sign", -1.0)])
def test_errors_are_those_of_the_targets_of_the_activation(activation, low):
    network = ww.parse(f"input x1, x2\ny ~ {activation}(x1, x2)\noutput y")
    Y = np.where(gate("or") > 0, 1.0, low)
    start = np.array([0.25, 0.25, 0.125])  # on all corners 1
    learner = learners.Rule("e", online=False)
    course = course_of(learner, network, CORNERS, Y, start)
    course.step()
    np.testing.assert_array_equal(course.theta - start, np.full(3, low - 1))


def test_odd_series_and_a_formula_for_the_rate():
    network = ww.parse("input x1, x2\ny ~ identity(x1, x2)\noutput y")
    Y, start = np.array([0.5, -1.0, 2.0, 0.3]), np.array([0.2, -0.4, 0.1])
    design = np.column_stack([CORNERS, np.ones(4)])
    e = Y - design @ start
    cases = [
        (learners.PerceptronRule([0.1, 0.02, 0.003], online=False), 0.1 * e + 0.02 * e**3 + 0.003 * e**5),
        (learners.PerceptronRule("0.1*abs(e)", online=False), 0.1 * np.abs(e) * e),
        (learners.PerceptronRule("0.1/(1 + sum(x*x))", online=False), 0.1 * e / (1 + (CORNERS**2).sum(1))),
        (learners.PerceptronRule("0.3/n", online=False), 0.3 * e),
    ]  # fmt: skip
    for learner, change in cases:
        course = course_of(learner, network, CORNERS, Y, start)
        course.step()
        np.testing.assert_allclose(course.theta - start, change @ design, rtol=1e-13)
    one = learners.PerceptronRule([0.1], online=False)
    same = learners.PerceptronRule(0.1, online=False)
    made = [course_of(kind, network, CORNERS, Y, start) for kind in (one, same)]
    for course in made:
        course.step()
    np.testing.assert_allclose(made[0].theta, made[1].theta, rtol=1e-15)


def test_a_negative_rate_is_named_with_error_and_sources():
    network = ww.parse(STEP)
    course = course_of(
        learners.PerceptronRule("0.1 - 0.3*e*max(x)", shuffle=False),
        network, CORNERS, gate("or"), [-0.1, -0.1, -0.1],
    )  # fmt: skip
    with pytest.raises(SettingError) as caught:
        course.step()
    told = str(caught.value)
    assert "rate alpha(e, x) is -0.2 at e=1, x=(0, 1), row 1, for 'y bias'" in told


# ---- the delta rule -------------------------------------------------------------------


def test_delta_rule_of_a_linear_neuron_is_gradient_descent():
    network = ww.parse("input x1, x2\ny ~ identity(x1, x2)\noutput y")
    random = np.random.default_rng(4)
    X, Y = random.normal(size=(20, 2)), random.normal(size=20)
    start = network.initial(seed=1)
    settings = {"epochs": 7, "shuffle": False, "patience": None, "scale_loss": False}
    descent = learners.GradientDescent(rate=0.05)
    for online, batch in ((True, 1), (False, "full")):
        course = course_of(
            learners.DeltaRule(0.05, online=online, shuffle=False), network, X, Y, start
        )
        for _ in range(7):
            course.step()
        wanted = ww.fit(network, X, Y, start, learner=descent, batch=batch, gradient="sum", **settings)  # fmt: skip
        np.testing.assert_allclose(course.theta, wanted.theta, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("activation", ["tanh", "logistic", "sin", "softsign"])
def test_delta_rule_is_the_gradient_of_any_single_layer(activation):
    network = ww.wiring.layered(3, 2, output_activation=activation)
    random = np.random.default_rng(5)
    X, Y = random.normal(size=(9, 3)), random.normal(size=(9, 2))
    start = network.initial(seed=2)
    course = course_of(learners.DeltaRule(0.1, online=False), network, X, Y, start)
    course.step()
    _, gradient = ww.loss_and_gradient(network, start, X, Y, gradient="sum")
    np.testing.assert_allclose(course.theta, start - 0.1 * gradient, rtol=1e-13)


def test_delta_rule_behind_a_softmax_descends_the_cross_entropy():
    network = ww.parse("input a, b\nz[3] ~ identity(a, b)\noutput softmax(z)")
    random = np.random.default_rng(6)
    X, Y = random.normal(size=(10, 2)), np.eye(3)[random.integers(0, 3, 10)]
    start = network.initial(seed=0)
    course = course_of(
        learners.DeltaRule(0.1, online=False), network, X, Y, start, loss="softmax"
    )
    course.step()
    _, gradient = ww.loss_and_gradient(
        network, start, X, Y, loss="softmax", gradient="sum"
    )
    np.testing.assert_allclose(
        course.theta, start - 0.1 * gradient, rtol=1e-12, atol=1e-15
    )


def test_streetlights_online_replay():
    data = ww.datasets.streetlights()
    network = ww.parse(
        "input left, middle, right\ny ~ identity([0], left, middle, right)\noutput y"
    )
    theta = np.array([0.5, 0.48, -0.7])
    learner = learners.DeltaRule(0.1, shuffle=False)
    sums = []
    for _ in range(40):
        total = 0.0
        for row in range(6):
            X, y = data.X[row : row + 1], data.y[row : row + 1]
            course = course_of(learner, network, X, y, theta)
            total += 2 * course.loss
            course.step()
            theta = course.theta
        sums.append(total)
    whole = course_of(learner, network, data.X, data.y, [0.5, 0.48, -0.7])
    assert run(whole, 40) is None
    assert whole.theta.tobytes() == theta.tobytes()
    wanted = [2.6561231104, 0.9628701776715985, 0.00053373677328488]
    np.testing.assert_allclose([sums[0], sums[1], sums[-1]], wanted, rtol=1e-11)


# ---- rules without a teacher ----------------------------------------------------------


def test_hebb_adds_source_times_output():
    network = ww.parse("input x1, x2\ny ~ tanh(x1, x2)\noutput y")
    random = np.random.default_rng(7)
    X, start = random.normal(size=(6, 2)), np.array([0.4, -0.3, 0.2])
    course = course_of(
        learners.HebbRule(0.1, online=False), network, X, np.zeros(6), start
    )
    course.step()
    y = ww.run(network, start, X)[:, 0]
    change = 0.1 * (np.column_stack([X, np.ones(6)]) * y[:, None]).sum(0)
    np.testing.assert_allclose(course.theta - start, change, rtol=1e-13)


def test_hebb_reaches_hidden_neurons_and_neurons_can_be_named():
    network = ww.parse("input x\nh ~ tanh(x)\ny ~ tanh(h)\noutput y")
    X, start = np.array([[0.5], [-1.0]]), np.array([0.4, 0.1, 0.3, -0.2])
    moved = {}
    for neurons in (None, ("h",), "y"):
        learner = learners.HebbRule(0.1, neurons=neurons)
        course = course_of(learner, network, X, np.zeros(2), start)
        course.step()
        moved[neurons] = (course.theta != start).tolist()
    assert moved == {
        None: [True] * 4,
        ("h",): [True, True, False, False],
        "y": [False, False, True, True],
    }


def test_oja_ends_at_the_first_principal_component():
    random = np.random.default_rng(8)
    axes, _ = np.linalg.qr(random.normal(size=(4, 4)))
    X = random.normal(size=(400, 4)) * [3.0, 1.5, 1.0, 0.5] @ axes.T
    X -= X.mean(axis=0)
    network = ww.parse("input x[4]\ny ~ identity([0], x)\noutput y")
    course = course_of(
        learners.OjaRule(0.002), network, X, np.zeros(400), network.initial(seed=1)
    )
    run(course, 60)
    first = np.linalg.svd(X, full_matrices=False)[2][0]
    assert abs(course.theta @ first) > 0.9999
    assert np.linalg.norm(course.theta) == pytest.approx(1, abs=0.02)


# ---- errors shared back ---------------------------------------------------------------


@pytest.mark.parametrize("by", [("weight",), ("output",), ("weight", "output", "slope")])  # fmt: skip
def test_shares_sum_to_one_for_every_neuron(by):
    network = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ng ~ logistic(h, a, a)\noutput g")
    learner = learners.BlameRule(0.1, by=by)
    shares = learner.shares(network, network.initial(seed=4), [0.3, -0.8])
    assert list(shares) == ["h[0]", "h[1]", "h[2]", "g"]
    for links in shares.values():
        assert sum(links.values()) == pytest.approx(1, abs=1e-15)
        assert min(links.values()) >= 0
    assert set(shares["h[0]"]) == {"a -> h[0]", "b -> h[0]", "h[0] bias"}
    assert {"a -> g", "a -> g #2"} < set(shares["g"])


def test_shares_follow_weight_output_and_slope():
    network = ww.parse(
        "input a\nh = tanh(0.5*a)\ng = sin(2*a)\ny = 3*h - 1*g\noutput y"
    )
    theta = network.initial(seed=0)
    by_weight = learners.BlameRule(by="weight").shares(network, theta, [0.4])["y"]
    assert by_weight == {"h -> y": 0.75, "g -> y": 0.25}
    whole = learners.BlameRule().shares(network, theta, [0.4])["y"]
    sizes = {
        "h -> y": 3 * np.tanh(0.2) * (1 - np.tanh(0.2) ** 2),
        "g -> y": np.sin(0.8) * np.cos(0.8),
    }
    for name, size in sizes.items():
        assert whole[name] == pytest.approx(size / sum(sizes.values()), rel=1e-13)
    nothing = learners.BlameRule().shares(network, theta, [0.0])["y"]
    assert nothing == {"h -> y": 0.5, "g -> y": 0.5}


def test_blame_is_not_the_gradient_and_learns_all_the_same():
    network = ww.wiring.layered(
        2, 4, 1, activation="logistic", output_activation="logistic"
    )
    objective = Objective(network, CORNERS, gate("xor"))
    start = network.initial(seed=0)
    one = learners.BlameRule(2.0, online=False)
    course = one.begin(objective, start, np.random.default_rng(0))
    course.step()
    gradient = objective.gradient(start)
    change = course.theta - start
    cosine = -change @ gradient / np.linalg.norm(change) / np.linalg.norm(gradient)
    assert cosine < 0.999
    learnt = 0
    for seed in range(10):
        start, random = network.initial(seed=seed), np.random.default_rng(seed)
        course = learners.BlameRule(2.0).begin(objective, start, random)
        run(course, 1000)
        wrong = np.abs(ww.run(network, course.theta, CORNERS)[:, 0] - gate("xor")) > 0.5
        learnt += not wrong.any()
    assert learnt >= 8


# ---- how a run goes -------------------------------------------------------------------


def test_bounds_hold_weights_of_rows_count_and_shared_numbers_add_up():
    bounded = ww.parse(
        "input x\nlet a = 0.4 in [0, 0.5]\ny = a*x + a + [1]*x\noutput y"
    )
    X, Y = np.array([[1.0], [2.0]]), np.array([10.0, 10.0])
    course = course_of(learners.DeltaRule(0.1), bounded, X, Y, [0.4])
    assert run(course, 5) is not None
    assert course.theta.tolist() == [0.5]
    free = ww.parse("input x\nlet a = 0.4\ny = a*x - a\noutput y")
    weight = np.array([2.0, 0.0])
    course = course_of(
        learners.Rule("x*e", online=False), free, X, Y, [0.4], sample_weight=weight
    )
    course.step()
    assert course.theta[0] == pytest.approx(0.4 + 2 * (1 * 10 - 1 * 10))
    course = course_of(
        learners.Rule("x*e", online=False), free, X, Y, [0.4], sample_weight=weight[::-1]
    )  # fmt: skip
    course.step()
    assert course.theta[0] == pytest.approx(0.4 + 2 * (2 - 1) * (10 - 0.4))


def test_the_last_change_makes_a_momentum():
    network = ww.parse("input x\ny ~ identity([0], x)\noutput y")
    X, Y = np.array([[1.0], [2.0]]), np.array([1.0, 1.0])
    course = course_of(
        learners.Rule("0.1*x*e + 0.5*d", shuffle=False), network, X, Y, [0.0]
    )
    w, d = 0.0, 0.0
    for _ in range(3):
        course.step()
        for x, t in ((1.0, 1.0), (2.0, 1.0)):
            d = 0.1 * x * (t - w * x) + 0.5 * d
            w += d
    assert course.theta[0] == pytest.approx(w, rel=1e-14)


def test_a_rule_with_momentum_goes_on_while_the_last_change_was_one():
    network = ww.parse("input x\ny ~ identity([0], x)\noutput y")
    X, Y = np.array([[1.0]]), np.array([1.0])
    # The change is 0 at first glance only: 0.5*e cancels 0.5*d after the first step.
    course = course_of(
        learners.Rule("0.5*x*e - 0.5*d", shuffle=False), network, X, Y, [0.0]
    )
    course.step()
    assert course.theta[0] == 0.5
    course.step()
    assert course.theta[0] == 0.5 and course.reason is None
    course.step()
    assert course.theta[0] == 0.75


def test_a_rule_that_runs_away_ends_where_it_was():
    network = ww.parse("input x\ny ~ identity([0], x)\noutput y")
    course = course_of(
        learners.Rule("1e200*x*y*y"), network, [[1.0]], np.zeros(1), [1e5]
    )
    assert run(course, 10) is not None
    assert course.reason is Reason.DIVERGED
    assert np.isfinite(course.theta).all() and np.isfinite(course.loss)
    assert "beyond all numbers" in course.note


def test_nothing_to_change_ends_at_once():
    network = ww.parse("input x\ny = step([1]*x)\noutput y")
    course = course_of(learners.PerceptronRule(), network, [[1.0]], np.zeros(1), [])
    assert course.reason is Reason.CONVERGED


def test_fit_runs_rules_and_resumes_them_to_the_bit(tmp_path):
    network = ww.parse("input x1, x2\ny ~ tanh(x1, x2)\noutput y")
    random = np.random.default_rng(9)
    X, Y = random.normal(size=(30, 2)), random.normal(size=30)
    learner = learners.Rule("rate*slope*x*e + 0.3*d", rate=0.05)
    whole = ww.fit(network, X, Y, learner=learner, epochs=8, seed=3)
    path = tmp_path / "run"
    ww.fit(network, X, Y, learner=learner, epochs=5, seed=3, checkpoint=path)
    rest = ww.fit(network, X, Y, learner=learner, epochs=8, seed=3, resume=path)
    assert rest.theta.tobytes() == whole.theta.tobytes()
    assert rest.history["loss"].tobytes() == whole.history["loss"].tobytes()
    again = ww.fit(network, X, Y, learner=learner, epochs=8, seed=3, threads=2)
    assert again.theta.tobytes() == whole.theta.tobytes()
    other = ww.fit(network, X, Y, learner=learner, epochs=8, seed=4)
    assert other.theta.tobytes() != whole.theta.tobytes()


def test_fit_learns_a_gate_by_name_and_stops():
    network = ww.parse(STEP)
    result = ww.fit(network, CORNERS, gate("and"), learner="perceptron", seed=0)
    assert result.reason is Reason.CONVERGED and result.epochs < 30
    assert "No number changed" in result.message
    assert ww.run(network, result.theta, CORNERS)[:, 0].tolist() == list(GATES["and"])


def test_a_time_limit_ends_an_epoch_between_slices(monkeypatch):
    from wildwire.engine import rule_walk

    monkeypatch.setattr(rule_walk, "SLICE", 3)
    network = ww.parse(STEP)
    objective = Objective(network, CORNERS, gate("xor"))
    course = IN_ORDER.begin(
        objective, np.array([0.1, 0.2, 0.3]), np.random.default_rng(0)
    )
    calls = []

    class Enough(Exception):
        pass

    def watch():
        calls.append(1)
        if len(calls) == 3:
            raise Enough

    before = course.theta.copy()
    objective.watched_by(watch)
    with pytest.raises(Enough):
        course.step()
    assert course.theta.tobytes() == before.tobytes()


# ---- what is refused ------------------------------------------------------------------

HIDDEN = "input x1, x2\nh ~ tanh(x1, x2)\ny ~ step(h, x1)\noutput y"


@pytest.mark.parametrize(
    "text, learner, told",
    [
        (HIDDEN, learners.PerceptronRule(), "reads e, and neuron h is no output"),
        (HIDDEN, learners.Rule("t*x"), "reads t, and neuron h is no output"),
        (HIDDEN, learners.Rule("t*x", blame="weight"), "reads t, and neuron h is no output"),
        (STEP, learners.DeltaRule(), "neuron y: step has slope 0"),
        ("input x1, x2\ny = step(0.3*x1*x2 + 0.2*x1)\noutput y", learners.PerceptronRule(), "its formula has slope 0"),
        ("input x1, x2\ny = tanh(0.5*(x1 - 3*x2))\noutput y", learners.DeltaRule(), "y: a number in it is a product"),
        ("input x1, x2\nh ~ tanh(x1)\ny ~ quadratic(h, x2)\noutput y", learners.BlameRule(), "y is no weighted sum"),
        (STEP, learners.PerceptronRule(neurons=["z"]), "no neuron 'z'"),
        ("input x1, x2\ny = exp(0.3*x1)*x2\noutput y", learners.Rule("e*sum(x)"), "neuron y has a formula of its own"),
    ],
)  # fmt: skip
def test_what_a_rule_does_not_have_is_named(text, learner, told):
    network = ww.parse(text)
    Y = np.zeros((4, network.n_outputs))
    with pytest.raises(SettingError) as caught:
        course_of(learner, network, CORNERS, Y, network.initial(seed=0))
    assert told in str(caught.value)


def test_hidden_neurons_learn_where_errors_are_shared_or_others_are_named():
    network = ww.parse(HIDDEN)
    start = network.initial(seed=0)
    shared = learners.Rule("0.1*x*e", blame=("weight",))
    course = course_of(shared, network, CORNERS, gate("xor"), start)
    course.step()
    assert (course.theta != start)[:3].any()
    named = learners.PerceptronRule(neurons="y")
    course = course_of(named, network, CORNERS, gate("xor"), start)
    course.step()
    assert course.theta[:3].tobytes() == start[:3].tobytes()


@pytest.mark.parametrize(
    "text, told",
    [
        ("input x1, x2\ny = tanh(?*x1 + ?*y@1 + ?*x2)\noutput y", "looks 1 steps back"),
        ("input x1, x2\na = tanh(0.1*a + ?*x1 + ?*x2)\nsettle\noutput a", "settles"),
    ],
)
def test_time_and_loops_are_refused(text, told):
    network = ww.parse(text)
    X = np.zeros((2, 3, 2)) if "@" in text else CORNERS
    Y = np.zeros((2, 3, 1)) if "@" in text else np.zeros(4)
    with pytest.raises(UnsupportedError, match="local rule") as caught:
        course_of(learners.HebbRule(), network, X, Y, network.initial(seed=0))
    assert told in str(caught.value) or "sequences" in str(caught.value)


def test_penalties_are_refused():
    with pytest.raises(SettingError, match="knows no penalty"):
        ww.fit(ww.parse(STEP), CORNERS, gate("or"), learner="perceptron", l2=0.1)


@pytest.mark.parametrize(
    "make, error, told",
    [
        (lambda: learners.Rule("rte*x*e", rate=0.1), FormulaError, "line 1, column 1: the rule reads 'rte'"),
        (lambda: learners.Rule("x*e +"), FormulaError, "column 6"),
        (lambda: learners.Rule("0.1*x*sgn(e)"), FormulaError, "column 7: the rule calls 'sgn', which nobody"),
        (lambda: learners.Rule("x*e", rate=0.1), SettingError, "rate=0.1 is given, and the formula"),
        (lambda: learners.Rule("rate*x*e", rate=np.inf), SettingError, "must be a finite number"),
        (lambda: learners.Rule("rate*x*e", rate="fast"), SettingError, "rate of a rule must be a finite number"),
        (lambda: learners.Rule("x*e", x=2.0), SettingError, "x is what a rule reads"),
        (lambda: learners.Rule("odd_series"), SettingError, "PerceptronRule([0.1, 0.01])"),
        (lambda: learners.Rule(3), FunctionError, "not int"),
        (lambda: learners.Rule("exp(" * 40 + "x" + ")" * 40), FormulaError, "nested"),
        (lambda: learners.Rule("+".join(["x"] * 400)), FormulaError, "parts"),
        (lambda: learners.Rule("x*e", blame="size"), SettingError, "blame of Rule must be"),
        (lambda: learners.PerceptronRule(-0.1), SettingError, "rate of PerceptronRule must be at least 0"),
        (lambda: learners.PerceptronRule([0.1, -0.1]), SettingError, "there is -0.1"),
        (lambda: learners.PerceptronRule([]), SettingError, "a list of 0 numbers"),
        (lambda: learners.PerceptronRule("0.1*w"), FormulaError, "column 5: the rate of a perceptron is a formula"),
        (lambda: learners.PerceptronRule("0.1*q"), FormulaError, "'q'"),
        (lambda: learners.BlameRule(by=()), SettingError, "by of BlameRule must be"),
        (lambda: learners.OjaRule(online=1), SettingError, "online of OjaRule must be True or False"),
        (lambda: learners.HebbRule(neurons=[1]), SettingError, "names of neurons"),
        (lambda: learners.HebbRule(float("nan")), SettingError, "rate of HebbRule"),
    ],
)  # fmt: skip
def test_faults_of_a_rule_are_told_where_it_is_made(make, error, told):
    with pytest.raises(error) as caught:
        make()
    assert told in str(caught.value)


def test_rules_print_as_they_are_written_and_stand_in_the_list_of_names():
    rule = learners.Rule("rate*x*e - 0.1*w", rate=0.2, online=False, neurons="y")
    assert repr(rule) == "Rule('rate*x*e - 0.1*w', online=False, neurons=('y',), rate=0.2)"  # fmt: skip
    for copied in (pickle.loads(pickle.dumps(rule)), copy.deepcopy(rule)):
        assert copied == rule and hash(copied) == hash(rule)
    assert learners.Rule("rate*x*e", rate=0.2) != learners.Rule("rate*x*e", rate=0.3)
    for name, kind in (
        ("perceptron", learners.PerceptronRule), ("Delta_Rule", learners.DeltaRule),
        ("hebb", learners.HebbRule), ("oja", learners.OjaRule), ("blame-rule", learners.BlameRule),
    ):  # fmt: skip
        assert isinstance(learners.by_name(name), kind)


def test_a_named_rule_is_that_of_the_library():
    network = ww.parse("input x1, x2\ny ~ tanh(x1, x2)\noutput y")
    made = []
    for learner in (learners.Rule("oja", rate=0.03), learners.OjaRule(0.03)):
        course = course_of(
            learner, network, CORNERS, np.zeros(4), network.initial(seed=2)
        )
        course.step()
        made.append(course.theta.tobytes())
    assert made[0] == made[1]
