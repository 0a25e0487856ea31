"""How runs of `fit` end: each reason once, with the theta and the sentence that belong to it."""

import signal
import time

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, network, rows
from wildwire.learning.learners import Adam, GradientDescent
from wildwire.learning.stopping import Reason

X, Y, _ = rows(40)
NETWORK, THETA = network(REGRESSION)


def loss(theta, X=X, Y=Y):
    return ww.loss_and_gradient(NETWORK, theta, X, Y)[0]


def test_epochs():
    result = ww.fit(NETWORK, X, Y, THETA, epochs=7)
    assert result.reason is Reason.EPOCHS
    expected = f"{Reason.EPOCHS.sentence} The loss was still falling: give more epochs."
    assert result.message == expected
    assert result.epochs == len(result.history["loss"]) == 7
    assert result.steps == 14
    assert "epochs after 7 epochs" in repr(result)


def test_history_is_the_loss_before_the_updates():
    result = ww.fit(
        NETWORK, X, Y, THETA, batch="full", epochs=3, history_of=["a -> h", "h bias"]
    )
    theta = THETA
    for epoch in range(3):
        assert result.history["loss"][epoch] == pytest.approx(loss(theta), rel=1e-13)
        theta = ww.fit(NETWORK, X, Y, THETA, batch="full", epochs=epoch + 1).theta
        for name in ("a -> h", "h bias"):
            assert result.history[name][epoch] == NETWORK.numbers(theta)[name]


def test_early_stop_keeps_the_best():
    """Few training rows, many numbers: the validation loss rises again."""
    many = ww.parse("input a, b, c\nh[20] ~ tanh(a, b, c)\ny ~ identity(h)\noutput y")
    held = (X[12:], Y[12:])
    seen = []
    result = ww.fit(
        many, X[:12], Y[:12], validation=held, patience=15, epochs=3000, seed=1,
        learner=Adam(0.03), callbacks=[lambda state: seen.append(state.theta)],
    )  # fmt: skip
    assert result.reason is Reason.EARLY_STOP
    losses = result.history["validation"]
    best = int(np.argmin(losses))
    assert result.best_epoch == best + 1
    assert result.epochs == best + 1 + 15
    assert np.array_equal(result.theta, seen[best])
    found = ww.loss_and_gradient(many, result.theta, *held)[0]
    assert found == pytest.approx(losses[best], rel=1e-12)
    assert losses[-1] > losses[best]


def test_patience_can_be_switched_off():
    result = ww.fit(
        NETWORK,
        X,
        Y,
        THETA,
        validation=0.3,
        patience=None,
        epochs=60,
        learner=Adam(0.5),
    )
    assert result.reason is Reason.EPOCHS
    assert len(result.history["validation"]) == 60
    assert result.best_epoch == np.argmin(result.history["validation"]) + 1


def test_steady():
    line = ww.parse("input x\ny = ?*x + ?\noutput y")
    x = np.linspace(-1, 1, 8)
    result = ww.fit(
        line, x, 3 * x - 1, batch="full", learner=GradientDescent(0.5), epochs=5000
    )
    assert result.reason is Reason.STEADY
    assert result.epochs < 500
    np.testing.assert_allclose(result.theta, [3, -1], rtol=1e-9)


def test_steady_can_be_switched_off():
    line = ww.parse("input x\ny = ?*x + ?\noutput y")
    settings = {"epochs": 50, "learner": GradientDescent(0.0), "seed": 0}
    assert ww.fit(line, [1.0], [1.0], steady=None, **settings).epochs == 50
    assert ww.fit(line, [1.0], [1.0], **settings).epochs == 10


@pytest.mark.parametrize("limit", [0.3, "0.3s"])
def test_time(limit):
    began = time.perf_counter()
    result = ww.fit(NETWORK, X, Y, THETA, epochs=10**9, time_limit=limit, steady=None)
    taken = time.perf_counter() - began
    assert result.reason is Reason.TIME
    assert 0.3 <= result.seconds <= taken < 1.5
    assert np.isfinite(result.theta).all()


