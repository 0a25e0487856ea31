"""The three kernels of a tile as C functions, called by their addresses.

Comes in: pointers. Goes out: work arrays, totals and gradients filled. Called from the loops of
`steps.py` and `passes.py`.

By address for two reasons: each is compiled once instead of into every loop that uses it (a third
of the cold start), and arrays made from pointers are not reference-counted, which costs more than a
small network's arithmetic.
"""

import numpy as np
from numba import carray, types

from wildwire.engine.backward import backward, clear_deltas
from wildwire.engine.blas import is_needed, product_address, wide_kernel
from wildwire.engine.dropout import forward_dropped
from wildwire.engine.expressions import expression_kernel
from wildwire.engine.forward import forward
from wildwire.engine.heads import head_kernel
from wildwire.engine.losses import load_rows, load_targets, loss_deltas, loss_values
from wildwire.engine.parts import (
    ANY,
    BACKWARD,
    EXPRESSIONS,
    FORWARD,
    HEADS,
    LOSS,
    N_PARTS,
    PRODUCT,
    STEP_BACKWARD,
    STEP_FORWARD,
    STEP_LOSS,
    SWEEP_BACKWARD,
    SWEEP_FORWARD,
    TO_INPUTS,
    TO_WEIGHTS,
    TRANSFERS,
    WIDE,
)
from wildwire.engine.sequence_kernels import (
    backward_sequence,
    forward_sequence,
    loss_sequence,
)
from wildwire.engine.settle_kernels import backward_settled, forward_settled
from wildwire.engine.single import backward_single, forward_single, loss_single
from wildwire.engine.transfers import transfer_kernel
from wildwire.functions.native import compile_address
from wildwire.program import plan as p

SEQUENCE = {FORWARD: forward_sequence, LOSS: loss_sequence, BACKWARD: backward_sequence}
SETTLED = {FORWARD: forward_settled, BACKWARD: backward_settled}
SWEEP_OF = {FORWARD: SWEEP_FORWARD, BACKWARD: SWEEP_BACKWARD}
STEP_OF = {FORWARD: STEP_FORWARD, LOSS: STEP_LOSS, BACKWARD: STEP_BACKWARD}


def forward_kernel(
    plan_, addresses_, level, weights_, work_, guards_, X_, order_, start, real, columns
):
    """Load `real` samples from number `start` of the order on, and evaluate them."""
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    load_rows(plan, carray(X_, ANY), carray(order_, ANY), start, real, work, columns)
    forward(
        plan, carray(addresses_, ANY), level, carray(weights_, ANY), work,
        carray(guards_, ANY), columns,
    )  # fmt: skip


def loss_kernel(
    plan_, addresses_, kind, forms_, fused_, parameters_, width, scale_, factor_,
    totals_, work_, guards_, Y_, weight_, weight_width, order_, start, real, columns,
):  # fmt: skip
    """Values and slopes of the loss of a tile, added to the totals."""
    plan, work, totals = carray(plan_, ANY), carray(work_, ANY), carray(totals_, ANY)
    totals[plan[p.OUTPUTS]] += load_targets(
        plan, carray(Y_, ANY), carray(weight_, ANY), weight_width, carray(order_, ANY),
        start, real, work, columns,
    )  # fmt: skip
    loss_values(
        plan, carray(addresses_, ANY), kind, carray(forms_, ANY), carray(fused_, ANY),
        carray(parameters_, ANY), width, carray(scale_, ANY), carray(factor_, ANY),
        totals, work, carray(guards_, ANY), columns,
    )  # fmt: skip


def backward_kernel(
    plan_, addresses_, weights_, work_, gradient_, sums_, fused_, kind, columns,
    to_inputs,
):  # fmt: skip
    """Deltas and gradient of a tile; `to_inputs` is one of TO_WEIGHTS, TO_INPUTS, OF_SEQUENCE."""
    plan, work, fused = carray(plan_, ANY), carray(work_, ANY), carray(fused_, ANY)
    addresses = carray(addresses_, ANY)
    if to_inputs == TO_WEIGHTS:
        clear_deltas(plan, work, columns, False)
    if to_inputs != TO_INPUTS:
        loss_deltas(plan, addresses, fused, work, columns)
    backward(
        plan, addresses, carray(weights_, ANY), work,
        carray(gradient_, ANY), carray(sums_, ANY), fused, columns,
        np.int64(to_inputs == TO_INPUTS),
    )  # fmt: skip


def kernel_addresses(program, dtype, tile, has_steps=False) -> np.ndarray:
    """Addresses of what a program needs, in the order of `parts.py`; 0 for the rest.

    With `has_steps` samples are sequences: the kernels of a step are called by those of `sequence_kernels.py`.
    """
    real = types.CPointer(types.float32 if dtype.itemsize == 4 else types.float64)
    index, plan, flags = (
        types.CPointer(kind) for kind in (types.int64, types.int32, types.int8)
    )
    exact, whole = types.CPointer(types.float64), types.int64
    found = np.zeros(N_PARTS, np.int64)
    single = tile == 1
    kernels = {
        FORWARD: forward_single if single else forward_kernel,
        LOSS: loss_single if single else loss_kernel,
        BACKWARD: backward_single if single else backward_kernel,
    }
    if program.plan[p.DROPS]:
        kernels[FORWARD] = forward_dropped
    signatures = {
        FORWARD: types.void(
            plan, index, whole, real, real, index, real, index, whole, whole, whole
        ),
        LOSS: types.void(
            plan, index, whole, index, flags, real, whole, real, real, exact, real,
            index, real, real, whole, index, whole, whole, whole,
        ),
        BACKWARD: types.void(
            plan, index, real, real, real, real, flags, whole, whole, whole
        ),
    }  # fmt: skip
    for place, signature in signatures.items():
        address = found[place] = compile_address(kernels[place], signature)
        if program.plan[p.GUESSES] and place in SETTLED:
            found[SWEEP_OF[place]] = address
            address = found[place] = compile_address(SETTLED[place], signature)
        if has_steps:
            found[STEP_OF[place]] = address
            found[place] = compile_address(SEQUENCE[place], signature)
    part = types.void(plan, index, whole, whole, real, real, real, whole, whole, whole)
    if is_needed(program, tile):
        found[PRODUCT] = product_address(dtype)
        found[WIDE] = compile_address(wide_kernel, part)
    if program.plan[p.EXPRESSIONS]:
        found[EXPRESSIONS] = compile_address(expression_kernel, part)
    if program.plan[p.TRANSFERS]:
        found[TRANSFERS] = compile_address(transfer_kernel, part)
    if program.plan[p.HEADS]:
        found[HEADS] = compile_address(head_kernel, part)
    return found
