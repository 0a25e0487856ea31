"""Targets for slopes, d output / d input: a problem with such targets is a problem of the network that computes them.

Comes in: a checked problem of rows, targets of slopes and their weights as the user gave them. Goes out: the same
problem on the slope network (`wiring/slopes.py`), whose theta is that of the network: every learner and every part of
the engine then serves as it is. Called by `learning/fitting.py` and `learning/objective.py`.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.learning.data import Rows, real_numbers
from wildwire.learning.scaling import Scaling
from wildwire.learning.settings import one_line

if TYPE_CHECKING:
    from wildwire.engine.output_losses import OutputLosses
    from wildwire.learning.sequences import SequenceRows
    from wildwire.network import Network

__all__ = ["SlopeTargets", "read_slopes", "scaled_with_slopes"]


@dataclass(frozen=True, slots=True, eq=False)
class SlopeTargets:
    """Targets of slopes, for the rows as the user gave them.

    Attributes
    ----------
    network : Network
        With the slopes as further outputs.
    losses : OutputLosses
        Of all its outputs.
    outputs : int array (n_slopes,)
        The output of which each is the slope.
    table : float64 array (n, n_slopes)
        NaN: no target.
    """

    network: "Network"
    losses: "OutputLosses"
    outputs: np.ndarray
    table: np.ndarray

    def beside(self, rows: Rows) -> Rows:
        """These rows with the slopes' targets behind the outputs'."""
        table = self.table[rows.number]
        missing = np.isnan(table)
        Y = np.hstack((rows.Y, np.where(missing, 0.0, table)))
        if not missing.any():
            return replace(rows, Y=Y)
        own = np.ones(len(rows)) if rows.weight is None else rows.weight
        there = np.hstack((np.ones(rows.Y.shape), ~missing))
        return replace(rows, Y=Y, weight=own[:, None] * there, row_weight=own)


def read_slopes(
    network: "Network", rows: "Rows | SequenceRows", losses: "OutputLosses", dY, slope_weight, n: int | None = None,
) -> SlopeTargets | None:  # fmt: skip
    """Targets of slopes, checked; None where there are none.

    Parameters
    ----------
    network : Network
    rows : Rows or SequenceRows
        Those to learn from.
    losses : OutputLosses
        Of the network's outputs.
    dY, slope_weight
        As for `fit`.
    n : int, optional
        Rows that the user gave, some of which may be held out; None: `rows` are all.

    Raises
    ------
    SettingError
        Weights without targets, or not of 0 and more; sequences.
    DataError
        Targets of another shape, infinite, or none at all.
    UnsupportedError
        A network with memory, `settle`, or too large a transfer; see `wiring.slope_network`.
    """
    if dY is None:
        if slope_weight is not None and not _is_one(slope_weight):
            raise SettingError(
                "slope_weight weighs the targets dY: give dY, or leave it out"
            )
        return None
    from wildwire.wiring.slopes import check_has_slopes, slope_network

    check_has_slopes(network)
    if not isinstance(rows, Rows):
        raise SettingError(
            "dY is for rows, and X holds sequences: give X as (n, n_inputs)"
        )
    table = _targets(network, dY, len(rows) if n is None else n)
    weight = _weights(network, slope_weight)
    known = ~np.isnan(table[rows.number])
    wanted = known.any(axis=0) & (weight > 0)
    if not wanted.any():
        raise DataError(
            "dY has no target to learn from: each is NaN or has slope_weight 0"
        )
    pairs = tuple(zip(*(part.tolist() for part in np.nonzero(wanted)), strict=True))
    with_slopes = network._remember(
        f"slopes {pairs}", lambda: slope_network(network, pairs)
    )
    return SlopeTargets(
        with_slopes, _losses(losses, weight[wanted]), np.nonzero(wanted)[0],
        table[:, wanted],
    )  # fmt: skip


def _is_one(weight) -> bool:
    return isinstance(weight, int | float) and weight == 1


def _targets(network, dY, n: int) -> np.ndarray:
    """The targets as (n, n_outputs, n_inputs)."""
    table = real_numbers("dY", dY)
    full = (n, network.n_outputs, network.n_inputs)
    shapes: list[tuple[int, ...]] = [full]
    if network.n_outputs == 1:
        shapes.append((n, network.n_inputs))
        if network.n_inputs == 1:
            shapes.append((n,))
    if table.shape not in shapes:
        raise DataError(
            f"dY must have shape {' or '.join(map(str, shapes))}: rows, outputs, inputs; it has {table.shape}"
        )
    table = table.reshape(full)
    if np.isinf(table).any():
        row, k, i = np.argwhere(np.isinf(table))[0]
        raise DataError(
            f"dY: row {row}, d{network.output_names[k]}/d{network.inputs[i]} is {table[row, k, i]}; "
            "give a number, or NaN where there is no target"
        )
    return table


def _weights(network, weight) -> np.ndarray:
    """slope_weight as (n_outputs, n_inputs)."""
    shape = network.n_outputs, network.n_inputs
    try:
        each = np.broadcast_to(np.asarray(weight, np.float64), shape)
    except (TypeError, ValueError):
        raise SettingError(
            f"slope_weight must be a number, or numbers for {shape[0]} outputs and {shape[1]} inputs, "
            f"not {one_line(weight)}"
        ) from None
    if not (np.isfinite(each) & (each >= 0)).all():
        raise SettingError(f"slope_weight must be 0 or more, not {one_line(weight)}")
    return each


def _losses(losses: "OutputLosses", weights: np.ndarray) -> "OutputLosses":
    """Those of the outputs, and the squared loss of every slope."""
    from wildwire.engine.output_losses import OutputLosses
    from wildwire.functions import losses as known

    squared = (known()["squared"],) * len(weights)
    return OutputLosses(
        (*losses.functions, *squared), (*losses.weights, *weights.tolist())
    )


def scaled_with_slopes(scaling: Scaling, outputs: np.ndarray) -> Scaling:
    """The scaling of outputs, and of their slopes by the same factor: `slope_weight` keeps its meaning.

    A loss divided by `unit` and multiplied by `factor` counts factor/unit times. That of a slope, divided by
    scale**2, is to count as often.
    """
    scale, factor, unit = (
        part[outputs] for part in (scaling.scale, scaling.factor, scaling.unit)
    )
    parameters = scaling.parameters
    if parameters is not None:
        parameters = (*parameters, *(np.zeros(0) for _ in outputs))
    return Scaling(
        np.concatenate((scaling.scale, scale)),
        np.concatenate((scaling.factor, factor * scale**2 / unit)),
        np.concatenate((scaling.unit, scale**2)),
        parameters,
    )
