"""Losses with their second derivatives: what the normal equations read of a loss.

Comes in: the losses of a network's outputs, made ready. Goes out: a `Curved`, or a SettingError for a loss that has
no curvature anywhere. Called by `row_workers.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.engine.losses import Loss
from wildwire.engine.machine import bind_loss
from wildwire.errors import SettingError
from wildwire.functions import find_loss, native
from wildwire.program import plan as p


@dataclass(frozen=True)
class Curved:
    """Losses made ready with second derivatives, in float64.

    Attributes
    ----------
    loss : Loss
        Its addresses are those of level 2.
    tables : int64 array (n_outputs,)
        Which table behind the arguments is the second derivative over the first argument.
    n_tables : int
        Arguments and results of the form that has most.
    of_z : bool array (n_outputs,)
        The loss reads z and not the output; for a softmax the sources of its head.
    """

    loss: Loss
    tables: np.ndarray
    n_tables: int
    of_z: np.ndarray

    def argument_rows(self, plan, z_row) -> np.ndarray:
        """Rows of what the losses read, int32 (n_outputs,); `z_row` makes of a row that of its z."""
        first, n = plan[p.OUTPUT_ROWS], int(plan[p.OUTPUTS])
        rows = plan[first : first + n].copy()
        for q in np.flatnonzero(self.of_z & (self.loss.addresses != 0)):
            rows[q] = z_row(rows[q])
        table = plan[plan[p.HEAD_TABLE] :][: plan[p.HEADS] * p.HEAD_WIDTH]
        for source, _, count, output in table.reshape(-1, p.HEAD_WIDTH).tolist():
            if self.loss.addresses[output] == 0:
                start = first + n + source
                rows[output : output + count] = plan[start : start + count]
        return rows

    def has_row(self, plan, weight) -> np.ndarray:
        """Where a row is wanted, int8 like `weight` (n_points, n_outputs): also beside a target of the same softmax."""
        wanted = weight != 0
        table = plan[plan[p.HEAD_TABLE] :][: plan[p.HEADS] * p.HEAD_WIDTH]
        for _, _, count, output in table.reshape(-1, p.HEAD_WIDTH).tolist():
            if self.loss.addresses[output] == 0:
                own = slice(output, output + count)
                wanted[:, own] = wanted[:, own].any(axis=1, keepdims=True)
        return wanted.astype(np.int8)


def curved_losses(network, program, losses) -> Curved:
    """Losses of a network's outputs with second derivatives.

    Parameters
    ----------
    network : Network
    program : Program
    losses : OutputLosses

    Raises
    ------
    SettingError
        As `machine.bind_loss`; and for a loss whose second derivative is nowhere above 0.
    """
    ready = bind_loss(network, program, losses, np.dtype(np.float64))
    addresses, tables, most = [], [], 3
    for q, loss in enumerate(losses.functions):
        if loss.name == "softmax":
            addresses.append(0)
            tables.append(0)
            continue
        form = find_loss(str(loss.from_z)) if ready.fused[q] else loss
        _check_curved(form, network.output_names[q])
        addresses.append(native.address(form, 2, "float64"))
        # Behind two arguments and the value: the slopes, then the triangle of second derivatives.
        tables.append(2 + form.n_tables(1))
        most = max(most, 2 + form.n_tables(2))
    return Curved(
        replace_addresses(ready, addresses), np.array(tables, np.int64), most,
        ready.fused != 0,
    )  # fmt: skip


def replace_addresses(ready, addresses) -> Loss:
    """The same loss with forms at other addresses."""
    return ready._replace(addresses=np.array(addresses, np.int64))


def _check_curved(loss, output) -> None:
    from wildwire.functions.derive import tables

    curvature = tables(loss, 2).outputs[loss.n_tables(1)].number
    if curvature is not None and curvature <= 0:
        name = f"the loss {loss.name!r}" if loss.name != "custom" else "the loss"
        told = "has no curvature" if curvature == 0 else "curves downwards"
        raise SettingError(
            f"{name} of output {output} {told} anywhere, and the normal equations of least squares are made of it: "
            "use 'huber', 'log_cosh' or 'squared', or a learner that needs gradients only"
        )
