"""Wirings with memory: Elman's, and irregular ones with links of many delays.

Comes in: an `Elman` or a `RecurrentWiring`. Goes out: start values of all systems; an irregular wiring as a link list
with delays, and as masked matrices, which is what libraries of arrays need. Called by `workloads.py` and `systems/`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

SIZE_OF_WEIGHTS = 0.7  # times 1/sqrt(fan-in): values neither die away nor run wild


@dataclass(frozen=True)
class Elman:
    """A layer of tanh neurons that reads the inputs and itself one step ago, and linear outputs that read it."""

    n_inputs: int
    n_hidden: int
    n_outputs: int

    @property
    def n_neurons(self) -> int:
        return self.n_hidden + self.n_outputs

    @property
    def n_links(self) -> int:
        return self.n_hidden * (self.n_inputs + self.n_hidden + self.n_outputs)

    def start(self) -> list[np.ndarray]:
        """Weights of the inputs, of the layer to itself and of the outputs; rows are sources."""
        rng = np.random.default_rng(0)
        hidden = self.n_hidden
        shapes = (self.n_inputs, hidden), (hidden, hidden), (hidden, self.n_outputs)
        return [rng.normal(size=s) * SIZE_OF_WEIGHTS / np.sqrt(s[0]) for s in shapes]


class Links(NamedTuple):
    """Links by target: nodes (inputs first), neurons, steps, start values."""

    source: np.ndarray
    target: np.ndarray
    delay: np.ndarray
    weight: np.ndarray


def elman_links(wiring: Elman) -> Links:
    """Elman's layer and outputs as links: of a neuron, first those from inputs, then from the layer."""
    n_inputs, hidden = wiring.n_inputs, wiring.n_hidden
    of_x, of_h, of_y = wiring.start()
    layer = np.arange(n_inputs + hidden)
    source = np.concatenate(
        (np.tile(layer, hidden), np.tile(layer[n_inputs:], wiring.n_outputs))
    )
    counts = [n_inputs + hidden] * hidden + [hidden] * wiring.n_outputs
    target = np.repeat(np.arange(wiring.n_neurons), counts)
    delay = ((source >= n_inputs) & (target < hidden)).astype(int)
    weight = np.concatenate((np.vstack((of_x, of_h)).T.ravel(), of_y.T.ravel()))
    return Links(source, target, delay, weight)


@dataclass(frozen=True)
class RecurrentWiring:
    """A kind of irregular network with memory.

    Attributes
    ----------
    n_neurons : int
        All tanh, but for the outputs, which are linear.
    fan_in : int
        Links of a neuron: half within the step, from inputs and lower levels, one of them from the level right
        below; the others from any neuron, with delays of 1 to `reach`. Several may join the same pair.
    levels : int
        Equal ones.
    reach : int
    n_inputs : int
    n_outputs : int
        The last neurons.
    """

    n_neurons: int
    fan_in: int
    levels: int
    reach: int
    n_inputs: int
    n_outputs: int

    @property
    def n_links(self) -> int:
        return self.n_neurons * self.fan_in

    @property
    def edges(self) -> list[int]:
        """First neuron of each level, and the number of neurons."""
        return [self.n_neurons * i // self.levels for i in range(self.levels + 1)]


@lru_cache(maxsize=4)
def links(wiring: RecurrentWiring) -> Links:
    """The wiring's links, seeded."""
    rng = np.random.default_rng(0)
    n_inputs, n_late = wiring.n_inputs, wiring.fan_in - wiring.fan_in // 2
    source, delay = [], []
    begins = [0, *(n_inputs + edge for edge in wiring.edges[:-1])]
    for level in range(wiring.levels):
        count = wiring.edges[level + 1] - wiring.edges[level]
        below, begin = begins[level], begins[level + 1]
        for _ in range(count):
            first = rng.integers(below, begin)
            others = np.delete(np.arange(begin), first)
            more = rng.choice(others, wiring.fan_in // 2 - 1, replace=False)
            late = rng.choice(wiring.reach * wiring.n_neurons, n_late, replace=False)
            past, neuron = np.divmod(late, wiring.n_neurons)
            source.append(np.concatenate(([first], more, n_inputs + neuron)))
            delay.append(np.concatenate((np.zeros(1 + len(more), int), 1 + past)))
    target = np.repeat(np.arange(wiring.n_neurons), wiring.fan_in)
    weight = SIZE_OF_WEIGHTS * rng.normal(size=target.size) / np.sqrt(wiring.fan_in)
    return Links(np.concatenate(source), target, np.concatenate(delay), weight)


class Matrices(NamedTuple):
    """The links as dense matrices, rows are neurons.

    Attributes
    ----------
    weight : float array (n_neurons, n_inputs + n_neurons + reach * n_neurons)
        Columns: inputs, neurons of the same step, neurons one step ago, two steps ago, ...
    mask : bool array of the same shape
    """

    weight: np.ndarray
    mask: np.ndarray


def columns(wiring: RecurrentWiring) -> np.ndarray:
    """Column of every link in the matrices."""
    found = links(wiring)
    return found.source + found.delay * wiring.n_neurons


def matrices(wiring: RecurrentWiring) -> Matrices:
    """The links as masked matrices."""
    found = links(wiring)
    shape = wiring.n_neurons, wiring.n_inputs + wiring.n_neurons * (1 + wiring.reach)
    weight, mask = np.zeros(shape), np.zeros(shape, bool)
    at = found.target, columns(wiring)
    weight[at], mask[at] = found.weight, True
    return Matrices(weight, mask)
