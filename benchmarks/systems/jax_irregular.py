"""An irregular wiring in JAX, in three forms.

Comes in: jax, a wiring, a type. Goes out: parameters and a function of parameters and inputs. Called by
`jax_system.py`, which measures all three.

- `unrolled`: one gather and one product per level, unrolled in the jitted function. Compiles for half a minute.
- `scan`: all levels padded to one width and one number of sources; a scan over them. Compiles at once.
- `dense`: the same scan with masked dense matrices over all nodes instead of gathers.
"""

import numpy as np

from benchmarks.irregular import levels


def unrolled(jax, wiring, dtype):
    """One gather and product per level."""
    jnp = jax.numpy
    found, outputs = levels(wiring)
    parameters = [
        (jnp.asarray(level.weight, dtype), jnp.zeros(len(level.active), dtype))
        for level in found
    ]
    # Padding must stay 0 under training: the mask is part of the product.
    masks = [
        None if level.mask.all() else jnp.asarray(level.mask, dtype) for level in found
    ]

    def predict(parameters, x):
        values = x
        for level, mask, (weight, bias) in zip(found, masks, parameters, strict=True):
            weight = weight if mask is None else weight * mask
            z = (values[:, level.index] * weight).sum(-1) + bias
            y = jnp.where(level.active, jnp.tanh(z), z)
            values = jnp.concatenate((values, y), 1)
        return values[:, outputs]

    return parameters, predict


def _padded(wiring):
    """Index, mask, weight, active as (levels, neurons, sources), and the outputs' places."""
    found, outputs = levels(wiring)
    wide = max(len(level.active) for level in found)
    deep = max(level.index.shape[1] for level in found)
    shape = (len(found), wide, deep)
    index, mask, weight = np.zeros(shape, int), np.zeros(shape), np.zeros(shape)
    active = np.zeros((len(found), wide), bool)
    place = list(range(wiring.n_inputs))
    for number, level in enumerate(found):
        n, k = level.index.shape
        index[number, :n, :k] = np.asarray(place)[level.index]
        mask[number, :n, :k], weight[number, :n, :k] = level.mask, level.weight
        active[number, :n] = level.active
        first = wiring.n_inputs + number * wide
        place.extend(range(first, first + n))
    return index, mask, weight, active, np.asarray(place)[outputs]


def _scanned(jax, wiring, dtype, tables, sums):
    """A scan over equal levels; `sums(values, table, weight)` gives (neurons, samples)."""
    jnp = jax.numpy
    weight, active, outputs = tables.pop("weight"), tables.pop("active"), None
    outputs = tables.pop("outputs")
    count, wide = active.shape
    rows = wiring.n_inputs + count * wide
    first = wiring.n_inputs + wide * np.arange(count)
    constant = {name: jnp.asarray(table) for name, table in tables.items()}
    parameters = (jnp.asarray(weight, dtype), jnp.zeros(active.shape, dtype))

    def predict(parameters, x):
        values = jnp.zeros((rows, x.shape[0]), x.dtype)
        values = values.at[: wiring.n_inputs].set(x.T)

        def level(values, now):
            (weight, bias), constant, active, first = now
            z = sums(values, constant, weight) + bias[:, None]
            y = jnp.where(active[:, None], jnp.tanh(z), z)
            return jax.lax.dynamic_update_slice(values, y, (first, 0)), None

        each = (parameters, constant, jnp.asarray(active), jnp.asarray(first))
        values, _ = jax.lax.scan(level, values, each)
        return values[outputs].T

    return parameters, predict


def scan(jax, wiring, dtype):
    """Padded levels; sources are gathered."""
    index, mask, weight, active, outputs = _padded(wiring)
    tables = {
        "index": index, "mask": mask.astype(dtype), "weight": weight,
        "active": active, "outputs": outputs,
    }  # fmt: skip

    def sums(values, table, weight):
        gathered = values[table["index"]]
        return ((weight * table["mask"])[:, :, None] * gathered).sum(1)

    return _scanned(jax, wiring, dtype, tables, sums)


def dense(jax, wiring, dtype):
    """Padded levels; each is a masked matrix over all nodes."""
    index, mask, weight, active, outputs = _padded(wiring)
    count, wide, _ = index.shape
    shape = (count, wide, wiring.n_inputs + count * wide)
    full, there = np.zeros(shape), np.zeros(shape, dtype)
    level, neuron, source = np.nonzero(mask)
    at = level, neuron, index[level, neuron, source]
    full[at], there[at] = weight[level, neuron, source], 1
    tables = {"mask": there, "weight": full, "active": active, "outputs": outputs}
    return _scanned(
        jax, wiring, dtype, tables,
        lambda values, table, weight: (weight * table["mask"]) @ values,
    )  # fmt: skip


FORMS = {"unrolled": unrolled, "scan": scan, "dense": dense}
