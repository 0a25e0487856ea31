"""Calls from Python: one sample, 100,000 samples, and one edit of a wiring.

Goes out: rows for a network of 100 links (8-10-2), and for a network of 40 neurons that gets one more.
"""

from functools import partial

import numpy as np

from benchmarks.measure import Prepared, Row
from benchmarks.rows.training import DTYPES
from benchmarks.systems import (
    fann_system,
    jax_system,
    neat_system,
    torch_system,
    wildwire_system,
)
from benchmarks.workloads import Workload, data

GROUP = "Calls from Python"
HUNDRED = Workload("100 links", (8, 10, 2), 1, 1)
MANY = Workload("100 links", (8, 10, 2), 100_000, 100_000)
ONE_SAMPLE = "one sample through 100 links"
MANY_SAMPLES = "100,000 samples through 100 links"
EDIT = "one edit of 40 neurons and the next run"
NEURONS, INPUTS, FAN_IN = 40, 8, 3


def _wildwire(workload, dtype) -> Prepared:
    import wildwire

    network = wildwire_system.network_of(workload)
    theta = network.initial(seed=0)
    X = data(workload)[0].astype(dtype)
    return Prepared(lambda: wildwire.run(network, theta, X, dtype=dtype), workload.rows)


def _torch(workload, dtype) -> Prepared:
    torch = torch_system.library()
    model = torch_system.model_of(workload, dtype)
    X = torch.tensor(data(workload)[0], dtype=getattr(torch, dtype))

    def run():
        with torch.inference_mode():
            model(X)

    return Prepared(run, workload.rows)


def _jax(workload, dtype) -> Prepared:
    jax, _ = jax_system.library()
    parameters, predict = jax_system.model_of(workload, dtype)
    run = jax.jit(predict)
    X = data(workload)[0].astype(dtype)
    return Prepared(lambda: jax.block_until_ready(run(parameters, X)), workload.rows)


def _neat(workload, samples) -> Prepared:
    source, target = neat_system.layer_links(workload.sizes)
    network = neat_system.network_of(8, source, target, workload.n_neurons, 2)
    X = np.random.default_rng(1).normal(size=(samples, 8)).tolist()

    def run():
        for x in X:
            network.activate(x)

    return Prepared(run, samples, note="pure Python, float64")


def _run_rows(dtype) -> list[Row]:
    def systems(workload, neat_samples, fann):
        return {
            "wildwire": partial(_wildwire, workload, dtype),
            "jax": partial(_jax, workload, dtype),
            "torch eager": partial(_torch, workload, dtype),
            "neat-python": partial(_neat, workload, neat_samples),
            "fann": partial(fann, workload, dtype),
        }

    return [
        Row(
            ONE_SAMPLE, GROUP, "µs per call", 1e6,
            systems(HUNDRED, 1, fann_system.one_sample), dtype, flop=200,
        ),
        Row(
            MANY_SAMPLES, GROUP, "ns per sample", 1e9,
            systems(MANY, 1000, fann_system.many_samples), dtype, flop=200,
        ),
    ]  # fmt: skip


def _wiring_of(neurons):
    """Three links per neuron from before; one more neuron leaves the others as they are."""
    rng = np.random.default_rng(3)
    source = [
        np.sort(rng.choice(INPUTS + i, FAN_IN, replace=False)) for i in range(neurons)
    ]
    return np.concatenate(source), np.repeat(np.arange(neurons), FAN_IN)


def _wildwire_edit() -> Prepared:
    import wildwire

    links = {n: _wiring_of(n) for n in (NEURONS, NEURONS + 1)}
    theta = {n: np.full(n * (FAN_IN + 1), 0.1) for n in links}
    x = np.ones((1, INPUTS))

    def run(n):
        network = wildwire.Network.from_arrays(
            INPUTS, *links[n], neurons=n, outputs=[n - 1]
        )
        return wildwire.run(network, theta[n], x)

    return Prepared(lambda: run(NEURONS + 1), setup=lambda: run(NEURONS))


def _neat_edit() -> Prepared:
    source, target = _wiring_of(NEURONS + 1)
    x = [1.0] * INPUTS

    def run():
        neat_system.network_of(INPUTS, source, target, NEURONS + 1, 1).activate(x)

    return Prepared(run, note="the whole network built anew")


def _jax_edit() -> Prepared:
    jax, _ = jax_system.library()
    source, _ = _wiring_of(NEURONS + 1)
    source = source.reshape(-1, FAN_IN)
    weights = np.full(source.shape, 0.1)

    def run():
        def predict(weights, x):
            values = list(x)
            for sources, row in zip(source, weights, strict=True):
                terms = [values[s] * w for s, w in zip(sources, row, strict=True)]
                values.append(jax.numpy.tanh(sum(terms)))
            return values[-1]

        return jax.block_until_ready(jax.jit(predict)(weights, np.ones(INPUTS)))

    return Prepared(run, note="traced and compiled anew")


def rows() -> list[Row]:
    """One sample and many, in both types; the edit in float64, the default."""
    found = [row for dtype in DTYPES for row in _run_rows(dtype)]
    systems = {
        "wildwire": _wildwire_edit,
        "jax": _jax_edit,
        "neat-python": _neat_edit,
    }
    return [*found, Row(EDIT, GROUP, "ms", 1e3, systems, "float64")]
