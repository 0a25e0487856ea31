"""Where the nodes of a drawing stand and how its links run between them.

Comes in: levels and sizes of boxes, and which are linked. Goes out: a `Layout` with coordinates. Called by
`svg.py`; knows neither networks nor SVG.

The method of K. Sugiyama, S. Tagawa, M. Toda (Methods for visual understanding of hierarchical system
structures, IEEE Trans. SMC 11, 1981): a link that passes over levels gets a narrow lane of its own in every
column it passes, lanes and boxes are ordered to cross little, and then moved as near to their neighbours as
their order and sizes allow. A link therefore never runs through a box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

SWEEPS = 16  # of ordering, and again of moving; more change no drawing that was tried
STRAIGHTNESS = 3.0  # how much more a lane insists on its neighbour lane than on a box


@dataclass
class Layout:
    """Coordinates in pixels, y downwards, the upper left corner at (0, 0).

    Attributes
    ----------
    x, y : ndarray of float64, (n_boxes,)
        Centres of the boxes.
    left, right : ndarray of float64, (n_levels,)
        Edges of the columns.
    lanes : list of list of (int, float)
        Per link the columns it passes, with the height of its lane there.
    width, height : float
    """

    x: np.ndarray
    y: np.ndarray
    left: np.ndarray
    right: np.ndarray
    lanes: list[list[tuple[int, float]]]
    width: float
    height: float


@dataclass
class _Columns:
    """Boxes and lanes together, as items; the boxes come first.

    `order[level]` lists the items of a level from top to bottom; a segment joins items of neighbouring levels.
    """

    level: list[int]
    height: list[float]
    n_boxes: int
    segments: list[list[tuple[int, int]]]
    order: list[list[int]]
    lanes: list[list[int]] = field(default_factory=list)


def arrange(
    levels: Sequence[int],
    sizes: Sequence[tuple[float, float]],
    links: Sequence[tuple[int, int]],
    *,
    lane: float = 9.0,
    space: float = 12.0,
    gaps: tuple[float, float] = (64.0, 220.0),
) -> Layout:
    """Place boxes in columns by level and route the links between them.

    Parameters
    ----------
    levels : sequence of int
        Column of each box, from 0; a link runs from a lower to a higher level.
    sizes : sequence of (float, float)
        Width and height of each box.
    links : sequence of (int, int)
        Boxes at the two ends.
    lane : float
        Height of a lane.
    space : float
        Least distance between two boxes of a column.
    gaps : (float, float)
        Least and largest distance between columns; steep links get more.

    Returns
    -------
    Layout
        Boxes of level 0 keep the order in which they are given. Cost: quadratic in the links between two columns.
    """
    columns = _columns(levels, [height for _, height in sizes], links, lane)
    _reduce_crossings(columns)
    y = _heights(columns, space)
    n_levels = len(columns.order)
    widths = np.zeros(n_levels)
    for level, (width, _) in zip(levels, sizes, strict=True):
        widths[level] = max(widths[level], width)
    left, right = _column_edges(widths, _gap_widths(columns, y, gaps))
    centre = (left + right) / 2
    lanes = [
        [(columns.level[item], float(y[item])) for item in items]
        for items in columns.lanes
    ]
    return Layout(
        x=centre[list(levels)],
        y=y[: columns.n_boxes],
        left=left,
        right=right,
        lanes=lanes,
        width=float(right[-1]),
        height=float(np.max(y + np.array(columns.height) / 2)),
    )


def _columns(levels, heights, links, lane: float) -> _Columns:
    level, height = list(levels), list(heights)
    order: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for box, column in enumerate(level):
        order[column].append(box)
    segments: list[list[tuple[int, int]]] = [[] for _ in order]
    columns = _Columns(level, height, len(level), segments, order)
    for begin, end in links:
        before, items = begin, []
        for column in range(levels[begin] + 1, levels[end]):
            item = len(level)
            level.append(column)
            height.append(lane)
            order[column].append(item)
            segments[column].append((before, item))
            items.append(item)
            before = item
        segments[levels[end]].append((before, end))
        columns.lanes.append(items)
    return columns


# ---- order within the columns ---------------------------------------------------------


def _reduce_crossings(columns: _Columns) -> None:
    """Sweep to and fro, ordering each column by the mean place of its neighbours; keep the best order seen."""
    best, fewest = [list(items) for items in columns.order], np.inf
    n = len(columns.order)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        # The inputs keep their order: a reader looks for x1 at the top.
        for column in range(1, n) if forward else range(n - 2, 0, -1):
            _order_by_neighbours(columns, column, forward)
        crossings = sum(_crossings(columns, column) for column in range(1, n))
        if crossings < fewest:
            best, fewest = [list(items) for items in columns.order], crossings
    columns.order[:] = best


def _places(items: list[int]) -> dict[int, float]:
    return {item: place for place, item in enumerate(items)}


def _order_by_neighbours(columns: _Columns, column: int, forward: bool) -> None:
    """Items without neighbours on that side stay where they are among the others."""
    other = column - 1 if forward else column + 1
    place = _places(columns.order[other])
    sums: dict[int, list[float]] = {}
    for begin, end in columns.segments[column if forward else other]:
        item, neighbour = (end, begin) if forward else (begin, end)
        sums.setdefault(item, []).append(place[neighbour])
    scale = max(1, len(place) - 1) / max(1, len(columns.order[column]) - 1)
    mine = _places(columns.order[column])
    columns.order[column].sort(
        key=lambda item: np.mean(sums[item]) if item in sums else mine[item] * scale
    )


def _crossings(columns: _Columns, column: int) -> int:
    """Crossings between two columns: pairs of segments in opposite order at their two ends."""
    segments = columns.segments[column]
    first, second = _places(columns.order[column - 1]), _places(columns.order[column])
    a = np.array([first[begin] for begin, _ in segments], dtype=float)
    b = np.array([second[end] for _, end in segments], dtype=float)
    return int(np.sum((a[:, None] < a) & (b[:, None] > b)))


# ---- heights -------------------------------------------------------------------------


def _heights(columns: _Columns, space: float) -> np.ndarray:
    """Heights of all items: each as near to the mean of its neighbours as order and sizes allow."""
    y = np.zeros(len(columns.level))
    offsets = [_offsets(columns, items, space) for items in columns.order]
    for items, offset in zip(columns.order, offsets, strict=True):
        y[items] = offset - offset[-1] / 2
    neighbours = _neighbours(columns)
    for sweep in range(SWEEPS):
        order = list(enumerate(columns.order))
        for column, items in order if sweep % 2 == 0 else reversed(order):
            wanted = np.array([_wanted(neighbours[item], y, y[item]) for item in items])
            y[items] = _nearest_increasing(wanted - offsets[column]) + offsets[column]
    half = np.array(columns.height) / 2
    return y - np.min(y - half)


def _offsets(columns: _Columns, items: list[int], space: float) -> np.ndarray:
    """Least distance of each item from the first of its column."""
    offset = np.zeros(len(items))
    for i in range(1, len(items)):
        above, here = items[i - 1], items[i]
        apart = (columns.height[above] + columns.height[here]) / 2
        both_boxes = max(above, here) < columns.n_boxes
        offset[i] = offset[i - 1] + apart + (space if both_boxes else space / 4)
    return offset


def _neighbours(columns: _Columns) -> list[list[tuple[int, float]]]:
    found: list[list[tuple[int, float]]] = [[] for _ in columns.level]
    for segments in columns.segments:
        for begin, end in segments:
            is_lane = begin >= columns.n_boxes and end >= columns.n_boxes
            weight = STRAIGHTNESS if is_lane else 1.0
            found[begin].append((end, weight))
            found[end].append((begin, weight))
    return found


def _wanted(neighbours, y: np.ndarray, present: float) -> float:
    if not neighbours:
        return present
    total = sum(weight for _, weight in neighbours)
    return sum(weight * y[item] for item, weight in neighbours) / total


def _nearest_increasing(values: np.ndarray) -> np.ndarray:
    """The non-decreasing sequence nearest in least squares: pool adjacent violators."""
    means: list[float] = []
    counts: list[int] = []
    for value in values:
        means.append(float(value))
        counts.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            count = counts[-2] + counts[-1]
            means[-2:] = [(means[-2] * counts[-2] + means[-1] * counts[-1]) / count]
            counts[-2:] = [count]
    return np.repeat(means, counts)


# ---- columns -------------------------------------------------------------------------


def _gap_widths(columns: _Columns, y: np.ndarray, gaps) -> np.ndarray:
    """Wider where links are steep, so that they can be told apart."""
    steepest = [
        max((abs(y[end] - y[begin]) for begin, end in segments), default=0.0)
        for segments in columns.segments[1:]
    ]
    low, high = gaps
    return np.clip(low + 0.35 * np.array(steepest), low, high)


def _column_edges(widths: np.ndarray, gaps: np.ndarray):
    left = np.concatenate([[0.0], np.cumsum(widths[:-1] + gaps)])
    return left, left + widths
