"""Rosenblatt's perceptron of 1958: a retina, frozen random association units, responses that learn.

Comes in: sizes, a seed. Goes out: a `Network`. Called by users, through `wildwire.wiring`.
"""

from __future__ import annotations

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

__all__ = ["perceptron1958"]


def perceptron1958(
    retina: int | Sequence,
    association: int,
    responses: int | Sequence = 1,
    fan_in: int = 8,
    seed=None,
    *,
    threshold: float = 0.5,
    activation: str | Function = "step",
) -> Network:
    """The classical perceptron: only its last layer learns.

    Parameters
    ----------
    retina : int or sequence of str
        Points that see, or their names.
    association : int
        Association units: step neurons, each with `fan_in` links of weight +1 or -1 from different points, drawn at
        random and frozen.
    responses : int or sequence of str
        Response units, which read all association units; their weights and biases are to be learnt.
    fan_in : int
        At most the number of points.
    seed : int, SeedSequence, Generator or None
        Of the drawing.
    threshold : float
        What the sum of an association unit must reach for it to fire; of points that are 0 or 1 the sum is a whole
        number, so that 0.5 asks for more excitation than inhibition.
    activation : str or Function
        Of the responses: "step" for targets 0 and 1, "sign" for -1 and 1.

    Returns
    -------
    Network
        Inputs `x`, association units `a_0`, `a_1`, ..., outputs `y`.

    Raises
    ------
    SettingError
        A size or a threshold that makes no sense.

    Notes
    -----
    Learn it with `PerceptronRule`: if weights of the responses exist that make no error on the rows, the rule finds
    some in finitely many steps (Novikoff 1962). O(association * (retina + responses)).

    References
    ----------
    F. Rosenblatt: The perceptron: a probabilistic model for information storage and organization in the brain.
    Psychological Review 65 (1958) 386-408. M. Minsky, S. Papert: Perceptrons (1969), on what small fan-in cannot see.

    Examples
    --------
    >>> import wildwire.wiring
    >>> print(wildwire.wiring.perceptron1958(3, 2, 1, fan_in=2, seed=0))
    input x[3]
    a_0 = step(-x[0] - x[2] - [0.5])
    a_1 = step(-x[1] + x[2] - [0.5])
    y ~ step(a_0, a_1)
    output y
    """
    inputs, n_points = named(retina, "x", "the number of points of the retina")
    outputs, _ = named(responses, "y", "the number of responses")
    n_units = check_size(association, "the number of association units")
    fan_in = check_size(fan_in, "fan_in")
    if fan_in > n_points:
        raise SettingError(
            f"fan_in is {fan_in}, and the retina has {n_points} points; a unit reads different ones"
        )
    if not is_number(threshold):
        raise SettingError(f"threshold must be a finite number; it is {threshold!r}.")
    random = generator(seed)
    points = np.sort(
        [random.permutation(n_points)[:fan_in] for _ in range(n_units)], axis=1
    )
    weights = random.choice([-1.0, 1.0], (n_units, fan_in))
    draft = Draft(inputs)
    units = draft.neurons(
        [Group("a", n_units, dissolved=True)], "step", own=np.full(n_units, -threshold)
    )
    answers = draft.neurons(outputs, activation)
    draft.link(points.ravel(), np.repeat(units, fan_in), weight=weights.ravel())
    draft.join(units, answers)
    return draft.network(answers)
