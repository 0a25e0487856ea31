"""Vector intrinsics on plain stretches of numbers: sums, scaled sums, turned squares.

Comes in: arrays and offsets, from compiled kernels. Goes out: a sum, or numbers written in place.
Used by `backward.py`, `losses.py` and `steps.py`.
"""

from llvmlite import ir
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


@intrinsic
def turn_tile(
    typingctx, X, width, order, first, last, feature, out, out_offset, stride
):
    """`out[i, j] = X[order[first + j], feature + i]` for LANES x LANES numbers.

    Rows beyond number `last` of the order repeat it. `X` is one row of `width` after another.
    """
    signature = void((X, width, order, first, last, feature, out, out_offset, stride))

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, X.dtype)
        data = emit.data(sig.args[0], args[0])
        rows = emit.data(sig.args[2], args[2])
        out_data = emit.data(sig.args[6], args[6])
        _, width, _, first, last, feature, _, target, stride = args
        lines = []
        for j in range(emit.lanes):
            number = builder.add(first, emit.constant(j))
            inside = builder.icmp_signed("<", number, last)
            row = builder.load(emit.offset(rows, builder.select(inside, number, last)))
            place = builder.add(builder.mul(row, width), feature)
            lines.append(emit.load(data, place))
        for i, line in enumerate(emit.transposed(lines)):
            place = builder.add(target, builder.mul(stride, emit.constant(i)))
            emit.store(line, out_data, place)

    return signature, codegen


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
