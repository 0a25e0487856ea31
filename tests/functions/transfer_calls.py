"""Calls the kernels of a transfer for one neuron, as the engine does, with arrays laid out here."""

import ctypes

import numpy as np

from wildwire.functions import native
from wildwire.functions.transfer_kernel import scratch_rows

POINTER, WHOLE = ctypes.c_void_p, ctypes.c_int64


def call_kernels(transfer, X, weights, numbers, bias, delta, first_row=0):
    """z, shares of the sources, gradients of the weights (bias last) and of the numbers, guards.

    `X` is (links, samples), of the type of the kernels; `delta` is dE/dz.
    """
    links, columns = X.shape
    kept, shared, per_link = scratch_rows(transfer)
    z, delta_row = 2 * links, 2 * links + 1
    scratch = delta_row + 1
    work = np.zeros((scratch + kept + shared + per_link * links, columns), X.dtype)
    work[:links] = X
    weights = np.array([*weights, bias], X.dtype)
    numbers = np.array([*numbers, 0], X.dtype)
    sources, guards = np.arange(links, dtype=np.int32), np.zeros(1, np.int64)
    bias_at = links if transfer.has_bias else -1
    values, deltas = native.transfer_addresses(transfer, X.dtype)
    ctypes.CFUNCTYPE(None, *[POINTER] * 5, *[WHOLE] * 5)(values)(
        work.ctypes.data, sources.ctypes.data, weights.ctypes.data, numbers.ctypes.data,
        guards.ctypes.data, links, bias_at, columns, z * columns, scratch * columns,
    )  # fmt: skip
    work[delta_row] = delta
    by_weight, by_number = np.zeros_like(weights), np.zeros_like(numbers)
    ctypes.CFUNCTYPE(None, *[POINTER] * 6, *[WHOLE] * 8)(deltas)(
        work.ctypes.data, sources.ctypes.data, weights.ctypes.data, numbers.ctypes.data,
        by_weight.ctypes.data, by_number.ctypes.data, links, bias_at, columns,
        delta_row * columns, links * columns, scratch * columns,
        (scratch + kept) * columns, first_row,
    )  # fmt: skip
    own = links + (1 if transfer.has_bias else 0)
    shares = work[links : 2 * links]
    return work[z], shares, by_weight[:own], by_number[:-1], int(guards[0])
