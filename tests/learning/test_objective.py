"""The objective: its gradient against differences, and SciPy driving it to the known answer."""

import numpy as np
import pytest
from scipy.optimize import minimize

import wildwire as ww
from learning.problems import REGRESSION, SHARED, network, rows
from wildwire.errors import DataError, SettingError
from wildwire.learning import Objective

X, Y, WEIGHT = rows(20)


@pytest.mark.parametrize("gradient", ["mean", "sum"])
@pytest.mark.parametrize("text", [REGRESSION, SHARED], ids=["free", "shared"])
def test_gradient_is_the_slope_of_the_value(text, gradient):
    made, theta = network(text)
    targets = np.column_stack([Y] * made.n_outputs)
    objective = Objective(
        made, X, targets, loss="huber", sample_weight=WEIGHT, gradient=gradient, l2=0.3
    )
    step = 1e-6
    for i in range(objective.n_theta):
        shift = np.eye(objective.n_theta)[i] * step
        slope = objective.value(theta + shift) - objective.value(theta - shift)
        assert objective.gradient(theta)[i] == pytest.approx(
            slope / (2 * step), rel=1e-6, abs=1e-8
        )


def test_penalty_spares_biases():
    line = ww.parse("input x\ny = ?*x + ?\noutput y")
    plain, penalised = (Objective(line, [0.0], [0.0], l2=l2) for l2 in (0, 3.0))
    theta = np.array([2.0, 5.0])
    assert penalised.value(theta) - plain.value(theta) == pytest.approx(0.5 * 3 * 4)
    np.testing.assert_allclose(
        penalised.gradient(theta) - plain.gradient(theta), [6, 0]
    )


def test_scipy_finds_ridge_regression():
    line = ww.parse("input a, b, c\ny = ?*a + ?*b + ?*c + ?\noutput y")
    objective = Objective(line, X, Y, l2=0.1)
    found = minimize(
        objective.value_and_gradient, np.zeros(4), jac=True, method="L-BFGS-B",
        bounds=objective.bounds, options={"ftol": 1e-15, "gtol": 1e-12},
    )  # fmt: skip
    design = np.column_stack([X, np.ones(len(X))])
    normal = design.T @ design / len(X) + 0.1 * np.diag([1, 1, 1, 0])
    expected = np.linalg.solve(normal, design.T @ Y[:, 0] / len(X))
    np.testing.assert_allclose(found.x, expected, atol=1e-7)


def test_refusals():
    made, _ = network(REGRESSION)
    with pytest.raises(DataError, match="X has 20 rows"):
        Objective(made, X, Y[:3])
    with pytest.raises(SettingError, match="'mean' or 'sum'"):
        Objective(made, X, Y, gradient="median")
    with pytest.raises(SettingError, match="l2"):
        Objective(made, X, Y, l2=-1)
