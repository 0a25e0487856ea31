"""Local rules, row by row: values, errors, the change of every number by a formula.

Comes in: a bound program, rows in an order, the tables of `rule_plan.py`, addresses of the rule's functions. Goes out:
theta and the last changes, changed in place. Called by `rule_walk.py`.

The formula of a rule is evaluated for one neuron at a time, over all its numbers and the rows of a tile at once: its
arguments are the rows of one table, number by number. One row is a tile of its own where theta changes after every
row; the sums are those of a batch all the same, to the bit, so that a step neuron errs here where it errs in `run`.
"""

import numpy as np

from wildwire.engine import calls
from wildwire.engine.blas import INLINE, INNER, KERNEL
from wildwire.engine.forward import delta_table
from wildwire.engine.parts import DELTAS, FORWARD, TRANSFERS
from wildwire.engine.steps import columns_of, kernel_of
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

# what a row of the table of arguments holds
WEIGHT, SOURCE, OUTPUT, SUM, SLOPE, ERROR, TARGET, STEP, CHANGE = range(9)
# a neuron: row of the value table, its first item, items, kind, place of its transfer in the plan
ROW, FIRST, COUNT, KIND, TRANSFER = range(5)
PLAIN, TRANSFERRED, GENERAL = range(3)
# an item, a column of its table: place among the weights, row of its source in the work array (-1: see the transfer),
# slot in theta (-1: frozen), sign, whether its source is dy/dw and its slope therefore 1, whether it is a link's weight
PLACE, AT, SLOT, SIGN, UNIT, LINK = range(6)
# stages
SUM_OF, PRODUCT_OF, MEAN_OF, LEAST_OF, MOST_OF, RATE = range(6)
# status: what ended the walk, at which number of the order, neuron and item; whether a number has changed
CODE, AT_ROW, AT_NEURON, AT_ITEM, MOVED = range(5)
DONE, NEGATIVE, NOT_FINITE = range(3)
# what errors are shared by (bits)
BY_WEIGHT, BY_OUTPUT, BY_SLOPE = 1, 2, 4


@cached_njit(**INNER)
def _errors(plan, outputs, work, Y, order, first, count, columns, E, T):
    """Targets and errors t - o of output neurons."""
    n = len(outputs)
    for q in range(n):
        of, row = np.int64(outputs[q, 0]), np.int64(outputs[q, 1])
        if row < 0:
            continue
        for c in range(count):
            target = Y[order[first + c] * n + q]
            T[row * columns + c] = target
            E[row * columns + c] = target - work[of * columns + c]


@cached_njit(**INLINE)
def _part(plan, links, i, by, weights, work, columns, c):
    """What a link is to blame for, before it is divided by the sum over the links of its neuron."""
    source = np.int64(links[i, 1])
    part = 1.0
    if by & BY_WEIGHT:
        part *= abs(weights[links[i, 0]])
    if by & BY_OUTPUT:
        part *= abs(work[source * columns + c])
    if by & BY_SLOPE and source > plan[p.INPUTS]:
        part *= abs(work[(plan[p.ROWS] + source) * columns + c])
    return part


@cached_njit(**INNER)
def _share_errors(plan, shared, links, by, weights, work, count, columns, E):
    """Errors of hidden neurons: e_j = sum over k that it feeds of sign(w_jk) * share_jk * e_k."""
    for s in range(len(shared)):
        row, start, length = np.int64(shared[s, 0]), shared[s, 1], shared[s, 2]
        for c in range(count):
            error = E[row * columns + c]
            total = 0.0
            for i in range(start, start + length):
                total += _part(plan, links, i, by, weights, work, columns, c)
            for i in range(start, start + length):
                if links[i, 2] == 0:
                    continue
                share = 1.0 / length
                if total > 0:
                    part = _part(plan, links, i, by, weights, work, columns, c)
                    share = part / total
                source = np.int64(links[i, 1])
                blamed = share * error
                if weights[links[i, 0]] < 0:
                    blamed = -blamed
                E[source * columns + c] += blamed


@cached_njit(**INNER)
def _sources_of_transfer(
    plan, addresses, neuron, items, weights, work, gradient, c, count, columns, args, at
):
    """x = dz/dw of the numbers of another transfer for sample c: its own way back, from a delta of 1."""
    t, d = np.int64(neuron[TRANSFER]), delta_table(plan, columns)
    row = np.int64(neuron[ROW])
    for k in range(plan[t + 6]):
        gradient[plan[t + 5] + k] = 0
    for k in range(plan[t + 8]):
        gradient[plan[t + 3] + k] = 0
    for i in range(columns):
        work[d + row * columns + i] = 1.0 if i == c else 0.0
    calls.call_part(
        addresses[3 * plan[p.FUNCTIONS] + TRANSFERS], plan, addresses, DELTAS, t,
        weights, work, gradient, d, columns, 0,
    )  # fmt: skip
    for k in range(neuron[COUNT]):
        args[at + k * count + c] = gradient[items[PLACE, neuron[FIRST] + k]]


