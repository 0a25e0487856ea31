"""A network while it is put together: groups of neurons, and links block by block.

Comes in: groups with their functions, and which nodes read which, at what delay. Goes out: a `Network`, through
`Network.from_arrays`. Called by the generators of networks with memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import Group, Network
from wildwire.network.array_transfers import transfers_of, without_bias
from wildwire.wiring.ends import columns_of


class Draft:
    """Groups and links, in text order; nodes are numbered inputs first.

    Parameters
    ----------
    inputs : list of Group
    """

    def __init__(self, inputs: list[Group]):
        self.columns = columns_of(inputs)
        self.n_inputs = sum(column.size for column in self.columns)
        self.inputs = np.arange(self.n_inputs, dtype=np.int32)
        self.groups: list[Group] = []
        self.activation: list = []
        self.transfer: list = []
        self.bias: list[np.ndarray] = []
        self.bias_frozen: list[np.ndarray] = []
        self.links: list[tuple[np.ndarray, ...]] = []

    def neurons(
        self, groups: Sequence[Group], activation, transfer=None, bias=True, own=None
    ) -> np.ndarray:
        """Add neurons that share their functions; their nodes, (count,) of int32.

        `bias` is True (unknown) or False (none); `own` are biases of their own, (count,), that are frozen.
        """
        if not isinstance(bias, bool | np.bool_):
            raise SettingError(f"bias must be True or False; it is {bias!r}.")
        count = sum(group.count for group in groups)
        first = self.n_inputs + len(self.activation)
        self.groups += groups
        self.activation += [activation] * count
        self.transfer += [transfer] * count
        unknown = bool(bias) and own is None
        self.bias.append(
            np.full(count, np.nan if unknown else 0.0) if own is None else own
        )
        self.bias_frozen.append(np.full(count, not unknown))
        return np.arange(first, first + count, dtype=np.int32)

    def join(self, sources, targets, delay: int = 0) -> None:
        """Let every target read all sources, so many steps back; the weights are unknown."""
        source = np.tile(sources, len(targets))
        self.link(source, np.repeat(targets, len(sources)), delay)

    def link(self, source, target, delay: int | np.ndarray = 0, weight=None) -> None:
        """Links from source[i] to target[i] (nodes); weights that are given are frozen."""
        n = len(source)
        self.links.append((
            np.asarray(source, np.int32),
            np.asarray(target, np.int32) - np.int32(self.n_inputs),
            np.broadcast_to(np.asarray(delay, np.int32), n),
            np.full(n, np.nan) if weight is None else np.broadcast_to(weight, n),
            np.full(n, weight is not None),
        ))  # fmt: skip

    def network(self, outputs: np.ndarray, head=None, classes=None) -> Network:
        """The network; a neuron's links stand in the order in which they were added."""
        columns = zip(*self.links, strict=True)
        source, target, delay, weight, frozen = map(np.concatenate, columns)
        bias, bias_frozen = (
            np.concatenate(part) for part in (self.bias, self.bias_frozen)
        )
        without = without_bias(*transfers_of(self.transfer, len(bias)))
        if without is not None:
            unknown = without & np.isnan(bias)
            bias[unknown], bias_frozen[unknown] = 0.0, True
        is_linear = all(transfer is None for transfer in self.transfer)
        return Network.from_arrays(
            self.columns, source, target, delay=delay, weight=weight, frozen=frozen,
            neurons=self.groups, outputs=(outputs - self.n_inputs).tolist(),
            activation=self.activation, bias=bias, bias_frozen=bias_frozen,
            transfer=None if is_linear else self.transfer, head=head, classes=classes,
        )  # fmt: skip
