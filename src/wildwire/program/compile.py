"""Network -> Program: order of evaluation, places of weights, map from theta.

Comes in: a `Network`. Goes out: a `Program`, memoised on the network. Called by `engine/`.

The order of the arrays is decided by the network alone (never by timing, threads or batch), so that
bits do not depend on those.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import NetworkError, UnsupportedError
from wildwire.program import plan as p
from wildwire.program.arrange import arranger

NO_SLOT = -1


@dataclass(frozen=True, eq=False)
class Program:
    """A network in evaluation order.

    Attributes
    ----------
    plan : int32 array
        Header and tables, see `plan.py`.
    functions : tuple of Function
        The plan's function numbers count in this tuple.
    slot : int32 array (n_weights,)
        For every weight: its place in theta, -1 frozen, <= -2 derived number -slot-2.
    sign : int8 array (n_weights,)
    constant : float64 array (n_weights,)
        Value of the frozen weights, 0 elsewhere.
    row_of_neuron : int32 array (n_neurons,)
        Row of the value table for each neuron of the network.
    n_theta : int
    one_to_one : bool
        Every number of theta is exactly one weight, with sign +: learning may then work on the
        weights themselves.
    derived : Derived
        The network's numbers that are products of others.
    is_link : bool array (n_weights,)
        The weight belongs to a link, not to a bias or a function's parameter.
    """

    plan: np.ndarray
    functions: tuple
    slot: np.ndarray
    sign: np.ndarray
    constant: np.ndarray
    row_of_neuron: np.ndarray
    n_theta: int
    one_to_one: bool
    derived: object
    is_link: np.ndarray

    @property
    def n_rows(self) -> int:
        return int(self.plan[p.ROWS])

    @property
    def n_inputs(self) -> int:
        return int(self.plan[p.INPUTS])

    @property
    def n_outputs(self) -> int:
        return int(self.plan[p.OUTPUTS])

    @property
    def n_weights(self) -> int:
        return int(self.plan[p.WEIGHTS])

    def __reduce__(self):
        raise TypeError("a program belongs to a process: send the network instead")


def compile_network(network) -> Program:
    """Make a network ready to run.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Program

    Raises
    ------
    UnsupportedError
        For what this version describes but does not run; names neuron and reason.

    Notes
    -----
    O(links); about 50 microseconds for 20 neurons. The result is kept on the network.
    """
    memo = network._memo
    program = memo.get("program")
    if program is None:
        program = memo["program"] = _compile(network)
    return program


def _compile(network):
    if network.refusals:
        neuron, reason = network.refusals[0]
        raise UnsupportedError(f"neuron {neuron}: {reason}")
    entries = _entries(network)
    pointers, sources, position_of = entries.pointers, entries.sources, entries.order
    n_inputs = network.n_inputs
    function, functions = _functions(network)
    counts = np.diff(network.parameter_offset).astype(np.int32)
    places = np.empty(sources.size, np.int32)
    arrange, _ = arranger(sources.size)
    order, stages, blocks, runs, *filled = arrange(
        n_inputs, pointers, sources, function, len(functions), counts, places
    )
    if order.size < network.n_neurons:
        raise NetworkError("links without delay form a loop")
    link_weights = int(sources.size)
    first_row = 1 + n_inputs
    row_of = np.empty(network.n_neurons, np.int32)
    row_of[order] = np.arange(first_row, first_row + network.n_neurons)
    stages[:, 4] += first_row
    runs[:, 0] += first_row
    per_row = counts[order].astype(np.int64)
    starts = link_weights + np.concatenate(([0], np.cumsum(per_row)))
    runs[:, 3] = starts[runs[:, 0] - first_row]
    heads, output_rows, keep = _outputs(network, row_of, filled[3])
    parts = (stages, blocks, runs, *filled[:3], keep, output_rows, heads)
    plan = _assemble(
        network, parts, link_weights, int(starts[-1]), int(counts.max(initial=0)),
        len(functions),
    )  # fmt: skip
    slot, sign, constant = _weights(
        network, entries, position_of, places, order, starts, int(starts[-1])
    )
    is_link = np.zeros(slot.size, bool)
    is_link[places] = sources >= 0
    for array in (plan, slot, sign, constant, row_of, is_link):
        array.setflags(write=False)
    program = Program(
        plan, functions, slot, sign, constant, row_of, network.n_theta,
        _is_one_to_one(slot, sign, network.n_theta), network.derived,
        is_link,
    )  # fmt: skip
    verify(program)
    return program


@dataclass(frozen=True)
class _Entries:
    """Links and biases as one list, neuron by neuron, sources ascending."""

    pointers: np.ndarray
    sources: np.ndarray
    order: np.ndarray  # entry -> number of the link, or n_links + number of the bias
    biased: np.ndarray  # neurons that have a bias


def _entries(network):
    biased = np.flatnonzero(
        (network.bias_slot != NO_SLOT) | (network.bias_value != 0.0)
    ).astype(np.int32)
    targets = np.concatenate((network.link_target, biased))
    sources = np.concatenate((network.link_source, np.full(biased.size, -1, np.int32)))
    nodes = network.n_inputs + network.n_neurons
    key = targets.astype(np.int64) * (nodes + 1) + sources + 1
    order = np.argsort(key, kind="stable")
    pointers = np.zeros(network.n_neurons + 1, np.int64)
    np.cumsum(np.bincount(targets, minlength=network.n_neurons), out=pointers[1:])
    return _Entries(pointers, sources[order], order, biased)


def _functions(network):
    used = np.unique(network.activation)
    number = np.zeros(max(len(network.functions), 1), np.int32)
    number[used] = np.arange(used.size)
    functions = tuple(network.functions[i] for i in used)
    return number[network.activation].astype(np.int32), functions


def _outputs(network, row_of, pushed):
    """Head table, rows of the outputs, and the rows whose delta starts from a sum."""
    first = 1 + network.n_inputs
    output_rows = row_of[network.output_node - network.n_inputs].astype(np.int32)
    keep = pushed.copy()
    keep[output_rows] = 1
    heads = np.zeros((len(network.heads), p.HEAD_WIDTH), np.int32)
    row = first + network.n_neurons
    sources = [output_rows.copy()]  # heads read the rows that the outputs name
    for i, head in enumerate(network.heads):
        heads[i] = (head.first, row, head.count, head.first)
        output_rows[head.first : head.first + head.count] = np.arange(
            row, row + head.count
        )
        row += head.count
    return heads, np.concatenate((output_rows, *sources)), keep


def _assemble(network, parts, link_weights, weights, max_parameters, n_functions):
    stages, blocks, runs, heads = parts[0], parts[1], parts[2], parts[-1]
    header = np.zeros(p.HEADER, np.int32)
    places = (
        p.STAGE_TABLE, p.BLOCK_TABLE, p.RUN_TABLE, p.SOURCES, p.OUT_POINTERS,
        p.OUT_LINKS, p.KEEP, p.OUTPUT_ROWS, p.HEAD_TABLE,
    )  # fmt: skip
    at = p.HEADER
    for place, part in zip(places, parts, strict=True):
        header[place] = at
        at += part.size
    if at >= 2**31:
        raise NetworkError(f"{network.n_links} links are more than a plan can address")
    in_heads = sum(head.count for head in network.heads)
    header[p.FORMAT] = p.VERSION
    header[p.ROWS] = 1 + network.n_inputs + network.n_neurons + in_heads
    header[p.INPUTS] = network.n_inputs
    header[p.NEURONS] = network.n_neurons
    header[p.OUTPUTS] = network.n_outputs
    header[p.STAGES] = len(stages)
    header[p.BLOCKS] = len(blocks)
    header[p.RUNS] = len(runs)
    header[p.HEADS] = len(heads)
    header[p.LINK_WEIGHTS] = link_weights
    header[p.WEIGHTS] = weights
    header[p.MAX_PARAMETERS] = max_parameters
    header[p.FUNCTIONS] = n_functions
    header[p.LENGTH] = at
    return np.concatenate([header, *(part.ravel() for part in parts)]).astype(np.int32)


def _weights(network, entries, entry_of, places, order, starts, n_weights):
    """The map from theta: slot, sign and constant of every weight in program order."""
    slot = np.full(n_weights, NO_SLOT, np.int32)
    sign = np.ones(n_weights, np.int8)
    constant = np.zeros(n_weights)
    biased = entries.biased
    for target, links, biases in (
        (slot, network.link_slot, network.bias_slot),
        (sign, network.link_sign, network.bias_sign),
        (constant, network.link_value, network.bias_value),
    ):
        target[places] = np.concatenate((links, biases[biased]))[entry_of]
    for i, j in enumerate(order if starts[-1] > starts[0] else ()):
        low, high = network.parameter_offset[j], network.parameter_offset[j + 1]
        at = slice(starts[i], starts[i] + high - low)
        slot[at] = network.parameter_slot[low:high]
        sign[at] = network.parameter_sign[low:high]
        constant[at] = network.parameter_value[low:high]
    constant *= sign
    constant[slot != NO_SLOT] = 0.0
    return slot, sign, constant


def _is_one_to_one(slot, sign, n_theta):
    free = slot[slot >= 0]
    return bool(
        free.size == n_theta
        and (slot >= NO_SLOT).all()
        and (sign[slot >= 0] == 1).all()
        and np.unique(free).size == n_theta
    )


def verify(program) -> None:
    """Check that every index of a program lies inside its tables.

    Raises
    ------
    NetworkError
        Names the table at fault. Kernels never check, so nothing runs unverified.
    """
    _, faults = arranger(program.plan[p.LINK_WEIGHTS])
    fault = int(faults(program.plan))
    if fault:
        kind = (
            "header", "stage", "block", "run", "source row", "out-link", "output row",
            "head",
        )[fault - 1]  # fmt: skip
        raise NetworkError(f"damaged program: a {kind} points outside its table")
