"""Pictures: files of every kind, the same bytes again, what they say; levels and bins."""

import os
import sys

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, network, rows
from wildwire.errors import DependencyError, FileError, SettingError
from wildwire.landscape import Path, Spectrum, Starts, Surface, spectrum, surface
from wildwire.landscape.curvature_figure import bin_edges, linear_part, symlog_ticks
from wildwire.landscape.many_starts_figure import bins_of
from wildwire.landscape.plane_figure import scale_of, written

X, Y, _ = rows(23)
MADE, THETA = network(REGRESSION)
AXES = (np.linspace(0, 1, 5), np.linspace(0, 2, 5))


def plane_of(values, **more):
    return Surface(
        np.asarray(values, dtype=float), AXES, ("a_1 -> $h$", "b"), np.zeros(2), np.eye(2),
        **more,
    )  # fmt: skip


def found(kind):
    if kind == "surface":
        walk = THETA + np.random.default_rng(0).normal(size=(4, MADE.n_theta))
        return surface(MADE, X, Y, THETA, "path", path=walk, points=6)
    if kind == "spectrum":
        return spectrum(MADE, X, Y, THETA)
    if kind == "estimate":
        return spectrum(MADE, X, Y, THETA, exact=False, vectors=6)
    losses = {1: np.array([1.0, 2, 30]), "wide": np.array([0.1, np.inf])}
    return Starts(losses, {}, 3)


KINDS = ["surface", "spectrum", "estimate", "starts"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["png", "svg", "PDF"])
def test_files(kind, ending, tmp_path):
    pytest.importorskip("matplotlib")
    made = found(kind)
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    made.draw(one)
    made.draw(os.fspath(two))
    head = {"png": b"\x89PNG", "svg": b"<?xml", "PDF": b"%PDF"}[ending]
    assert one.read_bytes().startswith(head)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_refusals(kind, tmp_path, monkeypatch):
    made = found(kind)
    for name in ("a.jpg", "a", "a.png.txt"):
        with pytest.raises(SettingError, match=r"must end in \.png, \.svg, \.pdf"):
            made.draw(tmp_path / name)
    with pytest.raises(SettingError, match="path of a file"):
        made.draw(3)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DependencyError, match=r"pip install 'wildwire\[plots\]'"):
        made.draw(tmp_path / "a.png")


def test_a_place_that_cannot_be_written(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.raises(FileError, match="cannot write"):
        found("spectrum").draw(tmp_path / "nowhere" / "a.png")


GRID = np.add.outer(np.arange(5.0), np.arange(5.0) ** 2)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (GRID, []),  # 0 is among them
        (GRID - 100, []),
        (10.0 ** (10 * GRID - 30), []),
        (np.full((5, 5), 3.0), []),
        (np.zeros((5, 5)), []),
        (np.where(GRID > 4, np.inf, GRID), ["not finite"]),
        (np.where(GRID > 4, np.nan, -GRID), ["not finite"]),
        (np.full((5, 5), np.nan), ["not finite"]),
        (1e6 + 1e-6 * GRID, []),
    ],
)
def test_surfaces_of_all_kinds(values, told, tmp_path):
    pytest.importorskip("matplotlib")
    place = tmp_path / "a.svg"
    plane_of(values, penalised=True).draw(place)
    text = place.read_text(encoding="utf-8")
    for each in (*told, "theta"):
        assert f"<!-- {each} -->" in text.replace("−", "-")
    # Names are not read as formulas.
    assert "a_1 -&gt; $h$" in text or "a_1 -> $h$" in text or "a_1 -" in text
    assert ("not finite" in text) == ("not finite" in told)


def test_what_a_picture_of_a_path_says(tmp_path):
    pytest.importorskip("matplotlib")
    path = Path(THETA)
    ww.fit(MADE, X, Y, THETA, epochs=3, callbacks=path)
    pair = tuple(MADE.theta_names[:2])
    surface(MADE, X, Y, along=pair, path=path, points=4).draw(tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for words in ("start", "end", "of it in this plane", pair[0].split(" ")[0]):
        assert words in text


def test_spectra_of_all_kinds(tmp_path):
    pytest.importorskip("matplotlib")
    for values in (
        [0.0], [-1.0], [-1.0, 0, 0, 1], [1e-30, 1e30], [2.0, 2, 2], list(range(-3, 90)),
        [*np.zeros(70)],
    ):  # fmt: skip
        values = np.array(values, dtype=float)
        count = len(values)
        weights = np.full(count, 1 / count)
        for exact in (True, False):
            Spectrum(
                values, weights, np.zeros(count), exact, 0.5, 0.0, np.nan, 0, count, 1.0, 1.0
            ).draw(tmp_path / "a.png")  # fmt: skip


def test_starts_of_all_kinds(tmp_path):
    pytest.importorskip("matplotlib")
    for losses in ([0.0, 0.0], [0.0, 1.0], [-1.0, 5.0], [np.inf], [1e-300, 1e300]):
        Starts({3: np.array(losses)}, {}, 2).draw(tmp_path / "a.png")


def test_importing_and_computing_needs_no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert found("surface").values.shape == (6, 6)
    assert ww.landscape.surface is surface


@pytest.mark.parametrize("seed", range(8))
def test_levels(seed):
    random = np.random.default_rng(seed)
    values = random.normal(size=400) * 10.0 ** random.integers(-5, 5)
    values = (np.abs(values), values**2, values, 10.0 ** np.clip(values, -300, 300))[
        seed % 4
    ]
    scale = scale_of(values)
    assert 2 <= len(scale.levels) <= 30
    assert (np.diff(scale.levels) > 0).all()
    assert np.isin(scale.ticks, scale.levels).all()
    heights = scale.height(np.sort(values))
    assert np.isfinite(heights).all()
    assert (np.diff(heights) >= 0).all()
    assert len(set(written(scale.ticks))) == len(scale.ticks)
    inside = (values >= scale.levels[0]) & (values <= scale.levels[-1])
    assert inside.mean() > 0.7


def test_levels_are_logarithmic_where_the_loss_spans_decades():
    scale = scale_of(np.geomspace(0.002, 700, 50))
    power = np.log10(scale.ticks)
    np.testing.assert_allclose(power, np.round(power), atol=1e-12)
    assert scale.levels[0] <= 0.002
    assert scale.levels[-1] >= 700
    near = scale_of(np.linspace(2, 5, 50))
    assert near.levels[0] == 2
    assert near.levels[-1] == 5


def test_bins_and_ticks():
    edges, logarithmic = bins_of(np.array([1e-6, 1.0]))
    assert logarithmic
    assert edges[0] < 1e-6
    assert edges[-1] > 1
    edges, logarithmic = bins_of(np.array([-2.0, 3.0]))
    assert not logarithmic
    assert edges[0] < -2 < 3 < edges[-1]
    assert symlog_ticks(-10.0, 100.0, 1.0) == [-10, -1, 0, 1, 10, 100]
    assert symlog_ticks(0.0, 1e16, 1.0) == [0, *10.0 ** np.arange(0, 17, 2)]
    made = found("estimate")
    edges = bin_edges(made, linear_part(made))
    assert (np.diff(edges) > 0).all()
    assert edges[0] <= made.eigenvalues[0]
    assert edges[-1] >= made.eigenvalues[-1]
