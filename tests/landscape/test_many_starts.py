"""Final losses over starts and widths: which runs are made, what is kept of them."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import wildwire as ww
from wildwire import learning
from wildwire.errors import DataError, SettingError
from wildwire.landscape import Starts, starts
from wildwire.learning import Objective
from wildwire.learning.stopping import Reason

X = np.linspace(-1, 1, 24)
Y = np.sin(4 * X)
LM = {"learner": "levenberg-marquardt", "epochs": 4}


def layer(width):
    return ww.parse(f"input x\nh[{width}] ~ tanh(x)\ny ~ linear(h)\noutput y")


NETWORKS = {width: layer(width) for width in (3, 1, 2)}


def test_losses_are_those_of_the_ends():
    found = starts(NETWORKS, X, Y, n=4, **LM)
    assert list(found.losses) == [1, 2, 3]
    assert found.planned == 4
    assert found.stopped == ""
    for width, made in NETWORKS.items():
        assert found.thetas[width].shape == (4, made.n_theta)
        objective = Objective(made, X, Y)
        ends = [objective.value(theta) for theta in found.thetas[width]]
        np.testing.assert_array_equal(found.losses[width], ends)
        assert len(set(ends)) > 1
    assert found.losses[3].min() < found.losses[1].min()


def test_starts_do_not_depend_on_what_else_is_run():
    many = starts(NETWORKS, X, Y, n=3, seed=4, **LM)
    few = starts(NETWORKS[2], X, Y, n=2, seed=4, threads=2, **LM)
    assert list(few.losses) == [NETWORKS[2].n_neurons] == [3]
    np.testing.assert_array_equal(few.losses[3], many.losses[2][:2])
    other = starts(NETWORKS[2], X, Y, n=2, seed=5, **LM)
    assert (other.losses[3] != few.losses[3]).any()


def test_penalties_are_not_in_the_losses():
    found = starts(NETWORKS[2], X, Y, n=1, l2=0.5, **LM)
    theta = found.thetas[3][0]
    assert found.losses[3][0] == Objective(NETWORKS[2], X, Y).value(theta)


def test_median_and_spread():
    losses = {1: np.array([4.0, 1, 3, 2, np.inf]), 2: np.array([np.nan])}
    found = Starts(losses, {}, 5)
    assert found.median[1] == 2.5
    assert found.spread[1] == pytest.approx(1.5)
    assert np.isnan(found.median[2])
    assert np.isnan(found.spread[2])
    assert "6 of 10" in repr(found)


class Fake:
    """Stands for `fit`: ends as it is told, run by run."""

    def __init__(self, *ends):
        self.ends, self.calls = list(ends), []

    def __call__(self, network, X, Y, **settings):
        self.calls.append(network.n_neurons)
        end = self.ends.pop(0) if self.ends else Reason.EPOCHS
        if end is KeyboardInterrupt:
            raise KeyboardInterrupt
        theta = np.full(network.n_theta, float(len(self.calls)))
        return SimpleNamespace(theta=theta, reason=end, history={"loss": [1.0]})


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (KeyboardInterrupt, "interrupted"),
        (Reason.INTERRUPTED, "interrupted"),
        (Reason.TIME, "time"),
    ],
)
def test_what_is_done_is_kept(monkeypatch, last, why):
    fake = Fake(*[Reason.EPOCHS] * 4, last)
    monkeypatch.setattr(learning, "fit", fake)
    found = starts(NETWORKS, X, Y, n=3)
    # Start by start through all widths.
    assert fake.calls == [2, 3, 4, 2, 3]
    assert [len(each) for each in found.losses.values()] == [2, 1, 1]
    assert found.stopped == why
    assert f"4 of 9, stopped ({why})" in repr(found)


@pytest.mark.parametrize("last", [KeyboardInterrupt, Reason.INTERRUPTED])
def test_interrupted_before_the_first_was_done(monkeypatch, last):
    monkeypatch.setattr(learning, "fit", Fake(last))
    with pytest.raises(KeyboardInterrupt):
        starts(NETWORKS, X, Y)


def test_too_short_a_time():
    with pytest.raises(SettingError, match="not one of 6 runs ended"):
        starts(NETWORKS, X, Y, n=2, time_limit=1e-9, **LM)


def test_progress_counts_starts(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(learning, "fit", Fake())
    starts(NETWORKS, X, Y, n=1, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"start \d of 3", err)
    assert "epoch" not in err
    starts(NETWORKS, X, Y, n=1, progress=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 0}, "n must be a whole number of 1"),
        ({"network": {}}, "some of them by width"),
        ({"network": "input x"}, "network must be a Network"),
        ({"network": {1: 2}}, "network must be a Network"),
        ({"network": ww.parse("input x\ny = 2*x\noutput y")}, "width 1 states all"),
        ({"theta": [1.0]}, "takes no theta"),
        ({"resume": "x"}, "takes no resume"),
        ({"epoch": 3}, "no setting 'epoch'; did you mean 'epochs'"),
        ({"learner": "adm"}, "did you mean 'adam'"),
        ({"time_limit": "soon"}, "time limit"),
        ({"progress": 1}, "progress must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_refusals(arguments, words):
    given = {"network": layer(2), "n": 1, **arguments}
    with pytest.raises(SettingError, match=words):
        starts(given.pop("network"), X, Y, **given)
    with pytest.raises(DataError):
        starts(layer(2), X, Y[:3], n=1)
