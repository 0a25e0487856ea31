"""The training and forward workloads: networks, batches, data. One table, used by every system.

Comes in: a name. Goes out: layer sizes or a wiring, and seeded data. Called by `rows/` and `systems/`.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.irregular import CHAINED, LOCAL_REACH, Wiring, of_links
from benchmarks.recurrent import Elman, RecurrentWiring


@dataclass(frozen=True)
class Workload:
    """A network with a batch size and a number of samples.

    Attributes
    ----------
    name : str
    sizes : tuple of int or None
        Layers, inputs first; None for an irregular wiring.
    batch : int
    rows : int
        Samples, or sequences.
    hidden : "tanh" or "logistic"
    output : "identity" or "logistic"
    wiring : Wiring, RecurrentWiring, Elman or None
    steps : int
        Of a sequence; 0: samples are rows.
    """

    name: str
    sizes: tuple | None
    batch: int
    rows: int
    hidden: str = "tanh"
    output: str = "identity"
    wiring: Wiring | RecurrentWiring | Elman | None = None
    steps: int = 0

    @property
    def n_inputs(self) -> int:
        return self.sizes[0] if self.sizes else self.wiring.n_inputs

    @property
    def n_outputs(self) -> int:
        return self.sizes[-1] if self.sizes else self.wiring.n_outputs

    @property
    def n_neurons(self) -> int:
        return sum(self.sizes[1:]) if self.sizes else self.wiring.n_neurons

    @property
    def n_links(self) -> int:
        """Links, without biases."""
        if self.sizes:
            return sum(a * b for a, b in pairwise(self.sizes))
        return self.wiring.n_links


LAYERED = (
    Workload("2-2-1 online", (2, 2, 1), 1, 2000, "logistic", "logistic"),
    Workload("20-32-32-2 batch 32", (20, 32, 32, 2), 32, 4096),
    Workload("20-32-32-2 online", (20, 32, 32, 2), 1, 2000),
    Workload("64-64-10 batch 32", (64, 64, 10), 32, 4096),
    Workload("784-128-10 batch 128", (784, 128, 10), 128, 4096),
)
SMALL = Workload("8-16-1 full batch of 1,000", (8, 16, 1), 1000, 1000)
CHAIN = Workload("irregular 560 neurons chained", None, 64, 1024, wiring=CHAINED)

# Networks with memory: training, and one step at a time from Python.
SEQUENCES = (
    Workload(
        "Elman 16, 100 steps, batch 32", None, 32, 512, wiring=Elman(4, 16, 1), steps=100
    ),
    Workload(
        "irregular 2,000 links with memory, 50 steps, batch 32", None, 32, 256,
        wiring=RecurrentWiring(200, 10, 5, 3, n_inputs=8, n_outputs=2), steps=50,
    ),
)  # fmt: skip
STREAM = Workload(
    "100 links with memory", None, 1, 1,
    wiring=RecurrentWiring(20, 5, 4, 3, n_inputs=4, n_outputs=2), steps=10_000,
)  # fmt: skip

# links -> levels, samples of an epoch, samples of a forward pass (more of them, so
# that what a call costs by itself does not decide)
IRREGULAR_SIZES = {
    1_000: (10, 4096, 16_384),
    10_000: (50, 1024, 4096),
    100_000: (100, 512, 2048),
    1_000_000: (200, 256, 1024),
}
LEVELS_OF_FAN_IN = {5: 50, 20: 50, 100: 10}  # of 10,000 links: 2,000, 500, 100 neurons


def irregular_name(kind: str, n_links: int, fan_in: int = 20) -> str:
    """Name of an irregular workload."""
    return f"irregular {n_links:,} links {kind} fan-in {fan_in}"


def irregular(
    kind: str, n_links: int, fan_in: int = 20, batch: int = 64, forward: bool = False
) -> Workload:
    """An irregular workload, for training or for forward passes."""
    levels, rows, forward_rows = IRREGULAR_SIZES[n_links]
    if n_links == 10_000:
        levels = LEVELS_OF_FAN_IN[fan_in]
    return Workload(
        irregular_name(kind, n_links, fan_in), None, batch,
        forward_rows if forward else max(rows, 2 * batch),
        wiring=of_links(kind, n_links, fan_in, levels),
    )  # fmt: skip


def all_irregular(forward: bool = False) -> list[Workload]:
    """Both kinds in four sizes; all fan-ins at 10,000 links.

    Networks of fewer than 2,000 nodes are the same in both kinds, and stand there once.
    """
    found = []
    for n_links in IRREGULAR_SIZES:
        for fan_in in LEVELS_OF_FAN_IN if n_links == 10_000 else (20,):
            found.append(irregular("random", n_links, fan_in, forward=forward))
            if n_links // fan_in >= LOCAL_REACH:
                found.append(irregular("local", n_links, fan_in, forward=forward))
    return found


def data(workload):
    """Inputs and targets, float64, seeded: (rows, numbers) or (sequences, steps, numbers)."""
    rng = np.random.default_rng(1)
    shape = (workload.rows, workload.steps) if workload.steps else (workload.rows,)
    X = rng.normal(size=(*shape, workload.n_inputs))
    Y = rng.uniform(0, 1, (*shape, workload.n_outputs))
    return X, Y
