"""Intervals over blocks of origins, and the verdict: how often they are wrong."""

import numpy as np
import pytest
from scipy import stats

from wildwire.evaluation.rolling.blocks import judge_blocks, over_blocks


def test_independent_blocks_have_the_classical_interval():
    means = np.array([1.0, 4.0, 2.0, 5.0, 1.0, 6.0, 2.0])
    assert (means[1:] - means.mean()) @ (means[:-1] - means.mean()) < 0
    losses, block = np.repeat(means, 3), np.repeat(np.arange(7), 3)
    found = over_blocks(losses, block)
    expected = stats.t.interval(0.95, 6, means.mean(), stats.sem(means))
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.method == "blocks"


def test_neighbours_that_go_together_widen_it():
    means, block = np.arange(8.0), np.arange(8)
    found = over_blocks(means, block)
    classical = stats.t.interval(0.95, 7, means.mean(), stats.sem(means))
    assert found.high - found.low > 1.5 * (classical[1] - classical[0])


def test_one_block_tells_nothing():
    assert over_blocks(np.ones(5), np.zeros(5, int)).high == np.inf


@pytest.mark.parametrize("luck", [0.0, 1.0])
def test_equal_forecasts_are_rarely_called_different(luck):
    rng, blocks, length, horizon = np.random.default_rng(0), 8, 20, 12
    block, alarms = np.repeat(np.arange(blocks), length), 0
    for _ in range(400):
        errors = rng.standard_normal((blocks * length + horizon - 1, 2)) ** 2
        both = np.ones(horizon) / horizon
        difference = np.convolve(errors[:, 0] - errors[:, 1], both, "valid")
        fits = luck * difference.std() * rng.standard_normal(blocks)
        found = over_blocks(difference + fits[block], block)
        alarms += found.low > 0 or found.high < 0
    assert 0.015 < alarms / 400 < 0.095


def judged(network, blocks=8):
    block = np.repeat(np.arange(blocks), 5)
    noise = np.random.default_rng(1).normal(0, 0.01, len(block))
    plain = {"last value": np.full(len(block), 9.0), "linear": 4.0 + noise}
    stored = {"last value": 1, "linear": 5, "this network": 30}
    losses = network + np.random.default_rng(2).normal(0, 0.01, len(block))
    return judge_blocks(losses, plain, stored, block, "this network")


@pytest.mark.parametrize(
    ("loss", "kind", "recommended"),
    [
        (3.0, "better", "this network"),
        (4.0, "no difference", "linear"),
        (5.0, "worse", "linear"),
    ],
)
def test_verdicts(loss, kind, recommended):
    verdict = judged(loss)
    assert (verdict.kind, verdict.recommended) == (kind, recommended)
    assert (verdict.rival, verdict.units) == ("linear", 8)


def test_few_blocks_cannot_tell():
    verdict = judged(3.0, blocks=5)
    assert (verdict.kind, verdict.recommended) == ("cannot tell", None)
