"""What the blocks of a rolling-origin comparison amount to: a row per model, and the verdict.

Comes in: forecasts of every model from every origin. Goes out: a `ForecastComparison`. Called by `compare.py`.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.problem import Floats
from wildwire.evaluation.rolling.blocks import (
    TOO_FEW_BLOCKS,
    judge_blocks,
    over_blocks,
)
from wildwire.evaluation.rolling.schedule import Block
from wildwire.evaluation.summary import Comparison, ModelResult
from wildwire.forecasting import Series
from wildwire.forecasting.lags import targets


@dataclass(frozen=True, eq=False)
class ForecastResult(ModelResult):
    """One row of the table; `row_losses` has the mean squared error from each origin.

    Attributes
    ----------
    by_step : ndarray, shape (horizon,)
        RMSE of the forecasts 1, 2, ... steps ahead.
    """

    by_step: Floats


@dataclass(frozen=True, eq=False)
class ForecastComparison(Comparison):
    """Everything that the table shows; `folds_done` and `folds_planned` count blocks.

    Attributes
    ----------
    horizon : int
    season : int or None
    origins : ndarray of int
        First rows of the forecasts, in the order of `row_losses`.
    block : ndarray of int
        The block of each.
    """

    horizon: int = 1
    season: int | None = None
    origins: NDArray = field(default_factory=lambda: np.empty(0, np.int64))
    block: NDArray = field(default_factory=lambda: np.empty(0, np.int64))
    units: ClassVar[str] = "blocks of origins"
    fewest: ClassVar[int] = TOO_FEW_BLOCKS


@dataclass
class Tested:
    """One model in one block."""

    forecasts: Floats
    parameters: int
    seconds: float
    tried: int


@dataclass
class Ledger:
    """Results as they come in: model -> one `Tested` per block; and why others failed."""

    series: Series
    horizon: int
    season: int | None
    blocks: list[Block]
    done: list[Block] = field(default_factory=list)
    tested: dict[str, list[Tested]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def summarise(
    ledger: Ledger, network: str | None, stopped: str | None
) -> ForecastComparison:
    """All rows of the table, and the verdict where there is a network.

    Parameters
    ----------
    network : str or None
        Its name in the ledger.
    stopped : str or None
        Why not all blocks were run.
    """
    origins = np.concatenate([block.origins for block in ledger.done])
    block = np.repeat(
        [block.number for block in ledger.done],
        [len(block.origins) for block in ledger.done],
    )
    truth = targets(ledger.series.y, origins, ledger.horizon)
    names = [
        name
        for name, results in ledger.tested.items()
        if len(results) == len(ledger.done) and name not in ledger.failures
    ]
    # The network is fitted first and stands last.
    names.sort(key=lambda name: name == network)
    models = {
        name: _model(name, ledger.tested[name], truth, block, name != network)
        for name in names
    }
    verdict = None
    plain = {n: m.row_losses for n, m in models.items() if m.plain}
    if network in models and plain:
        stored = {n: m.parameters for n, m in models.items()}
        losses = models[network].row_losses
        verdict = judge_blocks(losses, plain, stored, block, network)
    return ForecastComparison(
        models=tuple(models.values()),
        verdict=verdict,
        rows=len(origins),
        classification=False,
        repeats=1,
        folds=len(ledger.blocks),
        folds_done=len(ledger.done),
        folds_planned=len(ledger.blocks),
        stopped=stopped,
        further={},
        notes=_notes(ledger),
        horizon=ledger.horizon,
        season=ledger.season,
        origins=origins,
        block=block,
    )


def _model(
    name: str, results: list[Tested], truth: Floats, block: Floats, plain: bool
) -> ForecastResult:
    errors = (np.concatenate([r.forecasts for r in results]) - truth) ** 2
    losses = errors.mean(axis=1)
    interval = over_blocks(losses, block)
    variance = float(np.var(truth))
    r2 = 1 - interval.mean / variance if variance > 0 else float("nan")
    return ForecastResult(
        name=name,
        figures={"rmse": float(np.sqrt(interval.mean)), "r2": r2},
        interval=interval,
        parameters=int(np.median([r.parameters for r in results])),
        seconds=float(np.median([r.seconds for r in results])),
        row_losses=losses,
        tried=results[0].tried,
        plain=plain,
        by_step=np.sqrt(errors.mean(axis=0)),
    )


def _notes(ledger: Ledger) -> tuple[str, ...]:
    found = [
        f"{name} failed and is left out ({reason})"
        for name, reason in ledger.failures.items()
    ]
    if ledger.season is None:
        found.append("no season is given: the seasonal naive forecast is left out")
    return tuple(found)
