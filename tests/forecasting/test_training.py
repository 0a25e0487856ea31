"""Learning a series: objectives, descent, what is chosen, and what is kept."""

import math
from dataclasses import replace

import numpy as np
import pytest

from wildwire.datasets import logistic_map, sunspots
from wildwire.engine.evaluate import run
from wildwire.errors import DataError
from wildwire.forecasting import choosing, descent, series_from_arrays, training
from wildwire.forecasting.closed_loop import forecasts_from
from wildwire.forecasting.descent import descend
from wildwire.forecasting.memory import loop_of
from wildwire.forecasting.objective import Objective, looped, taught, unit_of
from wildwire.forecasting.plan import plans_of
from wildwire.forecasting.training import Settings, train
from wildwire.network import Network

SUN = series_from_arrays(sunspots().y[:120])
OWN = Network.parse("""
input y, x
fixed u = (y@1 - 40)/30
h[2] ~ tanh(u, u@2, x@1)
z ~ identity(h, u)
fixed y_forecast = 30*z + 40
output y_forecast
""")
STATE = Network.parse("""
input y
fixed u = (y@1 - 40)/30
m[2] ~ tanh(u, m@1)
z ~ identity(m, u)
fixed f = 30*z + 40
output f
""")
BOTH = series_from_arrays(SUN.y, np.sin(np.arange(125.0))[:, None])
BOTH = type(BOTH)(BOTH.y, BOTH.X, "y", ("x",))


def test_every_value_is_a_target_once():
    windows = taught(OWN, loop_of(OWN), BOTH)
    seen = windows.Y[..., 0][windows.weight > 0]
    assert windows.warm_up == 3
    assert sorted(seen) == sorted(SUN.y[3:])


def test_closed_loop_is_step_by_step():
    theta, loop = OWN.initial(0), loop_of(OWN)
    found = forecasts_from(OWN, theta, loop, BOTH, [50, 118], 5)
    for row, origin in zip(found, (50, 118), strict=True):
        y = list(BOTH.y[:origin])
        for step in range(5):
            rows = np.column_stack([[*y, 0.0], BOTH.X[: origin + step + 1, 0]])
            y.append(float(run(OWN, theta, rows)[-1, 0]))
        assert np.allclose(row, y[origin:], rtol=1e-12)


def test_closed_loop_of_a_state_is_step_by_step():
    theta, loop = STATE.initial(0), loop_of(STATE)
    assert loop.depth is None
    found = forecasts_from(STATE, theta, loop, SUN, [30, 90], 4)
    for row, origin in zip(found, (30, 90), strict=True):
        y = list(SUN.y[:origin])
        for _ in range(4):
            y.append(float(run(STATE, theta, np.array([*y, 0.0])[:, None])[-1, 0]))
        assert np.allclose(row, y[origin:], rtol=1e-12)


