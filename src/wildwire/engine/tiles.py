"""Register tiles: the inner loops of the engine as vector instructions.

Comes in: arrays, offsets into them and counts, from the compiled kernels of `forward.py` and
`backward.py`. Goes out: sums written into those arrays. Every function here is a Numba intrinsic,
inlined where it is called; it keeps a tile of accumulators in vector registers while it walks the
links.

Why not plain loops: LLVM must assume that the tables overlap and spills the accumulators at every
link (measured: 17 GFLOP/s instead of 57). Why not BLAS: below about 200 x 200 it spends its time on
packing, and its bits depend on the batch width.

Vectors are 256 bits wide everywhere, so that the order of every sum is the same on all machines
with the same instructions. Products and sums carry the flag `contract` only. The intrinsics are
module globals because one held in a closure would miss the disk cache.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = {types.float32: 8, types.float64: 4}
CONTRACT = ("contract",)
INTEGER = ir.IntType(64)


class _Emitter:
    """Short names for the vector instructions of one element type."""

    def __init__(self, context, builder, element):
        self.context, self.builder, self.element = context, builder, element
        self.lanes = LANES[element]
        self.scalar = context.get_value_type(element)
        self.vector = ir.VectorType(self.scalar, self.lanes)
        self.bytes = element.bitwidth // 8

    def data(self, array_type, array):
        return self.context.make_array(array_type)(
            self.context, self.builder, array
        ).data

    def constant(self, value):
        return ir.Constant(INTEGER, value)

    def zero(self):
        return ir.Constant(self.vector, [0.0] * self.lanes)

    def offset(self, pointer, index):
        return self.builder.gep(pointer, [index])

    def load(self, pointer, index):
        """One vector at element `index`; no alignment beyond the element's."""
        place = self.builder.bitcast(
            self.offset(pointer, index), self.vector.as_pointer()
        )
        return self.builder.load(place, align=self.bytes)

    def store(self, value, pointer, index):
        place = self.builder.bitcast(
            self.offset(pointer, index), self.vector.as_pointer()
        )
        self.builder.store(value, place, align=self.bytes)

    def integer(self, pointer, index):
        """A 32-bit entry of a plan, widened."""
        return self.builder.sext(
            self.builder.load(self.offset(pointer, index)), INTEGER
        )

    def broadcast(self, pointer, index):
        value = self.builder.load(self.offset(pointer, index))
        single = self.builder.insert_element(
            ir.Constant(self.vector, ir.Undefined),
            value,
            ir.Constant(ir.IntType(32), 0),
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(
            single, ir.Constant(self.vector, ir.Undefined), mask
        )

    def multiply_add(self, left, right, total):
        product = self.builder.fmul(left, right, flags=CONTRACT)
        return self.builder.fadd(product, total, flags=CONTRACT)

    def accumulators(self, count):
        """`count` vectors of zeros that LLVM keeps in registers."""
        cells = [cgutils.alloca_once(self.builder, self.vector) for _ in range(count)]
        for cell in cells:
            self.builder.store(self.zero(), cell)
        return cells

    def accumulate(self, cell, left, right):
        self.builder.store(
            self.multiply_add(left, right, self.builder.load(cell)), cell
        )

    def shuffle(self, left, right, lanes):
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), lanes)
        return self.builder.shuffle_vector(left, right, mask)

    def transposed(self, lines):
        """The square of `lines` with rows and columns exchanged: blocks of 1, 2, 4."""
        width, lanes = 1, range(self.lanes)
        while width < self.lanes:
            low = [k if not k & width else self.lanes + k - width for k in lanes]
            high = [k + width if not k & width else self.lanes + k for k in lanes]
            result = list(lines)
            for i in lanes:
                if not i & width:
                    a, b = lines[i], lines[i + width]
                    result[i] = self.shuffle(a, b, low)
                    result[i + width] = self.shuffle(a, b, high)
            lines = result
            width *= 2
        return lines

    def horizontal(self, vectors):
        """One vector whose lane i is the sum of the lanes of `vectors[i]`.

        A tree in a fixed order: neighbours, then pairs, then halves.
        """
        width = 1
        while len(vectors) > 1:
            low, high = _interleave(self.lanes, width)
            vectors = [
                self.builder.fadd(self.shuffle(a, b, low), self.shuffle(a, b, high))
                for a, b in zip(vectors[::2], vectors[1::2], strict=True)
            ]
            width *= 2
        return vectors[0]


