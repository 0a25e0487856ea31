"""Parts of a pass that not every program needs, each compiled when the first program needs it.

One signature for all of them, called by `calls.call_part`:

    void part(int32 *plan, int64 *addresses, int64 which, int64 at, T *weights, T *work, T *gradient,
              int64 offset, int64 columns, int64 start)

`which` says what is wanted of the block, run, row or head at place `at` of the plan; `offset` is that of the table
of deltas (z before backward; for the values of an expression the address of the guards' counts, which for those of a
transfer is `start`). BLAS, softmax heads, expressions and transfers are such parts: most programs need none.
"""

ANY = (2**40,)  # a pointer has no length; kernels never ask for it

SUMS, GRADIENT, PUSH = range(3)  # blas.py
VALUES, CROSS_ENTROPY, HEAD_DELTAS = range(
    3
)  # heads.py; expressions.py, transfers.py: VALUES, DELTAS
DELTAS = 1

# Where the addresses stand, behind those of the functions.
# With sequences, FORWARD, LOSS and BACKWARD are those of `sequence_kernels.py`, which call those of one step. Where a
# network settles, these (or FORWARD and BACKWARD) are those of `settle_kernels.py`, which call those of one sweep.
PRODUCT, FORWARD, LOSS, BACKWARD, WIDE, HEADS, EXPRESSIONS, TRANSFERS = range(8)
STEP_FORWARD, STEP_LOSS, STEP_BACKWARD = 8, 9, 10
SWEEP_FORWARD, SWEEP_BACKWARD = 11, 12  # of a network that settles
N_PARTS = 13

# How far back a call of BACKWARD goes: to the weights, to the inputs (from deltas that are set already), or as a
# step of a sequence, whose deltas later steps have begun.
TO_WEIGHTS, TO_INPUTS, OF_SEQUENCE = 0, 1, 2
