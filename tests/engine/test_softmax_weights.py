"""Weights that differ within one softmax: the gradient is that of the value, in every engine."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.engine import reference_sequences
from wildwire.engine.normal_equations import NormalEquations
from wildwire.engine.second_order import SecondOrder

TEXT = "input a, b\nz[3] ~ identity(a, b)\nm = 0.5*m@1 + 0.1*a\noutput softmax(z)\n"
NETWORK = ww.parse(TEXT)
THETA = NETWORK.initial(1)


def samples(n, steps, zeros=True):
    random = np.random.default_rng(n)
    X = random.normal(size=(n, steps, 2))
    Y = np.eye(3)[random.integers(0, 3, (n, steps))]
    W = random.integers(0 if zeros else 1, 3, (n, steps, 3)).astype(float)
    Y[W == 0] = np.nan
    return X, Y, W


def value_and_gradient(theta, X, Y, W, **options):
    return ww.loss_and_gradient(
        NETWORK, theta, X, Y, loss="softmax", sample_weight=W, gradient="sum", **options
    )


@pytest.mark.parametrize("n, steps", [(1, 2), (1, 6), (5, 3), (40, 3)])
def test_gradient_is_the_slope_of_the_value(n, steps):
    X, Y, W = samples(n, steps)
    _, gradient = value_and_gradient(THETA, X, Y, W)
    for i in range(len(THETA)):
        step = np.zeros(len(THETA))
        step[i] = 1e-6
        high = value_and_gradient(THETA + step, X, Y, W)[0]
        low = value_and_gradient(THETA - step, X, Y, W)[0]
        assert gradient[i] == pytest.approx((high - low) / 2e-6, abs=1e-6)


def test_all_engines_agree():
    X, Y, W = samples(12, 3)
    value, gradient = value_and_gradient(THETA, X, Y, W)
    twin = reference_sequences.loss_and_gradient(
        NETWORK, THETA, X, Y, loss="softmax", weight=W, gradient="sum"
    )
    normal = NormalEquations(NETWORK, X, Y, loss="softmax", sample_weight=W).at(THETA)
    second = SecondOrder(NETWORK, X, Y, loss="softmax", sample_weight=W)
    for other, slopes in (twin, (normal.value, normal.gradient), second.at(THETA)):
        assert other == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(slopes, gradient, rtol=1e-12, atol=1e-12)
    H = second.matrix()
    np.testing.assert_allclose(H, H.T, atol=1e-12)
    np.testing.assert_allclose(H, normal.matrix, atol=1e-12)  # linear up to the head


def test_equal_weights_keep_their_bits():
    X, Y, _ = samples(9, 3)
    Y = np.eye(3)[np.nan_to_num(Y).argmax(axis=2)]
    W = np.random.default_rng(0).integers(1, 4, (9, 3)).astype(float)
    whole = value_and_gradient(THETA, X, Y, W)
    each = value_and_gradient(THETA, X, Y, np.repeat(W[..., None], 3, axis=2))
    assert whole[0] == pytest.approx(each[0], rel=1e-15)
    assert whole[1].tobytes() == each[1].tobytes()
