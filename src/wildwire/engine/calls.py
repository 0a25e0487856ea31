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
