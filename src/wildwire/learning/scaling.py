"""Scaling of the loss, so that the units of the targets do not matter to the learner.

Comes in: a loss, the targets of the training rows, their weights. Goes out: `Scaling`, which the session applies
inside and takes back in everything it reports. Called by `learning/fitting.py`.

A squared loss in joules of 1e-21 has gradients of 1e-42, one in pascals gradients of 1e9: no rate, epsilon or
clipping length fits both, and float32 holds neither. So outputs and targets are divided by the target's spread (its
weighted standard deviation). The loss minimised stays the one that was written, but for one factor per target.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wildwire.errors import DataError

__all__ = ["Scaling", "scaled_losses", "scaling_of", "spreads", "units_note"]

# With "auto", targets whose spreads all lie in here are left alone: textbook numbers stay textbook numbers.
LOW, HIGH = 1e-3, 1e3

# loss(c*o, c*t) = c**degree * loss(o, t), for Huber's with delta scaled along.
_DEGREES = {"squared": 2, "absolute": 1, "huber": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What a session does to outputs, targets and loss; each array has shape (n_outputs,).

    Attributes
    ----------
    scale
        Outputs and targets are divided by it before the loss.
    factor
        The loss is multiplied by it in the gradient.
    unit
        A sum of scaled losses times this is in the user's units.
    parameters : tuple of ndarray, or None
        The parameters of each output's loss in scaled units; None leaves them as they are.
    """

    scale: np.ndarray
    factor: np.ndarray
    unit: np.ndarray
    parameters: tuple[np.ndarray, ...] | None = None


def _has_units(loss) -> bool:
    """Whether the loss has the units of the targets: losses of probabilities and classes have none."""
    return not (loss.needs_probability or loss.from_z or loss.name == "softmax")


def _degree(loss) -> int | None:
    """The degree of a loss of the catalogue; None for any other, also one that only borrows its name."""
    from wildwire.functions import losses

    known = losses().get(loss.name)
    return _DEGREES.get(loss.name) if known and known.key == loss.key else None


def spreads(Y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Weighted standard deviation of every target, (n_outputs,); never 0.

    A target that does not vary beyond rounding has its largest absolute value instead, or 1 if it is always 0.
    """
    weight = np.ones(len(Y)) if weight is None else weight
    share = (weight / weight.max())[:, None]
    largest = np.abs(np.where(share > 0, Y, 0.0)).max(axis=0)
    largest[largest == 0] = 1.0
    unit = Y / largest
    mean = (share * unit).sum(axis=0) / share.sum()
    spread = np.sqrt((share * (unit - mean) ** 2).sum(axis=0) / share.sum())
    return np.where(spread > 1e-12, spread, 1.0) * largest


def scaling_of(
    loss, Y: np.ndarray, weight: np.ndarray | None, mode: bool | str, dtype="float64"
) -> Scaling:
    """The scaling of `loss` for targets `Y` (n, n_outputs).

    Parameters
    ----------
    loss : Function or OutputLosses
    mode : bool or "auto"
        True scales, False never does, "auto" does where a spread lies outside 1e-3..1e3. Losses of
        probabilities, counts and classes have no units and are never scaled.
    dtype : "float64" or "float32"
        Type of the numbers while learning.

    Raises
    ------
    DataError
        A formula whose values would leave float32.
    """
    losses = _for_each(loss, Y.shape[1])
    ones = np.ones(Y.shape[1])
    none = Scaling(ones, ones, ones)
    with_units = np.array([_has_units(each) for each in losses], bool)
    if mode is False or not with_units.any():
        return none
    spread = spreads(Y, weight)
    ordinary = (spread >= LOW) & (spread <= HIGH) | ~with_units
    if mode == "auto" and np.all(ordinary):
        return none
    scale, factor, unit = ones.copy(), ones.copy(), ones.copy()
    parameters = [np.array(each.defaults) for each in losses]
    for each in dict.fromkeys(losses):
        own = np.flatnonzero([one == each for one in losses])
        if not with_units[own[0]]:
            continue
        degree = _degree(each)
        if degree is None:
            factor[own] = _factor_of_formula(each, Y[:, own], weight, dtype)
            continue
        scale[own], unit[own] = spread[own], spread[own] ** degree
        for q in own:
            parameters[q] = parameters[q] / spread[q]
    return Scaling(scale, factor, unit, tuple(parameters))


def scaled_losses(
    losses, Y: np.ndarray, weight: np.ndarray | None, mode: bool | str
) -> tuple[Any, np.ndarray]:
    """Losses in units of the targets' spreads, for those who see sums only, and what gives the user's units back.

    Parameters
    ----------
    losses : OutputLosses
    Y, weight, mode
        As for `scaling_of`.

    Returns
    -------
    scaled : OutputLosses
        The same functions with other weights.
    units : ndarray (n_outputs,)
        A scaled loss times its unit is in the user's units.
    """
    scaling = scaling_of(losses, Y, weight, mode)
    units = scaling.unit / scaling.factor
    if np.all(units == 1):
        return losses, units
    weights = tuple((np.array(losses.weights) / units).tolist())
    return replace(losses, weights=weights), units


def _for_each(loss, n_outputs: int) -> tuple:
    """The loss of every output."""
    from wildwire.functions.function import Function

    return (loss,) * n_outputs if isinstance(loss, Function) else loss.functions


def _factor_of_formula(loss, Y, weight, dtype) -> np.ndarray:
    """One over what a constant prediction loses, for each target."""
    typical = _typical_loss(loss, Y, weight)
    limits = np.finfo(dtype)
    if not np.all((typical > limits.tiny) & (1 / typical > limits.tiny)):
        raise DataError(
            f"the loss {loss.name!r} is about {typical.max():.1g} on these targets, "
            f"which {dtype} cannot hold: use dtype='float64' or other units"
        )
    return 1 / typical


def units_note(
    network, loss, Y: np.ndarray, weight: np.ndarray | None, mode: bool | str
) -> str:
    """A sentence of advice where the loss was scaled but the network is not; otherwise nothing.

    A frozen link of more than `HIGH` or less than `LOW` into the output is taken for a scaling of its own.
    """
    with_units = np.array(
        [_has_units(each) for each in _for_each(loss, Y.shape[1])], bool
    )
    if mode != "auto" or not with_units.any():
        return ""
    spread = spreads(Y, weight)
    scaled = (network.link_slot == -1) & (network.link_value != 0)
    value = np.abs(network.link_value)
    scaled &= (value > HIGH) | (value < LOW)
    own = np.isin(network.output_node - network.n_inputs, network.link_target[scaled])
    bare = ((spread < LOW) | (spread > HIGH)) & ~own & with_units
    if not bare.any():
        return ""
    place = int(np.argmax(bare))
    name, size = network.output_names[place], spread[place]
    return (
        f"The targets of {name!r} spread by {size:.2g}, and the network has no frozen "
        f"factor of that size: let it end in `fixed y = {size:.1g}*s`, or scale the targets."
    )


def _typical_loss(loss, Y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Weighted mean loss of a constant prediction, (n_outputs,): the unit of a loss whose degree nobody knows."""
    weight = np.ones(len(Y)) if weight is None else weight
    share = (weight / weight.sum())[:, None]
    mean = (share * Y).sum(axis=0)
    defaults = [default for _, default in loss.parameters]
    with np.errstate(all="ignore"):
        value = loss.evaluate(0, [np.broadcast_to(mean, Y.shape), Y], defaults)[0]
        typical = np.abs((share * value).sum(axis=0))
    return np.where(np.isfinite(typical) & (typical > 0), typical, 1.0)
