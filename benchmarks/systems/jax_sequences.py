"""Networks with memory in JAX: `lax.scan` over the steps.

Comes in: jax, a wiring, a type. Goes out: parameters and a function of parameters and sequences (batch, steps,
inputs); or of one step, for streams. Called by `jax_system.py` and `rows/sequences.py`. All forms are measured, the
fastest counts.

- Elman: `step` does everything within the scan; `hoisted` has the products with inputs and for outputs outside of it,
  all steps at once; `five` is `step` with five steps unrolled.
- Irregular: `gather` collects the sources of a level's neurons, which all have equally many; `dense` has masked
  matrices, one for all past values and one for each level, masked once per gradient.

Tried and not kept, since slower or equal: samples first, more steps unrolled, gathered links of the present beside
dense ones of the past, the gradient of weights by hand from the slopes of all steps at once.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.recurrent import Elman, links, matrices


class Form(NamedTuple):
    """A way to write a network with memory.

    Attributes
    ----------
    parameters : tree of arrays
    prepare : callable
        Parameters -> what the steps read; once per gradient.
    start : callable
        Number of sequences -> state before the first step.
    step : callable
        Prepared, state, inputs (n_inputs, sequences) -> state, outputs (n_outputs, sequences).
    before, after : callable or None
        Prepared, all inputs (steps, n_inputs, sequences) -> what the steps read instead; the same for outputs.
    unroll : int
    """

    parameters: Any
    prepare: Callable
    start: Callable
    step: Callable
    before: Callable | None = None
    after: Callable | None = None
    unroll: int = 1


def form_of(jax, wiring, dtype, form) -> Form:
    """The form by its name."""
    makers = ELMAN if isinstance(wiring, Elman) else IRREGULAR
    return makers[form](jax, wiring, dtype)


def model_of(jax, wiring, dtype, form):
    """Parameters, and a function of parameters and sequences."""
    made = form_of(jax, wiring, dtype, form)
    jnp = jax.numpy

    def predict(parameters, x):
        ready = made.prepare(parameters)
        x = jnp.transpose(x, (1, 2, 0))
        if made.before:
            x = made.before(ready, x)
        _, y = jax.lax.scan(
            lambda state, now: made.step(ready, state, now),
            made.start(x.shape[2]), x, unroll=made.unroll,
        )  # fmt: skip
        if made.after:
            y = made.after(ready, y)
        return jnp.transpose(y, (2, 0, 1))

    return made.parameters, predict


def _elman(jax, wiring, dtype, unroll=1) -> Form:
    jnp = jax.numpy
    weights = [jnp.asarray(weight.T, dtype) for weight in wiring.start()]
    biases = [jnp.zeros((n, 1), dtype) for n in (wiring.n_hidden, wiring.n_outputs)]

    def step(ready, state, x):
        (of_x, of_h, of_y), (bias, bias_y) = ready
        state = jnp.tanh(of_x @ x + of_h @ state + bias)
        return state, of_y @ state + bias_y

    return Form(
        (weights, biases), lambda parameters: parameters,
        lambda count: jnp.zeros((wiring.n_hidden, count), dtype), step, unroll=unroll,
    )  # fmt: skip


def _hoisted(jax, wiring, dtype) -> Form:
    jnp = jax.numpy

    def before(ready, x):
        return jnp.einsum("hi,tib->thb", ready[0][0], x) + ready[1][0]

    def step(ready, state, z):
        state = jnp.tanh(z + ready[0][1] @ state)
        return state, state

    def after(ready, h):
        return jnp.einsum("oh,thb->tob", ready[0][2], h) + ready[1][1]

    form = _elman(jax, wiring, dtype)
    return form._replace(before=before, step=step, after=after)


def _in_levels(jax, wiring, dtype, parameters, prepare, z_of) -> Form:
    """Levels one after another; the state is the values of the last steps, newest first.

    `z_of(ready, state, x)` gives what depends on the past and on inputs, and a function of level and values that
    gives its z.
    """
    jnp = jax.numpy
    n, edges, n_outputs = wiring.n_neurons, wiring.edges, wiring.n_outputs

    def step(ready, state, x):
        level_z, values = z_of(ready, state, x)
        for level in range(wiring.levels):
            z = level_z(slice(edges[level], edges[level + 1]), values)
            y = jnp.tanh(z)
            if level == wiring.levels - 1:
                y = jnp.concatenate((y[:-n_outputs], z[-n_outputs:]))
            values = jnp.concatenate((values, y))
        now = values[-n:]
        return jnp.concatenate((now, state[:-n])), now[-n_outputs:]

    def start(count):
        return jnp.zeros((wiring.reach * n, count), dtype)

    return Form(parameters, prepare, start, step)


def _gather(jax, wiring, dtype) -> Form:
    jnp = jax.numpy
    found, n, fan_in = links(wiring), wiring.n_neurons, wiring.fan_in
    late = (found.delay - 1) * n + found.source - wiring.n_inputs
    index = np.where(found.delay > 0, late, wiring.reach * n + found.source)
    index = jnp.asarray(index.reshape(n, fan_in))
    weight = jnp.asarray(found.weight.reshape(n, fan_in, 1), dtype)

    def z_of(ready, state, x):
        def level_z(rows, values):
            gathered = values[index[rows]]
            return (ready[0][rows] * gathered).sum(1) + ready[1][rows]

        return level_z, jnp.concatenate((state, x))

    parameters = weight, jnp.zeros((n, 1), dtype)
    return _in_levels(jax, wiring, dtype, parameters, lambda p: p, z_of)


def _dense(jax, wiring, dtype) -> Form:
    jnp = jax.numpy
    weight, mask = (jnp.asarray(table, dtype) for table in matrices(wiring))
    n_inputs, n = wiring.n_inputs, wiring.n_neurons

    def prepare(parameters):
        weight = parameters[0] * mask
        return weight[:, : n_inputs + n], weight[:, n_inputs + n :], parameters[1]

    def z_of(ready, state, x):
        now, past, bias = ready
        z = past @ state + bias

        def level_z(rows, values):
            return z[rows] + now[rows, : len(values)] @ values

        return level_z, x

    parameters = weight, jnp.zeros((n, 1), dtype)
    return _in_levels(jax, wiring, dtype, parameters, prepare, z_of)


def _five(jax, wiring, dtype) -> Form:
    return _elman(jax, wiring, dtype, unroll=5)


ELMAN = {"step": _elman, "hoisted": _hoisted, "five": _five}
IRREGULAR = {"gather": _gather, "dense": _dense}
