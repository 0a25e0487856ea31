"""Vector instructions of one element type, for the intrinsics of the engine.

Comes in: LLVM builders. Goes out: loads, stores, products and shuffles of vectors. Used by
`tiles.py`, `outer.py` and `vectors.py`.

Vectors are as wide as the machine's (`functions/vector_width.py`). Sums over sources do not depend on
that, sums over samples may in their last bits. Products and sums carry the flag `contract` only.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from wildwire.functions.vector_width import lanes, vector_bits

VECTOR_BITS = vector_bits()
LANES = {types.float32: lanes(4), types.float64: lanes(8)}
LANES_32, LANES_64 = lanes(4), lanes(8)
# 32 registers instead of 16: taller tiles.
TALL = VECTOR_BITS == 512
MOST_VECTORS = 4 if TALL else 2
CONTRACT = ("contract",)
INTEGER = ir.IntType(64)


class Emitter:
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

    def load(self, pointer, index, mask=None):
        """One vector at element `index`; no alignment beyond the element's. 0 where not allowed."""
        place = self.builder.bitcast(
            self.offset(pointer, index), self.vector.as_pointer()
        )
        if mask is not None:
            return self._masked_load(place, mask, self.vector)
        return self.builder.load(place, align=self.bytes)

    def _masked_load(self, place, mask, kind):
        align, whole = ir.Constant(ir.IntType(32), self.bytes), ir.IntType(32)
        name = f"llvm.masked.load.v{kind.count}f{8 * self.bytes}.p0"
        load = self._declare(name, kind, (place.type, whole, mask.type, kind))
        nothing = ir.Constant(kind, [0.0] * kind.count)
        return self.builder.call(load, [place, align, mask, nothing])

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

    def number(self, pointer, index):
        """One number."""
        return self.builder.load(self.offset(pointer, index))

    def put(self, value, pointer, index):
        self.builder.store(value, self.offset(pointer, index))

    def broadcast(self, pointer, index):
        return self.spread(self.number(pointer, index))

    def spread(self, value):
        """A vector of one number."""
        place = ir.Constant(ir.IntType(32), 0)
        nothing = ir.Constant(self.vector, ir.Undefined)
        single = self.builder.insert_element(nothing, value, place)
        return self.shuffle(single, nothing, [0] * self.lanes)

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
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
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

        A tree in a fixed order: neighbours, pairs, and so on until one vector is left, then halves
        until it has as many lanes as there were vectors.
        """
        count, lanes, width = len(vectors), self.lanes, 1
        while len(vectors) > 1:
            low, high = _interleave(lanes, width)
            vectors = [
                self.builder.fadd(self.shuffle(a, b, low), self.shuffle(a, b, high))
                for a, b in zip(vectors[::2], vectors[1::2], strict=True)
            ]
            width *= 2
        total = vectors[0]
        while lanes > count:
            lanes //= 2
            total = self._folded(total, lanes)
        return total

    def _folded(self, vector, lanes):
        """The sum of both halves of a vector of 2 * lanes."""
        nothing = ir.Constant(vector.type, ir.Undefined)
        low = self.shuffle(vector, nothing, list(range(lanes)))
        high = self.shuffle(vector, nothing, list(range(lanes, 2 * lanes)))
        return self.builder.fadd(low, high)

    def first_lanes(self, count, lanes=None):
        """A mask of the lanes 0 .. count-1 (an int64, at least 1)."""
        lanes = lanes or self.lanes
        integers = ir.VectorType(INTEGER, lanes)
        place = ir.Constant(ir.IntType(32), 0)
        single = self.builder.insert_element(
            ir.Constant(integers, ir.Undefined), count, place
        )
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        counts = self.builder.shuffle_vector(
            single, ir.Constant(integers, ir.Undefined), zeros
        )
        return self.builder.icmp_signed(
            "<", ir.Constant(integers, list(range(lanes))), counts
        )

    def add_to(self, vector, pointer, index, mask=None):
        """`pointer[index + i] += vector[i]`, where the mask allows it."""
        kind = vector.type
        place = self.builder.bitcast(self.offset(pointer, index), kind.as_pointer())
        if mask is None:
            old = self.builder.load(place, align=self.bytes)
            self.builder.store(self.builder.fadd(old, vector), place, align=self.bytes)
            return
        align, whole = ir.Constant(ir.IntType(32), self.bytes), ir.IntType(32)
        store = self._declare(
            f"llvm.masked.store.v{kind.count}f{8 * self.bytes}.p0", ir.VoidType(),
            (kind, place.type, whole, mask.type),
        )  # fmt: skip
        old = self._masked_load(place, mask, kind)
        self.builder.call(store, [self.builder.fadd(old, vector), place, align, mask])

    def _declare(self, name, result, arguments):
        known = self.builder.module.globals.get(name)
        kind = ir.FunctionType(result, arguments)
        return known or ir.Function(self.builder.module, kind, name)

    def add_apart(self, vector, pointer, index, distance, count):
        """`pointer[index + i * distance] += vector[i]` for i < count."""
        for i in range(vector.type.count):
            inside = self.builder.icmp_signed("<", self.constant(i), count)
            with self.builder.if_then(inside):
                shift = self.builder.mul(distance, self.constant(i))
                place = self.offset(pointer, self.builder.add(index, shift))
                number = self.builder.extract_element(
                    vector, ir.Constant(ir.IntType(32), i)
                )
                total = self.builder.fadd(self.builder.load(place), number)
                self.builder.store(total, place)


def _interleave(lanes, width):
    """Lane numbers that bring the blocks of `width` lanes of two vectors together."""
    low, high = [], []
    for start in range(0, lanes, 2 * width):
        block = list(range(start, start + width))
        next_block = [i + width for i in block]
        low += block + [lanes + i for i in block]
        high += next_block + [lanes + i for i in next_block]
    return low, high


def wide(arguments):
    """Argument types with every integer as int64: Numba then casts at the call."""
    return [types.int64 if isinstance(a, types.Integer) else a for a in arguments]


def void(arguments):
    return types.void(*wide(arguments))
