"""`predict(X, return_std=True)`, and the uncertainty that estimators keep."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from wildwire.errors import SettingError
from wildwire.estimators import NetworkClassifier, NetworkRegressor
from wildwire.learning import uncertainty
from wildwire.learning.learners import Adam

RANDOM = np.random.default_rng(8)
X = RANDOM.normal(size=(150, 2))
Y = X @ [1.0, -2.0] + 3 + 0.5 * RANDOM.normal(size=150)
EXACT = {
    "hidden": 0,
    "l2": 0.0,
    "epochs": 2000,
    "learner": Adam(rate=0.02),
    "early_stopping": False,
}


def test_a_line_has_the_prediction_interval_of_the_textbook():
    regressor = NetworkRegressor(**EXACT).fit(X, Y)
    new = 2 * RANDOM.normal(size=(9, 2))
    mean, std = regressor.predict(new, return_std=True)
    assert mean.shape == std.shape == (9,)
    assert np.array_equal(mean, regressor.predict(new))
    line = LinearRegression().fit(X, Y)
    noise = ((Y - line.predict(X)) ** 2).sum() / 147
    design, own = (np.column_stack([x, np.ones(len(x))]) for x in (X, new))
    leverage = np.einsum("ij,jk,ik->i", own, np.linalg.inv(design.T @ design), own)
    np.testing.assert_allclose(std, np.sqrt(noise * (1 + leverage)), rtol=1e-5)


def test_intervals_of_a_network_hold_new_targets():
    random = np.random.default_rng(0)
    x = random.uniform(-2, 2, size=(300, 1))
    y = np.sin(2 * x[:, 0]) + 0.3 * random.normal(size=300)
    regressor = NetworkRegressor(hidden=5, random_state=0).fit(x, y)
    new = random.uniform(-2, 2, size=(2000, 1))
    target = np.sin(2 * new[:, 0]) + 0.3 * random.normal(size=2000)
    mean, std = regressor.predict(new, return_std=True)
    assert 0.92 < np.mean(np.abs(target - mean) < 1.96 * std) < 0.98
    assert std.mean() == pytest.approx(0.3, rel=0.15)


def test_frames_several_targets_and_pickles():
    frame = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 0, "u", "v")})
    both = np.column_stack([Y, 10 * Y + RANDOM.normal(size=150)])
    regressor = NetworkRegressor(hidden=2, epochs=100, random_state=0).fit(frame, both)
    mean, std = pickle.loads(pickle.dumps(regressor)).predict(frame, return_std=True)
    assert mean.shape == std.shape == (150, 2)
    assert np.all(std[:, 1] > 5 * std[:, 0])


def test_uncertainty_is_that_of_the_fit():
    classifier = NetworkClassifier(hidden=0, random_state=0).fit(X, Y > 3)
    kept = classifier.uncertainty_
    again = uncertainty(
        classifier.model_.network, classifier.model_.theta, X, (Y > 3).astype(float),
        loss="logistic", l2=classifier._l2,
    )  # fmt: skip
    assert np.array_equal(kept.covariance, again.covariance)


NONE = {
    "the network has 1203 numbers": ({"hidden": 300, "epochs": 1, "l2": 0.0}, False),
    "the loss 'absolute' of output y says nothing": (
        {"loss": "absolute", "epochs": 1},
        False,
    ),
    "as for partial_fit": ({"hidden": 2}, True),
}


@pytest.mark.parametrize("reason", NONE)
def test_where_there_are_none_the_error_says_why(reason):
    options, partial = NONE[reason]
    regressor = NetworkRegressor(random_state=0, **options)
    regressor = regressor.partial_fit(X, Y) if partial else regressor.fit(X, Y)
    assert regressor.uncertainty_ is None
    with pytest.raises(SettingError, match=reason):
        regressor.predict(X, return_std=True)
    assert regressor.predict(X).shape == (150,)


def test_no_more_rows_than_numbers():
    regressor = NetworkRegressor(hidden=0, l2=0.0, epochs=5).fit(X[:3], Y[:3])
    with pytest.raises(SettingError, match="nothing is left to tell the noise by"):
        regressor.predict(X, return_std=True)
