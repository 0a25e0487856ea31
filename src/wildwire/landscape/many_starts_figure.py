"""The picture of final losses: a histogram of each width, one below the other.

Comes in: `Starts`. Goes out: a figure file. Called by `Starts.draw`.
"""

import os
from typing import Any

import numpy as np

from wildwire.landscape.figures import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    shortened,
    tidy,
    write_figure,
)
from wildwire.landscape.many_starts import Starts

__all__ = ["draw_starts"]

DECADES = 1.3  # from here on the scale is logarithmic
BINS = 40


def draw_starts(starts: Starts, path: str | os.PathLike) -> None:
    """Write the picture of final losses; see `Starts.draw`."""
    high = 1.4 + 0.85 * len(starts.losses)
    write_figure(path, (6.4, high), lambda figure: _draw(figure, starts))


def _draw(figure: Any, starts: Starts) -> None:
    every = np.concatenate(list(starts.losses.values()))
    edges, logarithmic = bins_of(every[np.isfinite(every)])
    rows = figure.subplots(len(starts.losses), sharex=True, squeeze=False)
    for axes, (width, losses) in zip(rows[:, 0], starts.losses.items(), strict=True):
        _row(axes, losses, edges)
        if len(starts.losses) > 1:
            axes.set_title(
                shortened(f"width {width}"), loc="left", fontsize=9, parse_math=False, color=INK, pad=2
            )  # fmt: skip
    last = rows[-1, 0]
    last.set_xlim(edges[0], edges[-1])
    if logarithmic:
        last.set_xscale("log")
    last.set_xlabel("final loss", color=INK)
    figure.supylabel("starts", fontsize=9, color=INK)
    handles, names = rows[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside upper right", ncols=3, frameon=False, fontsize=8
    )


def _row(axes: Any, losses: np.ndarray, edges: np.ndarray) -> None:
    finite = losses[np.isfinite(losses)]
    if len(finite):
        inside = np.clip(finite, edges[0], edges[-1])
        low, middle, high = np.clip(
            np.quantile(finite, [0.25, 0.5, 0.75]), edges[0], edges[-1]
        )
        axes.axvspan(low, high, color=ORANGE, alpha=0.3, lw=0, label="middle half")
        axes.hist(inside, edges, color=BLUE, label="starts")
        axes.axvline(middle, color=INK, lw=1.2, ls="--", label="median")
    lost = len(losses) - len(finite)
    if lost:
        axes.text(
            0.99, 0.9, f"{lost} diverged", transform=axes.transAxes, ha="right", va="top", fontsize=8, color=FAINT
        )  # fmt: skip
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=3)
    tidy(axes)


def bins_of(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Edges of the bins for finite losses, and whether they are even on a logarithmic scale."""
    if not len(values):
        return np.linspace(0.0, 1.0, 2), False
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high > 0:
        # Losses of 0, or as good as 0, are all shown at the left end.
        least = max(low, high * 1e-16)
        if np.log10(high / least) > DECADES:
            margin = (high / least) ** 0.03
            return np.geomspace(least / margin, high * margin, BINS + 1), True
    margin = 0.03 * (high - low) or max(1e-3 * abs(low), 1e-300)
    return np.linspace(low - margin, high + margin, BINS + 1), False
