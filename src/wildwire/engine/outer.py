"""Register tiles of the weights' gradient: products of values and deltas, summed over samples.

Comes in: the value table, deltas, offsets and counts, from `backward.py`. Goes out: sums added to
the gradient. Every function here is a Numba intrinsic, as in `tiles.py`.

A block of many neurons has its deltas turned first (samples x neurons), so that a vector holds
neurons and nothing is summed across lanes; a block of few neurons takes vectors over samples and
sums their lanes at the end.
"""

from numba.core import cgutils
from numba.extending import intrinsic

from wildwire.engine.emitter import INTEGER, Emitter, void

MOST_SOURCES = 8  # that are summed together; at most as many as a vector has lanes


@intrinsic
def turn_square(typingctx, table, offset, stride, out, out_offset, out_stride):
    """`out[j, i] = table[i, j]` for LANES x LANES numbers."""
    signature = void((table, offset, stride, out, out_offset, out_stride))

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, table.dtype)
        data = emit.data(sig.args[0], args[0])
        out_data = emit.data(sig.args[3], args[3])
        _, offset, stride, _, target, out_stride = args

        def line(start, step, number):
            return builder.add(start, builder.mul(step, emit.constant(number)))

        lines = [emit.load(data, line(offset, stride, i)) for i in range(emit.lanes)]
        for j, column in enumerate(emit.transposed(lines)):
            emit.store(column, out_data, line(target, out_stride, j))

    return signature, codegen


def _outer_tile(rows, vectors):
    """Make `gradient[r, v] += sum_c values[source r, c] * turned[c, v]`.

    The last vector has `left` neurons; the gradient's rows are `width` apart.
    """

    @intrinsic
    def outer_tile(
        typingctx, values, plan, first_source, stride, columns,
        turned, turned_offset, turned_stride, gradient, place, width, left,
    ):  # fmt: skip
        signature = void(
            (values, plan, first_source, stride, columns, turned, turned_offset,
             turned_stride, gradient, place, width, left)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = Emitter(context, builder, values.dtype)
            value_data = emit.data(sig.args[0], args[0])
            plan_data = emit.data(sig.args[1], args[1])
            turned_data = emit.data(sig.args[5], args[5])
            gradient_data = emit.data(sig.args[8], args[8])
            (_, _, first, stride, columns, _, offset, turned_stride, _, place, width,
             left) = args  # fmt: skip
            lines = []
            for r in range(rows):
                row = emit.integer(plan_data, builder.add(first, emit.constant(r)))
                lines.append(builder.mul(row, stride))
            cells = emit.accumulators(rows * vectors)
            with cgutils.for_range(builder, columns, intp=INTEGER) as loop:
                at = builder.add(offset, builder.mul(loop.index, turned_stride))
                deltas = [
                    emit.load(
                        turned_data, builder.add(at, emit.constant(v * emit.lanes))
                    )
                    for v in range(vectors)
                ]
                for r in range(rows):
                    value = emit.broadcast(
                        value_data, builder.add(lines[r], loop.index)
                    )
                    for v in range(vectors):
                        emit.accumulate(cells[r * vectors + v], value, deltas[v])
            mask = emit.first_lanes(left)
            for r in range(rows):
                line = builder.add(place, builder.mul(width, emit.constant(r)))
                for v in range(vectors):
                    emit.add_to(
                        builder.load(cells[r * vectors + v]), gradient_data,
                        builder.add(line, emit.constant(v * emit.lanes)),
                        mask if v == vectors - 1 else None,
                    )  # fmt: skip

        return signature, codegen

    return outer_tile


@intrinsic
def outer_by_source(
    typingctx, values, plan, first_source, n_sources, stride, columns,
    deltas, delta_offset, gradient, place, width,
):  # fmt: skip
    """`gradient[i * width] += sum_c values[source i, c] * deltas[c]` for up to MOST_SOURCES sources i (or LANES).

    Fewer: the last is repeated and its sums left out.
    """
    signature = void(
        (values, plan, first_source, n_sources, stride, columns, deltas, delta_offset,
         gradient, place, width)
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, values.dtype)
        group = min(emit.lanes, MOST_SOURCES)
        value_data = emit.data(sig.args[0], args[0])
        plan_data = emit.data(sig.args[1], args[1])
        delta_data = emit.data(sig.args[6], args[6])
        gradient_data = emit.data(sig.args[8], args[8])
        _, _, first, count, stride, columns, _, delta, _, place, width = args
        last = builder.sub(count, emit.constant(1))
        lines = []
        for i in range(group):
            inside = builder.icmp_signed("<", emit.constant(i), count)
            index = builder.select(inside, emit.constant(i), last)
            row = emit.integer(plan_data, builder.add(first, index))
            lines.append(builder.mul(row, stride))
        cells = emit.accumulators(group)
        step = emit.constant(emit.lanes)
        with cgutils.for_range_slice(
            builder, emit.constant(0), columns, step, intp=INTEGER
        ) as (c, _):
            factor = emit.load(delta_data, builder.add(delta, c))
            for i in range(group):
                source = emit.load(value_data, builder.add(lines[i], c))
                emit.accumulate(cells[i], source, factor)
        total = emit.horizontal([builder.load(cell) for cell in cells])
        one = builder.icmp_signed("==", width, emit.constant(1))
        with builder.if_else(one) as (together, apart):
            with together:
                emit.add_to(total, gradient_data, place, emit.first_lanes(count, group))
            with apart:
                emit.add_apart(total, gradient_data, place, width, count)

    return signature, codegen


outer_4x4 = _outer_tile(4, 4)
outer_4x2 = _outer_tile(4, 2)
outer_4x1 = _outer_tile(4, 1)
outer_1x4 = _outer_tile(1, 4)
outer_1x2 = _outer_tile(1, 2)
outer_1x1 = _outer_tile(1, 1)
