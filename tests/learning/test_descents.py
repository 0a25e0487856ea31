"""Learners that follow gradients of all rows: known minima, bounds, units, walls, resuming, time that runs out."""

import dataclasses
import json

import numpy as np
import pytest

import wildwire as ww
from learning.descent_objectives import Logistic, Quadratic, Rosenbrock, Walled
from learning.problems import REGRESSION, SHARED, network, rows
from wildwire.errors import SettingError
from wildwire.learning import Objective
from wildwire.learning.learners import (
    LBFGS,
    ConjugateGradient,
    IRpropPlus,
    NaturalGradient,
    TruncatedNewton,
)
from wildwire.learning.stopping import Reason

# Each with the steps it may take on the problems below.
LEARNERS = (
    (IRpropPlus(), 3000),
    (ConjugateGradient(), 1000),
    (NaturalGradient(), 300),
    (NaturalGradient(most_formed=0, products=40), 300),
    (LBFGS(leg=7), 400),
    (LBFGS(), 100),
    (TruncatedNewton(leg=5), 200),
)
IDS = [repr(learner) for learner, _ in LEARNERS]
PROBLEMS = {
    "quadratic": (lambda **o: Quadratic(**o), None),
    "ill-conditioned": (lambda **o: Quadratic(5, 1e4, 3, **o), None),
    "raised": (lambda **o: Quadratic(height=3.0, **o), None),
    "one number": (lambda **o: Quadratic(1, **o), None),
    "rosenbrock": (lambda **o: Rosenbrock(**o), np.array([-1.2, 1.0])),
    "long rosenbrock": (lambda **o: Rosenbrock(8, **o), np.full(8, -0.5)),
    "logistic": (lambda **o: Logistic(**o), None),
}

# Steps along the axes are slow in valleys that lie across them.
ACROSS = ("ill-conditioned", "rosenbrock", "long rosenbrock")


def run(learner, objective, theta, most):
    """A course run to its end, or `most` steps."""
    course = learner.begin(objective, np.array(theta), np.random.default_rng(0))
    steps = 0
    while course.reason is None and steps < most:
        course.step()
        steps += 1
    assert np.isfinite(course.theta).all()
    return course


def start_of(objective, theta):
    return np.zeros(objective.n_theta) if theta is None else theta


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
@pytest.mark.parametrize("unit", [1.0, 1e-42, 1e12])
def test_finds_the_minimum_in_any_unit(learner, most, name, unit):
    make, theta = PROBLEMS[name]
    objective = make(unit=unit)
    start = start_of(objective, theta)
    course = run(learner, objective, start, most)
    if isinstance(learner, IRpropPlus) and name in ACROSS:
        assert course.loss < 1e-3 * objective.value(start)
        return
    assert course.reason is Reason.CONVERGED
    flat = np.abs(objective.gradient(course.theta)).max() / unit
    assert flat < 1e-4
    if hasattr(objective, "least"):
        np.testing.assert_allclose(course.theta, objective.least, atol=2e-4)
    assert course.loss == pytest.approx(objective.value(course.theta), rel=1e-9)


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
def test_bounds_hold(learner, most):
    """The minimum within a box: no slope is left but towards its walls."""
    for seed in range(3):
        box = np.array(
            [[-0.5, 0.4], [-np.inf, 0.1], [0.0, np.inf], [-9, 9], [0.2, 0.2]]
        )
        objective = Quadratic(5, 30.0, seed, bounds=box)
        start = np.clip(np.zeros(5), *box.T)
        course = run(learner, objective, start, most)
        low, high = box.T
        assert np.all((course.theta >= low) & (course.theta <= high))
        slope = objective.gradient(course.theta)
        inwards = np.where(course.theta <= low, np.minimum(slope, 0), slope)
        inwards = np.where(course.theta >= high, np.maximum(inwards, 0), inwards)
        inwards[4] = 0.0
        assert np.abs(inwards).max() < 1e-4


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
def test_walls_are_steps_too_long(learner, most):
    objective = Walled(4, 300.0, 2)
    start = objective.least + np.array([2.4, -2.4, 2.3, 2.4])
    objective.wall = 1.001 * objective.value(start)
    course = run(learner, objective, start, most)
    np.testing.assert_allclose(course.theta, objective.least, atol=1e-3)


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
def test_a_start_without_a_value(learner, most):
    objective = Walled(3)
    start = objective.least + 50.0
    course = run(learner, objective, start, most)
    assert course.reason is Reason.DIVERGED
    assert np.array_equal(course.theta, start)


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
def test_no_numbers_and_a_start_at_the_minimum(learner, most):
    assert run(learner, Quadratic(0), np.zeros(0), most).reason is Reason.CONVERGED
    objective = Quadratic(3, height=1.0)
    course = run(learner, objective, objective.least, most)
    assert course.reason is Reason.CONVERGED
    assert np.array_equal(course.theta, objective.least)


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
@pytest.mark.parametrize("bounded", [False, True])
def test_goes_on_bit_for_bit(learner, most, bounded):
    box = np.array([[-0.5, 0.7]] * 3) if bounded else None
    learner = dataclasses.replace(learner, tolerance=0.0)

    def begin():
        objective = Rosenbrock(3, bounds=box)
        theta = np.array([-0.4, 0.3, 0.5])
        return learner.begin(objective, theta, np.random.default_rng(0))

    for before in (0, 1, 3):
        whole, first, second = begin(), begin(), begin()
        for _ in range(before):
            if first.reason is None:
                first.step()
        arrays, facts = first.state()
        second.restore(arrays, json.loads(json.dumps(facts)))
        for _ in range(before + 3):
            if whole.reason is None:
                whole.step()
        for _ in range(3):
            if second.reason is None:
                second.step()
        assert second.theta.tobytes() == whole.theta.tobytes()
        assert (second.loss, second.reason) == (whole.loss, whole.reason)


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
def test_theta_is_never_worse_than_before_nor_changed_in_place(learner, most):
    objective = Rosenbrock(4)
    course = learner.begin(objective, np.full(4, -0.7), np.random.default_rng(0))
    last, seen = course.loss, []
    for _ in range(min(most, 30)):
        if course.reason is not None:
            break
        seen.append((course.theta, course.theta.tobytes()))
        course.step()
        assert course.loss <= last
        last = course.loss
    assert all(theta.tobytes() == bits for theta, bits in seen)


