"""A partner for every neuron and every wanted movement of the inputs, from the inputs upwards.

Comes in: a network, its start values, movements of its inputs. Goes out: the neurons of the new network, as `Made`.
Called by `symmetrize.py`, which states the rule.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from wildwire.errors import SettingError
from wildwire.functions import find
from wildwire.symmetry.actions import Movement
from wildwire.symmetry.blocks import (
    Place,
    Tie,
    closed_links,
    label_sets,
    stepper,
    tied,
)
from wildwire.symmetry.dealing import Dealer
from wildwire.symmetry.neurons import as_it_is, link_cells, rest, tied_neuron
from wildwire.symmetry.parts import (
    FREE,
    Made,
    Orbit,
    Part,
    Pattern,
    Shelf,
    kept,
    turned,
)
from wildwire.symmetry.transfers import invariance

MOST_COPIES = 64
"""Copies that one neuron may need."""

MOST_PLACES = 64
"""Neurons of one block."""


class Builder:
    """Makes the neurons of the new network level by level."""

    def __init__(self, network, start: np.ndarray, moves: list[Movement]):
        self.network, self.moves = network, moves
        self.shelf = Shelf(network, start)
        self.made: list[Made] = []
        self.new_of = {i: i for i in range(network.n_inputs)}
        self.images: list[dict[int, tuple[int, int]]] = [dict(move) for move in moves]
        self.identity = find("identity").key
        self.outputs = set(network.output_node.tolist())

    def action(self, move: int):
        """The movement as a function of nodes: what a node becomes, and with which sign."""
        images = self.images[move]
        return lambda node: images.get(node, (node, 1))

    @property
    def actions(self):
        return [self.action(move) for move in range(len(self.moves))]

    def build(self) -> None:
        """All neurons."""
        for level in _levels(self.network):
            parts = [self.shelf.part(neuron, self.new_of) for neuron in level]
            waiting = []
            for part in parts:
                if not self._relevant([part.pattern]):
                    self._add(as_it_is(part))
                elif self.network.n_inputs + part.neuron in self.outputs:
                    self._output(part)
                else:
                    waiting.append(part)
            for part in self._partners(waiting):
                if not self._alone(part):
                    self._copies(part)

    def _relevant(self, patterns) -> list[int]:
        """Movements that move anything these patterns read."""
        nodes = {source for pattern in patterns for source, _ in pattern.links}
        return [
            move
            for move, images in enumerate(self.images)
            if any(images.get(node, (node, 1)) != (node, 1) for node in nodes)
        ]

    # ---- partners ---------------------------------------------------------------------------------------------------

    def _partners(self, parts: list[Part]) -> list[Part]:
        """Make the neurons that find partners; those that do not are handed back."""
        left: dict[Pattern, list[Part]] = {}
        for part in parts:
            left.setdefault(part.pattern, []).append(part)
        done: set[Pattern] = set()
        for pattern in list(left):
            if pattern in done:
                continue
            orbit = self._orbit(pattern)
            done.update(orbit)
            if len(orbit) <= MOST_PLACES and all(image in left for image in orbit):
                self._deal(orbit, left)
        return sorted(
            (part for group in left.values() for part in group),
            key=lambda part: part.neuron,
        )

    def _orbit(self, pattern: Pattern) -> list[Pattern]:
        """The pattern and all its images; the search ends when there are more than may be places."""
        orbit = {pattern: None}
        waiting = [pattern]
        while waiting and len(orbit) <= MOST_PLACES:
            one = waiting.pop()
            for action in self.actions:
                image = one.moved(action)
                if image not in orbit:
                    orbit[image] = None
                    waiting.append(image)
        return list(orbit)

    def _deal(self, orbit: list[Pattern], left) -> None:
        relevant = self._relevant(orbit)
        steps = [stepper(self.moves[move], self.action(move)) for move in relevant]
        dealers = []
        for labels in label_sets(self.moves, relevant):
            places: list[Place] = list(product(orbit, labels))
            if len(places) <= MOST_PLACES:
                tie = Tie(places, steps)
                if tie.fits:
                    dealers.append(Dealer(places, tie))
        # A neuron of all inputs says more as one of several; one of some inputs has its partners in other patterns.
        largest_first = dealers if len(orbit) == 1 else dealers[::-1]
        for chosen, exact in ((dealers[::-1], True), (largest_first, False)):
            for dealer in chosen:
                for block in dealer.deal(left, exact):
                    self._add_block(dealer.places, dealer.tie, block, relevant)

    def _add_block(self, places, tie: Tie, block: dict[Place, Part], relevant) -> None:
        numbers = tied(places, tie, block)
        nodes = {
            place: self._add(tied_neuron(place, block[place], numbers))
            for place in places
        }
        for move in relevant:
            step = stepper(self.moves[move], self.action(move))
            targets = {place: step(place)[0] for place in places}
            for place in places:
                self.images[move][nodes[place]] = nodes[targets[place]], 1

    # ---- without partner --------------------------------------------------------------------------------------------

    def _alone(self, part: Part, drop: bool = False) -> bool:
        """Make the neuron its own partner, if all images of its sources may stand in it; `drop` what cancels."""
        if part.pattern.places is not None:
            return False
        closed = closed_links(part.pattern, self.actions)
        if closed is None:
            return False
        relevant = self._relevant([closed])
        steps = [stepper(self.moves[move], self.action(move)) for move in relevant]
        # the labels are those of one place only: they must not move
        place: Place = (closed, ())
        tie = Tie([place], steps)
        if tie.fits:
            self._add(tied_neuron(place, part, tied([place], tie, {place: part})))
            return True
        if not drop:
            return False
        lost = {key for key in closed.cells() if tie.root((place, key))[0] in tie.lost}
        neuron = tied_neuron(place, part, tied([place], tie, {place: part}), lost)
        if neuron.links:
            self._add(neuron)
        return bool(neuron.links)

    def _output(self, part: Part) -> None:
        linear = self.network.function_of(part.neuron).key == self.identity
        if self._alone(part, drop=linear):
            return
        copies = self._copies(part)
        if len(copies) > 1:
            for number, node in enumerate(copies, 1):
                self._made(node).copy = number
            self._add(Made(part.neuron, mean_of=tuple(copies)))

    def _copies(self, part: Part) -> list[int]:
        """Make the neuron and a copy for every image of its sources."""
        start = self._ordered(part, [(source, 1) for source, _ in part.links])
        keys, waiting = {start: 0}, [start]
        while waiting:
            key = waiting.pop()
            for action in self.actions:
                image = self._image(part, key, action)
                if image not in keys:
                    keys[image] = len(keys)
                    waiting.append(image)
            if len(keys) > MOST_COPIES:
                name = self.network.names[self.network.n_inputs + part.neuron]
                raise SettingError(
                    f"the symmetry needs more than {MOST_COPIES} copies of the neuron {name!r}: ask for fewer "
                    "exchanges at once, or free its numbers, so that they may be tied"
                )
        shared = {key: Orbit([(value, 1)]) for key, value in part.values.items()}
        nodes = {
            key: self._add(self._copy(part, key, number, shared))
            for key, number in keys.items()
        }
        for move, action in enumerate(self.actions):
            for key in keys:
                self.images[move][nodes[key]] = nodes[self._image(part, key, action)], 1
        self.new_of[self.network.n_inputs + part.neuron] = nodes[start]
        return list(nodes.values())

    def _image(self, part: Part, key, action):
        moved = []
        for node, sign in key:
            other, turn = action(node)
            moved.append((other, sign * turn))
        return self._ordered(part, moved)

    def _ordered(self, part: Part, key) -> tuple:
        """The sources in an order that does not depend on the arguments that may change places."""
        key = list(key)
        for group in part.pattern.places or ():
            members = sorted(key[i] for i in group)
            for place, member in zip(group, members, strict=True):
                key[place] = member
        return tuple(key)

    def _copy(self, part: Part, key, number: int, shared: dict) -> Made:
        transfer = self.network.transfers[self.network.transfer[part.neuron]]
        through = part.pattern.places is None and invariance(transfer).signs
        cells = link_cells(part.links)
        links = []
        for (node, sign), (_, tag), cell in zip(key, part.links, cells, strict=True):
            weight = sign if through else 1
            value = (
                ("tied", shared[cell], weight)
                if tag == FREE
                else kept(turned(tag, weight))
            )
            links.append((node, value, 1 if through else sign))
        return Made(
            part.neuron,
            links,
            *rest(part, lambda cell: (shared[cell], 1)),
            copy=number,
        )

    # ---- the list of neurons ----------------------------------------------------------------------------------------

    def _add(self, made: Made) -> int:
        node = self.network.n_inputs + len(self.made)
        self.made.append(made)
        self.new_of[self.network.n_inputs + made.neuron] = node
        return node

    def _made(self, node: int) -> Made:
        return self.made[node - self.network.n_inputs]


def _levels(network) -> list[list[int]]:
    """Neurons by the length of the longest path to them; none reads another of its level."""
    n = network.n_inputs
    readers: list[list[int]] = [[] for _ in range(network.n_neurons)]
    missing = [0] * network.n_neurons
    for source, target in zip(
        network.link_source.tolist(), network.link_target.tolist(), strict=True
    ):
        if source >= n:
            readers[source - n].append(target)
            missing[target] += 1
    levels, ready = [], [i for i in range(network.n_neurons) if not missing[i]]
    while ready:
        levels.append(sorted(ready))
        following = []
        for neuron in ready:
            for reader in readers[neuron]:
                missing[reader] -= 1
                if not missing[reader]:
                    following.append(reader)
        ready = following
    return levels
