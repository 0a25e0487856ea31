"""The usual network from arrays, through one compiled call.

Comes in: what `from_arrays` was given. Goes out: the same `Network` as `arrays.py` makes by whole-array
calls, or None when anything is wrong or unusual: then `arrays.py` does all of it again, slowly, and
says what is wrong. Called by `arrays.py`, which holds the kernel back until it pays.
"""

from __future__ import annotations

import numpy as np

from wildwire.errors import WildwireError
from wildwire.network import check
from wildwire.network.array_names import (
    chosen_outputs,
    columns_of,
    dissolved,
    groups_of,
    heads_of,
    neuron_names,
)
from wildwire.network.array_numbers import (
    BiasTable,
    LinkTable,
    activations,
    parameter_table,
)
from wildwire.network.description import Network

# Not read-only, as copies of what callers give are not: the kernel is compiled for one kind of array.
NO_NUMBERS, NO_FLAGS = np.empty(0), np.empty(0, bool)
NO_OFFSET = np.empty(0, np.int64)

LAST_NODE = 2**31 - 1

READ_TWICE = (
    type(None), int, str, list, tuple, dict, range, np.ndarray, np.integer,
)  # fmt: skip
"""What the slow way can read again; an iterator it cannot."""


class _Unusual(Exception):
    """Something that the kernel does not take."""


def quick_network(kernel, *given) -> Network | None:
    """The network, or None when something is wrong or unusual; the arguments are those of `from_arrays`, in order.

    Cost: 30 microseconds for 20 neurons and 80 links, 50 milliseconds for a million links.
    """
    try:
        return _network(kernel, *given)
    except (_Unusual, WildwireError, ValueError):
        return None  # a fault is left to the slow way, which looks for faults in its own order


def _network(
    kernel, inputs, source, target, neurons, outputs, activation, parameters, delay,
    weight, frozen, bias, bias_frozen, lets, link_let, link_sign, head, classes,
    output_names,
):  # fmt: skip
    read_twice = (inputs, neurons, outputs, lets, classes, output_names)
    if not all(isinstance(item, READ_TWICE) for item in read_twice):
        raise _Unusual
    links = _links(source, target, delay, link_let, link_sign, frozen)
    columns, groups = columns_of(inputs), groups_of(neurons, links[1])
    n_inputs = sum([column.size for column in columns])
    n_links, n = links.shape[1], sum([group.count for group in groups])
    if not 0 < n <= n_links or n_inputs + n > LAST_NODE:
        raise _Unusual  # a neuron without sources, found before memory is asked for
    functions, index = activations(activation, n)
    table = _parameters(functions, index, parameters, n)
    lets = {} if lets is None else dict(lets)
    shared = _reals(list(lets.values()), len(lets)) if lets else NO_NUMBERS
    n_parameters = table[1].size
    whole = np.empty(4 * n_links + 5 * n + 1 + n_parameters, np.int32)
    small = np.empty(n_links + n + n_parameters, np.int8)
    real = np.empty(2 * small.size + shared.size)
    n_theta, n_outputs, delayed = kernel(
        n_inputs, n, outputs is None, links, _reals(weight, n_links),
        *_biases(bias, bias_frozen, n), *table, shared, whole, small, real,
    )  # fmt: skip
    if n_theta < 0 or delayed:
        raise _Unusual
    whole[-2 * n : -n] = index
    if outputs is None:
        chosen = [node - n_inputs for node in whole[-n:][:n_outputs].tolist()]
    else:
        chosen = chosen_outputs(outputs, groups, n)
    nodes = [n_inputs + neuron for neuron in chosen]
    whole[-n:][: len(nodes)] = nodes
    tables = _tables(n_links, n, n_parameters, n_theta, len(nodes), whole, small, real)
    groups = _described(groups, tables, n_theta - len(lets))
    if output_names is None:
        output_names = neuron_names(groups, chosen)
    if not nodes or len(output_names) != len(nodes):
        raise _Unusual
    heads, classes = heads_of(head, classes, nodes, n_inputs, groups)
    slot_names = tuple(enumerate(lets, n_theta - len(lets)))
    network = Network._of_checked(
        n_inputs, tables,
        columns=columns, groups=groups, functions=functions,
        output_names=tuple(output_names), heads=heads, classes=classes,
        slot_names=slot_names, lets=tuple([(name, slot) for slot, name in slot_names]),
    )  # fmt: skip
    check.check_names(network)
    return network


