"""Wide dense blocks through BLAS, called by address from inside the kernels.

Comes in: a block of the plan and the work array. Goes out: the same sums that `forward.py` and
`backward.py` form, by matrix products. Only blocks where that beats the register tiles by more than
1.3 come here (`is_wide`): packing pays late. Always on one thread (`one_thread`), since the bits of
a product depend on the number of threads.

A table of `rows x columns` is, for BLAS, a column-major matrix `columns x rows`; a block's weights
`sources x neurons` are `neurons x sources`.
"""

import contextlib
import functools

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic

from wildwire.engine.emitter import TALL, wide
from wildwire.engine.parts import ANY, GRADIENT, PRODUCT, SUMS
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

# Measured, float32. Zen 3 (256 bits): 785 x 128 x 64 takes tiles 245 and OpenBLAS 151 microseconds,
# 65 x 64 x 32 takes 3.7 and 4.5. Sapphire Rapids (512 bits): tiles are ahead by 1.2 at 785 x 128, level
# at 785 x 300, and behind by 1.2 at 1000 x 1000.
WIDE_WEIGHTS = 2**18 if TALL else 2**14
WIDE_NEURONS = 16
WIDE_COLUMNS = 16

KERNEL = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
# Called from other kernels only: no wrappers for Python and C, half of the compile time.
INNER = {**KERNEL, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# Called once per block or row: a call passes every array as seven numbers.
INLINE = {**INNER, "forceinline": True}
# Called from one place: its code is put there before types are inferred, and compiled once.
MERGED = {**INNER, "inline": "always"}


def product_address(dtype) -> int:
    """Address of BLAS's matrix product for a type, from SciPy."""
    from numba.extending import get_cython_function_address

    name = "sgemm" if np.dtype(dtype).itemsize == 4 else "dgemm"
    return get_cython_function_address("scipy.linalg.cython_blas", name)


@functools.lru_cache(maxsize=1)
def _controller():
    import scipy.linalg  # noqa: F401 -- its library is to be found, too
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def is_needed(program, tile) -> bool:
    """Whether a program with tiles of this width has blocks for BLAS."""
    return tile >= WIDE_COLUMNS and any_wide(program.plan)


def one_thread(needed):
    """Context in which BLAS runs on one thread, if it runs at all."""
    if not needed:
        return contextlib.nullcontext()
    return _controller().limit(limits=1, user_api="blas")


def linear_algebra_on_one_thread():
    """Context in which NumPy's and SciPy's linear algebra run on one thread: the same bits on any number of cores."""
    return _controller().limit(limits=1, user_api="blas")


@intrinsic
def _product(
    typingctx, address, left_mode, right_mode, m, n, k,
    a, a_offset, lda, b, b_offset, ldb, beta, c, c_offset, ldc,
):  # fmt: skip
    """`C = op(A) op(B) + beta C`, column-major; modes are the codes of N and T."""
    signature = types.void(
        *wide((address, left_mode, right_mode, m, n, k, a, a_offset, lda,
                b, b_offset, ldb, beta, c, c_offset, ldc))
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        scalar = context.get_value_type(a.dtype)

        def cell(value, kind):
            place = cgutils.alloca_once(builder, kind)
            if isinstance(value.type, ir.IntType) and value.type != kind:
                value = builder.trunc(value, kind)
            builder.store(value, place)
            return place

        def data(index):
            array = context.make_array(sig.args[index])(context, builder, args[index])
            return builder.gep(array.data, [args[index + 1]])

        byte, integer = ir.IntType(8), ir.IntType(32)
        one = cell(ir.Constant(scalar, 1.0), scalar)
        weight = builder.sitofp(args[12], scalar)
        arguments = [
            cell(args[1], byte), cell(args[2], byte),
            cell(args[3], integer), cell(args[4], integer), cell(args[5], integer),
            one, data(6), cell(args[8], integer), data(9), cell(args[11], integer),
            cell(weight, scalar), data(13), cell(args[15], integer),
        ]  # fmt: skip
        kind = ir.FunctionType(ir.VoidType(), [x.type for x in arguments])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), arguments)

    return signature, codegen


