"""The arrays of a network from those of the caller, checked, in one compiled call.

Comes in: links, biases and parameters as plain arrays. Goes out: three arrays that hold all tables
of a `Network`, or the word that something is wrong or unusual, which `arrays.py` then finds out
slowly and says. Called by `quick.py`. Imported late, because it needs the compiler.

The three arrays, one table after another (E links, n neurons, P parameters):

    whole  int32    link_source E, link_target E, link_delay E, link_slot E, bias_slot n, transfer n,
                    parameter_offset n+1, parameter_slot P, activation n (not written), output_node up to n
    small  int8     link_sign E, bias_sign n, parameter_sign P
    real   float64  link_value E, bias_value n, parameter_value P, start up to E+n+P+lets
"""

import numpy as np

from wildwire.functions.cache import cached_njit, jitable

# rows of `links`; where there are two only, the others are 0, -1, 1, 0 everywhere
SOURCE, TARGET, DELAY, LET, SIGN, FROZEN = range(6)

REFUSED = (-1, 0, 0)
"""What the kernel gives when something is wrong; the numbers are meaningless."""


@jitable
def _counted(n_inputs, links, n_lets, count, free):
    """Count the links and the free links of each neuron; False if a link is out of range."""
    n, full = count.size, links.shape[0] > 2
    for e in range(links.shape[1]):
        source, target = links[SOURCE, e], links[TARGET, e]
        if source < 0 or source >= n_inputs + n or target < 0 or target >= n:
            return False
        count[target] += 1
        if not full:
            free[target] += 1
            continue
        let, sign = links[LET, e], links[SIGN, e]
        if links[DELAY, e] < 0 or links[DELAY, e] >= 2**31 - 1:
            return False
        if let < -1 or let >= n_lets or (sign != 1 and (let < 0 or sign != -1)):
            return False
        if let < 0 and links[FROZEN, e] == 0:
            free[target] += 1
    return True


@jitable
def _put(real, at, value, known):
    """Write a number; False if it cannot stand there."""
    real[at] = value
    return not (np.isinf(value) or (known and np.isnan(value)))


@jitable
def _place_neurons(
    n_links, has_bias, count, free, bias, bias_frozen, offset, parameter, is_free,
    whole, small, real,
):  # fmt: skip
    """Biases and parameters; `count` and `free` become the places of each neuron's first link and slot.

    Returns the number of slots, -1 where something is wrong.
    """
    n, n_parameters = count.size, parameter.size
    transfer = 4 * n_links + n
    first_parameter = transfer + 2 * n + 1
    start = n_links + n + n_parameters
    place = slot = 0
    right = True
    for j in range(n):
        right = right and count[j] > 0
        place, count[j] = place + count[j], place
        slot, free[j] = slot + free[j], slot
        value = bias[j] if bias.size else (np.nan if has_bias else 0.0)
        is_known = not has_bias or (bias_frozen.size > 0 and bias_frozen[j])
        whole[4 * n_links + j] = -1 if is_known else slot
        small[n_links + j] = 1
        real[n_links + j] = 0.0
        right = right and _put(
            real, n_links + j if is_known else start + slot, value, is_known
        )
        slot += not is_known
        begin = offset[j] if n_parameters else 0
        end = offset[j + 1] if n_parameters else 0
        whole[transfer + j] = 0
        whole[transfer + n + j] = begin
        for e in range(begin, end):
            whole[first_parameter + e] = slot if is_free[e] else -1
            small[n_links + n + e] = 1
            real[n_links + n + e] = 0.0
            at = start + slot if is_free[e] else n_links + n + e
            right = right and _put(real, at, parameter[e], not is_free[e])
            slot += is_free[e]
    whole[transfer + 2 * n] = n_parameters
    return slot if right else -1


@jitable
def _place_links(links, weight, n_own, start, place, slot, whole, small, real):
    """The links sorted by target, each with its slot; False if a number cannot stand there."""
    n_links, full = links.shape[1], links.shape[0] > 2
    right = True
    for e in range(n_links):
        target = links[TARGET, e]
        at = place[target]
        place[target] += 1
        let = links[LET, e] if full else -1
        frozen = full and links[FROZEN, e] != 0
        value = weight[e] if weight.size else np.nan
        whole[at] = links[SOURCE, e]
        whole[n_links + at] = target
        whole[2 * n_links + at] = links[DELAY, e] if full else 0
        small[at] = links[SIGN, e] if full else 1
        real[at] = 0.0
        if let >= 0:
            whole[3 * n_links + at] = n_own + let
        elif frozen:
            whole[3 * n_links + at] = -1
            right = right and _put(real, at, value, True)
        else:
            whole[3 * n_links + at] = slot[target]
            right = right and _put(real, start + slot[target], value, False)
            slot[target] += 1
    return right