class Halt(Exception):
    pass


@pytest.mark.parametrize(("learner", "most"), LEARNERS, ids=IDS)
@pytest.mark.parametrize("bounded", [False, True])
def test_an_end_from_outside_flies_through(learner, most, bounded):
    objective = Rosenbrock(4, bounds=np.array([[-2.0, 2.0]] * 4) if bounded else None)
    course = learner.begin(objective, np.full(4, -0.7), np.random.default_rng(0))
    calls = []

    def watch():
        calls.append(1)
        if len(calls) == 9:
            raise Halt

    objective.watched_by(watch)
    with pytest.raises(Halt):
        while course.reason is None:
            before = course.theta
            course.step()
    assert course.theta is before


@pytest.mark.parametrize(
    "learner",
    [
        IRpropPlus(),
        ConjugateGradient(),
        NaturalGradient(),
        NaturalGradient(most_formed=0),
        LBFGS(),
        TruncatedNewton(),
    ],
    ids=repr,
)
@pytest.mark.parametrize("bounded", [False, True])
def test_on_networks_losses_fall_far(learner, bounded):
    X, Y, weight = rows(40)
    text = SHARED.replace("let w = 0.3", "let w = 0.3 in [-1, 1]")
    made, theta = network(text if bounded else REGRESSION)
    targets = np.column_stack([Y] * made.n_outputs)
    objective = Objective(made, X, targets, sample_weight=weight, l2=1e-3)
    course = run(learner, objective, theta, 80)
    before = objective.value_and_gradient(theta)[0]
    after, slope = objective.value_and_gradient(course.theta)
    assert after == pytest.approx(course.loss, rel=1e-12)
    assert after < 0.8 * before
    assert np.abs(slope).max() < 1e-2 * before


def test_what_does_not_settle_is_a_step_too_long():
    """A loop that runs away beyond a weight of about 1: no learner ends there, none raises."""
    made = ww.parse("input x\nm = ?*m + ?*x\ny = [1]*m\noutput y\nsettle")
    X = np.linspace(-1, 1, 15)[:, None]
    objective = Objective(made, X, 5 * X)
    for learner in (IRpropPlus(), ConjugateGradient(), LBFGS()):
        course = run(learner, objective, np.array([0.1, 0.5]), 200)
        w, v = course.theta
        assert v / (1 - w) == pytest.approx(5, rel=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: IRpropPlus(first=0),
        lambda: IRpropPlus(shrink=1),
        lambda: IRpropPlus(shrink=0),
        lambda: IRpropPlus(grow=0.9),
        lambda: IRpropPlus(smallest=1.0),
        lambda: ConjugateGradient(curvature=1e-5),
        lambda: ConjugateGradient(restart=0),
        lambda: NaturalGradient(rate=0),
        lambda: NaturalGradient(damping=-1),
        lambda: NaturalGradient(products=0),
        lambda: LBFGS(leg=0),
        lambda: LBFGS(memory=2.5),
        lambda: TruncatedNewton(tolerance=-1),
    ],
)
def test_ranges(make):
    with pytest.raises(SettingError):
        make()
