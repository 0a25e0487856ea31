"""Targets that a loss cannot learn are refused wherever a loss is computed, with row and column."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import DataError

X = np.linspace(-1, 1, 6)
LOGISTIC = ww.parse("input x\ny ~ logistic(x)\noutput y")
RATE = ww.parse("input x\ny ~ exponential(x)\noutput y")
HEADS = ww.parse("input x\nu ~ identity(x)\nk[2] ~ identity(x)\noutput u, softmax(k)")
SHARES = np.column_stack((9 * X, np.full(6, 0.25), np.full(6, 0.75)))


def but(values, row, value):
    changed = np.array(values, float)
    changed[row] = value
    return changed


CASES = [
    (LOGISTIC, "logistic", but(X > 0, 3, -1), r"Y: row 3, column 'y' is -1; .*\(y \+ 1\)/2"),
    (LOGISTIC, "logistic_from_z", but(X > 0, 2, 2), "Y: row 2, column 'y' is 2;"),
    (RATE, "poisson", but(X + 1, 5, -0.5), "row 5, column 'y' is -0.5; targets of the loss 'poisson' are 0 or more"),
    (RATE, "poisson_from_z", but(X + 1, 5, -0.5), "'poisson_from_z' are 0 or more"),
    (RATE, "gamma", X + 1, "row 0, column 'y' is 0; targets of the loss 'gamma' are above 0"),
    (RATE, "gamma_from_z", X + 1, "'gamma_from_z' are above 0"),
    (HEADS, {}, but(SHARES, (4, 1), 0.5), "row 4 sums to 1.25 over columns 1 to 2"),
    (HEADS, {}, but(SHARES, 1, [3, 2, -1]), r"row 1, column 'k\[1\]' is -1; .*one column per class"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "loss", "Y", "words"), CASES)
def test_wrong_targets(network, loss, Y, words):
    theta = network.initial(0)
    settings = {"loss": loss}
    with pytest.raises(DataError, match=words):
        ww.loss_and_gradient(network, theta, X, Y, **settings)
    with pytest.raises(DataError, match=f"network 0: .*{words}"):
        ww.loss_and_gradient_many([network], [theta], X[:, None], Y, **settings)
    with pytest.raises(DataError, match=words):
        ww.fit(network, X, Y, theta, epochs=1, **settings)
    with pytest.raises(DataError, match=words):
        ww.learning.Objective(network, X, Y, **settings)
    for weight in (np.zeros(6), np.zeros((6, network.n_outputs))):
        found, _ = ww.loss_and_gradient(
            network, theta, X, Y, sample_weight=weight, gradient="sum", **settings
        )
        assert found == 0


def test_one_wrong_target_of_a_trace():
    with pytest.raises(DataError, match="column 'y' is 2"):
        ww.trace(LOGISTIC, LOGISTIC.initial(0), [0.5], 2.0, loss="logistic")


def test_edges_and_other_losses_pass():
    theta = LOGISTIC.initial(0)
    for loss, Y in (
        ("logistic", X > 0),
        ("logistic", np.linspace(0, 1, 6)),
        ("squared", 9 * X),
        ("hinge", X),
    ):
        assert np.isfinite(ww.loss_and_gradient(LOGISTIC, theta, X, Y, loss=loss)[0])
    assert np.isfinite(
        ww.loss_and_gradient(RATE, RATE.initial(0), X, X + 1, loss="poisson")[0]
    )
    mine = ww.loss("poisson(o, t) = (o - t)**2")
    assert np.isfinite(ww.loss_and_gradient(RATE, RATE.initial(0), X, X, loss=mine)[0])
    assert np.isfinite(
        ww.loss_and_gradient(HEADS, HEADS.initial(0), X, SHARES, loss={})[0]
    )
    empty = ww.loss_and_gradient(
        LOGISTIC, theta, X[:0], X[:0], loss="logistic", gradient="sum"
    )
    assert empty[0] == 0
