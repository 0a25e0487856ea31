"""Placing boxes and routing links: nothing overlaps, nothing runs through anything."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildwire.drawing.layout import _nearest_increasing, arrange


@st.composite
def graphs(draw):
    """Levels without a gap, boxes of mixed sizes, links upwards."""
    n_levels = draw(st.integers(2, 5))
    counts = draw(st.lists(st.integers(1, 4), min_size=n_levels, max_size=n_levels))
    levels = [level for level, count in enumerate(counts) for _ in range(count)]
    pairs = [
        (a, b)
        for a in range(len(levels))
        for b in range(len(levels))
        if levels[a] < levels[b]
    ]
    links = draw(st.lists(st.sampled_from(pairs), max_size=15))
    sizes = [(draw(st.sampled_from([20.0, 60.0])), 30.0) for _ in levels]
    return levels, sizes, links


def intervals(layout, levels, sizes, column):
    """(top, bottom) of everything in a column."""
    boxes = [
        (layout.y[i] - h / 2, layout.y[i] + h / 2)
        for i, (_, h) in enumerate(sizes)
        if levels[i] == column
    ]
    lanes = [y for own in layout.lanes for at, y in own if at == column]
    return boxes, lanes


@given(graphs())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_box_meets_a_box_and_no_lane_a_box_or_lane(graph):
    levels, sizes, links = graph
    layout = arrange(levels, sizes, links, lane=8.0, space=10.0)
    for column in range(max(levels) + 1):
        boxes, lanes = intervals(layout, levels, sizes, column)
        boxes.sort()
        for (_, bottom), (top, _) in pairwise(boxes):
            assert top - bottom >= 10.0 - 1e-6
        for lane in lanes:
            assert all(lane <= top - 4 or lane >= bottom + 4 for top, bottom in boxes)
        lanes.sort()
        assert np.all(np.diff(lanes) >= 8.0 - 1e-6)
    assert min(layout.y - 15) >= -1e-6
    assert max(layout.y + 15) <= layout.height + 1e-6


@given(graphs())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_a_link_has_a_lane_in_every_column_it_passes(graph):
    levels, sizes, links = graph
    layout = arrange(levels, sizes, links)
    assert len(layout.lanes) == len(links)
    for (begin, end), lanes in zip(links, layout.lanes, strict=True):
        assert [at for at, _ in lanes] == list(range(levels[begin] + 1, levels[end]))


def test_columns_stand_apart_and_hold_their_widest_box():
    layout = arrange(
        [0, 1, 1, 2], [(30, 20), (80, 20), (20, 20), (40, 20)], [(0, 1), (2, 3)]
    )
    assert np.allclose(layout.right - layout.left, [30, 80, 40])
    assert np.all(layout.left[1:] - layout.right[:-1] >= 64)
    assert layout.x[1] == layout.x[2] == (layout.left[1] + layout.right[1]) / 2


def crossings(layout, links):
    return sum(
        (layout.y[a] - layout.y[c]) * (layout.y[b] - layout.y[d]) < 0
        for i, (a, b) in enumerate(links)
        for c, d in links[:i]
    )


def test_crossings_that_need_not_be_are_gone():
    levels = [0] * 6 + [1] * 6
    links = [(i, 11 - i) for i in range(6)] + [(i, 10 - i) for i in range(5)]
    layout = arrange(levels, [(10.0, 10.0)] * 12, links)
    assert crossings(layout, links) == 0
    assert np.all(np.diff(layout.y[:6]) > 0), "inputs keep their order"


@pytest.mark.parametrize("seed", range(6))
def test_a_tree_is_drawn_without_crossings(seed):
    """Four levels of a tree, the nodes of each in scrambled order."""
    rng = np.random.default_rng(seed)
    counts = [1, 3, 7, 14]
    names = [rng.permutation(n) + sum(counts[:i]) for i, n in enumerate(counts)]
    links = []
    for above, below in pairwise(names):
        parents = np.sort(rng.integers(0, len(above), len(below)))
        links += [
            (int(above[p]), int(node)) for p, node in zip(parents, below, strict=True)
        ]
    levels = [level for level, n in enumerate(counts) for _ in range(n)]
    layout = arrange(levels, [(10.0, 10.0)] * 25, links)
    for level in range(3):
        between = [(a, b) for a, b in links if levels[a] == level]
        assert crossings(layout, between) == 0


def test_one_box_between_two_stands_in_the_middle():
    layout = arrange([0, 0, 1], [(10.0, 10.0)] * 3, [(0, 2), (1, 2)])
    assert np.isclose(layout.y[2], (layout.y[0] + layout.y[1]) / 2, atol=0.5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([3, 2, 1], [2, 2, 2]),
        ([1, 3, 2, 4], [1, 2.5, 2.5, 4]),
        ([], []),
    ],
)
def test_nearest_increasing(values, expected):
    assert np.allclose(_nearest_increasing(np.array(values, dtype=float)), expected)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_nearest_increasing_agrees_with_isotonic_regression(values):
    isotonic = pytest.importorskip("scipy.optimize").isotonic_regression
    values = np.array(values)
    assert np.allclose(_nearest_increasing(values), isotonic(values).x, atol=1e-9)
