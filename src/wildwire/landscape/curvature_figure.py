"""The picture of a spectrum: stems of few eigenvalues, or a histogram of many.

Comes in: a `Spectrum`. Goes out: a figure file. Called by `Spectrum.draw`.
"""

import os
from typing import Any

import numpy as np

from wildwire.landscape.curvature import Spectrum
from wildwire.landscape.figures import BLUE, FAINT, INK, ORANGE, tidy, write_figure

__all__ = ["draw_spectrum"]

STEMS = 60  # eigenvalues that are drawn one by one
DECADES = 8  # that the logarithmic parts of the scale have at most
PER_DECADE = 4  # bins


def draw_spectrum(spectrum: Spectrum, path: str | os.PathLike) -> None:
    """Write the picture of a spectrum; see `Spectrum.draw`."""
    few = spectrum.exact and spectrum.n_theta <= STEMS
    draw = _stems if few else _bins

    def fill(figure: Any) -> None:
        axes = figure.add_subplot()
        draw(axes, spectrum)
        axes.set_title(title_of(spectrum), loc="left", fontsize=9, color=INK)
        tidy(axes)
        axes.legend(loc="best", frameon=False, fontsize=8)

    write_figure(path, (6.4, 4.0), fill)


def title_of(spectrum: Spectrum) -> str:
    """Loss, gradient and index in one line."""
    index = f"index {spectrum.index:.3g}"
    if not spectrum.exact:
        index += f" ± {spectrum.index_error:.1g} and {spectrum.undecided:.3g} undecided"
    return f"loss {spectrum.value:.4g}, length of the gradient {spectrum.gradient_norm:.2g}, {index}"


def linear_part(spectrum: Spectrum) -> float:
    """Up to which size the scale is linear: where the least eigenvalue lies that is not 0, within some decades."""
    size = np.abs(spectrum.eigenvalues)
    largest = float(size.max())
    if largest == 0:
        return 1.0
    seen = size[size > np.maximum(spectrum.radii, largest * 10.0**-DECADES)]
    return 10.0 ** float(np.floor(np.log10(seen.min() if len(seen) else largest)))


def _groups(spectrum: Spectrum) -> tuple[tuple[str, np.ndarray, str, str], ...]:
    """Negative, undecided and positive eigenvalues: name, mask, colour, shape."""
    values, limit = spectrum.eigenvalues, spectrum.radii
    return (
        ("negative", values < -limit, ORANGE, "v"),
        ("0 to rounding" if spectrum.exact else "undecided", np.abs(values) <= limit, FAINT, "x"),
        ("positive", values > limit, BLUE, "o"),
    )  # fmt: skip


def _stems(axes: Any, spectrum: Spectrum) -> None:
    rank = np.arange(1, spectrum.n_theta + 1)
    edge = linear_part(spectrum)
    _symlog(axes, "y", spectrum, edge)
    axes.axhline(0, color=INK, lw=0.8)
    for name, mask, colour, shape in _groups(spectrum):
        if not mask.any():
            continue
        values = spectrum.eigenvalues[mask] * (shape != "x")
        axes.vlines(rank[mask], 0, values, color=colour, lw=1.6)
        axes.plot(
            rank[mask], values, shape, color=colour, markersize=5, label=f"{name} ({mask.sum()})", ls="none"
        )  # fmt: skip
    axes.set(xlabel="rank", ylabel="eigenvalue of the Hessian")
    axes.set_xlim(0.3, spectrum.n_theta + 0.7)
    axes.xaxis.get_major_locator().set_params(integer=True)


def _bins(axes: Any, spectrum: Spectrum) -> None:
    edge = linear_part(spectrum)
    bins = bin_edges(spectrum, edge)
    _symlog(axes, "x", spectrum, edge)
    for name, mask, colour, shape in _groups(spectrum):
        if not mask.any():
            continue
        # Within the linear part each of the three groups has one bin.
        values = spectrum.eigenvalues[mask] * (shape != "x")
        values = np.sign(values) * np.maximum(np.abs(values), 0.67 * edge)
        part = float(spectrum.weights[mask].sum())
        axes.hist(
            values, bins, weights=spectrum.weights[mask] * spectrum.n_theta, color=colour, edgecolor="white",
            linewidth=0.4, label=f"{name} ({100 * part:.3g} %)", hatch="////" if shape == "v" else None,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set(xlabel="eigenvalue of the Hessian", ylabel="number of eigenvalues")


def bin_edges(spectrum: Spectrum, edge: float) -> np.ndarray:
    """Edges for a histogram: even on a logarithmic scale on both sides of the linear part, which is cut in three."""
    largest = float(np.abs(spectrum.eigenvalues).max()) or edge
    count = int(np.ceil(PER_DECADE * max(np.log10(largest / edge), 0.0))) + 1
    side = edge * 10.0 ** (np.arange(count + 1) / PER_DECADE)
    return np.concatenate([-side[::-1], [-edge / 3, edge / 3], side])


def _symlog(axes: Any, which: str, spectrum: Spectrum, edge: float) -> None:
    """A scale that is linear up to `edge`, with ticks that do not run into one another."""
    from matplotlib.ticker import FixedLocator, NullLocator

    values = spectrum.eigenvalues
    getattr(axes, f"set_{which}scale")("symlog", linthresh=edge, linscale=0.6)
    low, high = float(values[0]), float(values[-1])
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(FixedLocator(symlog_ticks(low, high, edge)))
    axis.set_minor_locator(NullLocator())
    wide = 10.0 ** (1 / PER_DECADE)
    getattr(axes, f"set_{which}lim")(
        -edge if low >= -edge else low * wide, edge if high <= edge else high * wide
    )


def symlog_ticks(low: float, high: float, edge: float) -> list[float]:
    """0 and powers of ten on both sides, about ten in all."""
    above = max(int(np.ceil(np.log10(max(high, edge) / edge))), 0)
    below = max(int(np.ceil(np.log10(max(-low, edge) / edge))), 0)
    every = max(1, round((above + below) / 8))
    return [
        *(-edge * 10.0**k for k in range(below, -1, -1) if k % every == 0 and low < 0),
        0.0,
        *(edge * 10.0**k for k in range(above + 1) if k % every == 0 and high > 0),
    ]
