"""Spreads of targets, and which losses are scaled how."""

import numpy as np
import pytest

from wildwire.functions import find_loss as loss
from wildwire.learning.scaling import scaling_of, spreads

RANDOM = np.random.default_rng(0)
UNIT = RANDOM.normal(size=(50, 2))
WEIGHT = RANDOM.integers(0, 4, size=50).astype(float)


@pytest.mark.parametrize("unit", [1.0, 1e-21, 1e9, 1e-150, 1e150])
def test_spreads_follow_the_unit(unit):
    expected = UNIT.std(axis=0) * unit
    np.testing.assert_allclose(spreads(UNIT * unit, None), expected, rtol=1e-12)


def test_integer_weights_are_repeated_rows():
    repeated = np.repeat(UNIT, WEIGHT.astype(int), axis=0)
    np.testing.assert_allclose(
        spreads(UNIT, WEIGHT), spreads(repeated, None), rtol=1e-12
    )


def test_constant_targets_have_a_spread():
    Y = np.column_stack([np.zeros(4), np.full(4, -2e9), np.full(4, 0.1)])
    np.testing.assert_allclose(spreads(Y, None), [1, 2e9, 0.1])
    Y[0] = 1e20  # a row without weight does not count
    np.testing.assert_allclose(spreads(Y, np.array([0, 1, 1, 1])), [1, 2e9, 0.1])


def test_ordinary_targets_are_left_alone():
    for Y, mode in ((UNIT, "auto"), (UNIT * 900, "auto"), (UNIT * 1e9, False)):
        scaling = scaling_of(loss("squared"), Y, None, mode)
        for array in (scaling.scale, scaling.factor, scaling.unit):
            assert np.array_equal(array, [1, 1])
        assert scaling.parameters is None


@pytest.mark.parametrize(("name", "degree"), [("squared", 2), ("absolute", 1)])
def test_one_strange_target_scales_all(name, degree):
    Y = UNIT * [1.0, 1e-21]
    scaling = scaling_of(loss(name), Y, None, "auto")
    spread = spreads(Y, None)
    np.testing.assert_array_equal(scaling.scale, spread)
    np.testing.assert_array_equal(scaling.unit, spread**degree)
    always = scaling_of(loss(name), UNIT, None, True)
    np.testing.assert_array_equal(always.scale, spreads(UNIT, None))


def test_huber_takes_its_delta_along():
    """unit * huber(r/scale; parameters) is the huber(r; delta) that was written."""
    Y = UNIT * [1e9, 1e-4]
    delta = 1.0
    scaling = scaling_of(loss("huber"), Y, None, "auto")

    def huber(r, d):
        return np.where(abs(r) <= d, r * r / 2, d * (abs(r) - d / 2))

    r = Y - 0.3
    inside = huber(r / scaling.scale, np.concatenate(scaling.parameters)) * scaling.unit
    np.testing.assert_allclose(inside, huber(r, delta), rtol=1e-12)


@pytest.mark.parametrize("name", ["logistic", "softmax"])
def test_losses_of_probabilities_have_no_units(name):
    scaling = scaling_of(loss(name), UNIT * 1e9, None, True)
    assert np.array_equal(scaling.scale, [1, 1])
    assert np.array_equal(scaling.factor, [1, 1])


@pytest.mark.parametrize("text", ["(o - t)**4", "squared(o, t) = (o - t)**4"])
def test_a_formula_is_measured(text):
    """A loss of unknown degree, whatever its name, is divided by what a constant prediction loses."""
    for unit in (1e-3, 1e5):
        Y = UNIT * unit
        scaling = scaling_of(loss(text), Y, None, True)
        typical = ((Y - Y.mean(axis=0)) ** 4).mean(axis=0)
        np.testing.assert_allclose(scaling.factor, 1 / typical, rtol=1e-10)
        assert np.array_equal(scaling.scale, [1, 1])
        assert np.array_equal(scaling.unit, [1, 1])
