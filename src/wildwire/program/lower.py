"""A network in which fewer neurons need kernels of their own: the same values from simpler parts.

Comes in: a network with transfers that are not linear. Goes out: its arrays, changed. Called by `compile.py`.

- A transfer that returns several numbers and its activation become one transfer with one value.
- A transfer that is a weighted sum inside, such as product = exp(sum(w*log x)), becomes a linear neuron: log x
  is a neuron of its own behind all others, one for every source that such neurons read, and exp goes into the
  activation. A logarithm is then taken once for each source and not for each link, and the sums run as
  matrix products. (Without it a product neuron costs twenty times a linear one.)

The arrays have the names of `Network`; the neurons of the network keep their numbers, and theta stays as it is.
"""

from types import SimpleNamespace

import numpy as np

from wildwire.functions import catalogue
from wildwire.functions.composing import composed, sum_inside
from wildwire.functions.function import PARTNERS

COPIED = (
    "n_inputs", "n_theta", "output_node", "heads", "derived", "refusals", "n_links",
    "n_delays", "past_slot", "past_sign", "past_value",
)  # fmt: skip
LINK_ARRAYS = (
    "link_target", "link_source", "link_delay", "link_slot", "link_sign", "link_value",
)  # fmt: skip
NEURON_ARRAYS = ("activation", "transfer", "bias_slot", "bias_sign", "bias_value")


def lowered(network, whole=False, joined=True):
    """The arrays of a network as `program_of` reads them.

    Parameters
    ----------
    network : Network
    whole : bool
        Leave every neuron with the guards of its formula, to count them: sums are not taken apart, and where
        transfer and activation have guards they become one formula.
    joined : bool
        False, with `whole`: these two stay apart as well.
    """
    made = _Lowering(network, whole, joined)
    for j in np.flatnonzero(network.transfer):
        made.neuron(int(j))
    return made.finished()


class _Numbers:
    """Slots, signs and values of each neuron, as lists that may change."""

    def __init__(self, network, name):
        self.arrays = [
            getattr(network, f"{name}_{c}") for c in ("slot", "sign", "value")
        ]
        self.offset = getattr(network, f"{name}_offset")
        self.changed: dict[int, tuple] = {}

    def of(self, j):
        part = slice(self.offset[j], self.offset[j + 1])
        return self.changed.get(j) or tuple(array[part] for array in self.arrays)

    def finished(self, count):
        """Offsets and the three arrays, of `count` neurons: those beyond the network have none."""
        n = len(self.offset) - 1
        if not self.changed:
            more = np.full(count - n, self.offset[-1], self.offset.dtype)
            return [np.concatenate((self.offset, more)), *self.arrays]
        lists = [self.of(j) for j in range(n)]
        sizes = [len(slots) for slots, _, _ in lists] + [0] * (count - n)
        offset = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
        columns = [
            np.concatenate([part[c] for part in lists]).astype(self.arrays[c].dtype)
            for c in range(3)
        ]
        return [offset, *columns]


def _place(known: list, made) -> int:
    """Number of a function or transfer in a list, put there when it is new."""
    if made not in known:
        known.append(made)
    return known.index(made)


class _Lowering:
    def __init__(self, network, whole, joined):
        self.network, self.whole, self.joined = network, whole, joined
        # Lists, as a network may hold equal ones twice.
        self.functions, self.transfers = (
            list(network.functions),
            list(network.transfers),
        )
        self.arrays = {
            name: getattr(network, name).copy()
            for name in (*LINK_ARRAYS, *NEURON_ARRAYS)
        }
        self.parameters = _Numbers(network, "parameter")
        self.numbers = _Numbers(network, "transfer")
        self.ends = np.searchsorted(
            network.link_target, np.arange(network.n_neurons + 1)
        )
        # (source, function) -> node of the new neuron
        self.inner: dict[tuple, int] = {}
        self.outputs = set((network.output_node - network.n_inputs).tolist())

    def neuron(self, j):
        """Change one neuron whose transfer is not linear, if there is anything to gain."""
        network = self.network
        transfer = network.transfers[network.transfer[j]]
        activation = network.functions[network.activation[j]]
        guarded = self.whole and self.joined
        guarded = guarded and transfer.guarded and activation.guarded
        if transfer.n_values > 1 or guarded:
            self._compose(j, composed(transfer, activation), transfer)
            return
        # Where a loss reads z of an output, that must be the z of its activation.
        if self.whole or (j in self.outputs and activation.name in PARTNERS):
            return
        found = sum_inside(transfer, activation)
        if found is not None:
            self._to_linear(j, found)

    def _compose(self, j, transfer, before):
        self.arrays["activation"][j] = self._function(catalogue()["identity"])
        self.arrays["transfer"][j] = _place(self.transfers, transfer)
        own, numbers = before.n_parameters, self.numbers.of(j)
        self.numbers.changed[j] = tuple(
            np.concatenate((column[:own], more, column[own:]))
            for column, more in zip(numbers, self.parameters.of(j), strict=True)
        )
        self._empty(self.parameters, j)

    def _to_linear(self, j, found):
        self.arrays["activation"][j] = self._function(found.outer)
        self.arrays["transfer"][j] = 0
        self.parameters.changed[j] = tuple(
            np.concatenate(pair)
            for pair in zip(self.numbers.of(j), self.parameters.of(j), strict=True)
        )
        self._empty(self.numbers, j)
        if found.inner is not None:
            for link in range(self.ends[j], self.ends[j + 1]):
                source = int(self.network.link_source[link])
                self.arrays["link_source"][link] = self._inner(source, found.inner)

    def _empty(self, numbers, j):
        numbers.changed[j] = tuple(column[:0] for column in numbers.of(j))

    def _function(self, function):
        return _place(self.functions, function)

    def _inner(self, source, function):
        """The node that has this function of this source, made when first asked for."""
        node = self.network.n_inputs + self.network.n_neurons + len(self.inner)
        return self.inner.setdefault((source, function), node)

    def finished(self):
        network, arrays = self.network, self.arrays
        new = len(self.inner)
        count = network.n_neurons + new
        sources = [source for source, _ in self.inner]
        numbers = [self._function(function) for _, function in self.inner]
        more = {
            "link_target": np.arange(network.n_neurons, count),
            "link_source": sources, "link_delay": [0] * new, "link_slot": [-1] * new, "link_sign": [1] * new,
            "link_value": [1.0] * new, "activation": numbers, "transfer": [0] * new,
            "bias_slot": [-1] * new, "bias_sign": [1] * new, "bias_value": [0.0] * new,
        }  # fmt: skip
        for name, values in more.items():
            values = np.asarray(values, arrays[name].dtype)
            arrays[name] = np.concatenate((arrays[name], values))
        arrays |= {name: getattr(network, name) for name in COPIED}
        for name, table in (("parameter", self.parameters), ("transfer", self.numbers)):
            columns = table.finished(count)
            for part, column in zip(
                ("offset", "slot", "sign", "value"), columns, strict=True
            ):
                arrays[f"{name}_{part}"] = column
        arrays["functions"] = tuple(self.functions)
        arrays["transfers"] = tuple(self.transfers)
        for value in arrays.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        return SimpleNamespace(**arrays)
