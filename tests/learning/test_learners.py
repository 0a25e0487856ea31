"""Learners as values: names, ranges, what they tell the engine."""

import dataclasses
import math

import numpy as np
import pytest

from learning.rule_twins import LEARNERS
from wildwire.errors import SettingError
from wildwire.learning import learners as ls
from wildwire.learning.update_rules import RULES


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_contract(learner):
    assert learner.rule in RULES
    assert learner.numbers.dtype == np.float64
    assert learner.schedule.rates(np.zeros(1), 1, 0)[0] == learner.rate
    with pytest.raises(dataclasses.FrozenInstanceError):
        learner.rate = 1.0
    assert learner == dataclasses.replace(learner)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("adam", ls.Adam),
        ("Adam-W", ls.AdamW),
        ("AdaGrad", ls.AdaGrad),
        ("ada delta", ls.AdaDelta),
        ("RMSprop", ls.RMSprop),
        ("gradient_descent", ls.GradientDescent),
        ("sgd", ls.GradientDescent),
        ("gd", ls.GradientDescent),
        ("Rprop", ls.Rprop),
        ("iRprop+", ls.IRpropPlus),
        ("quickprop", ls.Quickprop),
        ("conjugate gradient", ls.ConjugateGradient),
        ("natural_gradient", ls.NaturalGradient),
        ("L-BFGS", ls.LBFGS),
        ("truncated-newton", ls.TruncatedNewton),
    ],
)
def test_by_name(text, expected):
    assert ls.by_name(text) == expected()


def test_by_name_passes_hyper_parameters():
    assert ls.by_name("adam", rate=0.5, beta1=0.8) == ls.Adam(rate=0.5, beta1=0.8)
    assert all(ls.by_name(name) for name in ls.names())


@pytest.mark.parametrize(
    ("name", "numbers", "words"),
    [
        ("adaam", {}, "did you mean 'adam'"),
        ("gradientdecent", {}, "did you mean 'gradient-descent'"),
        ("zzz", {}, "adadelta, adagrad, adam"),
        ("adam", {"rat": 1}, "hyper-parameter of Adam 'rat'; did you mean 'rate'"),
        ("sgd", {"beta": 1}, "momentum, nesterov, rate"),
    ],
)
def test_by_name_suggests(name, numbers, words):
    with pytest.raises(SettingError, match=words):
        ls.by_name(name, **numbers)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ls.Adam(rate=-0.1),
        lambda: ls.Adam(rate=math.inf),
        lambda: ls.Adam(rate="0.1"),
        lambda: ls.Adam(beta1=1.0),
        lambda: ls.Adam(beta2=-0.1),
        lambda: ls.Adam(epsilon=math.nan),
        lambda: ls.AdamW(decay=-1),
        lambda: ls.AdaDelta(decay=1.5),
        lambda: ls.RMSprop(momentum="much"),
        lambda: ls.GradientDescent(momentum=1.0),
        lambda: ls.GradientDescent(nesterov=True),
        lambda: ls.Rprop(first=60),
        lambda: ls.Rprop(shrink=1.0),
        lambda: ls.Rprop(smallest=0.2),
        lambda: ls.Quickprop(most=0.9),
        lambda: ls.Quickprop(rate=-1),
    ],
)
def test_ranges(make):
    with pytest.raises(SettingError):
        make()


def test_message_names_the_learner_and_the_range():
    with pytest.raises(
        SettingError, match="beta1 of Adam must be at least 0 and below 1"
    ):
        ls.Adam(beta1=2)
