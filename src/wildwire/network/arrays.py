"""Networks from link arrays.

Comes in: sources and targets as arrays, with whatever else is known per link and per neuron. Goes
out: a `Network`. Called by users, by `wiring` and by models that load arrays; nothing is done link
by link in Python, so that a million links take under two seconds. When a process makes many networks,
the usual ones go through one compiled call instead (`quick.py`), with the same result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wildwire.errors import NetworkError
from wildwire.functions.handover import Handover
from wildwire.network.array_names import (
    chosen_outputs,
    columns_of,
    dissolved,
    groups_of,
    heads_of,
    neuron_names,
    unread,
)
from wildwire.network.array_numbers import (
    activations,
    assign_slots,
    bias_table,
    check_targets,
    link_table,
    parameter_table,
)
from wildwire.network.array_transfers import (
    are_alike,
    number_table,
    parameter_names,
    transfers_of,
    without_bias,
)
from wildwire.network.description import Network
from wildwire.network.quick import LAST_NODE, quick_network
from wildwire.network.settle import read_settle


def from_arrays(
    inputs: int | Sequence,
    source,
    target,
    *,
    neurons: int | Sequence | None = None,
    outputs: Sequence | None = None,
    activation="tanh",
    parameters: Mapping | None = None,
    delay=None,
    weight=None,
    frozen=None,
    bias=None,
    bias_frozen=None,
    lets: Mapping[str, float] | None = None,
    link_let=None,
    link_sign=None,
    head: str | None = None,
    classes: Sequence | None = None,
    output_names: Sequence[str] | None = None,
    transfer=None,
    transfer_numbers=None,
    transfer_frozen=None,
    settle=None,
) -> Network:
    """Make a network from arrays, one entry per link or per neuron.

    Parameters
    ----------
    inputs : int or sequence of str, (str, int) or Column
        Names of the inputs; a pair is a group; a number n stands for the group `x[n]`.
    source : array_like of int, (n_links,)
        Node numbers: inputs first, then neurons.
    target : array_like of int, (n_links,)
        Neuron numbers, from 0. Any order; links of one neuron keep theirs.
    neurons : int, sequence of str, (str, int) or Group, or None
        Names of the neurons; a pair is a group. A number n stands for the neurons `n_0`, `n_1`, ...; None
        counts them in `target`.
    outputs : sequence of str or int, or None
        Names (a group's name is all of it) or neuron numbers; None: the neurons that nobody reads.
    activation : str, Function or sequence of them
        One for all, or one per neuron.
    parameters : mapping of str to array_like of float, or None
        Parameters of activations and transfers that learn, by name, one start value for all neurons or one per
        neuron; NaN is unknown. Those not named are frozen at their default.
    delay : array_like of int, (n_links,), or None
        Steps into the past; None is 0.
    weight : array_like of float, (n_links,), or None
        Start values, NaN is unknown; None is all unknown.
    frozen : array_like of bool, (n_links,), or None
        Weights that must not learn.
    bias : array_like of float, (n_neurons,), or bool or None
        Start values, NaN is unknown. None and True: all unknown, where the neuron's transfer knows a bias. False:
        no biases. An entry that is frozen at 0 is no bias.
    bias_frozen : array_like of bool, (n_neurons,), or None
    lets : mapping of str to float, or None
        Shared numbers by name; NaN is unknown.
    link_let : array_like of int, (n_links,), or None
        Which of `lets` is the weight of the link; -1 for none.
    link_sign : array_like of int, (n_links,), or None
        1 or -1, for links with a shared number.
    head : "softmax" or None
        Computed over all outputs together.
    classes : sequence or None
        Labels of the outputs.
    output_names : sequence of str or None
        What the outputs are called instead of the names of their neurons. The text of a network
        has only the latter.
    transfer : str, Transfer, None or sequence of them
        One for all neurons, or one per neuron; None and "linear" are the weighted sum.
    transfer_numbers : array_like of float or None
        Start values of the transfers' numbers besides weights and biases, neuron by neuron in the order of
        `Network.transfer_offset`, NaN is unknown. None: those of links and pairs of links are unknown, parameters
        are at the default of their definition.
    transfer_frozen : array_like of bool or None
        Which of them must not learn. None: the parameters that are not named in `parameters`.
    settle : Settle or bool, optional
        Links without delay may form loops, and every sample runs until its values stand still; True: with the
        usual number of steps and tolerance.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        Arrays that do not fit together; LoopError, DuplicateNameError and UnknownNameError as in `Network.parse`.

    Notes
    -----
    Linear in the links: a million take under 2 s, keep 33 bytes each and need under 300 at peak.
    """
    given = (
        inputs, source, target, neurons, outputs, activation, parameters, delay, weight,
        frozen, bias, bias_frozen, lets, link_let, link_sign, head, classes, output_names,
    )  # fmt: skip
    if settle or not (transfer is transfer_numbers is transfer_frozen is None):
        own = (transfer, transfer_numbers, transfer_frozen)
        return _from_given(*given, *own, read_settle(settle))
    kernel = handover.kernel or handover.ask()
    network = None if kernel is None else quick_network(kernel, *given)
    return _from_given(*given) if network is None else network


def _kernel():
    from wildwire.network.array_kernel import fill_tables

    return fill_tables


handover = Handover(_kernel)


def _from_given(
    inputs, source, target, neurons, outputs, activation, parameters, delay, weight,
    frozen, bias, bias_frozen, lets, link_let, link_sign, head, classes, output_names,
    transfer=None, transfer_numbers=None, transfer_frozen=None, settle=None,
):  # fmt: skip
    """The network by whole-array calls: without the compiler, in every case, and with an error for every fault."""
    links = link_table(source, target, delay, weight, frozen, link_let, link_sign)
    columns = columns_of(inputs)
    groups = groups_of(neurons, links.target)
    n_neurons = sum(group.count for group in groups)
    check_targets(links.target, n_neurons)
    functions, index = activations(activation, n_neurons)
    transfers, which = transfers_of(transfer, n_neurons)
    chosen, names = parameters or {}, parameter_names(transfers)
    table = parameter_table(functions, index, chosen, n_neurons, names)
    own = number_table(
        transfers, which, links.target, chosen, transfer_numbers, transfer_frozen
    )
    without = without_bias(transfers, which)
    biases = bias_table(bias, bias_frozen, n_neurons, without)
    lets = {} if lets is None else dict(lets)
    slots, start = assign_slots(links, biases, table, lets, own)
    whole, groups = (
        groups,
        dissolved(groups, links, biases, index, lambda m: are_alike(own, which, m)),
    )
    n_inputs = sum(column.size for column in columns)
    if n_inputs + n_neurons > LAST_NODE:
        raise NetworkError(
            f"{n_inputs} inputs and {n_neurons} neurons are more nodes than can be "
            f"numbered: at most {LAST_NODE}"
        )
    if outputs is None:
        chosen = unread(links.source, n_inputs, n_neurons)
    else:
        chosen = chosen_outputs(outputs, whole, n_neurons)
    nodes = np.asarray(chosen, np.int32) + np.int32(n_inputs)
    if output_names is None:
        output_names = neuron_names(groups, chosen)
    heads, classes = heads_of(head, classes, nodes.tolist(), n_inputs, groups)
    return Network(
        columns=columns, groups=groups,
        link_source=links.source, link_target=links.target, link_delay=links.delay,
        link_slot=slots.link, link_sign=links.sign,
        link_value=np.where(slots.link == -1, links.weight, 0.0),
        bias_slot=slots.bias, bias_sign=np.ones(n_neurons, np.int8),
        bias_value=np.where(slots.bias == -1, biases.start, 0.0),
        activation=index, functions=functions,
        parameter_offset=table.offset, parameter_slot=slots.parameter,
        parameter_sign=np.ones(len(table.start), np.int8),
        parameter_value=np.where(slots.parameter == -1, table.start, 0.0),
        transfer=which, transfers=transfers, transfer_offset=own.offset,
        transfer_slot=slots.number, transfer_sign=np.ones(len(own.start), np.int8),
        transfer_value=np.where(slots.number == -1, own.start, 0.0),
        start=start, output_node=nodes, output_names=tuple(output_names),
        heads=heads, classes=classes,
        slot_names=tuple(slots.lets.items()),
        lets=tuple((name, slot) for slot, name in slots.lets.items()), settle=settle,
    )  # fmt: skip
