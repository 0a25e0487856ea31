"""What kernels of transfers do with rows that they write themselves: read them again, and sum them.

Comes in: typed values inside a compiled kernel. Goes out: a few LLVM instructions. Called by generated
kernels; all stand at module level, as those of `intrinsics.py` do.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from wildwire.functions.intrinsics import layout, mark

__all__ = ["add_to", "take", "total"]


@intrinsic(prefer_literal=True)
def take(typing, table, pointer, index):
    """pointer[index] of table number `table`, which the kernel writes as well (by `store`)."""
    if not isinstance(table, types.IntegerLiteral):
        return None

    def emit(context, builder, signature, arguments):
        value = builder.load(builder.gep(arguments[1], [arguments[2]]))
        mark(builder, value, 1 + table.literal_value)
        return value

    return pointer.dtype(table, pointer, types.int64), emit


@intrinsic
def add_to(typing, pointer, index, amount):
    """pointer[index] += amount, of floats; outside of loops that vectorise."""
    if pointer.dtype != amount:
        return None

    def emit(context, builder, signature, arguments):
        place = builder.gep(arguments[0], [arguments[1]])
        builder.store(builder.fadd(builder.load(place), arguments[2]), place)
        return context.get_dummy_value()

    return types.void(pointer, types.int64, amount), emit


TOTAL_BITS = 512
"""Sums run in lanes of this width on every machine: the width of its vectors must not decide bits."""


@intrinsic
def total(typing, pointer, count):
    """The sum of pointer[0 .. count-1]: in fixed lanes, then these pairwise, then the rest one by one."""

    def emit(context, builder, signature, arguments):
        start, count = arguments
        real = context.get_value_type(signature.return_type)
        lanes = TOTAL_BITS // layout(signature.return_type)[0]
        vector = ir.VectorType(real, lanes)
        integer = count.type
        width = ir.Constant(integer, lanes)
        whole = builder.sub(count, builder.srem(count, width))
        cell = cgutils.alloca_once_value(builder, ir.Constant(vector, None))
        zero = ir.Constant(integer, 0)
        with cgutils.for_range_slice(builder, zero, whole, width, intp=integer) as (
            i,
            _,
        ):
            place = builder.bitcast(builder.gep(start, [i]), vector.as_pointer())
            line = builder.load(place, align=layout(signature.return_type)[0] // 8)
            builder.store(builder.fadd(builder.load(cell), line), cell)
        parts = builder.load(cell)
        while lanes > 1:
            lanes //= 2
            halves = []
            for first in (0, lanes):
                order = [ir.Constant(ir.IntType(32), first + k) for k in range(lanes)]
                kind = ir.VectorType(ir.IntType(32), lanes)
                mask = ir.Constant(kind, order)
                halves.append(builder.shuffle_vector(parts, parts, mask))
            parts = builder.fadd(*halves)
        sum_ = builder.extract_element(parts, ir.Constant(ir.IntType(32), 0))
        result = cgutils.alloca_once_value(builder, sum_)
        one = ir.Constant(integer, 1)
        with cgutils.for_range_slice(builder, whole, count, one, intp=integer) as (
            i,
            _,
        ):
            value = builder.load(builder.gep(start, [i]))
            builder.store(builder.fadd(builder.load(result), value), result)
        return builder.load(result)

    return pointer.dtype(pointer, types.int64), emit
