"""Which numbers of theta lie on which manifold: from the names of neurons and groups to blocks of theta.

Comes in: a manifold, or pairs of names and manifolds; an objective. Goes out: a `Surface`. Called by `riemannian.py`
when a run begins.
"""

from collections import defaultdict
from typing import Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.manifolds import Euclidean, Manifold
from wildwire.learning.surface import Block, Surface
from wildwire.network.naming import group_nodes, look_up

__all__ = ["place"]


def place(manifold: "Manifold | tuple[tuple[Any, Manifold], ...]", objective):
    """The surface that theta of an objective moves on.

    Parameters
    ----------
    manifold : Manifold or tuple of pairs
        One for theta as a whole; or pairs (names, manifold), names being a text or a tuple of texts.
    objective : Objective
        With `network` where there are names.

    Returns
    -------
    Surface

    Raises
    ------
    UnknownNameError
        The network has no such neuron or group; the nearest is suggested.
    SettingError
        Weights that cannot be on the manifold: frozen, shared, of another transfer, too few, between bounds.
    """
    # By `dY` an objective has a network with further neurons, which are nobody's to name.
    network = getattr(objective, "origin", getattr(objective, "network", None))

    def name_of(slot: int) -> str:
        return f"number {slot}" if network is None else network.theta_names[slot]

    if isinstance(manifold, Manifold):
        blocks = _whole(manifold, objective.n_theta)
    elif network is None:
        raise SettingError(
            "manifolds by the names of neurons need an objective with a network; "
            "give one manifold for theta as a whole"
        )
    else:
        blocks = _Placing(network).blocks(manifold)
    return Surface(blocks, np.asarray(objective.bounds, dtype=np.float64), name_of)


def _whole(manifold: Manifold, n_theta: int) -> list[Block]:
    """Theta as a whole is the point, row after row."""
    if isinstance(manifold, Euclidean) or not n_theta:
        return []
    count = getattr(manifold, "count", None) or 1
    if n_theta % count:
        raise SettingError(
            f"theta has {n_theta} numbers, which are not {count} vectors of one length"
        )
    slots = np.arange(n_theta).reshape(count, -1)
    names = (
        ("theta",)
        if count == 1
        else tuple(f"vector {i} of theta" for i in range(count))
    )
    _check_fit(manifold, slots, names)
    return [Block(manifold, slots, np.ones(slots.shape), names)]


def _check_fit(manifold: Manifold, slots: np.ndarray, names: tuple[str, ...]) -> None:
    trouble = manifold.misfit(*slots.shape)
    if trouble:
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise SettingError(f"{shown} {trouble}")


class _Placing:
    """Reads the weights of neurons out of a network's arrays; every number is given away once."""

    def __init__(self, network):
        self.network = network
        self.first = network.n_inputs
        self.begin = np.searchsorted(
            network.link_target, np.arange(network.n_neurons + 1)
        )
        self.taken: dict[int, str] = {}
        self.named: dict[int, Any] = {}
        self.table = _neuron_table(network)

    def blocks(self, pairs) -> list[Block]:
        """One block for each group, and one for all vectors of one length that are alone on like manifolds."""
        gathered: dict[Any, list[tuple[str, np.ndarray]]] = defaultdict(list)
        for key, manifold in pairs:
            neurons = self._neurons(key)
            if isinstance(manifold, Euclidean):
                continue
            vectors = [(self._name(i), self._links(i, manifold)) for i in neurons]
            if not manifold.single:
                self._check_sources(vectors)
                _check_fit(
                    manifold,
                    np.array([links for _, links in vectors]),
                    tuple(name for name, _ in vectors),
                )
            for name, links in vectors:
                own = len(links) if manifold.single else key
                gathered[manifold, own].append((name, links))
        return [self._block(key[0], found) for key, found in gathered.items()]

    def _block(self, manifold: Manifold, found) -> Block:
        links = np.array([own for _, own in found])
        return Block(
            manifold,
            self.network.link_slot[links].astype(np.intp),
            self.network.link_sign[links].astype(np.float64),
            tuple(name for name, _ in found),
        )

    def _name(self, neuron: int) -> str:
        return self.network.names[self.first + neuron]

    def _neurons(self, key) -> list[int]:
        """The neurons that a key names, each by one key only."""
        neurons: list[int] = []
        for name in (key,) if isinstance(key, str) else key:
            if name in self.network.inputs:
                raise SettingError(
                    f"{name!r} is an input: manifolds are for the weights of neurons"
                )
            neurons += look_up(self.table, name, "neuron or group")
        for neuron in neurons:
            if neuron in self.named:
                raise SettingError(
                    f"{self._name(neuron)} is on two manifolds: it is named by "
                    f"{self.named[neuron]!r} and by {key!r}"
                )
            self.named[neuron] = key
        return neurons

    def _links(self, neuron: int, manifold: Manifold) -> np.ndarray:
        """The links of a neuron by source and delay, after all that could forbid a manifold has been asked."""
        network, name = self.network, self._name(neuron)
        kind = type(manifold).__name__
        if network.transfer_of(neuron) is not None:
            raise SettingError(
                f"{name} has the transfer {network.transfer_of(neuron).name!r}: manifolds are for weighted sums"
            )
        if network.function_of(neuron).kind == "expression":
            raise SettingError(
                f"{name} is a formula, whose sources have no weights: it cannot be on {kind}"
            )
        links = np.arange(self.begin[neuron], self.begin[neuron + 1])
        for slot in network.link_slot[links].tolist():
            self._take(slot, name, kind)
        order = np.lexsort((network.link_delay[links], network.link_source[links]))
        return links[order]

    def _take(self, slot: int, name: str, kind: str) -> None:
        if slot == -1:
            raise SettingError(
                f"a weight of {name} is frozen: it cannot be on {kind}; let it learn, or name another neuron"
            )
        if slot < -1:
            raise SettingError(
                f"a weight of {name} is a product of numbers: it cannot be on {kind}; "
                "give each link a number of its own"
            )
        if slot in self.taken:
            number, other = self.network.theta_names[slot], self.taken[slot]
            shared = f"is used twice by {name}" if other == name else (
                f"is shared by {other} and {name}"
            )  # fmt: skip
            raise SettingError(
                f"the number {number!r} {shared}: a vector on {kind} has numbers of its own"
            )
        self.taken[slot] = name

    def _check_sources(self, vectors) -> None:
        """Vectors that are at right angles have the same sources."""
        network = self.network
        first, expected = vectors[0][0], self._sources(vectors[0][1])
        for name, links in vectors[1:]:
            if self._sources(links) != expected:
                raise SettingError(
                    f"{name} has other sources than {first}: vectors are at right angles only over the same sources "
                    f"({', '.join(network.names[s] for s, _ in expected[:5])}{', ...' if len(expected) > 5 else ''})"
                )

    def _sources(self, links: np.ndarray) -> list[tuple[int, int]]:
        source, delay = self.network.link_source[links], self.network.link_delay[links]
        return list(zip(source.tolist(), delay.tolist(), strict=True))


def _neuron_table(network) -> dict[str, list[int]]:
    """Neuron numbers by the names of neurons and of groups, as the text writes them."""
    table: dict[str, list[int]] = {}
    neuron = 0
    for group in network.groups:
        names = group_nodes(group)
        own = list(range(neuron, neuron + len(names)))
        table.setdefault(group.name, own)
        for name, number in zip(names, own, strict=True):
            table[name] = [number]
        neuron += len(names)
    return table
