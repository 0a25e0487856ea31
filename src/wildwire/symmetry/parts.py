"""A network taken apart into neurons whose numbers may be tied, and the neurons that are made of them.

Comes in: a network, its start values. Goes out: `Part`, one per neuron of the old network; `Pattern`, what parts have
in common; `Made`, a neuron of the new network. Called by `blocks.py`, `builder.py` and `assemble.py`.

A number is free when it learns and stands in one place only: free numbers may be tied. All others (frozen, shared,
calculated) are kept as they are, which is what their `Tag` says.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from wildwire.functions.exchange import interchangeable
from wildwire.symmetry.slots import own_slots
from wildwire.symmetry.transfers import invariance

Tag = tuple  # () of a free number, (slot, sign, value) of one that is kept

FREE: Tag = ()


def turned(tag: Tag, sign: int) -> Tag:
    """The tag of the number with its sign turned, where `sign` is -1."""
    if not tag or sign > 0:
        return tag
    return (-1, 1, -tag[2]) if tag[0] == -1 else (tag[0], -tag[1], tag[2])


@dataclass(frozen=True)
class Pattern:
    """What neurons must share to stand for one another: functions, sources, kept numbers.

    Attributes
    ----------
    activation, transfer : int
    links : tuple of (node, Tag)
        Sorted where the order of the links means nothing.
    bias : Tag
    parameters : tuple of Tag
    places : tuple of tuple of int, or None
        None: links in any order. Else the groups of arguments that may change places.
    """

    activation: int
    transfer: int
    links: tuple[tuple[int, Tag], ...]
    bias: Tag
    parameters: tuple[Tag, ...]
    places: tuple[tuple[int, ...], ...] | None = None

    def with_links(self, links) -> Pattern:
        """The pattern with other links, in canonical order."""
        links = list(links)
        if self.places is None:
            links.sort()
        else:
            for group in self.places:
                members = sorted(links[i] for i in group)
                for place, member in zip(group, members, strict=True):
                    links[place] = member
        return Pattern(
            self.activation,
            self.transfer,
            tuple(links),
            self.bias,
            self.parameters,
            self.places,
        )

    def moved(self, action) -> Pattern:
        """The image under an action: a function from a node to (node, sign)."""
        images = []
        for source, tag in self.links:
            node, sign = action(source)
            images.append((node, turned(tag, sign)))
        return self.with_links(images)

    def cells(self) -> list[tuple]:
        """Keys of the free numbers: links by source and rank among the same, bias, parameters."""
        rank: Counter[int] = Counter()
        keys: list[tuple] = []
        for source, tag in self.links:
            if tag == FREE:
                keys.append(("link", source, rank[source]))
                rank[source] += 1
        if self.bias == FREE:
            keys.append(("bias",))
        keys += [
            ("parameter", i) for i, tag in enumerate(self.parameters) if tag == FREE
        ]
        return keys


@dataclass(eq=False)
class Part:
    """A neuron of the old network, its sources renamed to nodes of the new one.

    `values` are the free numbers by key of `Pattern.cells`, NaN where unknown.
    """

    neuron: int
    pattern: Pattern
    links: list[tuple[int, Tag]]
    values: dict[tuple, float]

    @property
    def known(self) -> bool:
        return not any(math.isnan(value) for value in self.values.values())


@dataclass
class Orbit:
    """Free numbers that are one number from now on, up to sign."""

    members: list[tuple[float | None, int]] = field(default_factory=list)

    def value(self) -> float:
        """The mean of the known numbers; a number that is new counts as 0 where all others are known."""
        old = [sign * value for value, sign in self.members if value is not None]
        known = [value for value in old if not math.isnan(value)]
        if not known:
            return math.nan
        count = len(self.members) if len(known) == len(old) else len(known)
        return math.fsum(known) / count


Number = tuple  # ("tied", Orbit, sign) or ("kept", slot, sign, value)


@dataclass
class Made:
    """A neuron of the new network.

    Attributes
    ----------
    neuron : int
        The old neuron that it is, or that it is a copy of.
    links : list of (node, Number, sign)
        The sign is that of the source, for neurons whose weights cannot take it.
    bias : Number
    parameters : list of Number
    copy : int
        Counts the copies of an old neuron; 0 has its name.
    mean_of : tuple of int
        Nodes whose mean it is; it then has no links of its own.
    same : bool
        Nothing about it was touched.
    """

    neuron: int
    links: list[tuple[int, Number, int]] = field(default_factory=list)
    bias: Number = ("kept", -1, 1, 0.0)
    parameters: list[Number] = field(default_factory=list)
    copy: int = 0
    mean_of: tuple[int, ...] = ()
    same: bool = False


class Shelf:
    """Takes neurons off a network, one by one."""

    def __init__(self, network, theta):
        self.network, self.theta = network, theta
        self.own = own_slots(network)
        self.links: list[list[int]] = [[] for _ in range(network.n_neurons)]
        for link, target in enumerate(network.link_target.tolist()):
            self.links[target].append(link)

    def part(self, neuron: int, new_of: dict[int, int]) -> Part:
        """The neuron; `new_of` gives the new node of every old one that it reads."""
        network = self.network
        function = network.function_of(neuron)
        raw, values = [], {}
        rank: Counter[int] = Counter()
        for link in self.links[neuron]:
            source = new_of[int(network.link_source[link])]
            tag, value = self._number("link", link)
            raw.append((source, tag))
            if tag == FREE:
                values["link", source, rank[source]] = value
                rank[source] += 1
        bias, value = self._number("bias", neuron)
        if bias == FREE:
            values[("bias",)] = value
        tags = []
        begin, end = network.parameter_offset[neuron : neuron + 2].tolist()
        for i in range(begin, end):
            tag, value = self._number("parameter", i)
            tags.append(tag)
            if tag == FREE:
                values["parameter", i - begin] = value
        places = None
        if function.kind == "expression":
            places = interchangeable(function)
        elif not invariance(network.transfers[network.transfer[neuron]]).order:
            places = tuple((i,) for i in range(len(raw)))
        bare = Pattern(
            int(network.activation[neuron]), int(network.transfer[neuron]), (), bias, tuple(tags), places
        )  # fmt: skip
        return Part(neuron, bare.with_links(raw), raw, values)

    def _number(self, kind: str, place: int) -> tuple[Tag, float]:
        network = self.network
        slot = int(getattr(network, f"{kind}_slot")[place])
        sign = int(getattr(network, f"{kind}_sign")[place])
        if slot >= 0 and self.own[slot]:
            return FREE, sign * float(self.theta[slot])
        value = float(getattr(network, f"{kind}_value")[place])
        if slot == -1:
            return (-1, 1, sign * value), 0.0
        return (slot, sign, 0.0), 0.0


def kept(tag: Tag) -> Number:
    """The number of a tag."""
    return ("kept", *tag)