@jitable
def _has_loop(n_inputs, n, n_links, whole):
    """Whether links without delay form a loop."""
    forward = True
    first = np.zeros(n + 2, np.int64)
    waiting = np.zeros(n, np.int64)
    for e in range(n_links):
        s, t = whole[e] - n_inputs, whole[n_links + e]
        if s >= 0 and whole[2 * n_links + e] == 0:
            forward = forward and s < t
            first[s + 2] += 1
            waiting[t] += 1
    if forward:
        return False
    for s in range(n):
        first[s + 1] += first[s]
    readers = np.empty(first[n] + first[n + 1], np.int64)
    for e in range(n_links):
        s = whole[e] - n_inputs
        if s >= 0 and whole[2 * n_links + e] == 0:
            readers[first[s + 1]] = whole[n_links + e]
            first[s + 1] += 1
    queue = np.empty(n, np.int64)
    head = tail = 0
    for t in range(n):
        if waiting[t] == 0:
            queue[tail] = t
            tail += 1
    while head < tail:
        s = queue[head]
        head += 1
        for i in range(first[s], first[s + 1]):
            waiting[readers[i]] -= 1
            if waiting[readers[i]] == 0:
                queue[tail] = readers[i]
                tail += 1
    return tail < n


@jitable
def _place_unread(n_inputs, n_links, read, at, whole):
    """The nodes of the neurons that nobody reads; gives their number."""
    for e in range(n_links):
        if whole[e] >= n_inputs:
            read[whole[e] - n_inputs] = 1
    count = 0
    for j in range(read.size):
        if read[j] == 0:
            whole[at + count] = n_inputs + j
            count += 1
    return count


@cached_njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True)
def fill_tables(
    n_inputs, n_neurons, find_outputs, links, weight, has_bias, bias, bias_frozen,
    offset, parameter, is_free, lets, whole, small, real,
):  # fmt: skip
    """Write all tables of a network and check them as `check.py` does, names and heads excepted.

    Parameters
    ----------
    n_inputs, n_neurons : int
    find_outputs, has_bias : bool
        True: the outputs are the neurons that nobody reads. False: no neuron has a bias.
    links : int64 array (2 or 6, n_links)
        Rows as numbered above.
    weight, bias, bias_frozen : arrays
        As in `from_arrays`; of length 0 when not given.
    offset, parameter, is_free : int64 (n_neurons + 1,), float64 and bool arrays
        Parameters of the activations; `offset` may be empty when there are none.
    lets : float64 array
    whole, small, real : arrays
        Written: see the head of this file.

    Returns
    -------
    n_theta, n_outputs, delayed : int
        `n_theta` is -1 when something is wrong; `delayed` counts the links with a delay.
    """
    n_links = links.shape[1]
    count = np.zeros(n_neurons, np.int64)
    free = np.zeros(n_neurons, np.int64)
    if not _counted(n_inputs, links, lets.size, count, free):
        return REFUSED
    n_own = _place_neurons(
        n_links, has_bias, count, free, bias, bias_frozen, offset, parameter, is_free,
        whole, small, real,
    )  # fmt: skip
    if n_own < 0:
        return REFUSED
    start = n_links + n_neurons + parameter.size
    right = _place_links(links, weight, n_own, start, count, free, whole, small, real)
    for i in range(lets.size):
        right = _put(real, start + n_own + i, lets[i], False) and right
    if not right or _has_loop(n_inputs, n_neurons, n_links, whole):
        return REFUSED
    delayed = 0
    for e in range(n_links):
        delayed += whole[2 * n_links + e] > 0
    n_outputs = 0
    if find_outputs:
        at = 4 * n_links + 4 * n_neurons + 1 + parameter.size
        count[:] = 0
        n_outputs = _place_unread(n_inputs, n_links, count, at, whole)
        if n_outputs == 0:
            return REFUSED
    return n_own + lets.size, n_outputs, delayed
