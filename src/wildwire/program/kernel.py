"""From link table to program in one call, compiled or interpreted.

Comes in: the arrays of a network. Goes out: those of its `Program`, checked. Called by `compile.py`.
One call, because around a small network NumPy calls would take ten times as long as the work. The
same source runs compiled and interpreted and gives the same integers: see `kernel_for`.
"""

import numpy as np

from wildwire.functions.cache import cached_njit, jitable
from wildwire.functions.handover import Handover
from wildwire.program import plan as p
from wildwire.program.arrange import levels_of, program_order, set_apart
from wildwire.program.entries import entries_of
from wildwire.program.faults import faults
from wildwire.program.half_dense import NOTHING, half_dense
from wildwire.program.tables import (
    FORMULA,
    TRANSFER,
    counts_of,
    empty_plan,
    write_expressions,
    write_order,
    write_out_links,
    write_outputs,
    write_sources,
)
from wildwire.program.transfer_tables import write_transfers

INTERPRETED_LINKS = 500

NO_SLOT = -1
ON_A_LOOP = -1
TOO_LONG = -2


@jitable
def _used_functions(activation, n_functions):
    """The functions that neurons have, ascending, and each neuron's place among them."""
    number = np.zeros(max(n_functions, 1), np.int32)
    for j in range(activation.size):
        number[activation[j]] = 1
    used = np.empty(n_functions, np.int32)
    count = 0
    for f in range(n_functions):
        if number[f] > 0:
            number[f] = count
            used[count] = f
            count += 1
    function = np.empty(activation.size, np.int32)
    for j in range(activation.size):
        function[j] = number[activation[j]]
    return used[:count], function


@jitable
def _own_kinds(activation, is_expression, transfer):
    """For each neuron FORMULA, TRANSFER, or 0 where its sources are summed."""
    own = np.zeros(activation.size, np.int32)
    for j in range(activation.size):
        if transfer[j] > 0:
            own[j] = TRANSFER
        elif is_expression[activation[j]]:
            own[j] = FORMULA
    return own


@jitable
def _place_entries(
    slot, sign, constant, is_link, positions, origin,
    link_slot, link_sign, link_value, bias_slot, bias_sign, bias_value,
):  # fmt: skip
    """Copy the numbers of links and biases to their places among the weights."""
    for i in range(origin.size):
        w, e = positions[i], origin[i]
        is_link[w] = e >= 0
        if e == NOTHING:
            slot[w] = NO_SLOT
            sign[w] = 1
            constant[w] = 0.0
        elif e >= 0:
            slot[w] = link_slot[e]
            sign[w] = link_sign[e]
            constant[w] = link_value[e]
        else:
            slot[w] = bias_slot[-1 - e]
            sign[w] = bias_sign[-1 - e]
            constant[w] = bias_value[-1 - e]


@jitable
def _place_parameters(
    slot, sign, constant, is_link, first, order,
    parameter_offset, parameter_slot, parameter_sign, parameter_value,
):  # fmt: skip
    """Copy the parameters of the neurons, in program order, behind the weights of links; where they end."""
    w = first
    for i in range(order.size):
        for e in range(parameter_offset[order[i]], parameter_offset[order[i] + 1]):
            slot[w] = parameter_slot[e]
            sign[w] = parameter_sign[e]
            constant[w] = parameter_value[e]
            is_link[w] = False
            w += 1
    return w


@jitable
def _finished(slot, sign, constant, n_theta):
    """Leave constants where weights are frozen only; whether all numbers of theta are one weight each, with sign +."""
    seen = np.zeros(n_theta, np.int32)
    free = 0
    one_to_one = True
    for w in range(slot.size):
        s = slot[w]
        constant[w] = constant[w] * sign[w] if s == NO_SLOT else 0.0
        if s >= 0:
            one_to_one = one_to_one and sign[w] == 1 and seen[s] == 0
            seen[s] = 1
            free += 1
        elif s < NO_SLOT:
            one_to_one = False
    return one_to_one and free == n_theta


@jitable
def _write_links(
    plan, order, row_of, pointers, sources, origin, positions, transfer, offset, rows
):
    """What reads what: sources of blocks, expressions and transfers, and out-links; where each weight stands."""
    write_sources(plan, order, row_of, pointers, sources, positions)
    write_expressions(plan, order, row_of, pointers, sources, origin)
    write_transfers(
        plan, order, row_of, pointers, sources, origin, positions, transfer, offset,
        rows,
    )  # fmt: skip
    write_out_links(plan)


