"""Targets of losses of probabilities: refused where the loss would have no minimum."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import CLASSES, classes, network
from wildwire.errors import DataError

X = np.linspace(-1, 1, 6)
SIGNS = np.array([1, 1, 1, -1, 1, -1.0])
BINARY = ww.parse("input x\ny ~ logistic(x)\noutput y")


@pytest.mark.parametrize(
    ("Y", "words"),
    [
        (SIGNS, r"Y: row 3, column 'y' is -1; .*\(y \+ 1\)/2"),
        (np.array([0, 1, 2, 0, 0, 0]), "Y: row 2, column 'y' is 2;"),
        (np.array([0, 1, 0, 0, 0, 1.0000001]), "Y: row 5"),
    ],
)
def test_logistic_needs_probabilities(Y, words):
    with pytest.raises(DataError, match=words):
        ww.fit(BINARY, X, Y, loss="logistic", epochs=1)
    with pytest.raises(DataError, match=words):
        ww.learning.Objective(BINARY, X, Y, loss="logistic")
    with pytest.raises(DataError, match=f"validation {words}"):
        ww.fit(BINARY, X, X > 0, loss="logistic", epochs=1, validation=(X, Y))


def test_the_form_on_z_needs_them_too():
    made = ww.parse("input x\ny ~ identity(x)\noutput y")
    with pytest.raises(DataError, match="row 3"):
        ww.fit(made, X, SIGNS, loss="logistic_from_z", epochs=1)
    ww.fit(made, X, SIGNS, loss="hinge", epochs=1)


def test_probabilities_and_rows_without_weight_pass():
    weight = (SIGNS > 0).astype(float)
    ww.fit(BINARY, X, SIGNS, loss="logistic", epochs=1, sample_weight=weight)
    ww.fit(BINARY, X, (SIGNS + 1) / 2, loss="logistic", epochs=1)
    ww.fit(BINARY, X, np.linspace(0, 1, 6), loss="logistic", epochs=1)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0.2, 0.2, 0.2], "row 4 sums to 0.6 over columns 0 to 2"),
        ([1, 1, 0], "row 4 sums to 2 "),
        ([2, -1, 0], r"row 4, column 'z.1.' is -1; .*one column per class"),
    ],
)
def test_softmax_needs_shares_of_one(row, words):
    made, theta = network(CLASSES)
    features, targets = classes()
    wrong = targets.copy()
    wrong[4] = row
    settings = {"loss": "softmax", "epochs": 1}
    with pytest.raises(DataError, match=words):
        ww.fit(made, features, wrong, theta, **settings)
    held = (features, wrong)
    with pytest.raises(DataError, match=f"validation Y: {words}"):
        ww.fit(made, features, targets, theta, validation=held, **settings)
    weight = np.ones(len(features))
    weight[4] = 0
    ww.fit(made, features, wrong, theta, sample_weight=weight, **settings)


def test_softmax_sums_head_by_head():
    made = ww.parse(
        "input x\na[2] ~ identity(x)\nb[2] ~ identity(x)\noutput softmax(a), softmax(b)"
    )
    targets = np.tile([0.25, 0.75, 1, 0], (6, 1))
    ww.fit(made, X, targets, loss="softmax", epochs=1)
    targets[1] = [1, 1, 0, 0]
    with pytest.raises(DataError, match="row 1 sums to 2 over columns 0 to 1"):
        ww.fit(made, X, targets, loss="softmax", epochs=1)