@cached_njit(**INNER)
def _sources(
    plan, addresses, neuron, items, weights, work, gradient, count, columns, args, at
):
    if neuron[KIND] == TRANSFERRED:
        for c in range(count):
            _sources_of_transfer(
                plan, addresses, neuron, items, weights, work, gradient, c, count,
                columns, args, at,
            )  # fmt: skip
    for k in range(neuron[COUNT]):
        row = np.int64(items[AT, neuron[FIRST] + k])
        if row >= 0:
            for c in range(count):
                args[at + k * count + c] = work[row * columns + c]


@cached_njit(**INLINE)
def _of_neuron(table, row, length, count, columns, args, at):
    """One value of the neuron for each sample, repeated for each of its numbers."""
    for k in range(length):
        for c in range(count):
            args[at + k * count + c] = table[row * columns + c]


@cached_njit(**INNER)
def _signal(
    signal, plan, neuron, items, weights, work, last, E, T, Z, step, count, columns,
    args, at,
):  # fmt: skip
    """Fill one row of the table of arguments; sources are filled by `_sources`."""
    row, length = np.int64(neuron[ROW]), np.int64(neuron[COUNT])
    first = np.int64(neuron[FIRST])
    if signal == OUTPUT:
        _of_neuron(work, row, length, count, columns, args, at)
    elif signal == SUM:
        source = work if neuron[KIND] == GENERAL else Z
        _of_neuron(source, row, length, count, columns, args, at)
    elif signal == SLOPE:
        if neuron[KIND] != GENERAL:
            _of_neuron(
                work, plan[p.ROWS] + row, length, count, columns, args, at
            )  # fmt: skip
        for k in range(length):
            if items[UNIT, first + k]:
                for c in range(count):
                    args[at + k * count + c] = 1.0
    elif signal == ERROR:
        _of_neuron(E, row, length, count, columns, args, at)
    elif signal == TARGET:
        _of_neuron(T, row, length, count, columns, args, at)
    elif signal != SOURCE:
        for k in range(length):
            value = float(step)
            if signal == WEIGHT:
                value = weights[items[PLACE, first + k]]
            elif signal == CHANGE:
                slot = items[SLOT, first + k]
                value = items[SIGN, first + k] * last[slot] if slot >= 0 else 0.0
            for c in range(count):
                args[at + k * count + c] = value


@cached_njit(**INNER)
def _reduced(kind, neuron, items, values, c, count):
    """One number of those of all links of the neuron, for sample c."""
    total, links = 1.0 if kind == PRODUCT_OF else 0.0, 0
    for k in range(neuron[COUNT]):
        if not items[LINK, neuron[FIRST] + k]:
            continue
        value = values[k * count + c]
        if kind == PRODUCT_OF:
            total *= value
        elif kind in (LEAST_OF, MOST_OF):
            better = value < total if kind == LEAST_OF else value > total
            # nan takes the place for good
            total = value if links == 0 or better or value != value else total
        else:
            total += value
        links += 1
    return total / links if kind == MEAN_OF and links else total


@cached_njit(**INLINE)
def _evaluate(address, args, numbers, values, guards, length, stride):
    calls.call_function(
        address, args, np.int64(0), numbers, np.int64(0), values, np.int64(0), guards,
        np.int64(0), np.int64(1), length, length, length, stride,
    )  # fmt: skip


@cached_njit(**INNER)
def _stages(
    stages, addresses, signals, neuron, items, args, stride, numbers, values, guards,
    first, count, status,
):  # fmt: skip
    """Evaluate the stages of a rule, each into its row of the table of arguments."""
    length = np.int64(neuron[COUNT]) * count
    for s in range(len(stages)):
        at = (signals + s) * stride
        _evaluate(addresses[s], args, numbers, values, guards, length, stride)
        if stages[s] == RATE:
            for i in range(length):
                if not values[i] >= 0:
                    status[CODE], status[AT_ITEM] = NEGATIVE, i
                    status[AT_ROW] = first + i % count
                    return False
                args[at + i] = values[i]
            continue
        for c in range(count):
            total = _reduced(stages[s], neuron, items, values, c, count)
            for k in range(neuron[COUNT]):
                args[at + k * count + c] = total
    return True


