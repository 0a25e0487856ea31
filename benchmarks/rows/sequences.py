"""Networks with memory: training on sequences, and streams of single steps.

Goes out: rows of training steps (loss, gradient through all steps of a batch of sequences, Adam) of Elman's network
and of an irregular one of 2,000 links, and rows of one step through 100 links, called from Python or within a run.
"""

from functools import partial

import numpy as np

from benchmarks.measure import Prepared, Row
from benchmarks.rows.training import DTYPES
from benchmarks.systems import (
    jax_sequences,
    jax_system,
    torch_sequences,
    torch_system,
    wildwire_system,
)
from benchmarks.workloads import SEQUENCES, STREAM, data

GROUP = "Networks with memory"
ELMAN, IRREGULAR = (f"{workload.name} training" for workload in SEQUENCES)
ONE_STEP = f"one step of {STREAM.name}"
RUN_STEPS = f"a run of {STREAM.name}"


def _training(workload, dtype) -> Row:
    forms = (
        (jax_sequences.ELMAN, torch_sequences.ELMAN)
        if workload is SEQUENCES[0]
        else (jax_sequences.IRREGULAR, torch_sequences.IRREGULAR)
    )
    systems = {"wildwire": partial(wildwire_system.training, workload, dtype)}
    for name, peer, made in zip(
        ("jax", "torch eager"), (jax_system, torch_system), forms, strict=True
    ):
        for form in made:
            systems[f"{name}:{form}"] = partial(peer.training, workload, dtype, form)
    return Row(
        f"{workload.name} training", GROUP, "µs per step", 1e6, systems, dtype,
        flop=6 * workload.n_links * workload.batch * workload.steps,
    )  # fmt: skip


def _runner(dtype):
    import wildwire

    network = wildwire_system.network_of(STREAM)
    theta = network.initial(seed=0)
    return wildwire.Runner(network, theta, dtype=dtype), data(STREAM)[0][0]


def _wildwire_step(dtype) -> Prepared:
    runner, X = _runner(dtype)
    x = X[0].astype(dtype)
    return Prepared(lambda: runner.step(x))


def _wildwire_run(dtype) -> Prepared:
    runner, X = _runner(dtype)
    X = X.astype(dtype)
    return Prepared(lambda: runner.run(X), len(X))


def _jax_stream(dtype, form):
    """A jitted step that keeps its weights, the state and the inputs (steps, n_inputs, 1)."""
    jax, _ = jax_system.library()
    made = jax_sequences.form_of(jax, STREAM.wiring, dtype, form)
    ready = made.prepare(made.parameters)
    X = np.asarray(data(STREAM)[0][0][:, :, None], dtype)
    return jax, partial(made.step, ready), made.start(1), X


def _jax_step(dtype, form) -> Prepared:
    jax, step, state, X = _jax_stream(dtype, form)
    step, x = jax.jit(step), X[0]

    def run():
        nonlocal state
        state, y = step(state, x)
        return np.asarray(y)

    return Prepared(run)


def _jax_run(dtype, form) -> Prepared:
    jax, step, state, X = _jax_stream(dtype, form)
    run = jax.jit(lambda state, X: jax.lax.scan(step, state, X)[1])
    return Prepared(lambda: jax.block_until_ready(run(state, X)), len(X))


def _streams(dtype) -> list[Row]:
    def row(name, unit, ours, peer):
        systems = {"wildwire": partial(ours, dtype)}
        for form in jax_sequences.IRREGULAR:
            systems[f"jax:{form}"] = partial(peer, dtype, form)
        flop = 2 * STREAM.n_links
        return Row(name, GROUP, unit, 1e6, systems, dtype, flop=flop)

    return [
        row(ONE_STEP, "µs per call", _wildwire_step, _jax_step),
        row(RUN_STEPS, "µs per step", _wildwire_run, _jax_run),
    ]


def rows() -> list[Row]:
    """Training, then streams, in both types."""
    found = [_training(workload, dtype) for workload in SEQUENCES for dtype in DTYPES]
    return found + [row for dtype in DTYPES for row in _streams(dtype)]
