"""Neurons dealt out to the places of a symmetric arrangement, those whose numbers fit best together.

Comes in: places with their ties, parts by pattern. Goes out: blocks, which say what part stands at which place. Called
by `builder.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wildwire.symmetry.blocks import Place, Tie
from wildwire.symmetry.parts import Part, Pattern

CLOSE = 1e-9
"""Numbers that differ by less than this, relative to the largest, are taken for tied already."""


class _Seat:
    """A place as arrays: of every cell its sign, its tie, and the first cell at this place with the same tie."""

    def __init__(self, place: Place, tie: Tie, numbers: dict):
        keys = place[0].cells()
        roots = [tie.root((place, key)) for key in keys]
        self.sign = np.array([sign for _, sign in roots], np.float64)
        self.tie = [numbers.setdefault(root, len(numbers)) for root, _ in roots]
        self.first = [self.tie.index(number) for number in self.tie]

    def distances(self, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Sum of squares by which the parts (rows) miss what is wanted of the ties; unknown numbers miss nothing.

        Where nothing is wanted yet, cells that are tied to one another must agree. 0 where numbers are close.
        """
        values = values * self.sign
        goal = np.where(
            np.isnan(wanted[self.tie]), values[:, self.first], wanted[self.tie]
        )
        missed = np.nan_to_num(values - goal)
        largest = np.nan_to_num(np.maximum(np.abs(values), np.abs(goal)))
        total = np.sum(missed**2, axis=1)
        return np.where(
            total <= (CLOSE * largest.max(axis=1, initial=0)) ** 2, 0.0, total
        )

    def enter(self, values: np.ndarray, wanted: np.ndarray) -> None:
        """Want what a part has, where nothing is wanted yet."""
        for number, value in zip(self.tie, values * self.sign, strict=True):
            if np.isnan(wanted[number]):
                wanted[number] = value


class Dealer:
    """Fills blocks with parts."""

    def __init__(self, places: Sequence[Place], tie: Tie):
        self.places, self.tie = places, tie
        numbers: dict = {}
        self.seats = {place: _Seat(place, tie, numbers) for place in places}
        self.n_ties = len(numbers)

    def deal(
        self, left: dict[Pattern, list[Part]], exact: bool
    ) -> list[dict[Place, Part]]:
        """Blocks of the parts that are left, which are taken away; with `exact` only of parts whose numbers agree."""
        patterns = {place[0]: None for place in self.places}
        parts = {pattern: list(left[pattern]) for pattern in patterns}
        values = {
            pattern: np.array(
                [
                    [part.values[key] for key in pattern.cells()]
                    for part in parts[pattern]
                ]
            )
            for pattern in patterns
        }
        free = {pattern: np.ones(len(parts[pattern]), bool) for pattern in patterns}
        need = {
            pattern: sum(place[0] == pattern for place in self.places)
            for pattern in patterns
        }
        blocks = []
        first = self.places[0][0]
        for leader in range(len(parts[first])):
            if any(free[pattern].sum() < need[pattern] for pattern in patterns):
                break
            if not free[first][leader]:
                continue
            chosen, cost = self._block(leader, values, free)
            block = {place: parts[place[0]][row] for place, row in chosen.items()}
            if exact and (cost > 0 or not all(part.known for part in block.values())):
                continue
            for place, row in chosen.items():
                free[place[0]][row] = False
            blocks.append(block)
        for pattern in patterns:
            rows = np.flatnonzero(free[pattern]).tolist()
            left[pattern] = [parts[pattern][row] for row in rows]
        return blocks

    def _block(self, leader: int, values, free) -> tuple[dict[Place, int], float]:
        """The leader where its numbers fit best, and for every other place the nearest part; and what they miss."""
        wanted = np.full(self.n_ties, np.nan)
        first = self.places[0][0]
        own = values[first][leader : leader + 1]
        misses = {
            place: float(self.seats[place].distances(own, wanted)[0])
            for place in self.places
            if place[0] == first
        }
        start = min(misses, key=lambda place: misses[place])
        total, chosen = misses[start], {start: leader}
        self.seats[start].enter(own[0], wanted)
        taken = {(first, leader)}
        for place in self.places:
            if place == start:
                continue
            pattern = place[0]
            distances = self.seats[place].distances(values[pattern], wanted)
            distances[~free[pattern]] = np.inf
            distances[[row for known, row in taken if known == pattern]] = np.inf
            row = int(np.argmin(distances))
            total += float(distances[row])
            chosen[place] = row
            taken.add((pattern, row))
            self.seats[place].enter(values[pattern][row], wanted)
        return chosen, total
