"""Places at which neurons of one kind may stand in a symmetric arrangement, and what is then one number.

Comes in: a pattern, or patterns that the wanted movements carry into one another. Goes out: places and ties. Called by
`builder.py`; which part stands where is decided in `dealing.py`.

A place is a pattern with a label. Labels are what the moved inputs can become, such as +x1 and +x2, or +x1 and -x1:
of two neurons that read x1 and x2 alike, one then is the neuron of x1 and the other that of x2, and a movement
exchanges them. One label for all means that a neuron stands for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, product

from wildwire.symmetry.actions import Movement
from wildwire.symmetry.parts import FREE, Orbit, Part, Pattern, turned

Action = Callable[[int], tuple[int, int]]
Label = tuple
Place = tuple[Pattern, Label]

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
