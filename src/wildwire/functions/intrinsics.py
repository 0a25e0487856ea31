"""Small building blocks of kernels that Numba's Python does not offer.

Comes in: typed values inside a compiled kernel. Goes out: the one LLVM instruction (or
short chain) that the name says. Called by `vectormath` and by generated kernels. All
stand at module level: an intrinsic that lives in a closure makes Numba's cache miss.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

__all__ = [
    "absolute",
    "copy_sign",
    "count_of",
    "exponent",
    "flip_if_odd",
    "floor",
    "increase",
    "layout",
    "load",
    "mantissa",
    "mark",
    "polynomial",
    "power_of_two",
    "select",
    "shifted",
    "square_root",
    "store",
    "upper_half",
]

MOST_TABLES = 32
_CONTRACT = ("contract",)


@intrinsic
def select(typing, condition, if_true, if_false):
    """Choose without a branch; both values are computed, so loops stay vectors.

    Python's `a if c else b` becomes blocks, into which LLVM may sink work again.
    """
    if if_true != if_false:
        return None

    def emit(context, builder, signature, arguments):
        return builder.select(*arguments)

    return if_true(types.boolean, if_true, if_false), emit


def _float_call(name: str, arity: int) -> Any:
    def emit(context, builder, signature, arguments):
        kind = context.get_value_type(signature.return_type)
        function = builder.module.declare_intrinsic(
            name, [kind], ir.FunctionType(kind, [kind] * arity)
        )
        return builder.call(function, arguments)

    return emit


@intrinsic
def absolute(typing, x):
    """Absolute value; clears the sign bit, also of nan and -0.0."""
    return x(x), _float_call("llvm.fabs", 1)


@intrinsic
def floor(typing, x):
    """Round down to a float (`math.floor` would give an integer)."""
    return x(x), _float_call("llvm.floor", 1)


@intrinsic
def square_root(typing, x):
    """Square root, exactly rounded; nan below zero."""
    return x(x), _float_call("llvm.sqrt", 1)


@intrinsic
def copy_sign(typing, size, sign):
    """|size| with the sign bit of `sign`."""
    return size(size, sign), _float_call("llvm.copysign", 2)


def layout(kind: types.Float) -> tuple[int, int, int]:
    """Width of a float type, of its stored fraction, and the bias of its exponent."""
    return (64, 52, 1023) if kind == types.float64 else (32, 23, 127)


def _as_bits(builder: ir.IRBuilder, kind: types.Float, value: Any) -> tuple[Any, Any]:
    """The bits of a float as an integer, and the type of that integer."""
    integer = ir.IntType(layout(kind)[0])
    return builder.bitcast(value, integer), integer


@intrinsic
def power_of_two(typing, t):
    """2**k for t = k + 1.5*2**52 (float32: 1.5*2**23), k in the normal range.

    The sum has k in its lowest bits: no conversion to an integer is needed.
    """

    def emit(context, builder, signature, arguments):
        kind = signature.return_type
        _, fraction, bias = layout(kind)
        bits, integer = _as_bits(builder, kind, arguments[0])
        exponent = builder.add(bits, ir.Constant(integer, bias))
        power = builder.shl(exponent, ir.Constant(integer, fraction))
        return builder.bitcast(power, context.get_value_type(kind))

    return t(t), emit


@intrinsic
def flip_if_odd(typing, x, t):
    """-x if k is odd, else x, for t = k + 1.5*2**52 (float32: 1.5*2**23)."""

    def emit(context, builder, signature, arguments):
        kind = signature.return_type
        width, _, _ = layout(kind)
        bits, integer = _as_bits(builder, kind, arguments[0])
        count, _ = _as_bits(builder, kind, arguments[1])
        sign = builder.shl(count, ir.Constant(integer, width - 1))
        return builder.bitcast(builder.xor(bits, sign), context.get_value_type(kind))

    return x(x, t), emit


def _above_root_half(builder: ir.IRBuilder, kind: types.Float, x: Any) -> Any:
    """Bits of x moved so that the exponent field steps at powers of two times
    sqrt(1/2), and the move itself."""
    _, fraction, bias = layout(kind)
    bits, integer = _as_bits(builder, kind, x)
    root = 0x3FE6A09E667F3BCD if fraction == 52 else 0x3F3504F3
    move = ir.Constant(integer, (bias << fraction) - root)
    return builder.add(bits, move), integer, root


@intrinsic
def exponent(typing, x):
    """k as a float, for normal x = m * 2**k > 0 with m between sqrt(1/2) and sqrt(2)."""

    def emit(context, builder, signature, arguments):
        kind = signature.return_type
        _, fraction, bias = layout(kind)
        moved, integer = _above_root_half(builder, kind, arguments[0])[:2]
        field = builder.lshr(moved, ir.Constant(integer, fraction))
        # A float whose lowest bits are the exponent field: 2**52 + field.
        whole = ir.Constant(integer, (bias + fraction) << fraction)
        real = context.get_value_type(kind)
        sum_ = builder.bitcast(builder.or_(field, whole), real)
        return builder.fsub(sum_, ir.Constant(real, float(2**fraction + bias)))

    return x(x), emit


@intrinsic
def mantissa(typing, x):
    """m between sqrt(1/2) and sqrt(2), for normal x = m * 2**k > 0."""

    def emit(context, builder, signature, arguments):
        kind = signature.return_type
        fraction = layout(kind)[1]
        moved, integer, root = _above_root_half(builder, kind, arguments[0])
        kept = builder.and_(moved, ir.Constant(integer, (1 << fraction) - 1))
        bits = builder.add(kept, ir.Constant(integer, root))
        return builder.bitcast(bits, context.get_value_type(kind))

    return x(x), emit


@intrinsic
def upper_half(typing, x):
    """x with the lower half of its digits cleared: its square is exact."""

    def emit(context, builder, signature, arguments):
        kind = signature.return_type
        _, fraction, _ = layout(kind)
        bits, integer = _as_bits(builder, kind, arguments[0])
        mask = ir.Constant(integer, -1 << (fraction // 2 + 1))
        return builder.bitcast(builder.and_(bits, mask), context.get_value_type(kind))

    return x(x), emit


@intrinsic
def polynomial(typing, x, table):
    """table[0] + table[1]*x + ..., multiplications and sums fused.

    By Estrin's scheme: neighbouring terms join, then pairs in x**2, then in x**4. A
    processor that waits for each step of Horner's rule is half as fast.
    `table` is a global tuple of floats of the type of x.
    """

    def emit(context, builder, signature, arguments):
        x, table = arguments
        terms = [
            builder.extract_value(table, order)
            for order in range(len(signature.args[1]))
        ]
        while len(terms) > 1:
            joined = []
            for low, high in zip(terms[::2], terms[1::2], strict=False):
                product = builder.fmul(high, x, flags=_CONTRACT)
                joined.append(builder.fadd(product, low, flags=_CONTRACT))
            terms = joined + terms[len(joined) * 2 :]
            if len(terms) > 1:
                x = builder.fmul(x, x)
        return terms[0]

    return x(x, table), emit


@intrinsic
def shifted(typing, pointer, offset):
    """The pointer `offset` elements further on."""

    def emit(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, offset), emit


def _scopes(module: ir.Module) -> list[Any]:
    """Alias scopes: number 0 is all that is read, k+1 is result table k."""
    domain = module.add_metadata([ir.MetaDataString(module, "wildwire tables")])
    return [
        module.add_metadata([ir.MetaDataString(module, f"wildwire {k}"), domain])
        for k in range(MOST_TABLES + 1)
    ]


def mark(builder: ir.IRBuilder, instruction: Any, own: int) -> None:
    """Tell LLVM that different tables never overlap (the convention says so).

    Without it every pair of tables costs a check at run time, and beyond eight pairs
    LLVM gives up and leaves the loop scalar.
    """
    if own > MOST_TABLES:
        return
    module = builder.module
    scopes = _scopes(module)
    others = [scope for k, scope in enumerate(scopes) if k != own]
    instruction.set_metadata("alias.scope", module.add_metadata([scopes[own]]))
    instruction.set_metadata("noalias", module.add_metadata(others))


@intrinsic
def load(typing, pointer, index):
    """pointer[index] of a table that the kernel only reads."""

    def emit(context, builder, signature, arguments):
        value = builder.load(builder.gep(arguments[0], [arguments[1]]))
        mark(builder, value, 0)
        return value

    return pointer.dtype(pointer, index), emit


@intrinsic(prefer_literal=True)
def store(typing, table, pointer, index, value):
    """pointer[index] = value, where pointer is the start of result table `table`.

    `table` is a number written out in the kernel: it tells LLVM which stores can not
    meet.
    """
    if not isinstance(table, types.IntegerLiteral) or pointer.dtype != value:
        return None

    def emit(context, builder, signature, arguments):
        place = builder.gep(arguments[1], [arguments[2]])
        mark(builder, builder.store(arguments[3], place), 1 + table.literal_value)
        return context.get_dummy_value()

    return types.void(table, pointer, types.int64, value), emit


@intrinsic
def count_of(typing, condition):
    """1 where the condition holds, else 0, as int64."""

    def emit(context, builder, signature, arguments):
        return builder.zext(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.boolean), emit


@intrinsic
def increase(typing, pointer, index, amount):
    """pointer[index] += amount."""

    def emit(context, builder, signature, arguments):
        place = builder.gep(arguments[0], [arguments[1]])
        builder.store(builder.add(builder.load(place), arguments[2]), place)
        return context.get_dummy_value()

    return types.void(pointer, types.int64, types.int64), emit
