"""Calls by address: compiled functions, update rules and the kernels of a tile.

Comes in: an address and arguments. Goes out: what the callee writes. Used by `forward.py`,
`losses.py`, `steps.py` and `passes.py`. The intrinsics are module globals because one held in a
closure would miss the disk cache.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from wildwire.engine.emitter import void


@intrinsic
def call_function(
    typingctx, address, z, z_offset, parameters, parameter_offset, out, out_offset,
    guards, guard_offset, rows, columns, row_stride, table_stride, argument_stride,
):  # fmt: skip
    """Call a compiled function (calling convention, version 1) by its address."""
    signature = void(
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


def _call(context, builder, sig, args):
    """Call the C function at the address `args[0]`: arrays as pointers, integers as they are."""
    arguments = []
    for kind, value in zip(sig.args[1:], args[1:], strict=True):
        if isinstance(kind, types.Array):
            value = context.make_array(kind)(context, builder, value).data
        arguments.append(value)
    function = ir.FunctionType(ir.VoidType(), [a.type for a in arguments])
    builder.call(builder.inttoptr(args[0], function.as_pointer()), arguments)


@intrinsic
def call_rule(typingctx, address, x, gradient, free, state, numbers, count, step):
    """Call an update rule by its address."""
    return void((address, x, gradient, free, state, numbers, count, step)), _call


@intrinsic
def call_forward(
    typingctx, address, plan, addresses, level, weights, work, guards,
    X, order, start, real, columns,
):  # fmt: skip
    """Call `kernels.forward_kernel` by its address."""
    arguments = (
        address, plan, addresses, level, weights, work, guards, X, order, start, real,
        columns,
    )  # fmt: skip
    return void(arguments), _call


@intrinsic
def call_loss(
    typingctx, address, plan, addresses, kind, forms, fused, parameters, width, scale,
    factor, totals, work, guards, Y, weight, weight_width, order, start, real, columns,
):  # fmt: skip
    """Call `kernels.loss_kernel` by its address."""
    arguments = (
        address, plan, addresses, kind, forms, fused, parameters, width, scale, factor,
        totals, work, guards, Y, weight, weight_width, order, start, real, columns,
    )  # fmt: skip
    return void(arguments), _call


@intrinsic
def call_backward(
    typingctx, address, plan, addresses, weights, work, gradient, sums, fused, kind,
    columns, to_inputs,
):  # fmt: skip
    """Call `kernels.backward_kernel` by its address."""
    arguments = (
        address, plan, addresses, weights, work, gradient, sums, fused, kind, columns,
        to_inputs,
    )  # fmt: skip
    return void(arguments), _call


@intrinsic
def call_part(
    typingctx, address, plan, addresses, which, at, weights, work, gradient, offset,
    columns, start,
):  # fmt: skip
    """Call a part of a pass (`parts.py`) by its address."""
    arguments = (
        address, plan, addresses, which, at, weights, work, gradient, offset, columns,
        start,
    )  # fmt: skip
    return void(arguments), _call


@intrinsic
def call_transfer_values(
    typingctx, address, work, plan, sources, weights, weight, number, guards, guard,
    count, bias_at, columns, z, scratch,
):  # fmt: skip
    """Call the kernel `values` of a transfer (docs/design/transfers.md) by its address.

    `sources` is an offset in the plan, `weight` and `number` are offsets in the weights.
    """
    arguments = (
        address, work, plan, sources, weights, weight, number, guards, guard, count,
        bias_at, columns, z, scratch,
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        places = {}
        for name, k in (("work", 1), ("plan", 2), ("weights", 4), ("guards", 7)):
            made = context.make_array(sig.args[k])(context, builder, args[k])
            places[name] = made.data
        pointers = [
            places["work"],
            builder.gep(places["plan"], [args[3]]),
            builder.gep(places["weights"], [args[5]]),
            builder.gep(places["weights"], [args[6]]),
            builder.gep(places["guards"], [args[8]]),
        ]
        _call_address(builder, args[0], [*pointers, *args[9:]])

    return void(arguments), codegen


@intrinsic
def call_transfer_deltas(
    typingctx, address, work, plan, sources, weights, weight, number, gradient, count,
    bias_at, columns, delta, d, scratch, shared, first_row,
):  # fmt: skip
    """Call the kernel `deltas` of a transfer by its address; the gradient is laid out like the weights."""
    arguments = (
        address, work, plan, sources, weights, weight, number, gradient, count, bias_at,
        columns, delta, d, scratch, shared, first_row,
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        places = {}
        for name, k in (("work", 1), ("plan", 2), ("weights", 4), ("gradient", 7)):
            made = context.make_array(sig.args[k])(context, builder, args[k])
            places[name] = made.data
        pointers = [places["work"], builder.gep(places["plan"], [args[3]])]
        for name in ("weights", "gradient"):
            pointers += [builder.gep(places[name], [args[k]]) for k in (5, 6)]
        _call_address(builder, args[0], [*pointers, *args[8:]])

    return void(arguments), codegen


def _call_address(builder, address, arguments):
    kind = ir.FunctionType(ir.VoidType(), [a.type for a in arguments])
    builder.call(builder.inttoptr(address, kind.as_pointer()), arguments)
