"""Vector intrinsics on plain stretches of numbers: sums, scaled sums, turned squares.

Comes in: arrays and offsets, from compiled kernels. Goes out: a sum, or numbers written in place.
Used by `backward.py`, `losses.py` and `steps.py`.
"""

from contextlib import nullcontext

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from wildwire.engine.emitter import INTEGER, Emitter, void, wide


@intrinsic
def add_scaled(typingctx, factor, a, a_offset, out, out_offset, count):
    """`out[i] += factor * a[i]`: vectors, then the rest one by one."""
    signature = void((factor, a, a_offset, out, out_offset, count))

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, a.dtype)
        a_data = emit.data(sig.args[1], args[1])
        out_data = emit.data(sig.args[3], args[3])
        factor, _, a_at, _, out_at, count = args
        cell = cgutils.alloca_once_value(builder, factor)
        factors = emit.broadcast(cell, emit.constant(0))
        width = emit.constant(emit.lanes)
        whole = builder.sub(count, builder.srem(count, width))
        with cgutils.for_range_slice(
            builder, emit.constant(0), whole, width, intp=INTEGER
        ) as (i, _):
            place = builder.add(out_at, i)
            line = emit.load(a_data, builder.add(a_at, i))
            total = emit.multiply_add(factors, line, emit.load(out_data, place))
            emit.store(total, out_data, place)
        with cgutils.for_range_slice(
            builder, whole, count, emit.constant(1), intp=INTEGER
        ) as (i, _):
            place = emit.offset(out_data, builder.add(out_at, i))
            value = builder.load(emit.offset(a_data, builder.add(a_at, i)))
            builder.store(emit.multiply_add(factor, value, builder.load(place)), place)

    return signature, codegen


def _turned_tile(partly):
    """Make `out[i, j] = X[order[first + j], feature + i]` for LANES x LANES numbers.

    Rows beyond number `last` of the order repeat it. `X` is one row of `width` after another. With
    `partly` only `left` features are read and written.
    """

    @intrinsic
    def turn_tile(
        typingctx, X, width, order, first, last, feature, left, out, out_offset, stride
    ):
        signature = void(
            (X, width, order, first, last, feature, left, out, out_offset, stride)
        )

        def codegen(context, builder, sig, args):
            emit = Emitter(context, builder, X.dtype)
            data = emit.data(sig.args[0], args[0])
            rows = emit.data(sig.args[2], args[2])
            out_data = emit.data(sig.args[7], args[7])
            _, width, _, first, last, feature, left, _, target, stride = args
            mask = emit.first_lanes(left) if partly else None
            lines = []
            for j in range(emit.lanes):
                number = builder.add(first, emit.constant(j))
                inside = builder.icmp_signed("<", number, last)
                row = builder.load(
                    emit.offset(rows, builder.select(inside, number, last))
                )
                place = builder.add(builder.mul(row, width), feature)
                lines.append(emit.load(data, place, mask))
            for i, line in enumerate(emit.transposed(lines)):
                wanted = builder.icmp_signed("<", emit.constant(i), left)
                with builder.if_then(wanted) if partly else nullcontext():
                    step = builder.mul(stride, emit.constant(i))
                    emit.store(line, out_data, builder.add(target, step))

        return signature, codegen

    return turn_tile


turn_tile = _turned_tile(partly=False)
turn_part = _turned_tile(partly=True)


@intrinsic
def dot(typingctx, a, a_offset, b, b_offset, count):
    """`sum_i a[i] * b[i]`: two vectors of partial sums, then the rest one by one."""
    signature = a.dtype(*wide((a, a_offset, b, b_offset, count)))

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, a.dtype)
        a_data = emit.data(sig.args[0], args[0])
        b_data = emit.data(sig.args[2], args[2])
        _, a_at, _, b_at, count = args
        cells = emit.accumulators(2)
        width = emit.constant(2 * emit.lanes)
        whole = builder.sub(count, builder.srem(count, width))
        with cgutils.for_range_slice(
            builder, emit.constant(0), whole, width, intp=INTEGER
        ) as (i, _):
            for v in range(2):
                place = builder.add(i, emit.constant(v * emit.lanes))
                left = emit.load(a_data, builder.add(a_at, place))
                right = emit.load(b_data, builder.add(b_at, place))
                emit.accumulate(cells[v], left, right)
        both = builder.fadd(builder.load(cells[0]), builder.load(cells[1]))
        sum_ = emit.horizontal([both])
        total = cgutils.alloca_once(builder, emit.scalar)
        builder.store(
            builder.extract_element(sum_, ir.Constant(ir.IntType(32), 0)), total
        )
        with cgutils.for_range_slice(
            builder, whole, count, emit.constant(1), intp=INTEGER
        ) as (i, _):
            left = builder.load(emit.offset(a_data, builder.add(a_at, i)))
            right = builder.load(emit.offset(b_data, builder.add(b_at, i)))
            builder.store(emit.multiply_add(left, right, builder.load(total)), total)
        return builder.load(total)

    return signature, codegen


@intrinsic
def weighed(typingctx, table, weights, values, slopes, factor, count):
    """The sum of w * value, and `slope *= w * factor` in place; both 0 where w is 0.

    There a target may be missing, and value and slope NaN.
    """
    real = table.dtype
    signature = real(*wide((table, weights, values, slopes)), real, types.int64)

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, real)
        data = emit.data(sig.args[0], args[0])
        _, weights, values, slopes, factor, count = args
        factors = emit.spread(factor)
        cells = emit.accumulators(1)
        width = emit.constant(emit.lanes)
        whole = builder.sub(count, builder.srem(count, width))

        def one(i, load, store, factor, zero):
            weight = load(data, builder.add(weights, i))
            absent = builder.fcmp_ordered("==", weight, zero)
            place = builder.add(slopes, i)
            slope = builder.fmul(load(data, place), builder.fmul(weight, factor))
            store(builder.select(absent, zero, slope), data, place)
            value = builder.fmul(load(data, builder.add(values, i)), weight)
            return builder.select(absent, zero, value)

        with cgutils.for_range_slice(
            builder, emit.constant(0), whole, width, intp=INTEGER
        ) as (i, _):
            value = one(i, emit.load, emit.store, factors, emit.zero())
            builder.store(builder.fadd(builder.load(cells[0]), value), cells[0])
        sum_ = emit.horizontal([builder.load(cells[0])])
        first = builder.extract_element(sum_, ir.Constant(ir.IntType(32), 0))
        total = cgutils.alloca_once_value(builder, first)
        with cgutils.for_range_slice(
            builder, whole, count, emit.constant(1), intp=INTEGER
        ) as (i, _):
            zero = ir.Constant(emit.scalar, 0.0)
            value = one(i, emit.number, emit.put, factor, zero)
            builder.store(builder.fadd(builder.load(total), value), total)
        return builder.load(total)

    return signature, codegen
