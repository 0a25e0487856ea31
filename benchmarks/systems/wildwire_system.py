"""Wildwire: whole epochs in one kernel call, the wiring as data."""

import numpy as np

from benchmarks.irregular import links
from benchmarks.measure import Prepared, Unavailable
from benchmarks.recurrent import Elman, elman_links
from benchmarks.recurrent import links as links_with_memory
from benchmarks.systems import steps
from benchmarks.workloads import data


def network_of(workload):
    """The workload's network."""
    from wildwire import wiring
    from wildwire.network import Network

    if workload.sizes:
        return wiring.layered(
            *workload.sizes,
            activation=workload.hidden,
            output_activation=workload.output,
        )
    if workload.steps:
        return network_with_memory(workload.wiring)
    source, target = links(workload.wiring)
    n, n_outputs = workload.n_neurons, workload.n_outputs
    activation = ["tanh"] * (n - n_outputs) + ["identity"] * n_outputs
    return Network.from_arrays(
        workload.n_inputs, source, target,
        neurons=n, outputs=range(n - n_outputs, n), activation=activation,
    )  # fmt: skip


def network_with_memory(wiring):
    """The network of a wiring with delays, with the start values that all systems have."""
    from wildwire.network import Network

    found = elman_links if isinstance(wiring, Elman) else links_with_memory
    source, target, delay, weight = found(wiring)
    n, n_outputs = wiring.n_neurons, wiring.n_outputs
    return Network.from_arrays(
        wiring.n_inputs, source, target, neurons=n, outputs=range(n - n_outputs, n),
        activation=["tanh"] * (n - n_outputs) + ["identity"] * n_outputs, delay=delay,
        weight=weight, bias=np.zeros(n),
    )  # fmt: skip


def session_of(workload, dtype, network=None, **more):
    """A session with the workload's data, and theta loaded."""
    from wildwire.engine.session import Session

    network = network or network_of(workload)
    X, Y = data(workload)
    try:
        session = Session(
            network, X, Y, loss="squared", batch=workload.batch, dtype=dtype, **more
        )
    except TypeError:
        if "threads" not in more:
            raise
        raise Unavailable("this version's Session has no threads") from None
    session.load(network.initial(seed=0))
    return session


def row_bytes(session, workload) -> int:
    """Bytes of a row of the value table: what one link reads per tile."""
    return min(session.tile, workload.batch) * session.dtype.itemsize


def training(workload, dtype, **more) -> Prepared:
    """An epoch in steps."""
    session = session_of(workload, dtype, **more)
    return Prepared(
        epoch_of(session, workload, dtype), steps(workload),
        facts={"row_bytes": row_bytes(session, workload)},
    )  # fmt: skip


def epoch_of(session, workload, dtype):
    """A function that trains one epoch."""
    from wildwire.learning import learners
    from wildwire.learning.update_rules import rule_address

    learner = learners.Adam(rate=0.001)
    rule = rule_address(learner.rule, dtype)
    state = np.zeros((learner.n_state, session.vector_size), dtype)
    numbers = np.asarray(learner.numbers)
    rates = np.full(session.n_batches, 0.001)
    rng = np.random.default_rng(2)
    step = 1

    def epoch():
        nonlocal step
        order = rng.permutation(workload.rows)
        report = session.steps(rule, state, numbers, rates, order, 0, step)
        step += session.n_batches
        assert report.status == 0

    return epoch


def forward(workload, dtype) -> Prepared:
    """All samples in one call of `run`, which makes tiles of its own."""
    import wildwire

    network = network_of(workload)
    theta = network.initial(seed=0)
    X = data(workload)[0].astype(dtype)
    session = session_of(workload, dtype, network)
    return Prepared(
        lambda: wildwire.run(network, theta, X, dtype=dtype), steps(workload),
        facts={"row_bytes": row_bytes(session, workload)},
    )  # fmt: skip
