"""A comparison of forecasts in words, in cells of a table, and as plain data.

Comes in: a `ForecastComparison`. Goes out: sentences, rows of text, a dict for JSON. Called by the command line. What a
comparison of forecasts shares with one of rows stands in `evaluation/report.py`.
"""

import math
from typing import Any

from wildwire.evaluation import report
from wildwire.evaluation.report import (
    cells,
    difference_sentence,
    headings,
    verdict_sentence,
)
from wildwire.evaluation.rolling.summary import ForecastComparison

_CAUSES = {"time": "the time limit", "interrupted": "an interruption"}


def setting_sentence(comparison: ForecastComparison) -> str:
    """Origins and blocks that were run, out of those that were planned."""
    done, planned = comparison.folds_done, comparison.folds_planned
    steps = f"{comparison.horizon} step{'s' if comparison.horizon > 1 else ''} ahead"
    words = (
        "lags, scaling, penalties and early stopping chosen again for every block, from the values before it; errors "
        "averaged over all steps."
    )
    run = f"{comparison.rows} origins in {done} blocks, {steps}; {words}"
    if comparison.stopped is None:
        return run
    return f"Stopped by {_CAUSES[comparison.stopped]} after {done} of {planned} blocks: {run}"


def text(comparison: ForecastComparison) -> str:
    """The verdict, the table and how both were found, as lines of plain text."""
    rows = [headings(comparison), *cells(comparison)]
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    lines = [verdict_sentence(comparison), ""]
    for row in rows:
        first = row[0].ljust(widths[0])
        others = [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([first, *others]).rstrip())
    lines += ["", difference_sentence(comparison), setting_sentence(comparison)]
    lines += [f"note: {note}" for note in comparison.notes]
    return "\n".join(
        line for i, line in enumerate(lines) if line or i in (1, len(rows) + 2)
    )


def as_dict(comparison: ForecastComparison) -> dict[str, Any]:
    """Everything for JSON; losses per origin, errors by step."""
    found = report.as_dict(comparison)
    for model, told in zip(comparison.models, found["models"], strict=True):
        told["origin_losses"] = told.pop("row_losses")
        told["rmse_by_step"] = [
            value if math.isfinite(value) else None
            for value in model.by_step.tolist()  # type: ignore[attr-defined]
        ]
    found |= {
        "horizon": comparison.horizon,
        "season": comparison.season,
        "origins": comparison.origins.tolist(),
        "blocks": comparison.block.tolist(),
    }
    for name in ("repeats", "further_settings"):
        del found[name]
    return found


__all__ = [
    "as_dict",
    "cells",
    "difference_sentence",
    "headings",
    "setting_sentence",
    "text",
    "verdict_sentence",
]
