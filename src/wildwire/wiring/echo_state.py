"""Reservoirs: random recurrent networks whose memory is frozen and of which only the outputs learn.

Comes in: sizes, scales, a seed. Goes out: a `Network`. Called by users, through `wildwire.wiring`; the read-out is
fitted in closed form by `wildwire.learning.fit_readout`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import Group, Network
from wildwire.network.initialisers import generator
from wildwire.wiring.draft import Draft
from wildwire.wiring.ends import check_size, is_number, named

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["reservoir"]

DENSE = 500
"""Up to so many neurons in a component all eigenvalues are computed: 0.1 s; above, the largest ones only."""


def reservoir(
    n_inputs: int | Sequence,
    n_reservoir: int,
    n_outputs: int | Sequence = 1,
    *,
    spectral_radius: float = 0.9,
    density: float = 0.1,
    input_scale: float = 1.0,
    bias_scale: float = 0.0,
    leak: float = 1.0,
    direct: bool = True,
    activation: str | Function = "tanh",
    output_activation: str | Function = "identity",
    bias: bool = True,
    seed=0,
) -> Network:
    """An echo state network: a random recurrent network, frozen, with outputs that learn.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`.
    n_reservoir : int, at least 1
        Neurons `r_0`, `r_1`, ...; each reads all inputs, and some of the reservoir one step back.
    spectral_radius : float, above 0
        Largest absolute value of an eigenvalue of the recurrent weights, to which they are scaled. Below 1 the past
        usually fades; nearer to 1 it fades more slowly.
    density : float, above 0 and at most 1
        Share of the reservoir that a neuron reads: each reads round(density*n_reservoir), at least one.
    input_scale, bias_scale : float, 0 or more
        Input weights and biases are drawn uniformly between plus and minus this. With tanh and without biases the
        reservoir is odd in its inputs, and even functions of them cannot be read out.
    leak : float, above 0 and at most 1
        Below 1 every neuron moves only this share of the way to its new value, `r = (1-leak)*r@1 + leak*drive`, where
        `drive` holds the activation: a slower memory. 1: the neurons are the activations themselves.
    direct : bool
        The outputs read the inputs, too.
    activation, output_activation : str or Function
    bias : bool
        Of the outputs.
    seed : int, SeedSequence or Generator

    Returns
    -------
    Network
        Its numbers are those of the outputs: n_outputs*(n_reservoir + n_inputs + 1), unknown.

    Raises
    ------
    SettingError
        A size or scale outside its range.

    Notes
    -----
    The spectral radius is that of the weights between the neurons, without the leak: with it, the linearised reservoir
    is (1-leak)*I + leak*W. Eigenvalues are computed component by component: all of them up to 500 neurons, above that
    the largest by Arnoldi's method, 0.2 s for 2,000 neurons with 20 links each.

    References
    ----------
    H. Jaeger: The "echo state" approach to analysing and training recurrent neural networks. GMD report 148 (2001);
    M. Lukosevicius: A practical guide to applying echo state networks. In: Neural Networks: Tricks of the Trade (2012).

    Examples
    --------
    >>> import wildwire.wiring
    >>> wildwire.wiring.reservoir(1, 100, seed=1)
    <Network: 1 inputs, 101 neurons, 1201 links, 1 outputs, 102 numbers>
    """
    inputs, _ = named(n_inputs, "x", "the number of inputs")
    outputs, _ = named(n_outputs, "y", "the number of outputs")
    n = check_size(n_reservoir, "the number of neurons in the reservoir")
    _check_range("spectral_radius", spectral_radius, math.inf)
    _check_range("density", density, 1)
    _check_range("leak", leak, 1)
    for name, scale in (("input_scale", input_scale), ("bias_scale", bias_scale)):
        _check_range(name, scale, math.inf, zero=True)
    random = generator(seed)
    low, high, weight = _recurrent(n, max(1, round(density * n)), random)
    weight *= spectral_radius / largest_eigenvalue(low, high, weight, n, random)
    draft = Draft(inputs)
    own = random.uniform(-bias_scale, bias_scale, n) if bias_scale else None
    moved = [Group("drive" if leak < 1 else "r", n, dissolved=True)]
    moved = draft.neurons(moved, activation, bias=False, own=own)
    states = moved
    if leak < 1:
        group = Group("r", n, dissolved=True)
        states = draft.neurons([group], "identity", bias=False)
        draft.link(states, states, 1, 1.0 - leak)
        draft.link(moved, states, 0, float(leak))
    source, target = np.tile(draft.inputs, n), np.repeat(moved, draft.n_inputs)
    scaled = random.uniform(-input_scale, input_scale, len(source))
    draft.link(source, target, 0, scaled)
    draft.link(states[low], moved[high], 1, weight)
    top = draft.neurons(outputs, output_activation, bias=bias)
    draft.join(states, top)
    if direct:
        draft.join(draft.inputs, top)
    return draft.network(top)


def _check_range(name: str, value, high: float, zero: bool = False) -> None:
    above = is_number(value) and (value >= 0 if zero else value > 0)
    if not above or value > high:
        begin = "0 or more" if zero else "above 0"
        end = "" if high == math.inf else f" and at most {high}"
        raise SettingError(f"{name} must be a number {begin}{end}; it is {value!r}.")


def _recurrent(n: int, degree: int, random) -> tuple[np.ndarray, ...]:
    """Sources, targets and weights in -1..1; every neuron has `degree` different sources, so that there is a loop."""
    chosen = [np.sort(random.choice(n, degree, replace=False)) for _ in range(n)]
    target = np.repeat(np.arange(n), degree)
    return np.concatenate(chosen), target, random.uniform(-1, 1, len(target))


def largest_eigenvalue(source, target, weight, n: int, random) -> float:
    """The largest absolute value of an eigenvalue of the matrix W[target, source] = weight.

    The eigenvalues of a matrix are those of its strong components: what is not in a loop has none but 0, which
    rounding would otherwise spread.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((weight, (target, source)), shape=(n, n))
    count, label = connected_components(matrix, connection="strong")
    looped = np.bincount(label, minlength=count) > 1
    looped[label[source[source == target]]] = True
    largest = 0.0
    for component in np.flatnonzero(looped):
        inside = label == component
        size, place = int(inside.sum()), np.cumsum(inside) - 1
        own = inside[source] & inside[target]
        places = (place[target[own]], place[source[own]])
        part = csr_array((weight[own], places), shape=(size, size))
        largest = max(largest, _largest(part, random))
    return largest


def _largest(matrix, random) -> float:
    if matrix.shape[0] <= DENSE:
        return float(np.abs(np.linalg.eigvals(matrix.toarray())).max())
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    # Several at once, for the largest are pairs that lie close together; the start is drawn, so that the seed says all.
    start = random.uniform(-1, 1, matrix.shape[0])
    try:
        found = eigs(
            matrix, 6, ncv=60, v0=start, maxiter=100, return_eigenvectors=False
        )
    except ArpackNoConvergence:
        found = np.linalg.eigvals(matrix.toarray())
    return float(np.abs(found).max())
