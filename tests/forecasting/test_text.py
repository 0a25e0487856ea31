"""The text of the network: it reads back, and it begins as the linear model."""

import numpy as np
import pytest

from wildwire.datasets import sunspots
from wildwire.forecasting import series_from_arrays
from wildwire.forecasting.closed_loop import forecasts_from
from wildwire.forecasting.lags import Lags
from wildwire.forecasting.linear import fit_linear
from wildwire.forecasting.memory import loop_of
from wildwire.forecasting.text import series_text, start_from
from wildwire.network import Network

RNG = np.random.default_rng(0)
SERIES = series_from_arrays(
    sunspots().y[:150], {"heat (C)": RNG.normal(20, 5, 160)}, name="sun spots"
)


def test_the_text_is_as_the_docs_show_it():
    text = series_text(SERIES, Lags((1, 2, 3, 11, 12), (0, 2)), (3,)).text
    lines = text.splitlines()
    assert lines[1:3] == ['input sun_spots = "sun spots"', 'input heat_C = "heat (C)"']
    assert (
        "h[3] ~ tanh(sun_spots_last, sun_spots_last@1..2, sun_spots_last@10..11, heat_C_scaled, heat_C_scaled@2)"
        in lines
    )
    assert lines[-1] == "output sun_spots_forecast"
    assert str(Network.parse(text)) == text


@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("hidden", [(), (3,), (3, 2)])
@pytest.mark.parametrize("own", [(1,), (1, 2, 3), (1, 2, 11, 12)])
def test_it_begins_as_linear_autoregression(changes, hidden, own):
    lags = Lags(own, (0, 2))
    linear = fit_linear(SERIES, lags, 0.3, changes=changes)
    wiring = series_text(SERIES, lags, hidden, changes=changes)
    network = Network.parse(wiring.text)
    theta = start_from(network, wiring, linear, 0)
    origins = np.array([20, 77, 140])
    loop = loop_of(network)
    ours = forecasts_from(network, theta, loop, SERIES, origins, 10)
    assert np.allclose(ours, linear.forecasts(SERIES, origins, 10), rtol=1e-9)
    assert loop.depth == max(max(own) + changes, 2)


def test_a_series_that_stays_the_same_has_a_network():
    series = series_from_arrays(np.full(20, 3.0))
    wiring = series_text(series, Lags((1, 2)), (2,))
    network = Network.parse(wiring.text)
    linear = fit_linear(series, Lags((1, 2)), 1.0)
    theta = start_from(network, wiring, linear, 0)
    found = forecasts_from(network, theta, loop_of(network), series, [20], 3)
    assert np.allclose(found, 3.0)