PLAIN, TURNED = 78, 84  # "N", "T"


@cached_njit(**INLINE)
def is_wide(plan, b, columns):
    """Whether block b is large enough for BLAS."""
    return (
        columns >= WIDE_COLUMNS
        and plan[p.DELAYS] == 0  # its products begin at rows of the same step
        and plan[b + 1] >= WIDE_NEURONS
        and np.int64(plan[b + 1]) * plan[b + 3] >= WIDE_WEIGHTS
    )


def any_wide(plan) -> bool:
    """Whether any block of the plan is, with enough columns."""
    if plan[p.LINK_WEIGHTS] < WIDE_WEIGHTS or plan[p.DELAYS]:
        return False
    at = plan[p.BLOCK_TABLE]
    blocks = plan[at : at + plan[p.BLOCKS] * p.BLOCK_WIDTH].reshape(-1, p.BLOCK_WIDTH)
    neurons, sources = blocks[:, 1], blocks[:, 3].astype(np.int64)
    wide = (neurons >= WIDE_NEURONS) & (neurons * sources >= WIDE_WEIGHTS)
    return bool(wide.any())


@cached_njit(**INLINE)
def _stretch(plan, first, k, count):
    """How many sources from number k on stand in consecutive rows."""
    end = k + 1
    while end < count and plan[first + end] == plan[first + end - 1] + 1:
        end += 1
    return end - k


@cached_njit(**INNER)
def wide_sums(plan, b, address, weights, work, z, columns):
    """z of block b: one product for each stretch of consecutive source rows."""
    row, width, count = np.int64(plan[b]), np.int64(plan[b + 1]), plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], np.int64(plan[b + 4])
    k = 0
    while k < count:
        length = _stretch(plan, first, k, count)
        _product(
            address, PLAIN, TURNED, columns, width, length,
            work, np.int64(plan[first + k]) * columns, columns,
            weights, weight + k * width, width,
            0 if k == 0 else 1, work, z + row * columns, columns,
        )  # fmt: skip
        k += length


@cached_njit(**INNER)
def wide_gradient(plan, b, address, work, gradient, d, columns):
    """dE/dw of block b."""
    row, width, count = np.int64(plan[b]), np.int64(plan[b + 1]), plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], np.int64(plan[b + 4])
    k = 0
    while k < count:
        length = _stretch(plan, first, k, count)
        _product(
            address, TURNED, PLAIN, width, length, columns,
            work, d + row * columns, columns,
            work, np.int64(plan[first + k]) * columns, columns,
            1, gradient, weight + k * width, width,
        )  # fmt: skip
        k += length


@cached_njit(**INNER)
def wide_push(plan, b, address, weights, work, d, columns, start):
    """dE/do of the sources of block b from number `start` on."""
    row, width, count = np.int64(plan[b]), np.int64(plan[b + 1]), plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], np.int64(plan[b + 4])
    k = start
    while k < count:
        length = _stretch(plan, first, k, count)
        _product(
            address, PLAIN, PLAIN, columns, length, width,
            work, d + row * columns, columns,
            weights, weight + k * width, width,
            1, work, d + np.int64(plan[first + k]) * columns, columns,
        )  # fmt: skip
        k += length


def wide_kernel(
    plan_, addresses_, which, at, weights_, work_, gradient_, d, columns, start
):
    """One part of a pass for the wide block at place `at`; see `parts.py`."""
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    weights, gradient = carray(weights_, ANY), carray(gradient_, ANY)
    address = carray(addresses_, ANY)[3 * plan[p.FUNCTIONS] + PRODUCT]
    if which == SUMS:
        wide_sums(plan, at, address, weights, work, d, columns)
    elif which == GRADIENT:
        wide_gradient(plan, at, address, work, gradient, d, columns)
    else:
        wide_push(plan, at, address, weights, work, d, columns, start)
