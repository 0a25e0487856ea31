"""A network that also computes its own derivatives in its inputs: again a network, with the same numbers.

Comes in: a network, and which outputs are to be derived in which inputs. Goes out: a `Network` with those derivatives
as further outputs. Called by users, and by `learning/` for targets of slopes.

Slopes add up along the links, from the inputs on (dv/dx of every neuron v that an input x moves: forward) or from the
outputs back (dy/dv of every neuron that moves an output y: backward). Both ways the sums have the weights of the
network's own links; fewer links decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from wildwire.errors import SettingError, UnsupportedError
from wildwire.network import Network
from wildwire.network.naming import suggestion
from wildwire.wiring.growth import FROZEN_ONE, ONE, Growth, Term, frozen
from wildwire.wiring.local_slopes import Local, local_slope, softmax_nodes

__all__ = ["slope_network"]

Pair = tuple[int, int]


def slope_network(
    network: Network, wanted: Iterable[tuple[int | str, int | str]] | None = None
) -> Network:
    """A network with derivatives of its outputs in its inputs as further outputs, and the same theta.

    Parameters
    ----------
    network : Network
        Without memory and `settle`.
    wanted : iterable of (output, input), optional
        By name or number, each pair once. None: every output in every input, output by output.

    Returns
    -------
    Network
        Its outputs are those of `network`, then one for every pair, called `dy/dx` for the output y and the input x.
        Learnable numbers, their names, order, starts and bounds are those of `network`. Neurons are added, groups
        become single neurons.

    Raises
    ------
    UnsupportedError
        A network with memory or `settle`; a transfer other than the weighted sum with more than 64 links.
    SettingError
        A pair that does not exist, or stands twice; no pair at all.

    Notes
    -----
    Derivatives are exact: of the formulas, also where a function has a training slope of the user's choice; at a kink
    as `ww.explain` of the function says; 0 for a step. The outputs of a softmax are derived as probabilities.

    Cost: every neuron that is not linear is computed twice (its value and its slope), and of the links between inputs
    and outputs there is one copy for every wanted input or for every wanted output, whichever needs fewer: one output
    (an energy) in any number of inputs (its forces) costs about as much as two further networks.

    Draw start values with `network.initial`: added links change how many a node has, and with it what is drawn.

    Examples
    --------
    >>> import numpy as np, wildwire as ww
    >>> energy = ww.parse("input r\\nh[4] ~ tanh(r)\\nE ~ linear(h)\\noutput E")
    >>> both = ww.wiring.slope_network(energy, [("E", "r")])
    >>> both.outputs
    ('E', 'dE/dr')
    >>> theta = energy.initial(seed=0)
    >>> bool(np.allclose(ww.run(both, theta, [[0.5]])[:, 1:], ww.input_gradient(energy, theta, [[0.5]])))
    True
    """
    check_has_slopes(network)
    return _grown(network, _pairs(network, wanted))


def check_has_slopes(network) -> None:
    """Refuse what is no network, or one whose outputs depend on more than the inputs of one step."""
    if not isinstance(network, Network):
        raise SettingError(
            f"network is a {type(network).__name__}: read a text with wildwire.parse(text)"
        )
    for is_so, what in ((network.n_delays > 0, "memory"), (network.settle, "settle")):
        if is_so:
            raise UnsupportedError(
                f"slopes are for networks without memory and `settle`, and this one has {what}: "
                "its outputs depend on more than the inputs of one step"
            )


def _pairs(network: Network, wanted) -> list[Pair]:
    if wanted is None:
        return [
            (k, i) for k in range(network.n_outputs) for i in range(network.n_inputs)
        ]
    pairs = []
    for item in wanted:
        if isinstance(item, str) or not isinstance(item, Sequence) or len(item) != 2:
            raise SettingError(f"wanted has {item!r}: give pairs (output, input)")
        output = _number(item[0], network.output_names, "output")
        pairs.append((output, _number(item[1], network.inputs, "input")))
    if not pairs:
        raise SettingError("wanted is empty: give pairs (output, input)")
    for pair in pairs:
        if pairs.count(pair) > 1:
            names = network.output_names[pair[0]], network.inputs[pair[1]]
            raise SettingError(f"wanted has the pair {names} twice: give it once")
    return pairs


def _number(item, names: Sequence[str], what: str) -> int:
    if isinstance(item, str) and item in names:
        return names.index(item)
    whole = isinstance(item, int | np.integer) and not isinstance(item, bool)
    if whole and 0 <= item < len(names):
        return int(item)
    hint = suggestion(item, names) if isinstance(item, str) else ""
    shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    raise SettingError(f"there is no {what} {item!r}.{hint} There are {shown}")


def _grown(network: Network, pairs: list[Pair]) -> Network:
    growth = Growth(network)
    local, ends = _local_slopes(growth)
    plan = _Plan(local, ends, pairs, growth.n_inputs)
    found = plan.forward(growth) if plan.is_forward else plan.backward(growth)
    nodes, names = [], []
    for k, i in pairs:
        name = f"d{network.output_names[k]}/d{network.inputs[i]}"
        names.append(name)
        nodes.append(growth.named(name, found.get((k, i)) or [(i, frozen(0.0))]))
    return growth.grown(nodes, names)


def _local_slopes(growth: Growth) -> tuple[dict[int, Local], list[int]]:
    """The slopes of all neurons, each behind those that it reads, and the node that each output is."""
    network = growth.network
    local = {node: local_slope(growth, node) for node in _in_order(network)}
    ends = network.output_node.tolist()
    for head in network.heads:
        places = slice(head.first, head.first + head.count)
        ends[places], more = softmax_nodes(growth, ends[places])
        local |= more
    return local, ends


def _in_order(network: Network) -> list[int]:
    """The neurons' nodes, every one behind those that it reads."""
    first = network.n_inputs
    readers: list[list[int]] = [[] for _ in range(network.n_neurons)]
    waiting_for = [0] * network.n_neurons
    links = zip(network.link_source.tolist(), network.link_target.tolist(), strict=True)
    for source, target in links:
        if source >= first:
            readers[source - first].append(target)
            waiting_for[target] += 1
    order = [j for j in range(network.n_neurons) if not waiting_for[j]]
    for j in order:  # which grows
        for target in readers[j]:
            waiting_for[target] -= 1
            if not waiting_for[target]:
                order.append(target)
    return [first + j for j in order]


