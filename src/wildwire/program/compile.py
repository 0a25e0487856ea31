"""Network -> Program: order of evaluation, places of weights, map from theta.

Comes in: a `Network`. Goes out: a `Program`, memoised on the network. Called by `engine/`.

The order of the arrays is decided by the network alone (never by timing, threads or batch), so that
bits do not depend on those.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.errors import NetworkError, UnsupportedError
from wildwire.program import plan as p
from wildwire.program.faults import FAULTS, faults
from wildwire.program.kernel import ON_A_LOOP, TOO_LONG, kernel_for
from wildwire.program.settling import cut_open, with_guesses, with_scratch
from wildwire.program.tame import tame_functions
from wildwire.program.time import sources_in_time, with_frames

NO_HEADS = np.zeros(0, np.int32)
NO_HEADS.flags.writeable = False
NO_GUESSES = NO_HEADS


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
        For every weight: its place in theta, -1 frozen, <= -2 derived number -slot-2. Where a half-dense block has
        no link, a 0 is frozen.
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
        The weight belongs to a link, not to a bias, a function's parameter or a zero filled in.
    transfers : tuple of Transfer or None
        The plan's transfer numbers count in this tuple; the first, None, is linear.
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
    transfers: tuple = (None,)

    @property
    def n_rows(self) -> int:
        return int(self.plan[p.ROWS])

    @property
    def n_inputs(self) -> int:
        return int(self.plan[p.INPUTS] - self.plan[p.GUESSES])

    @property
    def n_outputs(self) -> int:
        return int(self.plan[p.OUTPUTS])

    @property
    def n_weights(self) -> int:
        return int(self.plan[p.WEIGHTS])

    def __reduce__(self):
        raise TypeError("a program belongs to a process: send the network instead")


def compile_network(network, whole=False) -> Program:
    """Make a network ready to run.

    Parameters
    ----------
    network : Network
    whole : bool
        Every neuron keeps the guards of its formula (see `lower.py`); only for counting them.

    Returns
    -------
    Program

    Raises
    ------
    UnsupportedError
        For what this version describes but does not run; names neuron and reason.

    Notes
    -----
    O(links); about 15 microseconds for 20 neurons, once the kernel is loaded. The result is kept on the network.
    """
    memo = network._memo
    key = "whole program" if whole and len(network.transfers) > 1 else "program"
    program = memo.get(key)
    if program is None:
        kernel = kernel_for(network.n_links)
        program = memo[key] = program_of(network, kernel, whole)
    return program


def compile_apart(network) -> Program:
    """The program in which every neuron has the z and the sources that the network says, as local rules read them."""
    program = network._memo.get("program apart")
    if program is None:
        if len(network.transfers) > 1:
            program = program_of(network, kernel_for(network.n_links), True, False)
        else:
            program = compile_network(network)
        network._memo["program apart"] = program
    return program


def program_of(network, kernel, whole=False, joined=True) -> Program:
    """The program that a form of the kernel makes, compiled or interpreted; see `lowered` in `lower.py`."""
    if network.refusals:
        neuron, reason = network.refusals[0]
        raise UnsupportedError(f"neuron {neuron}: {reason}")
    n_neurons, n_delays, settle = network.n_neurons, network.n_delays, network.settle
    guesses = NO_GUESSES
    if settle is not None:
        network, guesses = cut_open(network)
    if len(network.transfers) > 1:
        from wildwire.program.lower import lowered

        # A logarithm of the past has another value before the first step than the past itself.
        network = lowered(network, whole or network.n_delays > 0, joined)
    link_source = network.link_source
    if n_delays:
        link_source = sources_in_time(
            network, network.n_inputs + len(network.activation)
        )
    derived = network.derived
    divides = derived.count > 0 and bool((derived.power < 0).any())
    tame = tame_functions(network.functions, divides)
    fault, one_to_one, used, *arrays = kernel(
        network.n_inputs, len(network.functions), network.n_theta, n_delays, tame,
        _heads(network), network.output_node, network.link_target, link_source,
        network.link_slot, network.link_sign, network.link_value,
        network.bias_slot, network.bias_sign, network.bias_value, network.activation,
        network.parameter_offset, network.parameter_slot, network.parameter_sign,
        network.parameter_value, _expressions(network.functions),
        network.transfer, network.transfer_offset, network.transfer_slot,
        network.transfer_sign, network.transfer_value, _scratch(network.transfers),
    )  # fmt: skip
    if fault:
        raise _error(fault, network)
    plan, row_of, *numbers = arrays
    row_of = row_of[:n_neurons]
    if n_delays or guesses.size:
        plan, *numbers = _in_time(plan, numbers, row_of, network, guesses, settle)
    slot, sign, constant, is_link = numbers
    if n_delays or guesses.size:
        fault = int(faults(plan))
        if fault:
            raise _error(fault, network)
        # A learnt value of the past is a number of theta as well.
        free = np.sort(slot[slot >= 0])
        one_to_one = one_to_one or _are_all(free, slot, sign, network.n_theta)
    for array in (plan, row_of, slot, sign, constant, is_link):
        array.flags.writeable = False
    functions = network.functions
    if len(used) < len(functions):
        functions = tuple(functions[i] for i in used)
    return Program(
        plan, functions, slot, sign, constant, row_of, network.n_theta, bool(one_to_one),
        network.derived, is_link, network.transfers,
    )  # fmt: skip


def _heads(network):
    """First output and number of outputs of each head, int32 (2 * n_heads,)."""
    if not network.heads:
        return NO_HEADS
    pairs = [(head.first, head.count) for head in network.heads]
    heads = np.array(pairs, np.int32).ravel()
    heads.flags.writeable = False  # another type for the compiler, were it not so
    return heads


def _in_time(plan, numbers, row_of, network, guesses, settle):
    """The arrays of a program with frames for the past and a table of guesses, where there are such."""
    if guesses.size:
        plan = with_scratch(plan, guesses.size)
    arrays: Any = (plan, *numbers)
    if network.n_delays:
        arrays = with_frames(plan, *numbers, row_of=row_of, network=network)
    if guesses.size:
        arrays = with_guesses(arrays, row_of, network, guesses, settle)
    return arrays


def _are_all(free, slot, sign, n_theta) -> bool:
    """Whether every number of theta is one weight, with sign +."""
    every = free.size == n_theta and bool((free == np.arange(n_theta)).all())
    return every and bool((slot >= -1).all() and (sign[slot >= 0] == 1).all())


@functools.lru_cache(maxsize=1000)
def _expressions(functions):
    """1 where a function is a formula of the sources themselves, int8 (n_functions,)."""
    kinds = [function.kind == "expression" for function in functions]
    return np.array(kinds, np.int8)


@functools.lru_cache(maxsize=1000)
def _scratch(transfers):
    """Rows of scratch of each transfer, int32 (3 * n_transfers,)."""
    from wildwire.functions.transfer_kernel import scratch_rows

    rows = np.zeros((len(transfers), 3), np.int32)
    for number, transfer in enumerate(transfers):
        if transfer is not None:
            rows[number] = scratch_rows(transfer)
    return rows.ravel()


def _error(fault, network):
    if fault == ON_A_LOOP:
        return NetworkError("links without delay form a loop")
    if fault == TOO_LONG:
        return NetworkError(f"{network.n_links} links are more than a plan can address")
    kind = FAULTS[fault - 1]
    return NetworkError(f"damaged program: a {kind} points outside its table")


def verify(program) -> None:
    """Check that every index of a program lies inside its tables, as was done when it was made.

    Raises
    ------
    NetworkError
        Names the table at fault. Kernels never check, so nothing runs unverified.

    Notes
    -----
    Interpreted: about 3 s for a million links. The check at the making is compiled with the rest.
    """
    fault = int(faults(program.plan))
    if fault:
        raise _error(fault, None)
