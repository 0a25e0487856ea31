"""The training workloads: networks, batches, data. One table, used by every system.

Comes in: a name. Goes out: layer sizes or link lists, and seeded data. Called by `training.py`.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Workload:
    """One row of the table.

    Attributes
    ----------
    name : str
    sizes : tuple of int or None
        Layers, inputs first; None for an irregular wiring.
    batch : int
    rows : int
    hidden : "tanh" or "logistic"
    output : "identity" or "logistic"
    """

    name: str
    sizes: tuple | None
    batch: int
    rows: int
    hidden: str = "tanh"
    output: str = "identity"


WORKLOADS = (
    Workload("2-2-1 online", (2, 2, 1), 1, 2000, "logistic", "logistic"),
    Workload("20-32-32-2 batch 32", (20, 32, 32, 2), 32, 4096),
    Workload("20-32-32-2 online", (20, 32, 32, 2), 1, 2000),
    Workload("64-64-10 batch 32", (64, 64, 10), 32, 4096),
    Workload("784-128-10 batch 128", (784, 128, 10), 128, 4096),
    Workload("irregular batch 64", None, 64, 4096),
)

IRREGULAR_INPUTS = 20
IRREGULAR_NEURONS = 560
IRREGULAR_FAN_IN = 17
IRREGULAR_REACH = 150


def irregular_links():
    """Sources (node numbers) and targets (neuron numbers) of the irregular wiring.

    Every neuron reads 17 of the 150 nodes before it: 560 neurons, about 9,500 links, about 130
    levels. The last two are the outputs.
    """
    rng = np.random.default_rng(0)
    source, target = [], []
    for neuron in range(IRREGULAR_NEURONS):
        end = IRREGULAR_INPUTS + neuron
        known = np.arange(max(0, end - IRREGULAR_REACH), end)
        count = min(IRREGULAR_FAN_IN, known.size)
        source.extend(sorted(rng.choice(known, count, replace=False).tolist()))
        target.extend([neuron] * count)
    return np.asarray(source), np.asarray(target)


def data(workload):
    """Inputs and targets, float64, seeded."""
    rng = np.random.default_rng(1)
    n_inputs = workload.sizes[0] if workload.sizes else IRREGULAR_INPUTS
    n_outputs = workload.sizes[-1] if workload.sizes else 2
    X = rng.normal(size=(workload.rows, n_inputs))
    Y = rng.uniform(0, 1, (workload.rows, n_outputs))
    return X, Y