class _Plan:
    """Which slopes are needed on either way; sets of inputs and outputs are bits of a number.

    Parameters
    ----------
    local : dict of int to Local
        Of every neuron, in order.
    ends : list of int
        The node of each output.
    pairs : list of (output, input)
    n_inputs : int
    """

    def __init__(
        self, local: dict[int, Local], ends: list[int], pairs: list[Pair], n_inputs: int
    ):
        self.local, self.ends, self.pairs = local, ends, pairs
        self.wanted: dict[int, int] = {}  # output -> its inputs
        for k, i in pairs:
            self.wanted[k] = self.wanted.get(k, 0) | 1 << i
        moved_by = {i: 1 << i for i in {i for _, i in pairs}}
        for node, own in local.items():
            for edge in own.edges:
                moved_by[node] = moved_by.get(node, 0) | moved_by.get(edge.source, 0)
        moves: dict[int, int] = {}
        for k in self.wanted:
            moves[ends[k]] = moves.get(ends[k], 0) | 1 << k
        for node in reversed(local):
            for edge in local[node].edges:
                moves[edge.source] = moves.get(edge.source, 0) | moves.get(node, 0)
        self.forwards: dict[int, list[int]] = {}  # node -> inputs
        self.backwards: dict[int, list[int]] = {}  # node -> outputs
        for node in (*range(n_inputs), *local):
            outputs = [
                k
                for k in _bits(moves.get(node, 0))
                if self.wanted[k] & moved_by.get(node, 0)
            ]
            self.backwards[node] = outputs
            reached = 0
            for k in outputs:
                reached |= self.wanted[k]
            self.forwards[node] = _bits(reached & moved_by.get(node, 0))

    @property
    def is_forward(self) -> bool:
        """Whether fewer links are needed from the inputs on than from the outputs back."""
        each = self.local.items()
        ahead = sum(len(own.edges) * len(self.forwards[node]) for node, own in each)
        back = sum(len(own.edges) * len(self.backwards[node]) for node, own in each)
        return ahead < back

    def forward(self, growth: Growth) -> dict[Pair, list[Term]]:
        """dv/dx from the inputs on; the derivatives of the pairs, as sums."""
        slopes = {(i, i): ONE for i in {i for _, i in self.pairs}}
        for node, own in self.local.items():
            for i in self.forwards[node]:
                name = f"d{growth.names[node]}/d{growth.names[i]}"
                terms = []
                for edge in own.edges:
                    inner = slopes.get((edge.source, i))
                    if inner is None:
                        continue
                    if edge.factor is not None:
                        what = f"{name} by {growth.names[edge.source]}"
                        inner = growth.product(what, edge.factor(), inner)
                    terms.append((inner, edge.weight))
                gate = own.gate() if own.gate is not None else None
                slopes[node, i] = growth.gated(name, gate, terms)
        found = {(k, i): slopes.get((self.ends[k], i)) for k, i in self.pairs}
        return {
            p: [(node, FROZEN_ONE)] for p, node in found.items() if node is not None
        }

    def backward(self, growth: Growth) -> dict[Pair, list[Term]]:
        """dy/dv from the outputs back; the derivatives of the pairs, as sums."""
        terms: dict[Pair, list[Term]] = {}
        for k in self.wanted:
            terms.setdefault((k, self.ends[k]), []).append((ONE, FROZEN_ONE))
        outputs = growth.network.output_names
        for node in reversed(self.local):
            own = self.local[node]
            for k in self.backwards[node]:
                name = f"d{outputs[k]}/d{growth.names[node]}"
                gate = own.gate() if own.gate is not None else None
                outer = growth.gated(name, gate, terms[k, node])
                for edge in own.edges:
                    if k not in self.backwards[edge.source]:
                        continue
                    slope = outer
                    if edge.factor is not None:
                        what = f"{name} by {growth.names[edge.source]}"
                        slope = growth.product(what, edge.factor(), outer)
                    terms.setdefault((k, edge.source), []).append((slope, edge.weight))
        return {pair: terms[pair] for pair in self.pairs if pair in terms}


def _bits(number: int) -> list[int]:
    """Places of the ones of a number, from low to high."""
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length() - 1)
        number ^= low
    return found