def _interleave(lanes, width):
    """Lane numbers that bring the blocks of `width` lanes of two vectors together."""
    low, high = [], []
    for start in range(0, lanes, 2 * width):
        block = list(range(start, start + width))
        next_block = [i + width for i in block]
        low += block + [lanes + i for i in block]
        high += next_block + [lanes + i for i in next_block]
    return low, high


def _wide(arguments):
    """Argument types with every integer as int64: Numba then casts at the call."""
    return [types.int64 if isinstance(a, types.Integer) else a for a in arguments]


def _void(arguments):
    return types.void(*_wide(arguments))


def _weighted_sums(rows, vectors):
    """Make the tile `out[r, v] = sum_k w[k, r] * values[source k, v]`."""

    @intrinsic
    def weighted_sums(
        typingctx, values, column, stride, plan, first_source, n_sources,
        weights, first_weight, weight_step, out, out_offset,
    ):  # fmt: skip
        signature = _void(
            (values, column, stride, plan, first_source, n_sources,
             weights, first_weight, weight_step, out, out_offset)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = _Emitter(context, builder, values.dtype)
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
        signature = _void(
            (deltas, delta_offset, stride, n_deltas,
             weights, first_weight, weight_step, plan, first_source, column)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = _Emitter(context, builder, deltas.dtype)
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
        signature = _void(
            (table, place, slope_place, column, stride, keep, plan, first_pair,
             n_pairs, weights)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = _Emitter(context, builder, table.dtype)
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


@intrinsic
def outer_sums_by_neuron(
    typingctx, values, value_offset, deltas, delta_offset, stride, columns,
    gradient, place,
):  # fmt: skip
    """`gradient[place + i] += sum_c values[c] * deltas[i, c]` for LANES neurons i."""
    signature = _void(
        (values, value_offset, deltas, delta_offset, stride, columns, gradient, place)
    )

    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, values.dtype)
        value_data = emit.data(sig.args[0], args[0])
        delta_data = emit.data(sig.args[2], args[2])
        gradient_data = emit.data(sig.args[6], args[6])
        _, value, _, delta, stride, columns, _, place = args
        cells = emit.accumulators(emit.lanes)
        step = emit.constant(emit.lanes)
        with cgutils.for_range_slice(
            builder, emit.constant(0), columns, step, intp=INTEGER
        ) as (c, _):
            source = emit.load(value_data, builder.add(value, c))
            for i in range(emit.lanes):
                line = builder.add(delta, builder.mul(stride, emit.constant(i)))
                factor = emit.load(delta_data, builder.add(line, c))
                emit.accumulate(cells[i], source, factor)
        total = emit.horizontal([builder.load(cell) for cell in cells])
        total = builder.fadd(emit.load(gradient_data, place), total)
        emit.store(total, gradient_data, place)

    return signature, codegen


@intrinsic
def outer_sums_by_source(
    typingctx, values, plan, first_source, n_sources, stride, columns,
    deltas, delta_offset, sums,
):  # fmt: skip
    """`sums[i] = sum_c values[source i, c] * deltas[c]` for LANES sources i.

    Fewer than LANES sources: the last is repeated, its sums are for the caller to leave out.
    """
    signature = _void(
        (values, plan, first_source, n_sources, stride, columns, deltas, delta_offset,
         sums)
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, values.dtype)
        value_data = emit.data(sig.args[0], args[0])
        plan_data = emit.data(sig.args[1], args[1])
        delta_data = emit.data(sig.args[6], args[6])
        sum_data = emit.data(sig.args[8], args[8])
        _, _, first, count, stride, columns, _, delta, _ = args
        lines = []
        for i in range(emit.lanes):
            inside = builder.icmp_signed("<", emit.constant(i), count)
            last = builder.sub(count, emit.constant(1))
            index = builder.select(inside, emit.constant(i), last)
            row = emit.integer(plan_data, builder.add(first, index))
            lines.append(builder.mul(row, stride))
        cells = emit.accumulators(emit.lanes)
        step = emit.constant(emit.lanes)
        with cgutils.for_range_slice(
            builder, emit.constant(0), columns, step, intp=INTEGER
        ) as (c, _):
            factor = emit.load(delta_data, builder.add(delta, c))
            for i in range(emit.lanes):
                source = emit.load(value_data, builder.add(lines[i], c))
                emit.accumulate(cells[i], source, factor)
        total = emit.horizontal([builder.load(cell) for cell in cells])
        emit.store(total, sum_data, emit.constant(0))

    return signature, codegen


def _single_sums(vectors):
    """Make, for one sample, `out[v] = sum_k values[source k] * w[k, v]`: vectors over neurons."""

    @intrinsic
    def single_sums(
        typingctx, values, plan, first_source, n_sources,
        weights, first_weight, weight_step, out, out_offset,
    ):  # fmt: skip
        signature = _void(
            (values, plan, first_source, n_sources,
             weights, first_weight, weight_step, out, out_offset)
        )  # fmt: skip

        def codegen(context, builder, sig, args):
            emit = _Emitter(context, builder, values.dtype)
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


@intrinsic
def add_scaled(typingctx, factor, a, a_offset, out, out_offset, count):
    """`out[i] += factor * a[i]`: vectors, then the rest one by one."""
    signature = _void((factor, a, a_offset, out, out_offset, count))

    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, a.dtype)
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
    signature = _void((X, width, order, first, last, feature, out, out_offset, stride))

    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, X.dtype)
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
    signature = a.dtype(*_wide((a, a_offset, b, b_offset, count)))

    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, a.dtype)
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
        lanes = emit.horizontal([both] + [emit.zero()] * (emit.lanes - 1))
        total = cgutils.alloca_once(builder, emit.scalar)
        builder.store(
            builder.extract_element(lanes, ir.Constant(ir.IntType(32), 0)), total
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
def call_function(
    typingctx, address, z, z_offset, parameters, parameter_offset, out, out_offset,
    guards, guard_offset, rows, columns, row_stride, table_stride, argument_stride,
):  # fmt: skip
    """Call a compiled function (calling convention, version 1) by its address."""
    signature = _void(
        (address, z, z_offset, parameters, parameter_offset, out, out_offset,
         guards, guard_offset, rows, columns, row_stride, table_stride,
         argument_stride)
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        pointers = []
        for k in (1, 3, 5, 7):
            array = context.make_array(sig.args[k])(context, builder, args[k])
            pointers.append(builder.gep(array.data, [args[k + 1]]))
        arguments = [*pointers, *args[9:14]]
        kind = ir.FunctionType(ir.VoidType(), [a.type for a in arguments])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), arguments)

    return signature, codegen


@intrinsic
def call_rule(typingctx, address, x, gradient, free, state, numbers, count, step):
    """Call an update rule by its address."""
    signature = _void((address, x, gradient, free, state, numbers, count, step))

    def codegen(context, builder, sig, args):
        pointers = [
            context.make_array(sig.args[k])(context, builder, args[k]).data
            for k in range(1, 6)
        ]
        arguments = [*pointers, args[6], args[7]]
        kind = ir.FunctionType(ir.VoidType(), [a.type for a in arguments])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), arguments)

    return signature, codegen


sums_4x2 = _weighted_sums(4, 2)
sums_4x1 = _weighted_sums(4, 1)
sums_1x8 = _weighted_sums(1, 8)
sums_1x4 = _weighted_sums(1, 4)
sums_1x1 = _weighted_sums(1, 1)
push_4x2 = _pushed_sums(4, 2)
push_4x1 = _pushed_sums(4, 1)
push_1x1 = _pushed_sums(1, 1)
gather_8 = _gathered_deltas(8)
gather_4 = _gathered_deltas(4)
gather_1 = _gathered_deltas(1)
single_4 = _single_sums(4)
single_1 = _single_sums(1)
