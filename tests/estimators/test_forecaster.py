"""`NetworkForecaster`: scikit-learn's manners, forecasts, files, bad input."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import wildwire as ww
from wildwire.errors import DataError, SettingError
from wildwire.forecasting import forecast, series_from_arrays

Y = np.sin(np.arange(150) * 2 * np.pi / 12) + 0.02 * np.arange(150)
FAST = {"lags": 3, "horizon": 6, "hidden": 2, "epochs": 10, "random_state": 0}


def make(**changes):
    return ww.NetworkForecaster(**{**FAST, **changes})


@pytest.fixture(scope="module")
def fitted():
    return make().fit(Y[:140])


def test_parameters_are_kept_as_given():
    forecaster = make(lags=[1, 12])
    copy = clone(forecaster)
    assert copy.get_params() == forecaster.get_params()
    assert copy.get_params()["lags"] == [1, 12]
    with pytest.raises(NotFittedError):
        copy.predict()


def test_what_a_fit_leaves(fitted):
    assert fitted.lags_ == (1, 2, 3)
    assert fitted.network_.n_theta == len(fitted.theta_)
    assert fitted.model_.provenance["forecast of"] == "y"
    assert fitted.n_features_in_ == 0
    assert "y_forecast" in fitted.formula(3)
    assert not fitted.interrupted_


def test_forecasts_continue_the_series(fitted):
    found = fitted.predict()
    assert found.shape == (6,)
    assert np.abs(found - Y[140:146]).max() < 0.1
    assert np.array_equal(fitted.predict(3), found[:3])
    assert fitted.score(Y[140:]) > 0.97


def test_the_same_seed_gives_the_same_bits(fitted):
    again = make().fit(Y[:140])
    assert np.array_equal(again.theta_, fitted.theta_)


def test_newer_values_are_continued_without_learning(fitted):
    later = fitted.continue_series(series_from_arrays(Y))
    assert (
        np.abs(
            later
            - (np.sin(np.arange(150, 156) * np.pi / 6) + 0.02 * np.arange(150, 156))
        ).max()
        < 0.1
    )


def test_a_saved_model_forecasts_the_same_bits(fitted, tmp_path):
    fitted.model_.save(tmp_path / "m.wire")
    model = ww.load(tmp_path / "m.wire")
    assert np.array_equal(forecast(model, Y[:140], horizon=6), fitted.predict())


def test_columns_that_are_known_ahead():
    rng = np.random.default_rng(0)
    heat = pd.DataFrame({"heat": rng.normal(size=160)})
    y = 5 + 2 * heat["heat"].to_numpy()[:150] + 0.01 * rng.normal(size=150)
    forecaster = make(lags=1, hidden=0).fit(y, heat)
    expected = 5 + 2 * heat["heat"].to_numpy()[150:156]
    assert np.abs(forecaster.predict() - expected).max() < 0.1
    assert np.allclose(forecaster.predict(4, X=heat[150:154]), forecaster.predict(4))
    with pytest.raises(DataError, match=r"needs 11 rows of 'heat'.*there are 10"):
        forecaster.predict(11)
    with pytest.raises(DataError, match=r"needs 11 rows of 'heat'.*there are 10"):
        forecaster.forecasts_from(forecaster.series_, [100, 150], 11)
    with pytest.raises(DataError, match="2 columns"):
        forecaster.predict(2, X=np.ones((2, 2)))
    assert (
        make(lags=1, hidden=0).fit(y[:140], heat[:140]).score(y[140:], heat[140:150])
        > 0.99
    )


def test_columns_go_by_name():
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"a": rng.normal(size=112), "b": 3 * rng.normal(size=112)})
    y = (2 * X["a"] - X["b"]).to_numpy() + 0.01 * rng.normal(size=112)
    forecaster = make(lags=1, hidden=0).fit(y[:100], X[:100])
    future, turned = X[100:106], X[["b", "a"]]
    expected = forecaster.predict(X=future)
    assert np.abs(expected - y[100:106]).max() < 0.1
    assert np.array_equal(forecaster.predict(X=turned[100:106]), expected)
    assert np.array_equal(forecaster.predict(X=future.to_numpy()), expected)
    score = forecaster.score(y[100:], X[100:])
    assert score > 0.99
    assert forecaster.score(y[100:], turned[100:]) == score
    assert forecaster.score(y[100:], X[100:].to_numpy()) == score
    other = future.rename(columns={"b": "c"})
    for refused in (
        lambda: forecaster.predict(X=other),
        lambda: forecaster.score(y[100:106], other),
    ):
        with pytest.raises(DataError, match=r"columns 'a', 'c'.*learnt with 'a', 'b'"):
            refused()
    with pytest.raises(DataError, match="X is missing"):
        forecaster.score(y[100:])


def test_late_columns_need_less_future():
    x = np.random.default_rng(0).normal(size=150)
    y = np.roll(x, 6) * 3.0
    forecaster = make(lags=1, exogenous_lags=[6], hidden=0).fit(y, x[:, None])
    assert np.abs(forecaster.predict(6) - 3 * x[144:150]).max() < 0.2


def test_a_network_of_ones_own_with_a_state():
    text = """
    input y
    fixed u = (y@1 - 1.5)/1.2
    m[2] ~ tanh(u, m@1)
    z ~ identity(m, u)
    fixed f = 1.2*z + 1.5
    output f
    """
    forecaster = make(network=text, epochs=15).fit(Y[:100])
    assert forecaster.lags_ is None
    assert forecaster.predict(2).shape == (2,)
    assert np.isfinite(forecaster.predict(50)).all()


def test_only_one_step_ahead_is_learnt_if_wanted():
    forecaster = make(multi_step=False).fit(Y[:100])
    assert forecaster.n_iter_[1] == 0


def test_time_is_kept():
    long = {"hidden": 8, "epochs": 5000, "lags": "auto"}
    tried, all_tried = [], []
    free = make(**long, verbose=lambda done, planned: all_tried.append(done)).fit(Y)
    hurried = make(
        **long, time_limit=0.01, verbose=lambda done, planned: tried.append(done)
    ).fit(Y)
    assert hurried.reason_ == "time" != free.reason_
    assert tried == [0] and len(all_tried) >= 5
    assert sum(hurried.n_iter_) < sum(free.n_iter_)
    assert hurried._seconds < free._seconds
    assert np.isfinite(hurried.predict()).all()


def test_fits_are_told():
    told = []
    make(verbose=lambda *counts: told.append(counts)).fit(Y[:60])
    assert told and all(done < planned for done, planned in told)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"lags": 0}, "lags"),
        ({"lags": "many"}, "lags"),
        ({"lags": [1, 2.5]}, "lags"),
        ({"exogenous_lags": -1}, "exogenous_lags"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": 2.5}, "horizon"),
        ({"season": 1}, "season"),
        ({"epochs": 0}, "epochs"),
        ({"hidden": -1}, "hidden"),
        ({"l2": -0.1}, "l2 must be a number 0 or more"),
        ({"l2": np.inf}, "l2 must be"),
        ({"l2": np.nan}, "l2 must be"),
        ({"l2": "auto"}, "l2 must be"),
        ({"time_limit": "soon"}, "time limit"),
        ({"network": 3}, "network"),
        ({"loss": "squarred"}, "squared"),
    ],
)
def test_settings_that_are_refused(changes, word):
    with pytest.raises((SettingError, ww.WildwireError), match=word):
        make(**changes).fit(Y[:60])


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([*Y[:30], np.nan, *Y[:30]], "row 30: y is missing"),
        (Y[:5], "5 values are too few"),
        (["a"] * 30, "numbers"),
        (np.ones((30, 2)), "one by one"),
        ([], "too few"),
    ],
)
def test_series_that_are_refused(y, words):
    with pytest.raises(DataError, match=words):
        make().fit(y)
