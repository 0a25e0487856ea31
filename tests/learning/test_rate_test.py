"""The range test of rates: what it records, where it ends, what it suggests, its picture."""

import sys

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, network, rows
from wildwire.errors import DataError, DependencyError, FileError, SettingError
from wildwire.learning import RateRange, rate_range
from wildwire.learning.learners import Adam, GradientDescent, Rprop, by_name

X, Y, WEIGHT = rows(60)
MADE, THETA = network(REGRESSION)
BOWL = ww.parse("input x\ny = ?*x\noutput y")


def test_its_losses_are_those_of_the_rule():
    """A bowl y = w*x: every step by hand."""
    x, w, losses = np.array([1.0, 2.0]), 3.0, []
    found = rate_range(
        BOWL, x, 0 * x, [w], learner=GradientDescent(), low=1e-3, high=10, steps=40,
        batch="full",
    )  # fmt: skip
    for rate in found.rates:
        losses.append(np.mean(0.5 * (w * x) ** 2))
        w -= rate * np.mean(w * x**2)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-10)
    assert found.rates[0] == 1e-3
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e4) / 39)
    # Rates beyond 2/2.5 make the bowl run away.
    assert 0.8 < found.rates[-1] < 10
    assert 0.1 < found.lowest < 2.0
    assert found.suggestion <= found.lowest / 10 * (1 + 1e-12)


@pytest.mark.parametrize("learner", ["adam", GradientDescent(), Rprop()], ids=repr)
@pytest.mark.parametrize("batch", ["full", 10])
def test_the_suggestion_learns(learner, batch):
    found = rate_range(
        MADE, X, Y, THETA, learner=learner, batch=batch, sample_weight=WEIGHT[:60]
    )
    assert found.rates[0] < found.suggestion < found.rates[-1]
    assert found.suggestion <= found.steepest <= found.lowest
    made = type(by_name("adam") if learner == "adam" else learner)(found.suggestion)
    result = ww.fit(MADE, X, Y, THETA, learner=made, batch=batch, epochs=60)
    assert result.history["loss"][-1] < 0.8 * result.history["loss"][0]


def test_same_seed_same_bits_for_any_threads():
    runs = [
        rate_range(MADE, X, Y, seed=4, threads=threads, batch=16) for threads in (1, 2)
    ]
    assert runs[0].losses.tobytes() == runs[1].losses.tobytes()
    other = rate_range(MADE, X, Y, seed=5, batch=16)
    assert other.losses.tobytes() != runs[0].losses.tobytes()


def test_a_loss_that_never_falls():
    found = RateRange(np.geomspace(1e-3, 1, 20), np.linspace(1, 2, 20))
    assert found.suggestion is None
    assert "never fell" in repr(found)


def test_losses_are_those_of_a_part_of_many_rows(monkeypatch):
    from wildwire.learning import rate_test

    whole = rate_range(MADE, X, Y, THETA, batch=10)
    monkeypatch.setattr(rate_test, "MOST_JUDGED", 20)
    part = rate_range(MADE, X, Y, THETA, batch=10)
    values = ((ww.run(MADE, THETA, X) - Y) ** 2 / 2)[:, 0]
    assert whole.losses[0] == pytest.approx(values.mean(), rel=1e-12)
    assert part.losses[0] != whole.losses[0]
    assert values.min() < part.losses[0] < values.max()


def test_smoothing_keeps_straight_lines_in_the_middle():
    line = np.linspace(3, 1, 80)
    found = RateRange(np.geomspace(1e-3, 1, 80), line)
    np.testing.assert_allclose(found.smoothed[15:-15], line[15:-15], rtol=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learner": "lbfgs"}, "LBFGS has no rate"),
        ({"low": 0}, "low must be a number above 0"),
        ({"low": 1, "high": 0.1}, "low must be below high"),
        ({"steps": 3}, "steps must be a whole number of 10"),
        ({"steps": 20.0}, "steps must be"),
    ],
)
def test_refusals(settings, words):
    with pytest.raises(SettingError, match=words):
        rate_range(MADE, X, Y, **settings)


def test_a_start_without_a_loss_is_named():
    root = ww.parse("input a\ny = exp(?*a)\noutput y")
    with pytest.raises(DataError, match=r"not finite at the start.*'y'"):
        rate_range(root, [1.0, 2.0], [0.0, 1.0], [1e3])


def test_without_matplotlib_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    found = RateRange(np.geomspace(1e-3, 1, 20), np.linspace(2, 1, 20))
    with pytest.raises(DependencyError, match="plots"):
        found.plot(tmp_path / "range.png")


def test_the_picture(tmp_path):
    pytest.importorskip("matplotlib")
    found = rate_range(MADE, X, Y, THETA, learner=Adam(), batch=10)
    for name in ("range.png", "range.svg"):
        found.plot(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(SettingError, match="cannot draw"):
        found.plot(tmp_path / "range.xyz")
    with pytest.raises(FileError, match="cannot write"):
        found.plot(tmp_path / "nowhere" / "range.png")
