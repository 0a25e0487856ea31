"""What must hold for every network, checked once when it is made.

Comes in: a network whose arrays have their types. Goes out: nothing, or an error that names the
culprit. Called by `Network.__post_init__`; every test
is one pass over an array, also for a million links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import DuplicateNameError, LoopError, NetworkError
from wildwire.functions.calls import twofold
from wildwire.network.check_transfers import about, check_kinds, check_transfers

if TYPE_CHECKING:
    from wildwire.network.description import Network


def check_network(network: Network) -> None:
    """Check shapes, ranges, names, sources, outputs and loops.

    Raises
    ------
    NetworkError
        Arrays that do not fit together, a neuron without sources, an output that nobody computes.
    DuplicateNameError
        One name for two things.
    LoopError
        A loop without delay in a network that does not settle.
    """
    check_kinds(network)
    _check_shapes(network)
    _check_ranges(network)
    _check_slots(network)
    check_names(network)
    _check_sources(network)
    check_transfers(network)
    _check_loops(network)
    _check_outputs(network)


def _check_shapes(network: Network) -> None:
    links, neurons = network.n_links, network.n_neurons
    expected = {
        "link_source": links, "link_target": links, "link_delay": links,
        "link_slot": links, "link_sign": links, "link_value": links,
        "bias_slot": neurons, "bias_sign": neurons, "bias_value": neurons,
        "activation": neurons, "transfer": neurons,
        "parameter_offset": neurons + 1, "transfer_offset": neurons + 1,
        "start": network.n_theta, "output_node": len(network.output_names),
    }  # fmt: skip
    for name, size in expected.items():
        _expect_shape(name, getattr(network, name), (size,))
    for kind in ("parameter", "transfer"):
        size = (int(getattr(network, f"{kind}_offset")[-1]),)
        for part in ("slot", "sign", "value"):
            _expect_shape(f"{kind}_{part}", getattr(network, f"{kind}_{part}"), size)
    if network.past_slot.size:
        for part in ("slot", "sign", "value"):
            _expect_shape(f"past_{part}", getattr(network, f"past_{part}"), (neurons,))
    if network.bounds is not None:
        _expect_shape("bounds", network.bounds, (network.n_theta, 2))
    named = sum(group.count for group in network.groups)
    if named != neurons:
        raise NetworkError(f"{named} neurons are named, but {neurons} are described")


def _expect_shape(name: str, array: np.ndarray, shape: tuple) -> None:
    if array.shape != shape:
        raise NetworkError(f"{name} has shape {array.shape}, expected {shape}")


def _check_ranges(network: Network) -> None:
    neurons, nodes = network.n_neurons, network.n_inputs + network.n_neurons
    _expect_range("link_source", network.link_source, 0, nodes)
    _expect_range("link_target", network.link_target, 0, neurons)
    _expect_range("link_delay", network.link_delay, 0, 2**31 - 1)
    _expect_range("activation", network.activation, 0, len(network.functions))
    _expect_range("transfer", network.transfer, 0, len(network.transfers))
    _expect_range("output_node", network.output_node, 0, nodes)
    target = network.link_target
    if len(target) > 1 and np.any(target[1:] < target[:-1]):
        raise NetworkError("link_target must not decrease: sort the links by target")
    for name in ("parameter_offset", "transfer_offset"):
        offset = getattr(network, name)
        if offset[0] != 0 or np.any(offset[1:] < offset[:-1]):
            raise NetworkError(f"{name} must start at 0 and not decrease")


def _expect_range(name: str, array: np.ndarray, low: int, high: int) -> None:
    if len(array) and (array.min() < low or array.max() >= high):
        place = int(np.argmax((array < low) | (array >= high)))
        raise NetworkError(
            f"{name}[{place}] is {array[place]}, expected a number from {low} to {high - 1}"
        )


def _check_slots(network: Network) -> None:
    for kind in ("link", "bias", "parameter", "transfer", "past"):
        slot = getattr(network, f"{kind}_slot")
        sign = getattr(network, f"{kind}_sign")
        value = getattr(network, f"{kind}_value")
        _expect_range(f"{kind}_slot", slot, -1 - len(network.derived), network.n_theta)
        if np.any(np.abs(sign) != 1):
            raise NetworkError(f"{kind}_sign must be 1 or -1 everywhere")
        if not np.all(np.isfinite(value)):
            place = int(np.argmin(np.isfinite(value)))
            raise NetworkError(f"{kind}_value[{place}] is {value[place]}, not finite")
    if np.any(np.isinf(network.start)):
        place = int(np.argmax(np.isinf(network.start)))
        raise NetworkError(f"start[{place}] is infinite; unknown numbers are NaN")


def check_names(network: Network) -> None:
    """Check that no two things, nor two functions, share a name; errors as in `check_network`."""
    if not _are_distinct(network):
        seen: set[str] = set()
        for name in _all_names(network):
            if name in seen:
                raise DuplicateNameError(
                    f"the name {name!r} is defined twice; inputs, neurons and let numbers "
                    "share one name space: rename one of them"
                )
            seen.add(name)
    transfers = (transfer for transfer in network.transfers if transfer is not None)
    name = twofold((*network.functions, *transfers))
    if name is not None:
        raise DuplicateNameError(
            f"two different functions are called {name!r}: rename one of them"
        )


def _are_distinct(network: Network) -> bool:
    """Whether all names differ for sure; decided without making the names of dissolved groups."""
    names = [column.name for column in network.columns]
    names += [group.name for group in network.groups if not group.dissolved]
    names += [name for name, _ in network.lets]
    loose = [f"{group.name}_" for group in network.groups if group.dissolved]
    return (
        len(set(names)) == len(names)
        and len(loose) < 2
        and not any(name.startswith(prefix) for prefix in loose for name in names)
    )


def _all_names(network: Network):
    for column in network.columns:
        yield column.name
    for group in network.groups:
        if group.dissolved:
            yield from (f"{group.name}_{i}" for i in range(group.count))
        else:
            yield group.name
    for name, _ in network.lets:
        yield name


def _check_sources(network: Network) -> None:
    count = np.bincount(network.link_target, minlength=network.n_neurons)
    if len(count) and count.min() == 0:
        neuron = int(np.argmin(count))
        name = network.names[network.n_inputs + neuron]
        message = (
            f"the neuron {name!r} has no sources: "
            "give it at least one input or neuron to read"
        )
        raise about(NetworkError(message), neuron)


def _check_outputs(network: Network) -> None:
    if not network.n_outputs:
        raise NetworkError(
            "the network has no output: end the text with a line `output y`"
        )
    if network.output_node.min() < network.n_inputs:
        node = int(network.output_node.min())
        raise NetworkError(
            f"the output {network.names[node]!r} is an input, which no neuron computes; "
            f"write a neuron that reads it, such as `y = linear({network.names[node]})`"
        )
    for head in network.heads:
        if (
            head.first < 0
            or head.count < 1
            or head.first + head.count > network.n_outputs
        ):
            raise NetworkError(f"the head {head} reaches beyond the outputs")


# ---- loops ----------------------------------------------------------------------------------------------------------


def _check_loops(network: Network) -> None:
    if network.settle is not None:
        return
    source = network.link_source - network.n_inputs
    if not np.any((source >= network.link_target) & (network.link_delay == 0)):
        return  # every undelayed link runs forward in text order
    now = (source >= 0) & (network.link_delay == 0)
    source, target = source[now], network.link_target[now]
    loop = find_loop(source, target, network.n_neurons)
    if loop is not None:
        raise about(LoopError(_loop_message(network, loop)), loop[0])


def find_loop(source: np.ndarray, target: np.ndarray, n: int) -> list[int] | None:
    """A shortest loop through one node of the graph, as nodes in link order, or None.

    Cost: strong components by scipy.sparse.csgraph, linear in the links.
    """
    itself = np.flatnonzero(source == target)
    if len(itself):
        return [int(source[itself[0]])]
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(n, n))
    count, label = connected_components(graph, connection="strong")
    if count == n:
        return None
    begin = int(np.argmax(np.bincount(label)[label] > 1))
    inside = (label[source] == label[begin]) & (label[target] == label[begin])
    ends = set(source[inside & (target == begin)].tolist())
    order, before = breadth_first_order(graph, begin)
    node = next(int(node) for node in order if int(node) in ends)
    loop = [node]
    while loop[-1] != begin:
        loop.append(int(before[loop[-1]]))
    return loop[::-1]


def _loop_message(network: Network, loop: list[int]) -> str:
    names = [network.names[network.n_inputs + neuron] for neuron in loop]
    shown = names if len(names) <= 12 else [*names[:6], "...", *names[-5:]]
    return (
        f"a loop without delay: {' -> '.join([*shown, names[0]])}; within one step no neuron can read "
        f"its own result: write {names[-1]}@1 for {names[-1]} in the line of {names[0]}, "
        "which reads the value of one step ago; or, if every sample shall run until its values stand still, "
        "add a line `settle`"
    )
