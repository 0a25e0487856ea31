"""The line `settle`: read, given, printed, refused."""

import pickle

import numpy as np
import pytest

from wildwire.errors import LoopError, NetworkError, SettingError
from wildwire.network import Network
from wildwire.network.tables import Settle

TEXT = "input x\na = tanh(0.5*b + x)\nb = tanh(0.3*a)\n{}output b\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("settle\n", Settle()),
        ("settle steps=50\n", Settle(steps=50)),
        ("settle steps=50, tolerance=1e-6\n", Settle(50, 1e-6)),
    ],
)
def test_a_text_goes_there_and_back(line, expected):
    network = Network.parse(TEXT.format(line))
    assert network.settle == expected
    assert network.to_text() == TEXT.format(line)
    assert Network.parse(network.to_text(network.start)) == network
    assert pickle.loads(pickle.dumps(network)) == network
    assert network != Network.parse(TEXT.format("settle steps=51\n"))


def test_a_loop_needs_the_line():
    with pytest.raises(LoopError, match=r"b@1 for b .* or, .* add a line `settle`"):
        Network.parse(TEXT.format(""))
    assert Network.parse("input x\ny = 0.3*x\noutput y").settle is None


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ("settle\nsettle steps=3\n", "line 5, column 1: .*twice"),
        ("settle steps=5, steps=6\n", "line 4, column 1: .*twice"),
        ("settle steps=1e9\n", "line 4, column 1: .*at most 1,000,000"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(lines, word):
    with pytest.raises(NetworkError, match=word):
        Network.parse(TEXT.format(lines))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (True, Settle()),
        (Settle(70, 1e-5), Settle(70, 1e-5)),
        (None, None),
        (False, None),
    ],
)
def test_arrays_print_the_line_that_was_given(given, expected):
    links = ([0, 1, 2], [0, 1, 0]) if expected else ([0, 1], [0, 1])
    network = Network.from_arrays(["x"], *links, outputs=[1], settle=given)
    assert network.settle == expected
    again = Network.parse(network.to_text(network.initial(seed=0)))
    assert again.settle == expected
    assert np.array_equal(again.link_source, network.link_source)


WRONG = ("yes", 3, Settle(0), Settle(2.5), Settle(9, 0.0), Settle(5, float("inf")))


@pytest.mark.parametrize("given", [*WRONG, Settle(float("nan")), Settle(5, "a")])
def test_arrays_refuse_other_settings(given):
    with pytest.raises(SettingError, match=r"settle|steps must be"):
        Network.from_arrays(["x"], [0, 1], [0, 0], outputs=[0], settle=given)
