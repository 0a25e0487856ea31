"""What is known of the unknown numbers of a network before they are drawn.

Comes in: a network. Goes out: `Layout`, the role and the fans of every number of theta. Called by
`initialisers.py`.

A weight that multiplies its source in a sum is drawn as an initialiser says. The weights of some transfers are not
drawn so, each for its reason:

- `distance`, `squared_distance`: weights are places in the space of the sources, uniform where the sources lie: in
  the range of an input (`range x 4..8`) or of the source's activation, else -1..1.
- `product`: exponents. Their sum, weighted by logarithms of the sources, is the logarithm of the value: as a weighted
  sum of variance 1/4 for logarithms of size 1, so that the value stays near 1.
- `weighted_mean`, `power_mean`: 0.5..1.5, because a sum of weights near 0 has no mean.
- `max`, `min`: -1..1, whatever the number of sources: nothing adds up, and only the largest counts.
- pairs (`quadratic` and others): as weights of a neuron with four links per pair, so that all pairs together begin
  with half the size of the weighted sum, and the neuron nearly as a linear one.

`cosine` and `contrast` do not feel the size of their weights, `softmax_pooling` begins near the plain mean, a
`polynomial` near 0: as a weighted sum. So do transfers that users define, and further numbers of links.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions import transfers
from wildwire.network.check_transfers import users

if TYPE_CHECKING:
    from wildwire.network.description import Network

WEIGHT, BIAS, FIXED, WITHIN = 0, 1, 2, 3

PAIR_LINKS = 4.0
"""Links that a pair counts for; the variance of a weight falls with their number."""


@dataclass(frozen=True)
class Layout:
    """What is known of every number of theta, by its first place in the network.

    Attributes
    ----------
    role : ndarray of int8, (n_theta,)
        WEIGHT, BIAS, WITHIN (between `low` and `high`) or FIXED (not drawn: starts at `default`).
    fan_in : ndarray of float64, (n_theta,)
        Links into the neuron.
    fan_out : ndarray of float64, (n_theta,)
        Links out of the source; for a bias the mean over the neuron's sources.
    default, low, high : ndarray of float64, (n_theta,)
    """

    role: np.ndarray
    fan_in: np.ndarray
    fan_out: np.ndarray
    default: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def part(self, chosen: np.ndarray) -> Layout:
        """The layout of some of the numbers."""
        return Layout(*(getattr(self, f.name)[chosen] for f in fields(self)))


def layout(network: Network) -> Layout:
    """Role and fans of every number of theta; linear in the links."""
    n = network.n_theta
    # A number with no place of its own (used in products only) is drawn as if it were one weight of three.
    made = Layout(
        np.zeros(n, np.int8), np.full(n, 3.0), np.full(n, 3.0), np.zeros(n),
        np.zeros(n), np.zeros(n),
    )  # fmt: skip
    slot, power = network.derived.slot, network.derived.power
    made.role[slot[power < 0]] = FIXED
    made.default[slot[power < 0]] = 1.0
    _enter_parameters(network, made)
    _enter_numbers(network, made)
    nodes = network.n_inputs + network.n_neurons
    into = np.bincount(network.link_target, minlength=network.n_neurons)
    out = np.bincount(network.link_source, minlength=nodes).astype(float)
    mean = np.bincount(
        network.link_target, out[network.link_source], minlength=network.n_neurons
    ) / np.maximum(into, 1)
    biased = np.flatnonzero(network.bias_slot >= 0)
    _enter(made, network.bias_slot[biased], BIAS, into[biased], mean[biased])
    free = np.flatnonzero(network.link_slot >= 0)[::-1]  # the first place wins
    target, source = network.link_target[free], network.link_source[free]
    _enter(made, network.link_slot[free], WEIGHT, into[target], out[source])
    for transfer, members in users(network):
        rule = RULES.get(transfer.name)
        known = transfers().get(transfer.name)
        if rule is not None and known is not None and known.key == transfer.key:
            rule(network, made, members)
    return made


def _enter(made: Layout, slot, role: int, fan_in, fan_out) -> None:
    made.role[slot], made.fan_in[slot], made.fan_out[slot] = role, fan_in, fan_out


def _enter_parameters(network: Network, made: Layout) -> None:
    owner = np.repeat(
        np.arange(network.n_neurons), np.diff(network.parameter_offset)
    )  # fmt: skip
    for place in np.flatnonzero(network.parameter_slot >= 0).tolist():
        neuron = int(owner[place])
        function = network.function_of(neuron)
        if (
            function.kind == "expression"
        ):  # its numbers have no defaults: they are drawn
            continue
        parameters = function.parameters
        index = place - int(network.parameter_offset[neuron])
        if index < len(parameters):
            slot = network.parameter_slot[place]
            made.role[slot], made.default[slot] = FIXED, parameters[index][1]


# ---- transfers ------------------------------------------------------------------------------------------------------


def _enter_numbers(network: Network, made: Layout) -> None:
    """The numbers that transfers have besides weights: parameters at their default, others as weights."""
    out = np.bincount(
        network.link_source, minlength=network.n_inputs + network.n_neurons
    )
    for transfer, members in users(network):
        for neuron in members.tolist():
            begin, end = network.transfer_offset[neuron : neuron + 2]
            if begin == end:
                continue
            slots = network.transfer_slot[begin:end]
            first, last = np.searchsorted(network.link_target, [neuron, neuron + 1])
            n, step = int(last - first), len(transfer.link_numbers)
            fan_out = np.repeat(out[network.link_source[first:last]], step)
            n_pairs = PAIR_LINKS * len(transfer.pairs(n))
            own, size = transfer.n_parameters, n * step
            _enter_free(made, slots[own : own + size], float(n), fan_out)
            of_pairs = slots[own + size :]
            _enter_free(made, of_pairs, n_pairs, np.full(len(of_pairs), n_pairs))
            for slot, (_, default) in zip(slots, transfer.parameters, strict=False):
                if slot >= 0:
                    made.role[slot], made.default[slot] = FIXED, default


def _enter_free(made: Layout, slots, fan_in: float, fan_out) -> None:
    free = slots >= 0
    _enter(made, slots[free], WEIGHT, fan_in, fan_out[free])


def _weights(network: Network, members) -> np.ndarray:
    """The links of some neurons whose weights are in theta."""
    return np.flatnonzero(
        np.isin(network.link_target, members) & (network.link_slot >= 0)
    )


def _within(made: Layout, slot, low, high) -> None:
    made.role[slot], made.low[slot], made.high[slot] = WITHIN, low, high


def _centres(network: Network, made: Layout, members) -> None:
    links = _weights(network, members)
    low, high = source_ranges(network)
    source = network.link_source[links]
    _within(made, network.link_slot[links], low[source], high[source])


def _exponents(network: Network, made: Layout, members) -> None:
    links = _weights(network, members)
    into = np.bincount(network.link_target, minlength=network.n_neurons)
    half = np.sqrt(0.75 / into[network.link_target[links]])
    _within(made, network.link_slot[links], -half, half)


def _between(low: float, high: float):
    def enter(network: Network, made: Layout, members) -> None:
        slot = network.link_slot[_weights(network, members)]
        _within(made, slot, low, high)

    return enter


RULES = {
    "distance": _centres, "squared_distance": _centres, "product": _exponents,
    "weighted_mean": _between(0.5, 1.5), "power_mean": _between(0.5, 1.5),
    "max": _between(-1.0, 1.0), "min": _between(-1.0, 1.0),
}  # fmt: skip


def source_ranges(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Where the values of each node lie as far as that is known: the range of an input or activation, else -1..1."""
    nodes = network.n_inputs + network.n_neurons
    low, high = np.full(nodes, -1.0), np.full(nodes, 1.0)
    node = 0
    for column in network.columns:
        lows, highs = (_each(end, column.size) for end in (column.low, column.high))
        for place, ends in enumerate(zip(lows, highs, strict=True), node):
            if None not in ends and column.categories is None:
                low[place], high[place] = ends
        if column.categories is not None:
            low[node : node + column.size] = 0.0
        node += column.size
    for place, function in enumerate(network.functions):
        if function.range is not None and np.isfinite(function.range).all():
            members = network.n_inputs + np.flatnonzero(network.activation == place)
            low[members], high[members] = function.range
    return low, high


def _each(end, size: int):
    return end if isinstance(end, tuple) else (end,) * size
