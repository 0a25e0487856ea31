"""Register tiles: the inner loops of the engine as vector instructions.

Comes in: arrays, offsets into them and counts, from the compiled kernels of `forward.py` and
`backward.py`. Goes out: sums written into those arrays. Every function here is a Numba intrinsic,
inlined where it is called; it keeps a tile of accumulators in vector registers while it walks the
links.

Why not plain loops: LLVM must assume that the tables overlap and spills the accumulators at every
link (measured: 17 GFLOP/s instead of 57). Why not BLAS: below about 200 x 200 it spends its time on
packing, and its bits depend on the batch width.

The intrinsics are module globals because one held in a closure would miss the disk cache.
"""

from numba.core import cgutils
from numba.extending import intrinsic

from wildwire.engine.emitter import INTEGER, Emitter, void


def _weighted_sums(rows, vectors):
    """Make the tile `out[r, v] = sum_k w[k, r] * values[source k, v]`."""

    @intrinsic
    def weighted_sums(
        typingctx, values, column, stride, plan, first_source, n_sources,
        weights, first_weight, weight_step, out, out_offset,
    ):  # fmt: skip
        signature = void(
            (values, column, stride, plan, first_source, n_sources,
             weights, first_weight, weight_step, out, out_offset)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = Emitter(context, builder, values.dtype)
            source_values = emit.data(sig.args[0], args[0])
            plan_data = emit.data(sig.args[3], args[3])
            weight_data = emit.data(sig.args[6], args[6])
            out_data = emit.data(sig.args[9], args[9])
            _, column, stride, _, first, count, _, weight, step, _, target = args
            cells = emit.accumulators(rows * vectors)
            with cgutils.for_range(builder, count, intp=INTEGER) as loop:
                row = emit.integer(plan_data, builder.add(first, loop.index))
                place = builder.add(builder.mul(row, stride), column)
                tile = [
                    emit.load(
                        source_values, builder.add(place, emit.constant(v * emit.lanes))
                    )
                    for v in range(vectors)
                ]
                w = builder.add(weight, builder.mul(loop.index, step))
                for r in range(rows):
                    factor = emit.broadcast(
                        weight_data, builder.add(w, emit.constant(r))
                    )
                    for v in range(vectors):
                        emit.accumulate(cells[r * vectors + v], factor, tile[v])
            for r in range(rows):
                line = builder.add(target, builder.mul(stride, emit.constant(r)))
                for v in range(vectors):
                    emit.store(
                        builder.load(cells[r * vectors + v]),
                        out_data,
                        builder.add(line, emit.constant(v * emit.lanes)),
                    )

        return signature, codegen

    return weighted_sums


def _pushed_sums(rows, vectors):
    """Make the tile `table[source r, v] += sum_m w[r, m] * deltas[m, v]`.

    The table is added to row by row, so that two links from one source both count.
    """

    @intrinsic
    def pushed_sums(
        typingctx, deltas, delta_offset, stride, n_deltas,
        weights, first_weight, weight_step, plan, first_source, column,
    ):  # fmt: skip
        signature = void(
            (deltas, delta_offset, stride, n_deltas,
             weights, first_weight, weight_step, plan, first_source, column)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = Emitter(context, builder, deltas.dtype)
            table = emit.data(sig.args[0], args[0])
            weight_data = emit.data(sig.args[4], args[4])
            plan_data = emit.data(sig.args[7], args[7])
            _, offset, stride, count, _, weight, step, _, first, column = args
            cells = emit.accumulators(rows * vectors)
            with cgutils.for_range(builder, count, intp=INTEGER) as loop:
                place = builder.add(offset, builder.mul(loop.index, stride))
                tile = [
                    emit.load(table, builder.add(place, emit.constant(v * emit.lanes)))
                    for v in range(vectors)
                ]
                w = builder.add(weight, loop.index)
                for r in range(rows):
                    factor = emit.broadcast(
                        weight_data,
                        builder.add(w, builder.mul(step, emit.constant(r))),
                    )
                    for v in range(vectors):
                        emit.accumulate(cells[r * vectors + v], factor, tile[v])
            for r in range(rows):
                row = emit.integer(plan_data, builder.add(first, emit.constant(r)))
                line = builder.add(builder.mul(row, stride), column)
                for v in range(vectors):
                    place = builder.add(line, emit.constant(v * emit.lanes))
                    total = builder.fadd(
                        emit.load(table, place), builder.load(cells[r * vectors + v])
                    )
                    emit.store(total, table, place)

        return signature, codegen

    return pushed_sums


def _gathered_deltas(vectors):
    """Make the tile `table[place] = (start + sum_l w[l] * table[target l]) * table[slope_place]`.

    `plan` holds (target row, weight position) pairs. With `keep` 0 the sum starts from zero instead
    of from the table.
    """

    @intrinsic
    def gathered_deltas(
        typingctx, table, place, slope_place, column, stride, keep,
        plan, first_pair, n_pairs, weights,
    ):  # fmt: skip
        signature = void(
            (table, place, slope_place, column, stride, keep, plan, first_pair,
             n_pairs, weights)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = Emitter(context, builder, table.dtype)
            table_data = emit.data(sig.args[0], args[0])
            plan_data = emit.data(sig.args[6], args[6])
            weight_data = emit.data(sig.args[9], args[9])
            _, place, slope_place, column, stride, keep, _, first, count, _ = args
            cells = emit.accumulators(vectors)
            places = [
                builder.add(place, emit.constant(v * emit.lanes))
                for v in range(vectors)
            ]
            with builder.if_then(builder.icmp_signed("!=", keep, emit.constant(0))):
                for v in range(vectors):
                    builder.store(emit.load(table_data, places[v]), cells[v])
            with cgutils.for_range(builder, count, intp=INTEGER) as loop:
                pair = builder.add(first, builder.mul(loop.index, emit.constant(2)))
                row = emit.integer(plan_data, pair)
                position = emit.integer(plan_data, builder.add(pair, emit.constant(1)))
                line = builder.add(builder.mul(row, stride), column)
                factor = emit.broadcast(weight_data, position)
                for v in range(vectors):
                    delta = emit.load(
                        table_data, builder.add(line, emit.constant(v * emit.lanes))
                    )
                    emit.accumulate(cells[v], factor, delta)
            for v in range(vectors):
                slope = emit.load(
                    table_data,
                    builder.add(slope_place, emit.constant(v * emit.lanes)),
                )
                emit.store(
                    builder.fmul(builder.load(cells[v]), slope), table_data, places[v]
                )

        return signature, codegen

    return gathered_deltas


def _single_sums(vectors):
    """Make, for one sample, `out[v] = sum_k values[source k] * w[k, v]`: vectors over neurons."""

    @intrinsic
    def single_sums(
        typingctx, values, plan, first_source, n_sources,
        weights, first_weight, weight_step, out, out_offset,
    ):  # fmt: skip
        signature = void(
            (values, plan, first_source, n_sources,
             weights, first_weight, weight_step, out, out_offset)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = Emitter(context, builder, values.dtype)
            value_data = emit.data(sig.args[0], args[0])
            plan_data = emit.data(sig.args[1], args[1])
            weight_data = emit.data(sig.args[4], args[4])
            out_data = emit.data(sig.args[7], args[7])
            _, _, first, count, _, weight, step, _, target = args
            cells = emit.accumulators(vectors)
            with cgutils.for_range(builder, count, intp=INTEGER) as loop:
                row = emit.integer(plan_data, builder.add(first, loop.index))
                factor = emit.broadcast(value_data, row)
                w = builder.add(weight, builder.mul(loop.index, step))
                for v in range(vectors):
                    line = emit.load(
                        weight_data, builder.add(w, emit.constant(v * emit.lanes))
                    )
                    emit.accumulate(cells[v], factor, line)
            for v in range(vectors):
                emit.store(
                    builder.load(cells[v]),
                    out_data,
                    builder.add(target, emit.constant(v * emit.lanes)),
                )

        return signature, codegen

    return single_sums


sums_8x2 = _weighted_sums(8, 2)
sums_8x1 = _weighted_sums(8, 1)
sums_4x2 = _weighted_sums(4, 2)
sums_4x1 = _weighted_sums(4, 1)
sums_1x8 = _weighted_sums(1, 8)
sums_1x4 = _weighted_sums(1, 4)
sums_1x2 = _weighted_sums(1, 2)
sums_1x1 = _weighted_sums(1, 1)
push_8x2 = _pushed_sums(8, 2)
push_4x2 = _pushed_sums(4, 2)
push_4x1 = _pushed_sums(4, 1)
push_1x2 = _pushed_sums(1, 2)
push_1x1 = _pushed_sums(1, 1)
gather_8 = _gathered_deltas(8)
gather_4 = _gathered_deltas(4)
gather_2 = _gathered_deltas(2)
gather_1 = _gathered_deltas(1)
single_4 = _single_sums(4)
single_1 = _single_sums(1)
