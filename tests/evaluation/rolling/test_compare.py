"""The comparison of forecasts as a whole: what is read, judged, told, and how it ends early."""

import json

import numpy as np
import pytest

import wildwire as ww
from wildwire.datasets import logistic_map
from wildwire.errors import DataError, SettingError
from wildwire.evaluation import compare_forecasts
from wildwire.evaluation.rolling import compare, report
from wildwire.evaluation.rolling.plain import plain_forecasts

RNG = np.random.default_rng(0)
Y = np.sin(np.arange(90) * np.pi / 6) + 0.1 * RNG.normal(size=90)
QUICK = ww.NetworkForecaster(lags=(1, 2, 12), hidden=0, epochs=3)


@pytest.fixture
def few_rivals(monkeypatch):
    """Without boosted trees, which take most of the time."""
    monkeypatch.setattr(
        compare, "plain_forecasts", lambda *words: plain_forecasts(*words)[:-1]
    )


@pytest.fixture(scope="module")
def compared():
    return compare_forecasts(Y, horizon=4, season=12, network=QUICK, refits=6)


def test_rows_of_the_table(compared):
    names = [model.name for model in compared.models]
    assert names == [
        "last value",
        "seasonal naive",
        "linear autoregression",
        "boosted trees on lags",
        "this network",
    ]
    for model in compared.models:
        assert model.row_losses.shape == compared.origins.shape
        assert model.by_step.shape == (4,)
        assert model.figures["rmse"] == pytest.approx(np.sqrt(model.interval.mean))
    assert compared.models[-1].plain is False


def test_errors_are_those_of_the_forecasts(compared):
    last = compared.models[0]
    truth = Y[compared.origins[:, None] + np.arange(4)]
    expected = (truth - Y[compared.origins - 1][:, None]) ** 2
    assert np.allclose(last.row_losses, expected.mean(axis=1))
    assert np.allclose(last.by_step, np.sqrt(expected.mean(axis=0)))


def test_words(compared):
    text = report.text(compared)
    assert text.splitlines()[0].startswith(("Better", "No difference", "Worse"))
    assert "paired over blocks of origins" in text
    assert "origins in 6 blocks, 4 steps ahead" in text
    told = json.loads(json.dumps(report.as_dict(compared), allow_nan=False))
    assert told["horizon"] == 4
    assert len(told["models"][0]["origin_losses"]) == len(told["origins"])
    assert len(told["models"][0]["rmse_by_step"]) == 4


def test_the_same_seed_gives_the_same_table_and_the_future_is_not_read(compared):
    """Losses of a block depend on values up to its last target alone."""
    end = compared.origins[compared.block == 3][-1] + 4
    later = Y.copy()
    later[end:] += 50
    again = compare_forecasts(later, horizon=4, season=12, network=QUICK, refits=6)
    past = compared.block <= 3
    for one, other in zip(compared.models, again.models, strict=True):
        assert np.array_equal(one.row_losses[past], other.row_losses[past])
        assert not np.array_equal(one.row_losses, other.row_losses)


def test_the_network_wins_where_the_world_is_bent(few_rivals):
    forecaster = ww.NetworkForecaster(lags=1, hidden=3, epochs=40, l2=1e-4)
    found = compare_forecasts(
        logistic_map(160).y, horizon=2, network=forecaster, lags=1, refits=6
    )
    assert found.verdict.kind == "better"
    assert found.verdict.recommended == "this network"
    assert "no season is given" in found.notes[0]


def test_few_blocks_cannot_tell(few_rivals):
    found = compare_forecasts(Y, horizon=4, network=QUICK, refits=3)
    assert found.verdict.kind == "cannot tell"
    sentence = report.verdict_sentence(found)
    assert "3 blocks of origins are too few, a verdict needs 6" in sentence


def test_columns_that_are_known_ahead():
    x = RNG.normal(size=90)
    y = 2 * x + 0.01 * RNG.normal(size=90)
    found = compare_forecasts(y, x[:, None], horizon=3, lags=1, network=None, refits=2)
    assert found.verdict is None
    linear = found.models[1]
    assert linear.name == "linear autoregression" and linear.figures["rmse"] < 0.05
    assert found.models[0].figures["rmse"] > 1


def test_interruption_keeps_the_blocks_that_are_done(few_rivals):
    def stop(done, planned):
        if done == 2:
            raise KeyboardInterrupt

    found = compare_forecasts(Y, horizon=4, network=None, progress=stop)
    assert (found.stopped, found.folds_done) == ("interrupted", 2)
    assert report.setting_sentence(found).startswith(
        "Stopped by an interruption after 2 of"
    )

    class Interrupted(type(QUICK)):
        def fit_series(self, series):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_forecasts(Y, horizon=4, network=Interrupted())


def test_time_is_kept():
    with pytest.raises(SettingError, match="not one of 10 blocks ended"):
        compare_forecasts(Y, horizon=4, network=QUICK, time_limit=1e-9)


def test_lags_may_be_an_array(few_rivals):
    settings = {"horizon": 4, "network": None, "refits": 6}
    found = compare_forecasts(Y, **settings, lags=np.array([1, 2]))
    same = compare_forecasts(Y, **settings, lags=[1, 2])
    for one, other in zip(found.models, same.models, strict=True):
        assert (one.name, one.figures) == (other.name, other.figures)


@pytest.mark.parametrize(
    ("changes", "kind", "word"),
    [
        ({"season": 60}, DataError, "season of 60 steps needs at least 120"),
        ({"season": 1}, SettingError, "season"),
        ({"horizon": 0}, SettingError, "horizon is 0"),
        ({"horizon": 2.5}, SettingError, "horizon"),
        ({"horizon": 60}, DataError, "too few to judge forecasts 60 steps"),
        ({"network": "best"}, SettingError, "NetworkForecaster"),
        ({"lags": 0}, SettingError, "lags"),
    ],
)
def test_settings_that_are_refused(changes, kind, word):
    with pytest.raises(kind, match=word):
        compare_forecasts(Y, **{"network": None, **changes})


def test_a_network_that_grows_without_bound_is_named(few_rivals):
    class Wild(type(QUICK)):
        def forecasts_from(self, series, origins, horizon):
            return np.full((len(origins), horizon), np.inf)

    wild = Wild(lags=(1,), hidden=0, epochs=1)
    with pytest.raises(DataError, match="the network fails where it learns from"):
        compare_forecasts(Y, horizon=4, network=wild, refits=2)