def build(
    n_inputs, n_functions, n_theta, n_delays, tame, heads, output_node,
    link_target, link_source, link_slot, link_sign, link_value,
    bias_slot, bias_sign, bias_value, activation,
    parameter_offset, parameter_slot, parameter_sign, parameter_value, is_expression,
    transfer, transfer_offset, transfer_slot, transfer_sign, transfer_value, rows,
):  # fmt: skip
    """All arrays of a program from those of a network, which have the names and types of `Network`.

    Parameters
    ----------
    n_inputs, n_functions, n_theta, n_delays : int
    link_source : int32 array
        Of the past, node + delay * nodes.
    tame : int8 array (n_functions,)
        1 where zeros may be filled in for links that are not there, as from `tame_functions`.
    heads : int32 array (2 * n_heads,)
        First output and number of outputs of each head.
    is_expression : int8 array (n_functions,)
        1 where the function is a formula of the sources themselves.
    rows : int32 array (3 * n_transfers,)
        Rows of scratch that each transfer needs, as from `transfer_text.scratch_rows`; zeros for linear.

    Returns
    -------
    fault : int
        0, ON_A_LOOP, TOO_LONG, or a fault of the plan, counted in FAULTS from 1.
    one_to_one : bool
    used : int32 array
        The functions that the plan numbers.
    plan, row_of_neuron, slot, sign, constant, is_link
        As in `Program`; nothing is in them unless `fault` is 0.
    """
    n = activation.size
    pointers, sources, origin = entries_of(
        (n_inputs + n) * (n_delays + 1), link_target, link_source, bias_slot, bias_value
    )
    used, function = _used_functions(activation, n_functions)
    levels, is_loop = levels_of(n_inputs, pointers, sources)
    own = _own_kinds(activation, is_expression, transfer)
    pointers, sources, origin, group, size = half_dense(
        levels, n_inputs, pointers, sources, origin, activation, tame, own
    )
    size = set_apart(group, size, own)
    order = program_order(levels, group, size, function, used.size, own)
    counts = counts_of(order, levels, group, size, function, pointers, sources, own)
    plan = empty_plan(counts, n_inputs, output_node.size, heads)
    row_of = np.empty(n, np.int32)
    positions = np.empty(sources.size, np.int32)
    fault = ON_A_LOOP if is_loop else TOO_LONG
    if plan.size > 0 and not is_loop:
        plan[p.LINK_WEIGHTS] = sources.size
        plan[p.DELAYS] = n_delays
        plan[p.FUNCTIONS] = used.size
        write_order(
            plan, row_of, order, levels, group, size, function, parameter_offset, own
        )
        _write_links(
            plan, order, row_of, pointers, sources, origin, positions, transfer,
            transfer_offset, rows,
        )  # fmt: skip
        write_outputs(plan, output_node, heads, row_of)
        fault = faults(plan)
    n_weights = plan[p.WEIGHTS] if fault == 0 else 0
    slot = np.empty(n_weights, np.int32)
    sign = np.empty(n_weights, np.int8)
    constant = np.empty(n_weights, np.float64)
    is_link = np.empty(n_weights, np.bool_)
    one_to_one = False
    if fault == 0:
        _place_entries(
            slot, sign, constant, is_link, positions, origin,
            link_slot, link_sign, link_value, bias_slot, bias_sign, bias_value,
        )  # fmt: skip
        w = _place_parameters(
            slot, sign, constant, is_link, sources.size, order,
            parameter_offset, parameter_slot, parameter_sign, parameter_value,
        )  # fmt: skip
        if plan[p.TRANSFERS] > 0:
            _place_parameters(
                slot, sign, constant, is_link, w, order,
                transfer_offset, transfer_slot, transfer_sign, transfer_value,
            )  # fmt: skip
        one_to_one = _finished(slot, sign, constant, n_theta)
    return fault, one_to_one, used, plan, row_of, slot, sign, constant, is_link


# Called from Python only: no wrapper for C.
compiled_build = cached_njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True)(
    build
)
handover = Handover(lambda: compiled_build)


def kernel_for(n_links):
    """`build` for a network of this size, compiled or not.

    Interpreting a small network takes about a millisecond, loading the compiled kernel ten and compiling it some
    thousands: the first small networks of a process are interpreted, so that a first fit does not wait, and later
    ones, as in a structure search, are not.
    """
    kernel = handover.kernel or handover.ask()
    if kernel is None:
        kernel = build if n_links <= INTERPRETED_LINKS else handover.insist()
    return kernel
