"""How far back networks look, which input is the series, and what is refused."""

import pytest

from wildwire.errors import DataError
from wildwire.forecasting.memory import depth_of, loop_of
from wildwire.network import Network


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("input y\nz ~ linear(y@1..12)\noutput z", 12),
        ("input y\nu = 2*y@1\nz ~ linear(u, u@4)\noutput z", 5),
        ("input y\nu = 2*y@3\nv = u@2\nw = y@9\nz ~ linear(v, v@1)\noutput z", 6),
        ("input y\nm ~ tanh(y@1, m@1)\nz ~ linear(m)\noutput z", None),
        ("input y\nm ~ tanh(y@1, k@2)\nk ~ tanh(m)\nz ~ linear(m)\noutput z", None),
    ],
)
def test_depth(text, depth):
    assert depth_of(Network.parse(text)) == depth


def test_the_series_is_found_by_name_or_by_delay():
    named = "input a, b\nb_forecast ~ linear(a@1, b@1)\noutput b_forecast"
    assert loop_of(Network.parse(named)).series == "b"
    assert loop_of(Network.parse(named), "a").series == "a"
    only = loop_of(Network.parse("input a, b\nz ~ linear(a, b@1)\noutput z"))
    assert (only.series, only.others) == ("b", ("a",))
    assert only.feedback == {"b": "z"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("input a, b\nz ~ linear(a@1, b@1)\noutput z", "which input"),
        ("input y\nz ~ linear(y@1)\nu ~ linear(y@1)\noutput z, u", "one output"),
        ("input y\ny_forecast ~ linear(y, y@1)\noutput y_forecast", "y@1"),
        ("input y[3]\nz ~ linear(y@1)\noutput z", "single numbers"),
    ],
)
def test_what_is_refused(text, word):
    with pytest.raises(DataError, match=word):
        loop_of(Network.parse(text))
