"""Which numbers of a network are those of a linear read-out, and what keeps others from being so.

Comes in: a network. Goes out: one `Readout` per output that has numbers to learn, or an error that names what is not
linear or feeds back. Called by `readout.py`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wildwire.errors import SettingError
from wildwire.functions import catalogue

PLACES = ("link", "bias", "parameter", "transfer", "past")
"""The tables of a network in which a number can stand; and `derived`."""


class Term(NamedTuple):
    """A source with its sign; the node -1 is the constant 1."""

    node: int
    delay: int
    sign: int


@dataclass(frozen=True)
class Readout:
    """One linear output with numbers to learn.

    Attributes
    ----------
    output, neuron : int
    columns : tuple of tuple of Term
        What each weight is multiplied by: a source, or a sum of them where one number is used more than once.
    weight_slots : ndarray of int
        Their places in theta.
    bias_slot, bias_sign : int
        Place of a bias that is nothing else; the sign is 0 where there is none to learn.
    frozen : tuple of (int, Term)
        Links with a weight that is kept, and their sources; the sign is in the weight.
    """

    output: int
    neuron: int
    columns: tuple[tuple[Term, ...], ...]
    weight_slots: np.ndarray
    bias_slot: int
    bias_sign: int
    frozen: tuple[tuple[int, Term], ...]

    @property
    def slots(self) -> np.ndarray:
        """All its numbers in theta."""
        own = [self.bias_slot] if self.bias_sign else []
        return np.array([*self.weight_slots.tolist(), *own], np.intp)


def readouts(network) -> list[Readout]:
    """The outputs that have numbers to learn.

    Raises
    ------
    SettingError
        There is none; one is not linear, feeds back, or has numbers that are shared, bounded or products.
    """
    in_head = {
        q for head in network.heads for q in range(head.first, head.first + head.count)
    }
    found = []
    for output, node in enumerate(network.output_node.tolist()):
        neuron = node - network.n_inputs
        if not _learns(network, neuron):
            continue
        _check_linear(network, output, neuron, output in in_head)
        part = _readout(network, output, neuron)
        if len(part.slots):
            found.append(part)
    if not found:
        names = ", ".join(network.output_names)
        raise SettingError(
            f"the outputs have no numbers to learn ({names}): there is no read-out to fit"
        )
    _check_unshared(network, found)
    _check_forward(network, found)
    return found


def _learns(network, neuron: int) -> bool:
    """Whether any number of the neuron, of whatever kind, is not frozen."""
    if network.bias_slot[neuron] != -1:
        return True
    if (network.link_slot[network.link_target == neuron] != -1).any():
        return True
    for kind in ("parameter", "transfer"):
        first, last = getattr(network, f"{kind}_offset")[neuron : neuron + 2]
        if (getattr(network, f"{kind}_slot")[first:last] != -1).any():
            return True
    return False


def _check_linear(network, output: int, neuron: int, in_head: bool) -> None:
    name, function = network.output_names[output], network.function_of(neuron)
    transfer = network.transfer_of(neuron)
    if in_head:
        what = "stands in a softmax"
    elif transfer is not None:
        what = f"makes a {transfer.name} of its sources"
    elif function.kind == "expression":
        what = "has a formula that is no weighted sum"
    elif function.key != catalogue()["identity"].key:
        what = f"has the activation {function.name}"
    else:
        return
    raise SettingError(
        f"the output {name!r} {what}: only a weighted sum can be fitted in closed form; use fit()"
    )


def _readout(network, output: int, neuron: int) -> Readout:
    first, last = np.searchsorted(network.link_target, [neuron, neuron + 1]).tolist()
    columns: dict[int, list[Term]] = {}
    frozen = []
    for link in range(first, last):
        slot, sign = int(network.link_slot[link]), int(network.link_sign[link])
        node, delay = int(network.link_source[link]), int(network.link_delay[link])
        if slot == -1:
            frozen.append((link, Term(node, delay, 1)))
        else:
            _check_own(network, output, slot)
            columns.setdefault(slot, []).append(Term(node, delay, sign))
    slot, sign = int(network.bias_slot[neuron]), int(network.bias_sign[neuron])
    if slot == -1:
        slot, sign = -1, 0
    else:
        _check_own(network, output, slot)
        if slot in columns:
            columns[slot].append(Term(-1, 0, sign))
            slot, sign = -1, 0
    return Readout(
        output, neuron, tuple(map(tuple, columns.values())),
        np.array(list(columns), np.intp), slot, sign, tuple(frozen),
    )  # fmt: skip


def _check_own(network, output: int, slot: int) -> None:
    """Refuse products of numbers, and numbers with bounds."""
    name = network.output_names[output]
    if slot < -1:
        raise SettingError(
            f"a weight of the output {name!r} is a product of numbers: write it as one number"
        )
    if network.bounds is not None and np.isfinite(network.bounds[slot]).any():
        raise SettingError(
            f"the number {network.theta_names[slot]!r} of the output {name!r} has bounds, which a closed "
            "form does not keep: use fit(), or take the bounds away"
        )


def _check_unshared(network, parts: list[Readout]) -> None:
    """Refuse a number that stands anywhere but among the links and the bias of its output."""
    n = network.n_theta
    slots = [getattr(network, f"{kind}_slot") for kind in PLACES]
    every = np.concatenate([*slots, network.derived.slot])
    uses = np.bincount(every[every >= 0], minlength=n)
    for part in parts:
        first, last = np.searchsorted(
            network.link_target, [part.neuron, part.neuron + 1]
        )
        slots = [*network.link_slot[first:last], network.bias_slot[part.neuron]]
        own, count = np.unique(
            [slot for slot in slots if slot >= 0], return_counts=True
        )
        shared = own[uses[own] != count]
        if len(shared):
            name = network.theta_names[shared[0]]
            output = network.output_names[part.output]
            raise SettingError(
                f"the number {name!r} of the output {output!r} also stands elsewhere: a closed form needs "
                "numbers of its own for each output; use fit()"
            )


def _check_forward(network, parts: list[Readout]) -> None:
    """Refuse read-outs whose sources depend on a read-out."""
    before = _reached(network, [part.neuron for part in parts])
    for part in parts:
        first, last = np.searchsorted(
            network.link_target, [part.neuron, part.neuron + 1]
        )
        for node in network.link_source[first:last].tolist():
            source: int | None = node - network.n_inputs
            if source not in before:
                continue
            path = [network.output_names[part.output]]
            while source is not None:
                path.append(network.names[network.n_inputs + source])
                source = before[source]
            raise SettingError(
                f"the sources of the output {path[0]!r} depend on the numbers of a read-out "
                f"({' -> '.join(path[::-1])}): it feeds back and has no closed form; use fit()"
            )


def _reached(network, begin: list[int]) -> dict[int, int | None]:
    """Neurons that depend on some neurons, each with the one before it; links of any delay."""
    order = np.argsort(network.link_source, kind="stable")
    source = network.link_source[order] - network.n_inputs
    target = network.link_target[order]
    before: dict[int, int | None] = dict.fromkeys(begin)
    queue = deque(begin)
    while queue:
        neuron = queue.popleft()
        first, last = np.searchsorted(source, [neuron, neuron + 1])
        for reader in target[first:last].tolist():
            if reader not in before:
                before[reader] = neuron
                queue.append(reader)
    return before
