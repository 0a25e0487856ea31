"""The path of learning: what is recorded, what is dropped."""

from types import SimpleNamespace

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, network, rows
from wildwire.errors import DataError, SettingError
from wildwire.landscape import Path

X, Y, _ = rows(23)


def walk(path, epochs):
    for epoch in range(1, epochs + 1):
        path(SimpleNamespace(theta=np.array([float(epoch), 0.0])))


def test_every_epoch_of_a_run():
    made, theta = network(REGRESSION)
    path, seen = Path(theta), [theta]
    ww.fit(
        made, X, Y, theta, epochs=6, callbacks=[path, lambda s: seen.append(s.theta)]
    )
    np.testing.assert_array_equal(path.thetas, seen)
    np.testing.assert_array_equal(path.epochs, np.arange(7))


@pytest.mark.parametrize("most", [2, 3, 5, 10, 64])
@pytest.mark.parametrize("start", [None, [0.0, 0.0]])
@pytest.mark.parametrize("epochs", [1, 2, 9, 10, 100, 257])
def test_thinned(most, start, epochs):
    path = Path(start, most)
    walk(path, epochs)
    assert min(most, epochs) // 2 <= len(path) <= most
    np.testing.assert_array_equal(path.thetas[:, 0], path.epochs)
    assert path.epochs[0] == (0 if start else 1)
    assert path.epochs[-1] == epochs
    steps = np.diff(path.epochs)
    assert (steps[:-1] == steps[:1]).all()
    assert (steps > 0).all()


def test_one_path_follows_several_runs():
    path = Path()
    walk(path, 3)
    walk(path, 2)
    np.testing.assert_array_equal(path.epochs, [1, 2, 3, 4, 5])
    with pytest.raises(SettingError, match="another Path"):
        path(SimpleNamespace(theta=np.zeros(3)))


def test_an_empty_path():
    assert len(Path()) == 0
    assert Path().thetas.shape == (0, 0)
    assert repr(Path()) == "Path(0 points of 0 epochs)"


def test_refusals():
    for most in (1, 2.5, True, "all"):
        with pytest.raises(SettingError, match="most"):
            Path(most=most)
    for start in ([1.0, np.nan], [[1.0]], ["a"]):
        with pytest.raises(DataError, match="start"):
            Path(start)
