"""How samples are cut into points, chunks and parts for rows of a Jacobian, and which way their rows are formed.

Comes in: samples. Goes out: arrays of places, and lists of stretches. Called by `normal_equations.py`. Everything here
depends on network and samples only, so that results are the same for any number of threads.
"""

import numpy as np

MOST_PARTS, PART_BYTES = 8, 2**26
"""Parts whose matrices are added in order: at most 8, or 64 MB in all, but at least 2 for large samples."""
LEAST_PART = 256
"""Rows; at least n_theta of them, since another matrix has to pay."""
BACKWARD_COST, FORWARD_NUMBERS = 3.0, 10
"""A step of back-propagation for one output costs as much as forward mode for three numbers of theta, and a step of
forward mode as much as ten numbers more (measured with 3 to 1,000 numbers)."""


def points_of(samples):
    """Places (n_points, 2), targets and weights (n_points, n_outputs), sample after sample."""
    if samples.sequences is None:
        points = np.zeros((samples.n, 2), np.int64)
        points[:, 0] = np.arange(samples.n)
        weights = np.broadcast_to(samples.weight, samples.Y.shape)
        return points, samples.Y, np.ascontiguousarray(weights)
    weights = np.broadcast_to(samples.weight, samples.Y.shape)
    has_target = (weights != 0).any(axis=2)
    points = np.ascontiguousarray(np.argwhere(has_target.T), np.int64)
    sample, step = points.T
    targets = np.ascontiguousarray(samples.Y[step, sample])
    return points, targets, np.ascontiguousarray(weights[step, sample])


def forward_samples(samples, points, weights, n_theta) -> np.ndarray:
    """Which samples take forward mode, bool (n,).

    A row takes one step of back-propagation for its own step and each before; forward mode takes n_theta numbers along
    through every step, for all outputs. Gradients that are cut off in time exist backwards only.
    """
    result = np.zeros(samples.n, bool)
    if samples.sequences is None or samples.memory.truncate or not n_theta:
        return result
    sample, steps = points[:, 0], points[:, 1] + 1.0
    rows = (weights != 0).sum(axis=1)
    backward = np.bincount(sample, rows * steps, minlength=samples.n)
    last = np.zeros(samples.n)
    np.maximum.at(last, sample, steps)
    return BACKWARD_COST * backward > last * (n_theta + FORWARD_NUMBERS)


def _units(task) -> list[list[tuple[int, int]]]:
    """Chunks, those of a sequence that takes forward mode together: they go on where the last one ended."""
    n_points, most = len(task.points), task.most
    if not task.forward.any():
        return [[(i, min(i + most, n_points))] for i in range(0, n_points, most)]
    edges = np.flatnonzero(np.diff(task.points[:, 0])) + 1
    units, first = [], 0
    for end in [*edges.tolist(), n_points]:
        own = [(i, min(i + most, end)) for i in range(first, end, most)]
        forward = task.forward[task.points[first, 0]]
        units += [own] if forward else [[chunk] for chunk in own]
        first = end
    return units


def parts_of(task, n_theta) -> list[list[tuple[int, int]]]:
    """Chunks (first point, end) of each part."""
    units = _units(task)
    most = PART_BYTES // (8 * max(n_theta, 1) ** 2)
    most = min(max(most, 2), MOST_PARTS)
    rows = len(task.points) * task.network.n_outputs
    count = max(min(most, rows // max(LEAST_PART, n_theta), len(units)), 1)
    per_part = -(-len(task.points) // count)
    parts: list[list[tuple[int, int]]] = [[]]
    for unit in units:
        if parts[-1] and parts[-1][-1][1] - parts[-1][0][0] >= per_part:
            parts.append([])
        parts[-1] += unit
    return parts if parts[0] else []
