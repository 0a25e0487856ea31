"""Neurons whose transfer is not linear: z from their links, and the way back to sources and numbers.

Comes in: a neuron of the plan's table of transfers and the work array. Goes out: its row of z, which its
activation then reads as that of any neuron; or its share of the deltas of its sources and of the gradient.
Compiled only for programs that have one, and called by address; the signature is that of `parts.py`. The
kernels of the transfers themselves (docs/design/transfers.md) stand behind all other addresses.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine.blas import INNER
from wildwire.engine.forward import expression_rows
from wildwire.engine.parts import ANY, N_PARTS, VALUES
from wildwire.engine.pointers import longs_from
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INNER)
def _bias_at(plan, t):
    """Place of the bias among the neuron's weights; -1 where it has none."""
    links = np.int64(plan[t + 1])
    return links if plan[t + 6] > links else np.int64(-1)


@cached_njit(**INNER)
def _address(plan, t):
    """Where the addresses of the transfer's two kernels stand."""
    return 3 * np.int64(plan[p.FUNCTIONS]) + N_PARTS + 2 * np.int64(plan[t + 2])


@cached_njit(**INNER)
def _values(plan, addresses, t, weights, work, z, columns, guards):
    first = expression_rows(plan, columns)
    calls.call_transfer_values(
        addresses[_address(plan, t)],
        work, plan, np.int64(plan[p.SOURCES] + plan[t + 4]), weights,
        np.int64(plan[t + 5]), np.int64(plan[t + 3]), guards, np.int64(plan[t]),
        np.int64(plan[t + 1]), _bias_at(plan, t), columns, z + np.int64(plan[t]) * columns,
        first + np.int64(plan[t + 7]) * columns,
    )  # fmt: skip


@cached_njit(**INNER)
def _deltas(plan, addresses, t, weights, work, gradient, d, columns, to_inputs):
    first = expression_rows(plan, columns)
    calls.call_transfer_deltas(
        addresses[_address(plan, t) + 1],
        work, plan, np.int64(plan[p.SOURCES] + plan[t + 4]), weights,
        np.int64(plan[t + 5]), np.int64(plan[t + 3]), gradient, np.int64(plan[t + 1]),
        _bias_at(plan, t), columns, d + np.int64(plan[t]) * columns, d,
        first + np.int64(plan[t + 7]) * columns,
        first + np.int64(plan[p.SHARED_ROW]) * columns,
        np.int64(1) if to_inputs else np.int64(1 + plan[p.INPUTS]),
    )  # fmt: skip


def transfer_kernel(
    plan_, addresses_, which, t, weights_, work_, gradient_, d, columns, start
):
    """One part of a pass for the neuron at place `t` of the plan; see `parts.py`.

    `start` is the address of the guards' counts, or says whether the deltas of inputs are wanted.
    """
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    addresses, weights = carray(addresses_, ANY), carray(weights_, ANY)
    if which == VALUES:
        guards = carray(longs_from(start), ANY)
        _values(plan, addresses, t, weights, work, d, columns, guards)
    else:
        _deltas(
            plan, addresses, t, weights, work, carray(gradient_, ANY), d, columns, start
        )
