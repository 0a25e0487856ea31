"""Local rules once more, slow and obvious: one row, one neuron, one number at a time, in Python.

The change is a Python function of the signals, so that neither the parser nor the kernels of formulas take part.
"""

from types import SimpleNamespace

import numpy as np

from wildwire.engine import reference
from wildwire.engine.reference_numbers import bias_of, links_of, number_of, weight_of
from wildwire.engine.reference_transfers import slots_of_transfer


def epoch(network, theta, X, Y, change, *, order=None, weight=None, online=True, last=None,
          step=1, neurons=None, by=(), bounds=None):  # fmt: skip
    """theta and last changes after one epoch; `change(s)` gives what is added to a number from its signals `s`."""
    theta = np.array(theta, float)
    last = np.zeros(len(theta)) if last is None else np.array(last, float)
    weight = np.ones(len(X)) if weight is None else weight
    total = np.zeros(len(theta))
    for row in range(len(X)) if order is None else order:
        if weight[row] == 0:
            continue
        changes = weight[row] * of_row(network, theta, X[row], Y[row], change, last, step, neurons, by)  # fmt: skip
        if online:
            theta, last = moved(network, theta, changes, neurons, bounds, last)
            step += 1
        else:
            total += changes
    if not online:
        theta, last = moved(network, theta, total, neurons, bounds, last)
    return theta, last


def moved(network, theta, changes, neurons, bounds, last):
    new = theta + changes
    if bounds is not None:
        new = np.clip(new, bounds[:, 0], bounds[:, 1])
    return new, new - theta


def of_row(network, theta, x, y, change, last, step, neurons, by):
    """The change of every number of theta for one row."""
    computed = reference.forward(network, theta, x[None, :])
    error, target = errors_of(network, theta, computed, y, by)
    total = np.zeros(len(theta))
    for j in range(network.n_neurons):
        if neurons is not None and network.names[network.n_inputs + j] not in neurons:
            continue
        output = computed.nodes[network.n_inputs + j][0]
        numbers = list(numbers_of(network, theta, computed, j))
        links = [(w, source) for _, _, w, source, _, is_link in numbers if is_link]
        for slot, sign, w, source, slope, _ in numbers:
            if slot < 0:
                continue
            general = network.functions[network.activation[j]].kind == "expression"
            seen = SimpleNamespace(
                w=w, x=source, y=output, z=output if general else computed.z[j][0], slope=slope,
                e=error.get(j, np.nan), t=target.get(j, np.nan), n=step, d=sign * last[slot],
                links=links,
            )  # fmt: skip
            total[slot] += sign * change(seen)
    return total


def numbers_of(network, theta, computed, j):
    """Slot, sign, value, x = dz/dw, slope, and whether it is a link's weight, of every number of a neuron."""
    function = network.functions[network.activation[j]]
    slope = computed.slopes[j][0]
    links = links_of(network, j)
    if network.transfer[j] > 0:
        values = computed.by_number[j]
        for k, (slot, sign) in enumerate(slots_of_transfer(network, j)):
            value = number_of(network, theta, slot, sign, 0.0)
            yield slot, sign, value, values[k][0], slope, k < len(links)
    elif function.kind != "expression":
        for link in links:
            source = computed.nodes[network.link_source[link]][0]
            yield (
                network.link_slot[link], network.link_sign[link], weight_of(network, theta, link),
                source, slope, True,
            )  # fmt: skip
        bias = bias_of(network, theta, j)
        yield network.bias_slot[j], network.bias_sign[j], bias, 1.0, slope, False
    first = network.parameter_offset[j]
    for k, derivative in enumerate(computed.by_parameter[j]):
        slot, sign = (
            network.parameter_slot[first + k],
            network.parameter_sign[first + k],
        )
        value = number_of(network, theta, slot, sign, network.parameter_value[first + k])  # fmt: skip
        yield slot, sign, value, derivative[0], 1.0, False


def errors_of(network, theta, computed, y, by):
    """Errors and targets by neuron; with `by` also of hidden neurons, shared back link by link."""
    error, target = {}, {}
    for q, node in enumerate(network.output_node):
        j = int(node) - network.n_inputs
        if j >= 0:
            target[j] = y[q]
            error[j] = y[q] - computed.outputs[0, q]
    if not by:
        return error, target
    outputs = set(error)
    for j in reversed(reference.evaluation_order(network)):
        parts = []
        for link in links_of(network, j):
            source = int(network.link_source[link]) - network.n_inputs
            w = weight_of(network, theta, link)
            slope = computed.slopes[source][0] if source >= 0 else 1.0
            parts.append((part(w, computed.nodes[network.link_source[link]][0], slope, by), w, source))  # fmt: skip
        if network.bias_slot[j] != -1 or network.bias_value[j] != 0:
            parts.append((part(bias_of(network, theta, j), 1.0, 1.0, by), 0.0, -1))
        total = sum(one for one, _, _ in parts)
        for one, w, source in parts:
            if source >= 0 and source not in outputs:
                share = one / total if total > 0 else 1 / len(parts)
                sign = -1.0 if w < 0 else 1.0
                error[source] = error.get(source, 0.0) + sign * share * error.get(j, 0.0)  # fmt: skip
    return error, target


def part(w, output, slope, by):
    sizes = {"weight": abs(w), "output": abs(output), "slope": abs(slope)}
    return float(np.prod([sizes[word] for word in by]))
