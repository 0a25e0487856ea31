"""The curve of a function: its shape, poles, ends and parameters."""

import re

import numpy as np
import pytest

from wildwire.drawing.icons import REACH, curve
from wildwire.functions import activation, catalogue, find

SIZE = 60.0


def strokes(function, parameters=None):
    """The strokes of a curve as arrays of points, y upwards."""
    parameters = function.starts if parameters is None else parameters
    path = curve(function, parameters, SIZE)
    found = []
    for stroke in path.split("M")[1:]:
        values = [float(text) for text in re.findall(r"-?[\d.]+", stroke)]
        found.append(np.column_stack((values[::2], [-v for v in values[1::2]])))
    return found


def z_of(points):
    return points[:, 0] / (SIZE / 2) * REACH


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_function_has_a_curve_within_its_square(name):
    points = np.concatenate(strokes(find(name)))
    assert len(points) > 10
    assert np.abs(points).max() <= SIZE / 2 + 0.05
    if name != "straight_through":  # which is 1 everywhere
        assert np.ptp(points[:, 1]) > SIZE / 8


@pytest.mark.parametrize("name", ["tanh", "sin", "gaussian", "relu", "logistic"])
def test_the_curve_is_the_function(name):
    (points,) = strokes(find(name))
    y = find(name).evaluate(0, [z_of(points)])[0]
    assert np.allclose(points[:, 1], y / np.abs(y).max() * SIZE / 2, atol=0.4)


def test_a_pole_is_not_crossed():
    left, right = strokes(find("reciprocal"))
    assert np.all(z_of(left) < 0) and np.all(left[:, 1] < 0)
    assert np.all(z_of(right) > 0) and np.all(right[:, 1] > 0)


def test_what_is_too_tall_is_left_out():
    (points,) = strokes(find("square"))
    assert points[0, 1] == points[-1, 1] == SIZE / 2
    assert np.sum(points[:, 1] == SIZE / 2) == 2
    (points,) = strokes(find("exponential"))
    assert z_of(points)[-1] < 1.3


def test_parameters_change_the_curve_and_unknown_ones_are_defaults():
    bump = activation("bump(z, k=10) = exp(-k*(1 - z)**2)")
    assert curve(bump, (np.nan,), SIZE) == curve(bump, (10.0,), SIZE)
    assert curve(bump, (1.0,), SIZE) != curve(bump, (10.0,), SIZE)


def test_a_function_without_finite_values_has_no_curve():
    assert curve(activation("nowhere(z) = 0*z + exp(1000)"), (), SIZE) == ""
