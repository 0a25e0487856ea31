"""The suite that every learner passes: ours do, and learners that break a promise are found."""

from dataclasses import dataclass

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import CheckError, SettingError
from wildwire.learning import learners
from wildwire.learning.learner import Course, Stepwise
from wildwire.learning.stopping import Reason

# Local rules learn neither hidden neurons nor numbers behind a formula: they are tested in test_rules.py.
LOCAL = ("perceptron", "delta", "hebb", "oja", "blame")
OURS = (
    *(learners.by_name(name) for name in learners.names() if name not in LOCAL),
    learners.LevenbergMarquardt(bayesian=True),
    learners.SaddleFreeNewton(subspace=3),
    learners.Relay(learners.Adam(rate=0.02), learners.LevenbergMarquardt(), steps=5),
    learners.Restarts(learners.LevenbergMarquardt(), 3, steps=4),
    learners.ParticleSwarm(refine=learners.LevenbergMarquardt()),
)


@pytest.mark.parametrize("learner", OURS, ids=lambda learner: repr(learner)[:60])
def test_ours(learner):
    report = ww.testing.check_learner(learner)
    assert report.passed
    assert len(report.checks) > 15


@dataclass(frozen=True, slots=True)
class Stray(Stepwise):
    """Steps by random numbers, with one fault at a time."""

    fault: str

    def begin(self, objective, theta, random):
        return _StrayCourse(self, objective, theta, random)


class _StrayCourse(Course):
    def __init__(self, learner, objective, theta, random):
        super().__init__(objective, theta, objective.value(theta))
        self.fault, self.random, self.made = learner.fault, random, 0
        self.low, self.high = objective.bounds.T

    def step(self):
        random = np.random.default_rng() if self.fault == "seed" else self.random
        self.made += 1
        trial = self.theta + 0.3 * random.normal(size=len(self.theta))
        if self.fault == "resume":  # depends on what is not kept
            trial = trial + 0.01 * self.made
        if self.fault != "bounds":
            trial = np.clip(trial, self.low, self.high)
        loss = self.objective.value(trial)
        better = loss < self.loss or self.fault == "descends: line"
        if better and not (self.fault == "not a number" and np.isfinite(loss)):
            self.theta, self.loss = trial, loss
        if self.fault == "not a number":
            self.theta = np.full_like(self.theta, np.nan)


FAULTS = ("seed", "resume", "bounds", "not a number")


def test_a_sound_learner_of_ones_own_passes():
    assert ww.testing.check_learner(Stray("none")).passed


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(fault):
    report = ww.testing.check_learner(Stray(fault), raises=False)
    assert fault in [check.name for check in report.failures]
    with pytest.raises(CheckError, match="learner Stray"):
        ww.testing.check_learner(Stray(fault))


def test_unknown_names():
    with pytest.raises(SettingError, match="no problem 'lines'"):
        ww.testing.check_learner("adam", problems=["lines"])
    with pytest.raises(SettingError, match="no check 'sed'"):
        ww.testing.check_learner("adam", skip=["sed"])


def test_what_is_skipped_is_told():
    report = ww.testing.check_learner(
        "gradient-descent", problems=["line"], skip=["time"]
    )
    assert report["time"].status == "skipped"


def test_reasons_of_courses_reach_the_result():
    @dataclass(frozen=True, slots=True)
    class Idle(Stepwise):
        def begin(self, objective, theta, random):
            course = _StrayCourse(Stray("none"), objective, theta, random)
            course.reason, course.note = Reason.CONVERGED, "Nothing was done."
            return course

    network = ww.parse("input a\ny = ?*a\noutput y\n")
    result = ww.fit(network, [1.0, 2.0], [2.0, 4.0], learner=Idle())
    assert result.reason == "converged"
    assert result.message.endswith("Nothing was done.")
    assert result.epochs == 0
