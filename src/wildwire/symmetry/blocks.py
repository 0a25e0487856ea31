"""Neurons of one kind dealt out to the places of a symmetric arrangement.

Comes in: parts with the same pattern, or with patterns that the wanted movements carry into one another. Goes out:
blocks: which part stands where, and which of their numbers are one. Called by `builder.py`.

A place is a pattern with a label. Labels are what the moved inputs can become, such as +x1 and +x2, or +x1 and -x1:
of two neurons that read x1 and x2 alike, one then is the neuron of x1 and the other that of x2, and a movement
exchanges them. One label for all means that a neuron stands for itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, product

from wildwire.symmetry.actions import Movement
from wildwire.symmetry.parts import FREE, Orbit, Part, Pattern, turned

Action = Callable[[int], tuple[int, int]]
Label = tuple
Place = tuple[Pattern, Label]

CLOSE = 1e-9
"""Numbers that differ by less than this, relative to the largest, are taken for tied already."""

MOST_AT_ONCE = 3
"""Independent movements whose labels are combined."""


class Tie:
    """Numbers at places that must be one number: `root` and sign of every cell; `fits` is False where one must be 0."""

    def __init__(self, places: Sequence[Place], steps):
        self.parent: dict[tuple, tuple] = {}
        self.sign: dict[tuple, int] = {}
        self.fits = True
        self.lost: set[tuple] = set()
        for place in places:
            for key in place[0].cells():
                self.parent[place, key] = (place, key)
                self.sign[place, key] = 1
        for place in places:
            for step in steps:
                target, carry = step(place)
                for key in place[0].cells():
                    other, sign = carry(key)
                    self._join((place, key), (target, other), sign)

    def root(self, cell: tuple) -> tuple[tuple, int]:
        """The cell that stands for all that are one with it, and the sign between them."""
        sign = 1
        while self.parent[cell] != cell:
            sign *= self.sign[cell]
            cell = self.parent[cell]
        return cell, sign

    def _join(self, one: tuple, other: tuple, sign: int) -> None:
        (one, first), (other, second) = self.root(one), self.root(other)
        between = first * sign * second
        if one == other:
            if between < 0:
                self.fits = False
                self.lost.add(one)
        else:
            self.parent[other], self.sign[other] = one, between
            if other in self.lost:
                self.lost.add(one)


def label_sets(moves: Sequence[Movement], relevant: Sequence[int]) -> list[list[Label]]:
    """Sets of labels, the largest first, the single one last."""
    components: list[list[int]] = []
    for move in relevant:
        touching = [
            c for c in components if any(set(moves[m]) & set(moves[move]) for m in c)
        ]
        components = [c for c in components if c not in touching]
        components.append([move, *(m for c in touching for m in c)])
    orbits = [_points(moves, component) for component in components]
    sets = [
        [tuple(label) for label in product(*chosen)]
        for count in range(min(len(orbits), MOST_AT_ONCE), 0, -1)
        for chosen in combinations(orbits, count)
    ]
    return [*sorted(sets, key=len, reverse=True), [()]]


def _points(moves, component) -> list[tuple[int, int]]:
    """What one moved input can become: the largest such set."""
    best: list[tuple[int, int]] = []
    for first in sorted({i for m in component for i in moves[m]}):
        points = [(first, 1)]
        for node, sign in points:
            for m in component:
                other, turn = moves[m].get(node, (node, 1))
                if (other, sign * turn) not in points:
                    points.append((other, sign * turn))
        if len(points) > len(best):
            best = points
    return best


def label_image(label: Label, move: Movement) -> Label:
    """The label after a movement."""
    found = []
    for node, sign in label:
        other, turn = move.get(node, (node, 1))
        found.append((other, sign * turn))
    return tuple(found)


def stepper(move: Movement, action: Action):
    """How a movement carries places and their cells."""

    def step(place: Place):
        pattern, label = place

        def carry(key):
            if key[0] != "link":
                return key, 1
            node, sign = action(key[1])
            return ("link", node, key[2]), sign

        return (pattern.moved(action), label_image(label, move)), carry

    return step


# ---- dealing out ----------------------------------------------------------------------------------------------------


class Dealer:
    """Fills blocks with parts, those whose numbers fit best first."""

    def __init__(self, places: Sequence[Place], tie: Tie):
        self.places, self.tie = places, tie

    def deal(
        self, left: dict[Pattern, list[Part]], exact: bool
    ) -> list[dict[Place, Part]]:
        """Blocks of the parts that are left, which are taken away; with `exact` only of parts whose numbers agree."""
        blocks = []
        patterns = {place[0] for place in self.places}
        need = {p: sum(place[0] == p for place in self.places) for p in patterns}
        refused: set[int] = set()
        first = self.places[0][0]
        while all(len(left[p]) >= need[p] for p in patterns):
            leader = next(
                (part for part in left[first] if part.neuron not in refused), None
            )
            if leader is None:
                break
            block, cost = self._block(leader, left)
            if exact and (cost > 0 or not all(part.known for part in block.values())):
                refused.add(leader.neuron)
                continue
            for place, part in block.items():
                left[place[0]].remove(part)
            blocks.append(block)
        return blocks

    def _block(self, leader: Part, left) -> tuple[dict[Place, Part], float]:
        """The leader where its numbers fit best, and for every other place the nearest part."""
        own = [place for place in self.places if place[0] == leader.pattern]
        start = min(own, key=lambda place: self._distance(place, leader, {}))
        total = self._distance(start, leader, {})
        block, values = {start: leader}, {}
        self._enter(start, leader, values)
        taken = {leader.neuron}
        for place in self.places:
            if place == start:
                continue
            free = [part for part in left[place[0]] if part.neuron not in taken]
            part = min(free, key=lambda part: self._distance(place, part, values))
            total += self._distance(place, part, values)
            block[place] = part
            taken.add(part.neuron)
            self._enter(place, part, values)
        return block, total

    def _enter(self, place: Place, part: Part, values: dict) -> None:
        for key, value in part.values.items():
            root, sign = self.tie.root((place, key))
            if not math.isnan(value):
                values.setdefault(root, sign * value)

    def _distance(self, place: Place, part: Part, values: dict) -> float:
        """Sum of squares by which known numbers differ from those they would be tied to; 0 where they are close."""
        here = dict(values)
        total, largest = 0.0, 0.0
        for key, value in part.values.items():
            if math.isnan(value):
                continue
            root, sign = self.tie.root((place, key))
            wanted = here.setdefault(root, sign * value)
            total += (wanted - sign * value) ** 2
            largest = max(largest, abs(wanted), abs(value))
        return 0.0 if total <= (CLOSE * largest) ** 2 else total


def tied(
    places: Sequence[Place], tie: Tie, block: dict[Place, Part]
) -> dict[tuple, tuple[Orbit, int]]:
    """The orbit and sign of every cell (place, key) of a block."""
    orbits: dict[tuple, Orbit] = {}
    found = {}
    for place in places:
        values = block[place].values
        for key in place[0].cells():
            root, sign = tie.root((place, key))
            orbit = orbits.setdefault(root, Orbit())
            orbit.members.append((values.get(key), sign))
            found[place, key] = orbit, sign
    return found


def closed_links(pattern: Pattern, actions: Sequence[Action]) -> Pattern | None:
    """The pattern with all images of its free links; None where an image of a kept number is missing."""
    count = Counter(pattern.links)
    waiting = list(count)
    while waiting:
        link = waiting.pop()
        for action in actions:
            node, sign = action(link[0])
            image = node, turned(link[1], sign)
            if count[image] < count[link]:
                if link[1] != FREE:
                    return None
                count[image] = count[link]
                waiting.append(image)
    return pattern.with_links(count.elements())
