"""Wildwire: whole epochs in one kernel call, the wiring as data."""

import numpy as np

from benchmarks.workloads import (
    IRREGULAR_INPUTS,
    IRREGULAR_NEURONS,
    data,
    irregular_links,
)


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
    source, target = irregular_links()
    names = [f"n{i}" for i in range(IRREGULAR_NEURONS)]
    activation = ["tanh"] * (IRREGULAR_NEURONS - 2) + ["identity"] * 2
    return Network.from_arrays(
        [f"x{i}" for i in range(IRREGULAR_INPUTS)],
        source,
        target,
        neurons=names,
        outputs=names[-2:],
        activation=activation,
    )


def make(workload, dtype):
    """A function that trains one epoch."""
    from wildwire.engine.session import Session
    from wildwire.learning import learners
    from wildwire.learning.update_rules import rule_address

    network = network_of(workload)
    X, Y = data(workload)
    session = Session(network, X, Y, loss="squared", batch=workload.batch, dtype=dtype)
    session.load(network.initial(seed=0))
    learner = learners.Adam(rate=0.001)
    rule = rule_address(learner.rule, dtype)
    state = np.zeros((learner.n_state, session.vector_size), dtype)
    numbers = np.asarray(learner.numbers)
    rates = np.full(session.n_batches, 0.001)
    rng = np.random.default_rng(2)
    step = 1

    def epoch():
        nonlocal step
        order = rng.permutation(len(X))
        report = session.steps(rule, state, numbers, rates, order, 0, step)
        step += session.n_batches
        assert report.status == 0

    return epoch
