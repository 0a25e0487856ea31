"""The loop against its slow twin: every learner, batch form, penalty and schedule; and what its reports mean."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import CLASSES, REGRESSION, SHARED, classes, network, rows
from learning.rule_twins import LEARNERS
from learning.slow_fit import SlowRun
from wildwire.learning import task
from wildwire.learning.learners import Adam, GradientDescent, schedules

SETTINGS = [
    {},
    {"batch": 1},
    {"batch": "full"},
    {"batch": 7, "gradient": "sum"},
    {"batch": 5, "shuffle": False},
    {"batch": 100},
    {"l2": 0.1},
    {"l1": 0.02, "l1_dies": False},
    {"l1": 0.05},
    {"clip": 0.05},
    {"l1": 0.02, "l2": 0.1, "clip": 0.1, "gradient": "sum"},
    {"learner": Adam(schedules.Warmup(schedules.Cosine(0.02), epochs=2))},
    {"learner": GradientDescent(schedules.Step(0.1, every=2))},
    {"loss": "absolute", "learner": GradientDescent(0.01)},
    {"loss": "huber"},
    {"loss": "(o - t)**4 + 0.1*abs(o)"},
]


def both(text, data, **changed):
    """Results of the loop and of its twin with the same settings."""
    X, Y, weight = data
    made, theta = network(text)
    settings = {"learner": Adam(0.02), "batch": 6, "epochs": 4, "seed": 3} | changed
    fast = ww.fit(made, X, Y, theta, steady=None, sample_weight=weight, **settings)
    slow = SlowRun(made, X, Y, theta, sample_weight=weight, **settings)
    return fast, slow


def assert_same(fast, slow, tolerance=1e-10):
    np.testing.assert_allclose(fast.theta, slow.theta, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(fast.history["loss"], slow.losses, rtol=tolerance)
    assert np.array_equal(fast.alive, slow.alive)
    assert fast.steps == slow.step


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize("text", [REGRESSION, SHARED], ids=["free", "shared"])
def test_every_learner(learner, text):
    outputs = 2 if text is SHARED else 1
    assert_same(*both(text, rows(outputs=outputs), learner=learner))


@pytest.mark.parametrize("changed", SETTINGS, ids=str)
@pytest.mark.parametrize("text", [REGRESSION, SHARED], ids=["free", "shared"])
def test_every_setting(changed, text):
    outputs = 2 if text is SHARED else 1
    fast, slow = both(text, rows(outputs=outputs), **changed)
    assert_same(fast, slow)


def test_softmax_heads():
    X, Y = classes()
    assert_same(*both(CLASSES, (X, Y, None), loss="softmax"))


def test_without_weights():
    X, Y, _ = rows()
    assert_same(*both(REGRESSION, (X, Y, None)))


def test_l1_kills_links_for_good():
    X, Y, _ = rows()
    made, theta = network(REGRESSION)
    settings = {"learner": GradientDescent(0.1), "batch": "full", "l1": 0.2}
    result = ww.fit(made, X, Y, theta, epochs=200, **settings)
    dead = ~result.alive
    assert 0 < dead.sum() < made.n_theta
    assert not result.theta[dead].any()
    names = np.array(made.theta_names)
    assert not any("bias" in name for name in names[dead])
    lives = ww.fit(made, X, Y, theta, epochs=200, l1_dies=False, **settings)
    assert lives.alive.all()


def test_integer_weights_are_repeated_rows():
    X, Y, weight = rows()
    made, theta = network(REGRESSION)
    again = weight.astype(int)
    settings = {"learner": GradientDescent(0.1), "batch": "full", "epochs": 20}
    one = ww.fit(made, X, Y, theta, sample_weight=weight, **settings)
    other = ww.fit(
        made,
        np.repeat(X, again, axis=0),
        np.repeat(Y, again, axis=0),
        theta,
        **settings,
    )
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-11)
    np.testing.assert_allclose(one.history["loss"], other.history["loss"], rtol=1e-11)


def test_the_length_of_slices_shifts_no_theta(monkeypatch):
    """Slices only decide where the kernel returns: one step at a time moves theta by the same bits."""
    X, Y, _ = rows(60)
    made, theta = network(REGRESSION)
    whole = ww.fit(made, X, Y, theta, batch=4, epochs=5)
    monkeypatch.setattr(task, "SLICE_WORK", 0)
    sliced = ww.fit(made, X, Y, theta, batch=4, epochs=5)
    assert sliced.theta.tobytes() == whole.theta.tobytes()
    np.testing.assert_allclose(
        sliced.history["loss"], whole.history["loss"], rtol=1e-14
    )


def test_an_epoch_is_cut_into_equal_slices():
    """A long epoch is neither one call nor one call a step, and every row has its turn."""
    X, Y, _ = rows(4000)
    made, theta = network(REGRESSION)
    seen = []
    from wildwire.engine.session import Session

    class Spy(Session):
        def steps(self, rule, state, numbers, rates, order, first_batch, step):
            seen.append(len(rates))
            return super().steps(rule, state, numbers, rates, order, first_batch, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wildwire.engine.session.Session", Spy)
        patch.setattr(task, "SLICE_WORK", 8e4)
        ww.fit(made, X, Y, theta, batch=8, epochs=1)
    assert sum(seen) == 500
    assert 5 < len(seen) < 50
    assert len(set(seen[:-1])) == 1


def test_same_bits_every_time():
    X, Y, weight = rows(50)
    made, _ = network(REGRESSION)
    runs = [
        ww.fit(made, X, Y, epochs=10, batch=8, seed=5, sample_weight=weight)
        for _ in range(2)
    ]
    assert runs[0].theta.tobytes() == runs[1].theta.tobytes()
    assert runs[0].history["loss"].tobytes() == runs[1].history["loss"].tobytes()
    other = ww.fit(made, X, Y, epochs=10, batch=8, seed=6, sample_weight=weight)
    assert other.theta.tobytes() != runs[0].theta.tobytes()


def test_float32_follows_float64():
    X, Y, _ = rows(50)
    made, theta = network(REGRESSION)
    double = ww.fit(made, X, Y, theta, epochs=20, learner=GradientDescent(0.1))
    single = ww.fit(
        made, X, Y, theta, epochs=20, learner=GradientDescent(0.1), dtype="float32"
    )
    assert np.array_equal(single.theta, single.theta.astype(np.float32))
    assert not np.array_equal(single.theta, double.theta)
    np.testing.assert_allclose(single.theta, double.theta, rtol=2e-4, atol=2e-5)


def test_a_plateau_lowers_the_rate():
    """With a rate far too high the loss stalls; the plateau's rate then settles it."""
    X, Y, _ = rows(40)
    made, theta = network(REGRESSION)
    settings = {"batch": 8, "epochs": 120, "steady": None}
    stuck = ww.fit(made, X, Y, theta, learner=Adam(0.5), **settings)
    plateau = schedules.Plateau(0.5, factor=0.3, patience=5)
    settled = ww.fit(made, X, Y, theta, learner=Adam(plateau), **settings)
    last = [run.history["loss"][-10:] for run in (stuck, settled)]
    assert np.ptp(last[1]) < 0.2 * np.ptp(last[0])
    assert last[1].mean() < last[0].mean()
