"""From a table of addresses to arrays, inside compiled kernels.

Comes in: a pointer to the table of `places.py`. Goes out: pointers of a type, and numbers that
several threads change. Used by `steps.py`, `passes.py`, `meeting.py`, `crew_kernel.py` and
`population_kernels.py`; `forward.py` and `single.py` hand an array on as a number.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from wildwire.engine.emitter import wide

_WHOLE = types.CPointer(types.int64)


@intrinsic
def pointer_at(typingctx, table, place, like):
    """The address at `table[place]` as a pointer of the type of `like`."""

    def codegen(context, builder, sig, args):
        address = builder.load(builder.gep(args[0], [args[1]]))
        return builder.inttoptr(address, context.get_value_type(sig.return_type))

    return like(_WHOLE, types.int64, like), codegen


def _cast(kind):
    """Make an intrinsic that gives `table[place]` as a pointer to `kind`."""
    pointer = types.CPointer(kind)

    @intrinsic
    def pointer_of(typingctx, table, place):
        def codegen(context, builder, sig, args):
            address = builder.load(builder.gep(args[0], [args[1]]))
            return builder.inttoptr(address, context.get_value_type(pointer))

        return pointer(_WHOLE, types.int64), codegen

    return pointer_of


integers_at = _cast(types.int32)
longs_at = _cast(types.int64)
flags_at = _cast(types.int8)
doubles_at = _cast(types.float64)


@intrinsic
def address_of(typingctx, array):
    """The address of an array's first element, as a number."""

    def codegen(context, builder, sig, args):
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, context.get_value_type(types.int64))

    return types.int64(array), codegen


@intrinsic
def longs_from(typingctx, address):
    """The address as a pointer to int64: the inverse of `address_of`."""

    def codegen(context, builder, sig, args):
        return builder.inttoptr(args[0], context.get_value_type(_WHOLE))

    return _WHOLE(types.int64), codegen


@intrinsic
def atomic_add(typingctx, pointer, index, amount):
    """`pointer[index] += amount` as one step for all threads; what stood there before."""

    def codegen(context, builder, sig, args):
        place = builder.gep(args[0], [args[1]])
        return builder.atomic_rmw("add", place, args[2], "seq_cst")

    return types.int64(_WHOLE, types.int64, types.int64), codegen


@intrinsic
def atomic_get(typingctx, pointer, index):
    """`pointer[index]`, as other threads have written it."""

    def codegen(context, builder, sig, args):
        place = builder.gep(args[0], [args[1]])
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(_WHOLE, types.int64), codegen


@intrinsic
def atomic_set(typingctx, pointer, index, value):
    """`pointer[index] = value`, after all that this thread has written before."""

    def codegen(context, builder, sig, args):
        place = builder.gep(args[0], [args[1]])
        builder.store_atomic(args[2], place, "release", 8)
        return context.get_dummy_value()

    return types.void(_WHOLE, types.int64, types.int64), codegen


@intrinsic
def atomic_exchange(typingctx, pointer, index, expected, value):
    """Whether `pointer[index]` was `expected`, and is `value` now."""

    def codegen(context, builder, sig, args):
        place = builder.gep(args[0], [args[1]])
        result = builder.cmpxchg(place, args[2], args[3], "seq_cst", "seq_cst")
        return builder.extract_value(result, 1)

    return types.boolean(_WHOLE, types.int64, types.int64, types.int64), codegen


@intrinsic
def call_kernel(typingctx, address, table, number):
    """Call a kernel on the table at an address."""

    def codegen(context, builder, sig, args):
        whole = ir.IntType(64)
        pointer = whole.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, pointer, whole])
        table = builder.inttoptr(args[1], pointer)
        nothing = ir.Constant(pointer, None)
        builder.call(
            builder.inttoptr(args[0], kind.as_pointer()), [table, nothing, args[2]]
        )
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def call_on(typingctx, address, table, real, number):
    """Call a kernel on the table that is under work."""

    def codegen(context, builder, sig, args):
        arguments = args[1:]
        kind = ir.FunctionType(ir.VoidType(), [a.type for a in arguments])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), arguments)
        return context.get_dummy_value()

    return types.void(types.int64, _WHOLE, real, types.int64), codegen


@intrinsic
def call_plain(typingctx, address):
    """Call the C function without arguments at an address (to yield the processor)."""

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@intrinsic
def value_at(typingctx, array, offset):
    """`array[offset]`, also for negative offsets, which lie before the array: rows of an earlier step."""

    def codegen(context, builder, sig, args):
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.load(builder.gep(data, [args[1]]))

    return array.dtype(array, wide((offset,))[0]), codegen


@intrinsic
def add_at(typingctx, array, offset, amount):
    """`array[offset] += amount`, with the same meaning."""

    def codegen(context, builder, sig, args):
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        place = builder.gep(data, [args[1]])
        builder.store(builder.fadd(builder.load(place), args[2]), place)
        return context.get_dummy_value()

    return types.void(array, wide((offset,))[0], array.dtype), codegen
