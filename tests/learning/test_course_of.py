"""Courses of first-order rules: the steps of `fit`, to the bit; broken off, written down, and gone on with."""

import json

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, SHARED, network, rows
from learning.rule_twins import LEARNERS
from wildwire.errors import SettingError
from wildwire.learning import Objective
from wildwire.learning.course_of import EpochSettings, course_of
from wildwire.learning.learners import Adam, AdamW, GradientDescent
from wildwire.learning.schedules import Cosine, Plateau
from wildwire.learning.stopping import Reason

X, Y, WEIGHT = rows(23)
BOUNDED = "input a, b, c\nlet w = 0.1 in [0, 0.2]\ny = w*a + ?*b + ?*c + ?\noutput y"


def objective_of(text, **options):
    made, theta = network(text)
    targets = np.column_stack([Y] * made.n_outputs)
    objective = Objective(made, X, targets, sample_weight=WEIGHT, **options)
    return objective, theta, targets


def walked(course, steps):
    for _ in range(steps):
        assert course.reason is None
        course.step()
    return course


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize("batch", ["full", 7])
def test_its_steps_are_those_of_fit(learner, batch):
    penalties = {"l2": 0.01, "penalty": "0.001*abs(w)"}
    for text in (REGRESSION, SHARED):
        objective, theta, targets = objective_of(text, **penalties)
        course = course_of(
            learner, objective, theta, np.random.default_rng(3),
            EpochSettings(batch=batch, epochs=6),
        )  # fmt: skip
        walked(course, 6)
        result = ww.fit(
            objective.network, X, targets, theta, learner=learner, batch=batch, epochs=6,
            sample_weight=WEIGHT, seed=np.random.default_rng(3), scale_loss=False,
            **penalties,
        )  # fmt: skip
        assert course.theta.tobytes() == result.theta.tobytes()


@pytest.mark.parametrize("gradient", ["mean", "sum"])
def test_its_loss_is_that_of_the_objective(gradient):
    objective, theta, _ = objective_of(REGRESSION, l2=0.1, gradient=gradient)
    course = course_of(
        GradientDescent(rate=0.01), objective, theta, np.random.default_rng(0)
    )
    for _ in range(3):
        value = objective.value_and_gradient(course.theta)[0]
        assert course.loss == pytest.approx(value, rel=1e-13)
        course.step()


@pytest.mark.parametrize(
    "learner",
    [
        Adam(rate=0.05),
        AdamW(rate=Cosine(0.1)),
        GradientDescent(rate=Plateau(1.5, patience=1), momentum=0.9),
    ],
    ids=repr,
)
def test_goes_on_bit_for_bit(learner):
    settings = EpochSettings(batch=5, epochs=12)
    objective, theta, _ = objective_of(SHARED, l2=0.01)

    def begin(seed):
        return course_of(
            learner, objective, theta, np.random.default_rng(seed), settings
        )

    whole, first, second = begin(1), begin(1), begin(2)
    walked(whole, 12)
    arrays, facts = walked(first, 5).state()
    second.restore(arrays, json.loads(json.dumps(facts)))
    walked(second, 7)
    assert second.theta.tobytes() == whole.theta.tobytes()
    assert second.loss == whole.loss
    assert second.state()[1] == whole.state()[1]


def test_courses_on_one_objective_do_not_disturb_each_other():
    objective, theta, _ = objective_of(REGRESSION)
    random = np.random.default_rng
    alone = walked(course_of(Adam(rate=0.1), objective, theta, random(0)), 4)
    one = course_of(Adam(rate=0.1), objective, theta, random(0))
    other = course_of(AdamW(rate=0.2), objective, -theta, random(0))
    for _ in range(4):
        other.step()
        one.step()
    assert one.theta.tobytes() == alone.theta.tobytes()


class Halt(Exception):
    pass


def test_a_step_broken_off_leaves_nothing_behind():
    objective, theta, _ = objective_of(REGRESSION)
    course = course_of(
        Adam(rate=0.1), objective, theta, np.random.default_rng(0),
        EpochSettings(batch=1),
    )  # fmt: skip
    course._slice = 4
    course.step()
    before, calls = course.theta, []

    def watch():
        calls.append(1)
        if len(calls) == 3:
            raise Halt

    objective.watched_by(watch)
    with pytest.raises(Halt):
        course.step()
    objective.watched_by(None)
    assert course.theta is before
    other = course_of(
        Adam(rate=0.1), objective, theta, np.random.default_rng(0),
        EpochSettings(batch=1),
    )  # fmt: skip
    walked(other, 2)
    course.step()
    assert course.theta.tobytes() == other.theta.tobytes()


def test_bounds_are_kept():
    objective, theta, _ = objective_of(BOUNDED)
    low, high = objective.bounds.T
    course = course_of(
        GradientDescent(rate=0.5), objective, theta, np.random.default_rng(0)
    )
    for _ in range(10):
        course.step()
        assert np.all((course.theta >= low) & (course.theta <= high))


def test_a_run_away_gives_back_the_best():
    objective, theta, _ = objective_of(REGRESSION)
    course = course_of(
        GradientDescent(rate=1e6), objective, theta, np.random.default_rng(0)
    )
    while course.reason is None:
        course.step()
    assert course.reason is Reason.DIVERGED
    assert np.isfinite(course.theta).all()
    best = objective.value_and_gradient(course.theta)[0]
    assert best <= objective.value_and_gradient(theta)[0] * (1 + 1e-12)


def test_ends_when_steady():
    objective, theta, _ = objective_of("input a, b, c\ny ~ identity(a)\noutput y")
    course = course_of(
        GradientDescent(rate=0.3), objective, theta, np.random.default_rng(0)
    )
    steps = 0
    while course.reason is None and steps < 5000:
        course.step()
        steps += 1
    assert course.reason is Reason.STEADY


def test_nothing_to_learn():
    objective, theta, _ = objective_of("input a, b, c\ny = [1]*a\noutput y")
    assert len(theta) == 0
    course = course_of(Adam(), objective, theta, np.random.default_rng(0))
    assert course.reason is Reason.CONVERGED
    assert np.isfinite(course.loss)


def test_refusals():
    objective, theta, _ = objective_of(REGRESSION)
    with pytest.raises(SettingError, match="no learner"):
        course_of("adam", objective, theta, np.random.default_rng(0))
    for batch in (0, "ful", 1.5, True):
        with pytest.raises(SettingError, match="batch"):
            EpochSettings(batch=batch)
