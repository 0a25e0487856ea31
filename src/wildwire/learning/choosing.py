"""Which learner suits a network and its rows: what `learner="auto"` stands for.

Comes in: a network, rows, losses, and settings that only some learners know. Goes out: a learner, and a sentence that
says why. Called by `fitting.py` and by the procedures for tables.

The limits are measured: see "Which learner?" in the documentation.
"""

import numpy as np

from wildwire.learning.first_order import Adam
from wildwire.learning.learner import Learner
from wildwire.learning.levenberg_marquardt import LevenbergMarquardt
from wildwire.learning.population.ants import AntColony
from wildwire.learning.rules import PerceptronRule
from wildwire.learning.scipy_learners import LBFGS

__all__ = ["choose_learner", "flat_neurons"]

# Of Levenberg-Marquardt: numbers of theta, and multiplications of one step (about a second).
MOST_NUMBERS, MOST_WORK = 1000, 2e10
MOST_ROWS = 50_000  # of learners that go through all rows at each step
PROBED = np.linspace(-7.013, 7.029, 101)


def choose_learner(
    network, rows, losses, *, batches: bool = False
) -> tuple[Learner, str]:
    """The learner for a network on its rows.

    Parameters
    ----------
    network : Network
    rows : Rows or SequenceRows
        As `fit` has checked them.
    losses : OutputLosses
    batches : bool
        Whether settings are given that only first-order learners know: a batch size, float32, l1, clip.

    Returns
    -------
    learner : Learner
    why : str
        A sentence.
    """
    n, size = network.n_theta, f"{network.n_theta} numbers"
    if batches:
        return Adam(rate=0.01), "Adam was chosen: the settings are for mini-batches."
    flat = flat_neurons(network)
    if flat:
        return _without_slopes(network, flat)
    work = float(len(rows)) * rows.n_steps * network.n_outputs * n * (n + 1.0)
    work *= 3.0 if rows.n_steps > 1 else 1.0
    if len(rows) * rows.n_steps > MOST_ROWS and work > MOST_WORK:
        told = f"Adam was chosen: {len(rows)} rows are best learnt in mini-batches."
        return Adam(rate=0.01), told
    curved = _curved(losses)
    if n <= MOST_NUMBERS and work <= MOST_WORK and curved:
        told = f"Levenberg-Marquardt was chosen: {size}, {len(rows)} rows, a smooth network and loss."
        return LevenbergMarquardt(), told
    why = f"{size}, {len(rows)} rows" if curved else "the loss has no curvature"
    return LBFGS(), f"L-BFGS was chosen: {why}."


def flat_neurons(network) -> list[str]:
    """Names of neurons that hide slopes of 0 (steps, signs) from the numbers before them; sorted as in the text."""
    flat = [
        number
        for number, function in enumerate(network.functions)
        if function.kind == "activation"
        and function.slope is None
        and _is_flat(function)
    ]
    places = np.flatnonzero(np.isin(network.activation, flat))
    moving = [j for j in places.tolist() if _has_numbers(network, j)]
    return [network.names[network.n_inputs + j] for j in moving]


def _is_flat(function) -> bool:
    """Whether the slope is 0 wherever one looks: a formula of steps may say so in many ways."""
    with np.errstate(all="ignore"):
        slope = function.evaluate(1, [PROBED])[1]
    return bool(np.all(slope == 0))


def _has_numbers(network, neuron: int) -> bool:
    """Whether a neuron's own links, bias or function have numbers to learn, or it reads others that may."""
    own = network.link_target == neuron
    learnt = (network.link_slot[own] != -1).any() or network.bias_slot[neuron] != -1
    reads = (network.link_source[own] >= network.n_inputs).any()
    return bool(learnt or (reads and network.n_theta))


def _without_slopes(network, flat: list[str]) -> tuple[Learner, str]:
    outputs = {network.names[node] for node in network.output_node.tolist()}
    targets = network.link_target[network.link_slot != -1]
    learnt = {network.names[network.n_inputs + j] for j in np.unique(targets).tolist()}
    linear = not network.transfer.any()
    if learnt <= outputs and set(flat) == learnt and linear and not network.n_delays:
        told = (
            "The perceptron rule was chosen: the outputs are steps of what they read."
        )
        return PerceptronRule(0.1), told
    told = f"neuron {flat[0]!r} has no slope, so whole vectors are compared by their losses"
    return AntColony(), f"An ant colony was chosen: {told}."


def _curved(losses) -> bool:
    """Whether every loss has a second derivative to build on."""
    from wildwire.functions.derive import tables

    for loss in dict.fromkeys(losses.functions):
        if loss.name == "softmax":
            continue
        bend = tables(loss, 2).outputs[loss.n_tables(1)].number
        if bend is not None and bend <= 0:
            return False
    return True