@cached_njit(**INNER)
def _apply(slots, places, theta, low, high, last, delta, weights, status, first):
    """Move the numbers by their changes, within their bounds; False if one is no number any more."""
    pointers, place, sign = places
    for i in range(len(slots)):
        slot = slots[i]
        change = delta[slot]
        if change == 0:
            last[slot] = 0
            continue
        before = theta[slot]
        after = min(max(before + change, low[slot]), high[slot])
        if not np.isfinite(before + change):
            status[CODE], status[AT_ROW], status[AT_ITEM] = NOT_FINITE, first, slot
            return False
        last[slot] = after - before
        theta[slot] = after
        delta[slot] = 0
        if after != before:
            status[MOVED] = 1
        for k in range(pointers[i], pointers[i + 1]):
            weights[place[k]] = after if sign[k] > 0 else -after
    return True


@cached_njit(**INNER)
def _change_neuron(
    plan, addresses, weights, work, guards, neuron, items, signals, stages,
    functions, numbers, scratch, last, delta, weight, order, first, count, columns, step,
    status,
):  # fmt: skip
    """Add up the changes of one neuron's numbers over the rows of a tile."""
    args, values, E, T, Z, gradient, counts = scratch
    stride = len(values)
    for s in range(len(signals)):
        at = s * stride
        if signals[s] == SOURCE:
            _sources(
                plan, addresses, neuron, items, weights, work, gradient, count, columns,
                args, at,
            )  # fmt: skip
        else:
            _signal(
                signals[s], plan, neuron, items, weights, work, last, E, T, Z, step,
                count, columns, args, at,
            )  # fmt: skip
    fine = _stages(
        stages, functions, len(signals), neuron, items, args, stride, numbers, values,
        counts, first, count, status,
    )  # fmt: skip
    if not fine:
        return False
    length = np.int64(neuron[COUNT]) * count
    _evaluate(functions[len(stages)], args, numbers, values, counts, length, stride)
    for c in range(count):
        own = weight[order[first + c]]
        for k in range(neuron[COUNT]):
            slot = items[SLOT, neuron[FIRST] + k]
            if slot >= 0:
                change = own * values[k * count + c]
                sign = items[SIGN, neuron[FIRST] + k]
                delta[slot] += change if sign > 0 else -change
    return True


@cached_njit(**KERNEL)
def walk(program, rows, tables, rule, blame, by, scratch, state, start, stop, size, online, step, status):  # fmt: skip
    """Go through rows start..stop of the order, `size` at a time.

    Parameters
    ----------
    program : tuple
        plan, addresses, weights, work, guards of a bound program at level 1.
    rows : tuple
        X, Y (flat), weight (n,), order.
    tables : tuple
        neurons, items, outputs, slots, places: see `rule_plan.py`.
    rule : tuple
        signals, stages, addresses of the stages' functions and of the rule's, numbers.
    blame : tuple
        shared, links; empty where errors are not shared.
    scratch : tuple
        args, values, E, T, Z, gradient, counts.
    state : tuple
        theta, low, high, last, delta.
    online : bool
        Move theta after every tile, which is then one row; else changes are left in delta.
    step : int
        Number of the first step, or of the only one.
    """
    plan, addresses, weights, work, guards = program
    X, Y, weight, order = rows
    neurons, items, outputs, slots, places = tables
    signals, stages, functions, numbers = rule
    theta, low, high, last, delta = state
    Z = scratch[4]
    for first in range(start, stop, size):
        count = min(size, stop - first)
        columns = columns_of(count, 2)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 1, weights, work,
            guards, X, order, first, count, columns,
        )  # fmt: skip
        if len(Z) > 1:
            z = delta_table(plan, columns)
            for i in range(plan[p.ROWS] * columns):
                Z[i] = work[z + i]
        if len(blame[0]) > 0:
            scratch[2][:] = 0
        _errors(plan, outputs, work, Y, order, first, count, columns, scratch[2], scratch[3])  # fmt: skip
        if len(blame[0]) > 0:
            _share_errors(plan, blame[0], blame[1], by, weights, work, count, columns, scratch[2])  # fmt: skip
        for j in range(len(neurons)):
            fine = _change_neuron(
                plan, addresses, weights, work, guards, neurons[j], items, signals,
                stages, functions, numbers, scratch, last, delta, weight, order, first,
                count, columns, step, status,
            )  # fmt: skip
            if not fine:
                status[AT_NEURON] = j
                return
        if online:
            if not _apply(slots, places, theta, low, high, last, delta, weights, status, first):  # fmt: skip
                return
            step += 1


@cached_njit(**KERNEL)
def apply(tables, state, weights, status):
    """Move theta by the changes of a whole epoch."""
    theta, low, high, last, delta = state
    _apply(tables[3], tables[4], theta, low, high, last, delta, weights, status, 0)
