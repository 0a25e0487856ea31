"""Stopping criteria on short sequences, and the sentences of the reasons."""

import math

import numpy as np
import pytest

from wildwire.learning.stopping import Improvement, Reason, Steadiness


def test_every_reason_has_a_sentence():
    for reason in Reason:
        assert reason.sentence.endswith(".")
        assert reason == reason.value
    assert len({reason.sentence for reason in Reason}) == len(Reason)


def test_improvement():
    seen = Improvement()
    answers = [seen.see(loss) for loss in (3.0, 2.0, 2.0, math.nan, 2.5, 1.0)]
    assert answers == [True, True, False, False, False, True]
    assert (seen.best, seen.waited) == (1.0, 0)


def test_patience_counts_from_the_best():
    seen = Improvement()
    for loss in (1.0, 5.0, 4.0, 3.0):
        seen.see(loss)
    assert seen.waited == 3


@pytest.mark.parametrize(
    ("changes", "steady"),
    [
        ([0, 0, 0], True),
        ([1e-7, 1e-7, 1e-7], True),
        ([0, 1e-3, 0, 0], False),
        ([1e-3, 0, 0, 0], True),
        ([0, 0], False),
    ],
)
def test_steadiness(changes, steady):
    """Three epochs in a row within a millionth of the largest number, which is 10."""
    watch = Steadiness(1e-6, 3)
    theta = np.array([10.0, 1e-9, -3.0])
    for change in changes:
        after = theta + [0, change, 0]
        answer = watch.see(theta, after)
        theta = after
    assert answer is steady


def test_a_network_without_numbers_is_steady():
    assert Steadiness(1e-6, 3).see(np.zeros(0), np.zeros(0))