@pytest.mark.parametrize("network", [OWN, STATE])
@pytest.mark.parametrize("part", ["taught", "looped"])
def test_the_slope_of_the_objective(network, part):
    series = BOTH if network is OWN else SUN
    loop = loop_of(network)
    windows = (
        taught(network, loop, series)
        if part == "taught"
        else looped(network, loop, series, 6)
    )
    objective = Objective.of(network, windows, "squared", series.y, 0.1)
    theta = network.initial(3)
    value, slope = objective(theta)
    assert math.isfinite(value)
    for k in range(0, network.n_theta, 3):
        step = np.zeros(network.n_theta)
        step[k] = 1e-5
        above, below = objective(theta + step)[0], objective(theta - step)[0]
        assert slope[k] == pytest.approx((above - below) / 2e-5, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(
    ("loss", "unit"),
    [
        ("squared", lambda spread: spread**2),
        ("(o - t)**2/2", lambda spread: spread**2),
        ("(o - t)**4", lambda spread: 2 * spread**4),
        ("absolute", lambda spread: 2 * spread),
    ],
)
def test_losses_are_in_units_of_the_series(loss, unit):
    network = Network.parse("input y\nz = ?*y@1\noutput z\n")
    loop = loop_of(network)
    values = []
    for scale in (1.0, 1000.0):
        series = series_from_arrays(scale * SUN.y)
        windows = taught(network, loop, series)
        objective = Objective.of(network, windows, loss, series.y, 0.0)
        values.append(objective(np.array([0.9]))[0])
        assert objective.unit == pytest.approx(unit(scale * SUN.y.std()))
    assert values[0] == pytest.approx(values[1])


def test_a_loss_without_a_value_at_one_spread_has_the_unit_one():
    assert unit_of(OWN, "log(t - o)", SUN.y) == 1
    assert unit_of(OWN, "0*o*t", SUN.y) == 1
    assert unit_of(OWN, [("squared", 3.0)], SUN.y) == pytest.approx(3 * SUN.y.var())


def test_descent_keeps_what_the_watch_liked_best():
    def bowl(theta):
        return float(theta @ theta), 2 * theta

    start = np.array([4.0, 3.0])
    free = descend(bowl, start, bounds=None, steps=50)
    assert np.allclose(free.theta, 0, atol=1e-6) and free.reason == "converged"
    seen = []

    def watch(theta):
        seen.append(theta)
        return (abs(np.linalg.norm(theta) - 4.8), 1.0)

    held = descend(bowl, start, bounds=None, steps=50, watch=watch, patience=3)
    best = min(seen, key=lambda theta: abs(np.linalg.norm(theta) - 4.8))
    assert np.array_equal(held.best[0], best)
    assert np.array_equal(held.best[1], start)
    assert held.curves.shape == (len(seen), 2)


def test_descent_ends_in_time_and_when_interrupted():
    def slow(theta):
        return float(np.sum(theta**4)), 4 * theta**3

    start = np.full(3, 5.0)
    assert descend(slow, start, bounds=None, steps=99, end=0.0).reason == "time"

    def stopped(theta):
        if np.all(theta < 5):
            raise KeyboardInterrupt
        return slow(theta)

    assert descend(stopped, start, bounds=None, steps=99).reason == "interrupted"


BENT = series_from_arrays(logistic_map(120).y)
BENDING = Settings(lags=(1,), horizon=3, hidden=(3,), steps=20)


def test_a_candidate_that_was_cut_short_takes_the_place_of_none(monkeypatch):
    judged = iter(
        [choosing.Choice(1.0, loss=0.5), choosing.Choice(2.0, loss=0.3)]
        + [choosing.Choice(3.0, loss=0.1, complete=False, stopped="time")]
    )
    monkeypatch.setattr(choosing, "_candidate", lambda *given: next(judged))
    _, choice = choosing.choose(plans_of(BENT, BENDING), BENT)
    assert (choice.l2, choice.loss, choice.stopped) == (2.0, 0.3, "time")


def test_a_candidate_without_time_says_so():
    hurried = replace(BENDING, end=0.0)
    _, choice = choosing.choose(plans_of(BENT, hurried), BENT)
    assert (choice.complete, choice.stopped) == (False, "time")
    found = train(BENT, hurried)
    assert found.reason == "time"


@pytest.mark.parametrize("reason", ["time", "interrupted"])
def test_a_last_fit_that_is_cut_short_is_not_returned(monkeypatch, reason):
    chosen = []

    class Stopped(descent._Run):
        def step(self, theta):
            raise KeyboardInterrupt

    def hurried(plans, series):
        plan, choice = choosing.choose(plans, series)
        chosen.append(choice)
        if reason == "time":
            plan.settings = replace(plan.settings, end=0.0)
        else:
            monkeypatch.setattr(descent, "_Run", Stopped)
        return plan, choice

    monkeypatch.setattr(training, "choose", hurried)
    # Even one that would not be doubted for its errors.
    monkeypatch.setattr(training, "WORSE", math.inf)
    found = train(BENT, BENDING)
    assert found.reason == reason
    assert found.steps == chosen[0].steps != (0, 0)
    assert np.array_equal(found.theta, chosen[0].theta)


def test_the_logistic_map_is_learnt():
    series = series_from_arrays(logistic_map(160).y)
    found = train(series.until(140), Settings(lags=(1,), horizon=4, hidden=(3,)))
    ahead = forecasts_from(found.network, found.theta, found.loop, series, [140], 4)
    assert np.abs(ahead[0] - series.y[140:144]).max() < 0.1
    assert found.held_out < 0.1


def test_bounds_are_kept():
    text = """
    input y
    let a = 0.5 in [0, 0.7]
    let b = 0
    y_forecast = a*y@1 + b
    output y_forecast
    """
    y = 10 * 0.9 ** np.arange(40.0)
    settings = Settings(network=Network.parse(text), horizon=2)
    found = train(series_from_arrays(y), settings)
    numbers = dict(zip(found.network.theta_names, found.theta, strict=True))
    assert numbers["a"] == 0.7
    assert numbers["b"] != 0


def test_a_season_is_read_where_the_series_is_short():
    rng = np.random.default_rng(0)
    y = np.tile(rng.normal(size=12), 4)[:44] + 0.01 * rng.normal(size=44)
    settings = Settings(horizon=6, hidden=(2,), season=12, steps=5)
    found = train(series_from_arrays(y), settings)
    assert found.lags.own == (1, 2, 12, 13)
    assert not any("season" in note for note in found.notes)
    told = train(series_from_arrays(y[:30]), settings)
    assert 12 not in told.lags.own
    assert "lags 1,2,12,13, if given, are read" in told.notes[0]


def test_a_line_stays_a_line():
    rng = np.random.default_rng(0)
    y = np.zeros(150)
    for t in range(1, 150):
        y[t] = 0.9 * y[t - 1] + rng.normal()
    found = train(series_from_arrays(y), Settings(lags=(1,), horizon=3, hidden=(4,)))
    assert found.steps == (0, 0)
    assert "h" not in found.network.names
    assert any("linear autoregression" in note for note in found.notes)
    weights = dict(zip(found.network.theta_names, found.theta, strict=True))
    assert 0.6 < weights["y_last -> y_next"] < 1.1


def test_a_short_series_is_learnt_with_a_note():
    found = train(series_from_arrays([1.0, 2, 3, 4, 5, 4, 3, 2, 1, 2]), Settings(
        lags=(1, 2), horizon=4, hidden=(2,)
    ))  # fmt: skip
    assert np.isfinite(found.theta).all()
    assert any("too few values" in note for note in found.notes)


@pytest.mark.parametrize(
    ("n", "lags", "horizon"), [(20, (1, 12), 8), (10, (1,), 12), (3, None, 2)]
)
def test_too_short_a_series_is_refused(n, lags, horizon):
    series = series_from_arrays(np.arange(float(n)), name="y", source="s.csv")
    with pytest.raises(DataError, match=rf"s.csv: {n} values are too few.*horizon"):
        train(series, Settings(lags=lags, horizon=horizon))


def test_a_future_that_is_not_known_is_refused():
    known = (OWN, OWN.initial(0), loop_of(OWN), BOTH)
    # x is read one step late: of 6 steps, 5 must be known.
    assert np.isfinite(forecasts_from(*known, [50, 120], 6)).all()
    for origin, horizon in ((120, 7), (119, 8)):
        with pytest.raises(DataError, match=r"needs 6 rows of 'x'.*there are 5"):
            forecasts_from(*known, [50, origin], horizon)
    with pytest.raises(DataError, match="a forecast from row 121 needs the values"):
        forecasts_from(*known, [121], 2)
