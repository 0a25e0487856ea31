"""The picture of a surface: contours, what is not finite, the path of learning.

Comes in: a `Surface`. Goes out: a figure file. Called by `Surface.draw`.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.landscape.figures import INK, shortened, tidy, write_figure
from wildwire.landscape.plane import Surface

__all__ = ["draw_surface"]

DECADES = 1.3  # from here on levels are logarithmic
COUNT = 14  # levels, about
DOTS = 25  # on the path, about
# Steps of a decade, by the decades that they are to cover.
_STEPS = ((1.6, (1, 1.5, 2, 3, 5, 7)), (3.2, (1, 2, 3, 5)), (6.5, (1, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Levels of a contour plot, and how losses are seen between them: `height` grows evenly from colour to colour.

    Contours are drawn through heights: between two points of the grid a loss of many decades is anything but straight.

    Attributes
    ----------
    levels : ndarray
        Losses, ascending.
    height : callable
        From losses to heights.
    ticks : ndarray
        Those of the levels that are written beside the bar.
    """

    levels: np.ndarray
    height: Callable[[Any], Any]
    ticks: np.ndarray


def draw_surface(surface: Surface, path: str | os.PathLike) -> None:
    """Write the picture of a surface; see `Surface.draw`."""
    write_figure(path, (6.4, 5.2), lambda figure: _draw(figure, surface))


def _draw(figure: Any, surface: Surface) -> None:
    axes = figure.add_subplot()
    x, y = surface.axes
    values = np.ma.masked_invalid(surface.values.T)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    for side, name in zip(("xlabel", "ylabel"), surface.names, strict=True):
        getattr(axes, f"set_{side}")(shortened(name), parse_math=False, color=INK)
    if np.ma.getmaskarray(values).any():
        _hatch(axes)
    if values.count():
        _contours(figure, axes, surface, values)
    _way(axes, surface)
    tidy(axes)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside lower center", ncols=4, frameon=False, fontsize=8
    )


def _hatch(axes: Any) -> None:
    """Hatch everything: contours cover what is finite."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle(
            (0, 0), 1, 1, transform=axes.transAxes, facecolor="#eeeeee", edgecolor="#8a8a8a", hatch="////",
            linewidth=0, zorder=0.5, label="not finite",
        )
    )  # fmt: skip


def _contours(figure: Any, axes: Any, surface: Surface, values: Any) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    scale = scale_of(values.compressed())
    height = np.ma.array(scale.height(values.filled(1.0)), mask=values.mask)
    levels = scale.height(scale.levels)
    beyond = ("neither", "min", "max", "both")[
        (values.min() < scale.levels[0]) + 2 * (values.max() > scale.levels[-1])
    ]
    filled = axes.contourf(
        *surface.axes, height, levels, cmap="viridis", extend=beyond, zorder=1
    )
    axes.contour(
        *surface.axes, height, levels, colors="black", linewidths=0.4, alpha=0.5, zorder=1.5, linestyles="solid"
    )  # fmt: skip
    bar = figure.colorbar(filled, ax=axes, pad=0.02, fraction=0.05)
    texts = written(scale.ticks)
    bar.ax.yaxis.set_major_locator(FixedLocator(scale.height(scale.ticks)))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda _, place: texts[place]))
    bar.ax.tick_params(labelsize=8)
    bar.set_label("loss and penalties" if surface.penalised else "loss", color=INK)


def written(numbers: np.ndarray) -> list[str]:
    """The numbers with three digits, or as many as tell them apart."""
    for digits in range(3, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(float(number)) for number in numbers]


def scale_of(values: np.ndarray) -> Scale:
    """Levels for finite losses: round numbers of a logarithmic scale where these span decades, and else closer together
    the lower they are, as even steps from the ground of a bowl.

    They end where few values lie far from all others: a single huge or tiny one would leave no level for the rest.
    """
    positive = values[values > 0]
    if values.min() >= 0 and len(positive):
        low = max(positive.min(), np.quantile(positive, 0.1) * 1e-3)
        high = min(positive.max(), np.quantile(positive, 0.9) * 1e3)
        if np.log10(high / low) > DECADES:
            levels = _decades(low, high)
            floor = levels[0] * 1e-3  # a loss of 0 lies below all levels
            return Scale(
                levels, lambda each: np.log10(np.maximum(each, floor)), _ticks(levels)
            )
    low = float(values.min())
    high = min(float(values.max()), low + 5 * (float(np.quantile(values, 0.8)) - low))
    wide = high - low
    if not wide > 1e-12 * max(abs(low), abs(high)):
        size = 1e-3 * max(abs(low), 1e-300)
        levels = np.array([low - size, low + size])
        return Scale(levels, lambda each: each, levels)
    levels = low + wide * (np.arange(COUNT) / (COUNT - 1)) ** 2
    return Scale(
        levels, lambda each: np.sqrt(np.maximum(each - low, 0.0) / wide), levels[1::2]
    )


def _decades(low: float, high: float) -> np.ndarray:
    """Round numbers that cover `low` to `high`."""
    wide = np.log10(high / low)
    steps = next((steps for most, steps in _STEPS if wide <= most), (1,))
    every = max(1, round(wide / COUNT))
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    levels = np.array(
        [
            step * 10.0**power
            for power in range(first, last + 1, every)
            for step in steps
        ]
    )
    below, above = levels[levels <= low], levels[levels >= high]
    start = below[-1] if len(below) else levels[0]
    end = above[0] if len(above) else levels[-1]
    return levels[(levels >= start) & (levels <= end)]


def _ticks(levels: np.ndarray) -> np.ndarray:
    """Powers of ten among the levels, or every level where there are few."""
    power = np.log10(levels)
    whole = levels[np.abs(power - np.round(power)) < 1e-9]
    return whole if len(whole) >= 4 else levels[:: max(1, len(levels) // 8)]


def _way(axes: Any, surface: Surface) -> None:
    """The path, white within black so that it is seen on any ground; its ends; theta."""
    from matplotlib.patheffects import Normal, Stroke

    axes.plot(
        *surface.center, "P", color="white", markeredgecolor=INK, markersize=7, label="theta", zorder=3, ls="none"
    )  # fmt: skip
    if surface.path is None:
        return
    x, y = surface.path.T
    part = surface.in_plane
    named = "path" if part is None else f"path ({100 * part:.0f} % of it in this plane)"
    outline = [Stroke(linewidth=3.0, foreground=INK), Normal()]
    axes.plot(
        x, y, "-", color="white", lw=1.6, path_effects=outline, label=named, zorder=2
    )
    # Equal numbers of epochs from dot to dot tell how fast it went; fewer on a short way, where they would touch.
    wide = [np.ptp(each) for each in surface.axes]
    long = float(np.hypot(np.diff(x) / wide[0], np.diff(y) / wide[1]).sum())
    count = max(1, min(DOTS, int(2 * DOTS * long)))
    dots = slice(None, None, max(1, len(x) // count))
    axes.plot(x[dots], y[dots], "o", color=INK, markersize=2.4, ls="none", zorder=2.2)
    for place, shape, name, size in ((0, "o", "start", 7), (-1, "s", "end", 11)):
        axes.plot(
            x[place], y[place], shape, color="white", markeredgecolor=INK, markersize=size, label=name, zorder=2.5,
            markeredgewidth=1.2, ls="none",
        )  # fmt: skip
