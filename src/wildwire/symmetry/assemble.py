"""The network of the neurons that `symmetrize.py` has made.

Comes in: the old network, its start values, the new neurons. Goes out: a `Network`, read from the text that it prints.
Called by `symmetrize.py`.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from wildwire.functions import find
from wildwire.language.words import is_bare
from wildwire.network import Network
from wildwire.network.array_names import dissolved
from wildwire.network.array_numbers import BiasTable, LinkTable
from wildwire.network.tables import Derived, Group
from wildwire.symmetry.parts import Made, Number
from wildwire.symmetry.slots import own_slots

KEPT_ONE: Number = ("kept", -1, 1, 1.0)
NO_BIAS: Number = ("kept", -1, 1, 0.0)


def assembled(network, start: np.ndarray, made: list[Made]) -> Network:
    """The network with these neurons, which count as nodes behind the inputs."""
    described = _Assembly(network, start, made).network()
    return Network.parse(described.to_text())


class _Assembly:
    """Collects names and numbers, then the arrays."""

    def __init__(self, network, start, made: list[Made]):
        self.old, self.start = network, start
        self.taken = {c.name for c in network.columns} | {
            g.name for g in network.groups
        }
        self.taken |= {name for name, _ in network.lets}
        self.n = network.n_inputs
        self.functions = list(network.functions)
        self.rows = self._ordered(made)
        self.groups = self._groups()

    # ---- neurons in order, with names -------------------------------------------------------------------------------

    def _ordered(self, made: list[Made]) -> list[Made]:
        """Neurons in the old order, copies behind their originals, means last of all; sources renumbered."""
        turned = sorted(
            {node for one in made for node, _, sign in one.links if sign < 0}
        )
        place = {node: i for i, node in enumerate(turned)}
        order = sorted(
            range(len(made)),
            key=lambda i: (made[i].neuron, bool(made[i].mean_of), made[i].copy),
        )
        new = {self.n + old: self.n + len(turned) + i for i, old in enumerate(order)}
        rows = []
        for node in turned:
            rows.append(Made(-1, [(new.get(node, node), ("kept", -1, 1, -1.0), 1)]))
        for i in order:
            one = made[i]
            links = [
                (self.n + place[node] if sign < 0 else new.get(node, node), number, 1)
                for node, number, sign in one.links
            ]
            if one.mean_of:
                share = ("kept", -1, 1, 1 / len(one.mean_of))
                links = [(new[node], share, 1) for node in one.mean_of]
            rows.append(
                Made(
                    one.neuron,
                    links,
                    one.bias,
                    one.parameters,
                    one.copy,
                    one.mean_of,
                    one.same,
                )
            )
        self.turned = len(turned)
        return rows

    def _groups(self) -> list[Group]:
        """Names: whole groups where nothing in them was touched, else one for every neuron."""
        by_neuron: dict[int, list[Made]] = {}
        for row in self.rows[self.turned :]:
            by_neuron.setdefault(row.neuron, []).append(row)
        groups = [
            Group(self._fresh(f"minus_{self._plain(row.links[0][0])}"))
            for row in self.rows[: self.turned]
        ]
        first = 0
        for group in self.old.groups:
            members = [
                by_neuron[neuron] for neuron in range(first, first + group.count)
            ]
            first += group.count
            untouched = all(len(rows) == 1 and rows[0].same for rows in members)
            if (
                group.size is not None
                and not group.dissolved
                and untouched
                and self._one_line(group, first)
            ):
                groups.append(group)
                continue
            for place, rows in enumerate(members):
                groups += self._single(group, place, rows)
        return groups

    def _single(self, group: Group, place: int, rows: list[Made]) -> list[Group]:
        """Names of one old neuron and its copies: h, h_2, h_3; where a mean takes the name, y_1, y_2, y."""
        base = group.name
        if group.size is not None:
            base = self._fresh(f"{group.name}_{place}")
        first = 0 if any(row.mean_of for row in rows) else 1
        return [
            Group(self._fresh(f"{base}_{row.copy + first}") if row.copy else base)
            for row in rows
        ]

    def _one_line(self, group: Group, end: int) -> bool:
        """Whether a single `~` line says the group, as it stood in the old network."""
        old, first = self.old, end - group.count
        members = slice(first, end)
        own = slice(*np.searchsorted(old.link_target, [first, end]).tolist())
        is_own = own_slots(old)
        parameters = slice(*old.parameter_offset[[first, end]].tolist())
        numbers = [*old.bias_slot[members], *old.parameter_slot[parameters]]
        if any(slot < -1 or (slot >= 0 and not is_own[slot]) for slot in numbers):
            return False
        free = [slot >= 0 and is_own[slot] for slot in old.link_slot[own].tolist()]
        links = LinkTable(
            source=old.link_source[own], target=old.link_target[own] - first, delay=old.link_delay[own],
            weight=old.link_value[own], free=np.array(free, bool), let=None, sign=old.link_sign[own],
        )  # fmt: skip
        bias = BiasTable(old.bias_value[members], old.bias_slot[members] >= 0)
        (found,) = dissolved((group,), links, bias, old.activation[members])
        return not found.dissolved

    def _plain(self, node: int) -> str:
        """The name of an input or neuron without signs that names cannot have."""
        return re.sub(
            r"\W+",
            "",
            self.old.names[node] if node < self.n else self._names[node - self.n],
        )

    def _fresh(self, name: str) -> str:
        """The name, or one with a number behind it where it is taken or no plain name."""
        name = name if is_bare(name) else f"n_{name}"
        number, found = 2, name
        while found in self.taken:
            found, number = f"{name}_{number}", number + 1
        self.taken.add(found)
        return found

    # ---- numbers ----------------------------------------------------------------------------------------------------

    def network(self) -> Network:
        """The arrays, as a network without document."""
        self._names = [name for group in self.groups for name in _members(group)]
        self._count_uses()
        self.slots: dict = {}
        self.values: list[float] = []
        self._number_own()
        lets = self._number_shared()
        return Network(
            columns=self.old.columns, groups=tuple(self.groups), **self._arrays(),
            output_names=tuple(self._names[i] for i in self._outputs()),
            output_node=np.array([self.n + i for i in self._outputs()], np.int32),
            start=np.array(self.values), derived=self._derived(), heads=self.old.heads,
            classes=self.old.classes, lets=tuple(lets), slot_names=tuple((slot, name) for name, slot in lets),
            bounds=self._bounds(), transfers=self.old.transfers, functions=tuple(self.functions),
        )  # fmt: skip

    def _numbers(self):
        """Every number with the name that its first place gives it."""
        for row, name in zip(self.rows, self._names, strict=True):
            plain = re.sub(r"\W+", "", name)
            for source, number, _ in row.links:
                yield number, f"{self._plain(source)}_{plain}"
            yield row.bias, f"{plain}_bias"
            keys = [key for key, _ in self._function(row).parameters]
            for key, number in zip(keys, row.parameters, strict=False):
                yield number, f"{plain}_{key}"

    def _count_uses(self) -> None:
        self.uses: Counter = Counter(_key(number) for number, _ in self._numbers())
        self.uses.update({("slot", int(slot)): 2 for slot in self.old.derived.slot})
        self.uses.update({("slot", slot): 2 for _, slot in self.old.lets})

    def _number_own(self) -> None:
        """Slots of the numbers that stand in one place, in theta's order."""
        for number, _ in self._numbers():
            key = _key(number)
            if key is not None and self.uses[key] == 1:
                self._enter(key, number)

    def _number_shared(self) -> list[tuple[str, int]]:
        """Slots and names of all others: the old names, then new ones."""
        lets = []
        for name, slot in self.old.lets:
            lets.append((name, len(self.values)))
            self._enter(("slot", slot), ("kept", slot, 1, 0.0))
        for slot in self.old.derived.slot.tolist():
            if ("slot", slot) not in self.slots:
                name = re.sub(r"\W+", "_", self.old.theta_names[slot]).strip("_")
                lets.append((self._fresh(name), len(self.values)))
                self._enter(("slot", slot), ("kept", slot, 1, 0.0))
        for number, name in self._numbers():
            key = _key(number)
            if key is not None and key not in self.slots:
                lets.append((self._fresh(name), len(self.values)))
                self._enter(key, number)
        return lets

    def _enter(self, key, number: Number) -> None:
        self.slots[key] = len(self.values)
        self.values.append(
            number[1].value() if number[0] == "tied" else float(self.start[number[1]])
        )

    def _code(self, number: Number) -> tuple[int, int, float]:
        """Slot, sign and value as they stand in the arrays."""
        if number[0] == "tied":
            return self.slots[_key(number)], number[2], 0.0
        _, slot, sign, value = number
        if slot >= 0:
            return self.slots["slot", slot], sign, 0.0
        return (slot, sign, 0.0) if slot < -1 else (-1, 1, sign * value)

    def _derived(self) -> Derived:
        old = self.old.derived
        slots = [self.slots["slot", slot] for slot in old.slot.tolist()]
        return Derived(
            old.count, old.number, old.coefficient, old.offset, slots, old.power
        )

    def _bounds(self) -> np.ndarray | None:
        if self.old.bounds is None:
            return None
        bounds = np.tile([-np.inf, np.inf], (len(self.values), 1))
        for key, slot in self.slots.items():
            if key[0] == "slot":
                bounds[slot] = self.old.bounds[key[1]]
        return bounds

    # ---- arrays -----------------------------------------------------------------------------------------------------

    def _outputs(self) -> list[int]:
        place = {
            row.neuron: i
            for i, row in enumerate(self.rows)
            if row.mean_of or not row.copy
        }
        return [place[neuron] for neuron in (self.old.output_node - self.n).tolist()]

    def _function(self, row: Made):
        plain = row.neuron < 0 or row.mean_of
        return find("identity") if plain else self.old.function_of(row.neuron)

    def _arrays(self) -> dict:
        links = [
            (source, target, *self._code(number))
            for target, row in enumerate(self.rows)
            for source, number, _ in row.links
        ]
        source, target, slot, sign, value = zip(*links, strict=True)
        bias = list(zip(*(self._code(row.bias) for row in self.rows), strict=True))
        parameters = [
            [self._code(number) for number in row.parameters] for row in self.rows
        ]
        flat = [code for codes in parameters for code in codes]
        columns = list(zip(*flat, strict=True)) if flat else [(), (), ()]
        place = {function: i for i, function in enumerate(self.functions)}
        activation = []
        for row in self.rows:
            function = self._function(row)
            activation.append(place.setdefault(function, len(place)))
        self.functions = list(place)
        transfer = [
            0 if row.neuron < 0 or row.mean_of else int(self.old.transfer[row.neuron])
            for row in self.rows
        ]
        return {
            "link_source": source, "link_target": target, "link_delay": np.zeros(len(links)),
            "link_slot": slot, "link_sign": sign, "link_value": value,
            "bias_slot": bias[0], "bias_sign": bias[1], "bias_value": bias[2],
            "activation": activation, "transfer": transfer,
            "parameter_offset": np.cumsum([0, *map(len, parameters)]),
            "parameter_slot": columns[0], "parameter_sign": columns[1], "parameter_value": columns[2],
        }  # fmt: skip


def _key(number: Number):
    """What tells learnable numbers apart; None for one that is frozen or calculated."""
    if number[0] == "tied":
        return "orbit", id(number[1])
    return ("slot", number[1]) if number[1] >= 0 else None


def _members(group: Group) -> list[str]:
    if group.size is None:
        return [group.name]
    return [f"{group.name}[{i}]" for i in range(group.size)]


__all__ = ["assembled"]