# ---- what is given --------------------------------------------------------------------------------------------------


def _links(source, target, delay, let, sign, frozen) -> np.ndarray:
    """The whole numbers of the links as rows, in the order of `array_kernel.py`."""
    source = _checked(source, None, "iu")
    n = len(source)
    if delay is None and let is None and sign is None and frozen is None:
        rows = np.empty((2, n), np.int64)
    else:
        rows = np.empty((6, n), np.int64)
        rows[2] = 0 if delay is None else _checked(delay, n, "iu")
        rows[3] = -1 if let is None else _checked(let, n, "iu")
        rows[4] = 1 if sign is None else _checked(sign, n, "iu")
        rows[5] = 0 if frozen is None else _checked(frozen, n, "biuf") != 0
    rows[0] = source
    rows[1] = _checked(target, n, "iu")
    return rows


def _checked(values, size: int | None, kinds: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in kinds or array.size == 0:
        raise _Unusual
    if size is not None and array.size != size:
        raise _Unusual
    if kinds == "iu" and array.dtype == np.uint64:
        raise _Unusual  # would wrap round
    return array


def _reals(values, size: int) -> np.ndarray:
    if values is None:
        return NO_NUMBERS
    return np.array(_checked(values, size, "biuf"), np.float64)


def _biases(bias, frozen, n: int) -> tuple:
    """Whether there are any, start values, which are frozen."""
    if bias is False:
        return False, NO_NUMBERS, NO_FLAGS
    start = _reals(None if bias is True else bias, n)
    return True, start, NO_FLAGS if frozen is None else _checked(frozen, n, "biuf") != 0


def _parameters(functions, index, chosen, n: int) -> tuple:
    """First parameter of each neuron, start values, which are free."""
    if not chosen and not any(function.parameters for function in functions):
        return NO_OFFSET, NO_NUMBERS, NO_FLAGS
    table = parameter_table(functions, index, chosen or {}, n)
    return table.offset, table.start, table.free


# ---- what is made ---------------------------------------------------------------------------------------------------


def _tables(n_links, n, n_parameters, n_theta, n_outputs, whole, small, real) -> dict:
    """The tables as read-only parts of the three arrays."""
    for array in (whole, small, real):
        array.flags.writeable = False
    transfer = 4 * n_links + n
    offset = transfer + n
    parameter = offset + n + 1
    activation = parameter + n_parameters
    output = activation + n
    neuron = n_links + n
    start = neuron + n_parameters
    return {
        "link_source": whole[:n_links],
        "link_target": whole[n_links : 2 * n_links],
        "link_delay": whole[2 * n_links : 3 * n_links],
        "link_slot": whole[3 * n_links : 4 * n_links],
        "bias_slot": whole[4 * n_links : transfer],
        "transfer": whole[transfer:offset],
        # n zeros and the first parameter offset, which is 0, too: no neuron has a transfer
        "transfer_offset": whole[transfer : offset + 1],
        "parameter_offset": whole[offset:parameter],
        "parameter_slot": whole[parameter:activation],
        "activation": whole[activation:output],
        "output_node": whole[output : output + n_outputs],
        "link_sign": small[:n_links],
        "bias_sign": small[n_links:neuron],
        "parameter_sign": small[neuron:start],
        "link_value": real[:n_links],
        "bias_value": real[n_links:neuron],
        "parameter_value": real[neuron:start],
        "start": real[start : start + n_theta],
    }


def _described(groups, tables: dict, n_own: int):
    """The groups, those dissolved that no single line can say."""
    if not any(group.size is not None and not group.dissolved for group in groups):
        return groups
    slot, bias = tables["link_slot"], tables["bias_slot"]
    links = LinkTable(
        source=tables["link_source"], target=tables["link_target"],
        delay=tables["link_delay"], weight=tables["link_value"],
        free=(slot >= 0) & (slot < n_own), let=None, sign=tables["link_sign"],
    )  # fmt: skip
    biases = BiasTable(tables["bias_value"], bias >= 0)
    return dissolved(groups, links, biases, tables["activation"])
