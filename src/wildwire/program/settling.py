"""Loops without delay in a program: links are cut, and what they read becomes a guess.

Comes in: a network with `settle`, and later the arrays of its program. Goes out: the network with its loops cut
open, whose further inputs are guesses; the plan with a table of them. Called by `compile.py`.

Within a strong component the neurons have an order: that of the text, or where fewer neurons have to be guessed then,
reverse postorder of a depth-first search. A link that goes against the order, or from a neuron to itself, is cut: it
reads a *guess row* behind the real inputs instead of its source. All other links stay, so that a sweep through the
program sees new values as soon as they are there (Gauss and Seidel, not Jacobi): fewer sweeps, and symmetric weights
without self-loops cannot fall into a cycle of two. Which links are cut changes no fixed point.
"""

from types import SimpleNamespace

import numpy as np

from wildwire.network.description import ARRAYS
from wildwire.program import plan as p
from wildwire.program.time import with_past

OTHERS = (
    "functions", "transfers", "heads", "derived", "refusals", "n_theta", "n_links",
    "n_delays", "n_neurons",
)  # fmt: skip
SCRATCH = 2  # rows besides those of guesses: see `engine/settle_kernels.py`


def cut_links(network) -> np.ndarray:
    """Which links are cut, bool (n_links,).

    Notes
    -----
    O(links), of which those inside strong components are walked one by one.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n = network.n_neurons
    source, target = network.link_source - network.n_inputs, network.link_target
    now = (source >= 0) & (network.link_delay == 0)
    ends = (source[now], target[now])
    graph = csr_array((np.ones(len(ends[0]), np.int8), ends), shape=(n, n))
    _, label = connected_components(graph, connection="strong")
    inside = now.copy()
    inside[now] = label[ends[0]] == label[ends[1]]
    source, target = source[inside], target[inside]
    flow = np.empty(n, np.int64)
    flow[_flow(source, target, n)] = np.arange(n)
    against = [place[target] <= place[source] for place in (np.arange(n), flow)]
    inside[inside] = min(against, key=lambda cut: np.unique(source[cut]).size)
    return inside


def _flow(source, target, n) -> list[int]:
    """All neurons in reverse postorder of a search that begins at the first neuron of each component."""
    order = np.lexsort((target, source))
    edges = np.searchsorted(source[order], np.arange(n + 1)).tolist()
    readers = target[order].tolist()
    next_reader, found = edges[:-1], []
    seen = [False] * n
    for start in range(n):
        if seen[start]:
            continue
        seen[start], stack = True, [start]
        while stack:
            j = stack[-1]
            if next_reader[j] == edges[j + 1]:
                found.append(stack.pop())
                continue
            reader = readers[next_reader[j]]
            next_reader[j] += 1
            if not seen[reader]:
                seen[reader] = True
                stack.append(reader)
    return found[::-1]


def cut_open(network):
    """The arrays of a network whose cut links read guesses, and the neurons that are guessed.

    Returns
    -------
    network : Network, or what has its arrays
        The network itself where nothing had to be cut.
    guesses : int array (n_guesses,)
        Neurons, ascending; guess i is input n_inputs + i.
    """
    cut = cut_links(network)
    n_inputs = network.n_inputs
    guesses = np.unique(network.link_source[cut]) - n_inputs
    if not guesses.size:
        return network, guesses
    made = {name: getattr(network, name) for name in (*ARRAYS, *OTHERS)}
    source = network.link_source + np.where(
        network.link_source < n_inputs, 0, len(guesses)
    )
    source[cut] = n_inputs + np.searchsorted(
        guesses, network.link_source[cut] - n_inputs
    )
    made["link_source"] = source.astype(np.int32)
    made["output_node"] = (network.output_node + len(guesses)).astype(np.int32)
    for name in ("link_source", "output_node"):
        made[name].flags.writeable = False
    return SimpleNamespace(**made, n_inputs=n_inputs + len(guesses)), guesses


def with_scratch(plan, n_guesses):
    """The plan with room for settling behind the rows of expressions."""
    plan = plan.copy()
    plan[p.SETTLE_ROWS] = plan[p.EXPRESSION_ROWS]
    rows = SCRATCH + n_guesses + int(plan[p.ROWS])
    plan[p.EXPRESSION_ROWS] += rows
    return plan


def with_guesses(arrays, row_of, network, guesses, settle):
    """The arrays of a program with the table of guesses, and the tolerance among the weights.

    Parameters
    ----------
    arrays : (plan, slot, sign, constant, is_link)
        With frames, if there are delays.
    network : what `cut_open` has made
    settle : Settle
    """
    if not network.n_delays:
        plan, slot, sign, constant, is_link = arrays
        arrays = with_past(plan, slot, sign, constant, is_link, row_of, network)
    plan, slot, sign, constant, is_link = arrays
    plan = plan.copy()
    rows = row_of[guesses]
    plan[plan[p.KEEP] + rows] = 1  # deltas of the next sweep are added to them
    past = plan[plan[p.PAST_TABLE] :][: plan[p.PASTS] * p.PAST_WIDTH]
    weight_of = dict(past.reshape(-1, p.PAST_WIDTH).tolist())
    table = [[row, weight_of.get(row, -1)] for row in rows.tolist()]
    plan[p.GUESSES], plan[p.GUESS_TABLE] = len(rows), len(plan)
    plan[p.SETTLE_STEPS], plan[p.TOLERANCE] = settle.steps, len(slot)
    plan[p.WEIGHTS] = len(slot) + 1
    plan = np.concatenate((plan, np.array(table, np.int32).ravel()))
    if network.n_delays:
        plan[p.WITHIN] = len(plan)
        plan = np.concatenate((plan, within(plan)))
    plan[p.LENGTH] = len(plan)
    return (
        plan,
        np.concatenate((slot, [-1])).astype(slot.dtype),
        np.concatenate((sign, [1])).astype(sign.dtype),
        np.concatenate((constant, [settle.tolerance])),
        np.concatenate((is_link, [False])),
    )


def within(plan) -> np.ndarray:
    """The plan without out-links to later steps, for the further sweeps backward."""
    made = plan.copy()
    n_rows = 1 + int(plan[p.INPUTS]) + int(plan[p.NEURONS])
    first, links = int(plan[p.OUT_POINTERS]), int(plan[p.OUT_LINKS])
    pointers = plan[first : first + n_rows + 1]
    pairs = plan[links : links + 2 * int(pointers[-1])].reshape(-1, 2)
    kept = pairs[:, 0] < plan[p.ROWS]
    before = np.concatenate(([0], np.cumsum(kept)))
    made[first : first + n_rows + 1] = before[pointers]
    own = pairs[kept].ravel()
    made[links : links + own.size] = own
    return made
