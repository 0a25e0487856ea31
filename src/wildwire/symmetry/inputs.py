"""Which inputs may be exchanged, and which signs may be turned.

Comes in: a network's forms and a probe that runs it. Goes out: an `InputSymmetry` and notes. Called by `find.py`.

What a symmetry would demand of a few rows is asked first: inputs that may be exchanged respond alike when each is
moved alone, and in pairs. Only what passes is tried on random rows, and only what holds there is proved with the
forms (`forms.py`), so that nothing is claimed that numbers contradict.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wildwire.symmetry.forms import Forms
from wildwire.symmetry.joint import joint_permutations
from wildwire.symmetry.result import (
    NUMERICAL,
    STRUCTURAL,
    Flip,
    InputSymmetry,
    Permutation,
)
from wildwire.symmetry.samples import Probe, kinds
from wildwire.symmetry.signs import MOST_PAIRED, MOST_TRIED, sign_sets

MOST_INPUTS = 1000
"""Networks with more inputs are not searched."""

MOST_TRIALS = 5000
"""Pairs of inputs that are tried on random rows."""

MOST_JOINT = 24
"""Up to this many inputs permutations are searched that move several inputs at once."""


class InputSearch:
    """One search; `notes` says afterwards what was left out."""

    def __init__(self, forms: Forms, probe: Probe):
        self.forms, self.probe, self.network = forms, probe, forms.network
        self.kinds = kinds(self.network)
        self.names = self.network.inputs
        self.notes: list[str] = []
        self.n = self.network.n_inputs

    def search(self) -> InputSymmetry:
        """All searches, one after another."""
        if self.n > MOST_INPUTS:
            self.notes.append(f"inputs: more than {MOST_INPUTS} ({self.n})")
            return InputSymmetry()
        active = self._active()
        classes, swaps = self._classes(active)
        permutations = self._permutations(active, classes)
        flips = self._flips(active)
        parity, evidence = self._parity(active)
        shared = self._orbits(classes, permutations)
        return InputSymmetry(
            classes=self._named(group for group in classes if len(group) > 1),
            swaps=tuple(swaps),
            permutations=tuple(permutations),
            orbits=self._named(shared),
            flips=tuple(flips),
            parity=parity,
            parity_evidence=evidence,
            unused=tuple(self.names[i] for i in range(self.n) if i not in active),
        )

    def _named(self, groups: Iterable[list[int]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(self.names[i] for i in group) for group in groups)

    def _active(self) -> list[int]:
        """Inputs that the outputs depend on: another value in any row changes something."""
        found = []
        rolled = np.roll(self.probe.rows, 1, axis=0)
        for i in range(self.n):
            rows = np.array(self.probe.rows)
            rows[:, i] = rolled[:, i]
            if not self.probe.agrees(rows):
                found.append(i)
        return found

    # ---- exchanges --------------------------------------------------------------------------------------------------

    def _classes(self, active: list[int]):
        """Classes of inputs, any two of which may be exchanged alone, and the exchanges with their evidence."""
        classes: list[list[int]] = []
        swaps, trials = [], 0
        alike = self._alike(active)
        for i in active:
            for group in classes:
                first = group[0]
                if alike[first] != alike[i] or self.kinds[first] != self.kinds[i]:
                    continue
                trials += 1
                moved = {first: (i, 1), i: (first, 1)}
                if trials <= MOST_TRIALS and self._holds(moved):
                    group.append(i)
                    names = {
                        self.names[first]: self.names[i],
                        self.names[i]: self.names[first],
                    }
                    swaps.append(Permutation(names, self._evidence(moved)))
                    break
            else:
                classes.append([i])
        if trials > MOST_TRIALS:
            self.notes.append(
                f"exchanges of inputs: more than {MOST_TRIALS} pairs that respond alike"
            )
        return classes, swaps

    def _alike(self, active: list[int]) -> dict[int, int]:
        """A number for every input, equal for inputs that respond alike when moved alone from a common value."""
        rows, values = self.probe.rows, []
        plain = [i for i in active if self.kinds[i] < 0]
        base = np.array(rows[0])
        base[plain] = np.median(rows[:, plain]) if plain else 0.0
        steps = (
            np.quantile(rows[:, plain], [0.1, 0.35, 0.6, 0.9]) if plain else np.zeros(1)
        )
        for i in active:
            if self.kinds[i] < 0:
                moved = np.tile(base, (len(steps), 1))
                moved[:, i] = steps
            else:
                moved = self._category(base, i)[None]
            values.append(self.probe.outputs(moved))
        groups: list[tuple[int, np.ndarray]] = []
        alike: dict[int, int] = {}
        for i, value in zip(active, values, strict=True):
            for number, (first, known) in enumerate(groups):
                fits = self.kinds[first] == self.kinds[i] and known.shape == value.shape
                if fits and self._near(known, value):
                    alike[i] = number
                    break
            else:
                alike[i] = len(groups)
                groups.append((i, value))
        return alike

    def _near(self, one: np.ndarray, other: np.ndarray) -> bool:
        """As `Probe.close`, but a place that has no value says nothing."""
        return self.probe.close(np.nan_to_num(one), np.nan_to_num(other))

    def _category(self, base: np.ndarray, i: int) -> np.ndarray:
        """The base row with the category that input i stands for."""
        row = np.array(base)
        row[[j for j in range(self.n) if self.kinds[j] == self.kinds[i]]] = 0
        row[i] = 1
        return row

    def _permutations(self, active: list[int], classes) -> list[Permutation]:
        plain = [i for i in active if self.kinds[i] < 0]
        if len(plain) > MOST_JOINT:
            self.notes.append(
                f"permutations of several inputs at once: more than {MOST_JOINT} inputs ({len(plain)})"
            )
            return []
        found, complete = joint_permutations(self.probe, plain, classes, self._holds)
        if not complete:
            self.notes.append(
                "permutations of several inputs at once: cut off, too many that look alike"
            )
        return [
            Permutation(
                {self.names[i]: self.names[j] for i, (j, _) in moved.items()},
                self._evidence(moved),
            )
            for moved in found
        ]

    def _orbits(self, classes, permutations) -> list[list[int]]:
        place = {name: i for i, name in enumerate(self.names)}
        group = {i: number for number, members in enumerate(classes) for i in members}
        for permutation in permutations:
            for one, other in permutation.swaps.items():
                old, new = group[place[one]], group[place[other]]
                group = {i: new if g == old else g for i, g in group.items()}
        orbits: dict[int, list[int]] = {}
        for i, number in group.items():
            orbits.setdefault(number, []).append(i)
        return [sorted(members) for members in orbits.values() if len(members) > 1]

    # ---- signs ------------------------------------------------------------------------------------------------------

    def _flips(self, active: list[int]) -> list[Flip]:
        """Smallest sets of inputs whose signs may be turned."""
        plain = [i for i in active if self.kinds[i] < 0]
        found: list[Flip] = []
        seen: list[set[int]] = []
        for sign in (1, -1):
            for chosen in sign_sets(self.probe, plain, sign):
                if any(other <= chosen for other in seen):
                    continue
                moved = {i: (i, -1) for i in sorted(chosen)}
                if self._holds(moved, sign):
                    names = tuple(self.names[i] for i in moved)
                    effect = "unchanged" if sign > 0 else "negated"
                    found.append(Flip(names, effect, self._evidence(moved, sign)))
                    seen.append(chosen)
        if len(plain) > MOST_PAIRED:
            self.notes.append(
                f"sets of signs turned together: more than {MOST_PAIRED} inputs ({len(plain)})"
            )
        elif len(plain) > MOST_TRIED:
            self.notes.append(
                f"sets of signs turned together: more than {MOST_TRIED} inputs ({len(plain)}), "
                "so only what two at a time suggest"
            )
        # of two sets of which one holds the other, the difference is a set, too
        smallest = [not any(other < chosen for other in seen) for chosen in seen]
        return [flip for flip, keep in zip(found, smallest, strict=True) if keep]

    def _parity(self, active: list[int]) -> tuple[str | None, str | None]:
        if not active or any(self.kinds[i] >= 0 for i in active):
            return None, None
        moved = {i: (i, -1) for i in active}
        for sign, parity in ((1, "even"), (-1, "odd")):
            if self._holds(moved, sign):
                return parity, self._evidence(moved, sign)
        return None, None

    # ---- trials -----------------------------------------------------------------------------------------------------

    def _holds(self, moved: dict[int, tuple[int, int]], sign: int = 1) -> bool:
        """Whether the outputs are sign times the old ones on random rows."""
        source, signs = list(range(self.n)), [1] * self.n
        for i, (other, turned) in moved.items():
            source[i], signs[i] = other, turned
        return self.probe.agrees(self.probe.moved(source, signs), sign)

    def _evidence(self, moved: dict[int, tuple[int, int]], sign: int = 1) -> str:
        return STRUCTURAL if self.forms.keeps_outputs(moved, sign) else NUMERICAL
