"""JAX: a whole epoch in one jitted `lax.scan`, optax's Adam.

Layers are products. An irregular wiring has three forms (`jax_irregular.py`), a network with memory two or three
(`jax_sequences.py`), of which the fastest counts.
"""

from functools import cache
from itertools import pairwise

import numpy as np

from benchmarks.measure import Prepared, Unavailable
from benchmarks.systems import jax_irregular, jax_sequences, steps
from benchmarks.workloads import data


@cache
def library():
    """JAX with float64 switched on, on the processor."""
    try:
        import jax
        import optax
    except ImportError as error:
        raise Unavailable(f"not installed ({error.name})") from None
    jax.config.update("jax_enable_x64", True)
    return jax, optax


def model_of(workload, dtype, form=""):
    """Parameters, and a function of parameters and inputs."""
    jax, _ = library()
    if workload.sizes:
        return _layers(jax, workload, np.random.default_rng(0), dtype)
    if workload.steps:
        return jax_sequences.model_of(jax, workload.wiring, dtype, form)
    return jax_irregular.FORMS[form](jax, workload.wiring, dtype)


def training(workload, dtype, form="") -> Prepared:
    """An epoch in steps."""
    jax, optax = library()
    jnp = jax.numpy
    X, Y = (jnp.asarray(array, dtype) for array in data(workload))
    parameters, predict = model_of(workload, dtype, form)
    optimiser = optax.adam(0.001)
    state = optimiser.init(parameters)
    batches = len(X) // workload.batch

    def loss(parameters, x, y):
        error = predict(parameters, x) - y
        return (error * error).sum(axis=-1).mean() / 2

    def step(carry, rows):
        parameters, state = carry
        gradient = jax.grad(loss)(parameters, X[rows], Y[rows])
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(parameters, updates), state), None

    @jax.jit
    def run(parameters, state, order):
        carry, _ = jax.lax.scan(step, (parameters, state), order)
        return carry

    shuffle = np.random.default_rng(2)

    def epoch():
        nonlocal parameters, state
        order = shuffle.permutation(len(X))[: batches * workload.batch]
        order = jnp.asarray(order.reshape(batches, workload.batch))
        parameters, state = run(parameters, state, order)
        jax.block_until_ready(parameters)

    return Prepared(epoch, batches)


def forward(workload, dtype, form="") -> Prepared:
    """All samples, batch by batch, in one jitted call."""
    jax, _ = library()
    X = jax.numpy.asarray(data(workload)[0], dtype)
    X = X.reshape(-1, workload.batch, workload.n_inputs)
    parameters, predict = model_of(workload, dtype, form)
    run = jax.jit(lambda p, X: jax.lax.map(lambda x: predict(p, x), X))
    return Prepared(lambda: jax.block_until_ready(run(parameters, X)), steps(workload))


def _layers(jax, workload, rng, dtype):
    jnp = jax.numpy
    functions = {
        "tanh": jnp.tanh,
        "logistic": jax.nn.sigmoid,
        "identity": lambda z: z,
    }
    pairs = list(pairwise(workload.sizes))
    parameters = [
        (
            jnp.asarray(rng.normal(size=pair) / np.sqrt(pair[0]), dtype),
            jnp.zeros(pair[1], dtype),
        )
        for pair in pairs
    ]

    def predict(parameters, x):
        for i, (weight, bias) in enumerate(parameters):
            name = workload.output if i == len(pairs) - 1 else workload.hidden
            x = functions[name](x @ weight + bias)
        return x

    return parameters, predict
