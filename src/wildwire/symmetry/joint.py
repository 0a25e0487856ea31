"""Permutations that move several inputs at once, such as (x1 x2)(x3 x4).

Comes in: a probe, the inputs and the classes that single exchanges make of them. Goes out: permutations. Called by
`inputs.py`, for few inputs.

Two inputs at a time are moved from a common value; what the network answers is the colour of the pair. A
permutation that leaves the outputs alone keeps all colours, which a search with backtracking looks for; what it
finds is tried on random rows. It stops when it is known which inputs can take each other's place: not every
permutation is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wildwire.symmetry.samples import Probe

MOST_STEPS = 20_000
"""Of the search from one input to another."""

Moved = dict[int, tuple[int, int]]


def joint_permutations(
    probe: Probe, inputs: Sequence[int], classes, holds: Callable[[Moved], bool]
) -> tuple[list[Moved], bool]:
    """Permutations that join classes, and whether none was missed because the search was cut off.

    Parameters
    ----------
    probe : Probe
    inputs : sequence of int
        Those that may move.
    classes : list of list of int
        Inputs that may be exchanged singly.
    holds : callable
        Whether a permutation leaves the outputs alone on random rows.
    """
    if len(inputs) < 4:
        return _of_few(inputs, classes, holds)
    colour = _colours(probe, inputs)
    orbit = _orbit(inputs, classes)
    found, complete = [], True
    for i in range(len(inputs)):
        for j in range(i):
            if orbit[i] == orbit[j] or colour[i, i] != colour[j, j]:
                continue
            image, finished = _search(
                colour, j, i, lambda image: holds(_moved(inputs, image))
            )
            complete &= finished
            if image is not None:
                found.append(_moved(inputs, image))
                for one, other in enumerate(image):
                    old, new = orbit[one], orbit[other]
                    orbit = [new if number == old else number for number in orbit]
    return found, complete


def _of_few(inputs, classes, holds) -> tuple[list[Moved], bool]:
    """Of three inputs only a turn remains, when no two of them may be exchanged alone."""
    alone = [group for group in classes if set(group) <= set(inputs)]
    if len(inputs) == 3 and len(alone) == 3:
        turn = _moved(inputs, [1, 2, 0])
        return ([turn] if holds(turn) else []), True
    return [], True


def _orbit(inputs, classes) -> list[int]:
    number = {i: place for place, group in enumerate(classes) for i in group}
    return [number[i] for i in inputs]


def _moved(inputs, image) -> Moved:
    """Input i gets the value of input image[i]; those that stay are left out."""
    return {inputs[i]: (inputs[j], 1) for i, j in enumerate(image) if i != j}


def _colours(probe: Probe, inputs) -> np.ndarray:
    """A number for every pair (i, j), equal for pairs that respond alike; (i, i) is input i alone."""
    n, place = len(inputs), np.array(inputs)
    values = []
    base = np.array(probe.rows[0])
    centre = float(np.median(probe.rows[:, place]))
    base[place] = centre
    width = float(np.std(probe.rows[:, place])) or 1.0
    i, j = np.indices((n, n))
    for a, b in ((0.7, -1.1), (1.3, 0.4)):
        rows = np.tile(base, (n, n, 1))
        rows[i, j, place[j]] += b * width
        rows[i, j, place[i]] = centre + a * width
        values.append(np.nan_to_num(probe.outputs(rows.reshape(n * n, -1))))
    answers = np.stack(values, axis=1)  # (pairs, trials, outputs)
    colour = np.full(n * n, -1)
    for pair in range(n * n):
        if colour[pair] < 0:
            alike = probe.close_rows(answers, answers[pair]).all(axis=1) & (colour < 0)
            colour[alike] = colour.max() + 1
    return colour.reshape(n, n)


def _search(
    colour: np.ndarray, start: int, goal: int, holds
) -> tuple[list[int] | None, bool]:
    """A permutation with image[start] = goal that keeps colours and holds; and whether the search was finished."""
    n = len(colour)
    order = [start, *(i for i in range(n) if i != start)]
    image = [-1] * n
    steps = 0
    options: list[list[int]] = [[goal]]
    while options:
        depth = len(options) - 1
        node = order[depth]
        image[node] = -1
        if not options[-1]:
            options.pop()
            continue
        image[node] = options[-1].pop()
        steps += 1
        if steps > MOST_STEPS:
            return None, False
        if depth + 1 == n:
            if holds(list(image)):
                return list(image), True
            continue
        options.append(_options(colour, order, image, depth + 1))
    return None, True


def _options(
    colour: np.ndarray, order: list[int], image: list[int], depth: int
) -> list[int]:
    """Where the next input may go, the likeliest last: to stay, or to answer an exchange."""
    node, placed = order[depth], order[:depth]
    taken = {image[i] for i in placed}
    fitting = [
        other
        for other in range(len(colour))
        if other not in taken
        and colour[node, node] == colour[other, other]
        and all(
            colour[node, i] == colour[other, image[i]] and colour[i, node] == colour[image[i], other]
            for i in placed
        )
    ]  # fmt: skip
    back = {image[i]: i for i in placed}.get(node)
    return sorted(fitting, key=lambda other: (other == back, other == node))