def test_time_within_an_epoch():
    """An epoch of half a million steps is left in its middle."""
    big = np.tile(X, (12_500, 1)), np.tile(Y, (12_500, 1))
    result = ww.fit(NETWORK, *big, THETA, batch=1, epochs=3, time_limit=0.2)
    assert result.reason is Reason.TIME
    assert result.seconds < 1.5
    assert not np.array_equal(result.theta, THETA)
    assert 0 < result.steps < 3 * 500_000


def test_divergence_names_the_place_and_rolls_back():
    cliff = ww.parse("input x\nq ~ exponential(x)\ny = ?*q\noutput y")
    x = np.array([0.0, 1.0, 2.0])
    result = ww.fit(
        cliff, x, x, [0.1, 0.0, 1.0], batch="full", learner=GradientDescent(1e3),
        epochs=50, scale_loss=False,
    )  # fmt: skip
    assert result.reason is Reason.DIVERGED
    assert "neuron 'q', row" in result.message
    start, kept = (
        ww.loss_and_gradient(cliff, theta, x[:, None], x)[0]
        for theta in ([0.1, 0, 1], result.theta)
    )
    assert kept <= start
    assert np.isfinite(result.theta).all()


def test_divergence_after_progress_keeps_the_progress():
    """A rate that explodes late: what was reached before is handed back."""
    from wildwire.learning.learners import schedules

    explosive = GradientDescent(schedules.Exponential(0.05, factor=1.4))
    result = ww.fit(NETWORK, X, Y, THETA, batch="full", learner=explosive, epochs=3000)
    assert result.reason is Reason.DIVERGED
    assert result.best_epoch > 0
    assert loss(result.theta) == pytest.approx(result.history["loss"].min(), rel=1e-12)


def test_divergence_on_validation_rows():
    cliff = ww.parse("input x\nq ~ exponential(x)\ny = ?*q\noutput y")
    result = ww.fit(
        cliff, [0.0, 1.0], [0.0, 1.0], [1.0, 0.0, 1.0], batch="full", epochs=5,
        validation=([[1.0], [1e4]], [1.0, 2.0]), learner=GradientDescent(1e-3),
    )  # fmt: skip
    assert result.reason is Reason.DIVERGED
    assert "neuron 'q', validation row 1" in result.message


def test_interruption_keeps_the_best():
    def press(state):
        if state.epoch == 5:
            signal.raise_signal(signal.SIGINT)

    result = ww.fit(NETWORK, X, Y, THETA, epochs=100, callbacks=[press], batch=5)
    assert result.reason is Reason.INTERRUPTED
    assert result.epochs in (5, 6)
    assert loss(result.theta) < loss(THETA)


def test_interruption_of_a_bad_run_goes_back():
    """A rate that makes everything worse: the start was the best theta."""

    def press(state):
        if state.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    result = ww.fit(
        NETWORK, X, Y, THETA, epochs=9, callbacks=[press], batch="full",
        learner=GradientDescent(30.0),
    )  # fmt: skip
    assert result.reason is Reason.INTERRUPTED
    assert np.array_equal(result.theta, THETA)


def test_callbacks():
    seen = []

    def watch(state):
        seen.append(state)
        return state.epoch == 3

    result = ww.fit(NETWORK, X, Y, THETA, epochs=9, callbacks=[watch], validation=0.2)
    assert result.reason is Reason.CALLBACK
    assert [state.epoch for state in seen] == [1, 2, 3]
    assert [state.loss for state in seen] == result.history["loss"].tolist()
    assert [state.validation for state in seen] == result.history["validation"].tolist()
    assert seen[2].best == result.history["validation"].min()
    assert seen[0].epochs == 9
    assert 0 < seen[0].seconds <= seen[2].seconds


def test_what_a_callback_does_to_theta_changes_nothing():
    def spoil(state):
        state.theta[:] = 0

    plain = ww.fit(NETWORK, X, Y, THETA, epochs=3)
    spoilt = ww.fit(NETWORK, X, Y, THETA, epochs=3, callbacks=[spoil])
    assert plain.theta.tobytes() == spoilt.theta.tobytes()


def test_errors_of_callbacks_are_passed_on():
    def fail(state):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ww.fit(NETWORK, X, Y, THETA, callbacks=[fail])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
