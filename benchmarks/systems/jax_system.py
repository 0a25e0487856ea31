"""JAX: a whole epoch in one jitted `lax.scan`, optax's Adam.

The irregular wiring: one gather and one product per level of neurons, unrolled in the jitted
function.
"""

import numpy as np

from benchmarks.systems.torch_system import levels_of
from benchmarks.workloads import data, irregular_links


def make(workload, dtype):
    """A function that trains one epoch."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    X, Y = (jnp.asarray(array, dtype) for array in data(workload))
    rng = np.random.default_rng(0)
    if workload.sizes:
        parameters, predict = _layers(jax, jnp, workload, rng, dtype)
    else:
        parameters, predict = _irregular(jnp, rng, dtype)
    optimiser = optax.adam(0.001)
    state = optimiser.init(parameters)
    batches = len(X) // workload.batch

    def loss(parameters, x, y):
        error = predict(parameters, x) - y
        return (error * error).sum(axis=1).mean() / 2

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

    return epoch


def _layers(jax, jnp, workload, rng, dtype):
    functions = {
        "tanh": jnp.tanh,
        "logistic": jax.nn.sigmoid,
        "identity": lambda z: z,
    }
    pairs = list(zip(workload.sizes, workload.sizes[1:], strict=False))
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


def _irregular(jnp, rng, dtype):
    source, target = irregular_links()
    n_inputs = 20
    neurons = int(target.max()) + 1
    levels = levels_of(source, target, n_inputs)
    order = np.concatenate([np.asarray(level) for level in levels])
    place = n_inputs + np.argsort(order)
    renumber = np.concatenate((np.arange(n_inputs), place))
    indices, parameters, activated = [], [], []
    for level in levels:
        links = [np.flatnonzero(target == t) for t in level]
        width = max(len(link) for link in links)
        index = np.zeros((len(level), width), np.int64)
        weight = np.zeros((len(level), width))
        for i, link in enumerate(links):
            index[i, : len(link)] = renumber[source[link]]
            weight[i, : len(link)] = rng.normal(size=len(link)) / 4
        indices.append(index)
        parameters.append((jnp.asarray(weight, dtype), jnp.zeros(len(level), dtype)))
        activated.append(np.asarray([t < neurons - 2 for t in level]))
    outputs = place[-2:]

    def predict(parameters, x):
        values = x
        for index, (weight, bias), active in zip(
            indices, parameters, activated, strict=True
        ):
            z = (values[:, index] * weight).sum(-1) + bias
            values = jnp.concatenate((values, jnp.where(active, jnp.tanh(z), z)), 1)
        return values[:, outputs]

    return parameters, predict
