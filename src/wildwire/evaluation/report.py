"""A comparison in words, in cells of a table, and as plain data.

Comes in: a `Comparison`. Goes out: sentences, rows of text, a dict for JSON.
Called by the command line. Knows nothing of terminals.
"""

import math
from typing import Any

from wildwire.evaluation.intervals import Interval
from wildwire.evaluation.summary import Comparison, ModelResult
from wildwire.evaluation.verdict import Verdict

_METHODS = {
    "rows": "paired over rows",
    "folds": "corrected for the overlap of folds (Nadeau and Bengio)",
    "blocks": "paired over blocks of origins, with the covariance of neighbouring "
    "blocks, which overlap (Hansen and Hodrick)",
}


def verdict_sentence(comparison: Comparison) -> str:
    """The first line of the table: better, no difference, worse, or cannot tell."""
    verdict = comparison.verdict
    if verdict is None:
        return "Plain models only: there is no network to judge."
    network = _named(comparison, comparison.models[-1].name)
    rival = _named(comparison, verdict.rival)
    pair = f"{_error(network)} against {_error(rival)} of {verdict.rival}"
    best = ", the best plain model"
    if verdict.kind == "better":
        return f"Better: the network beats the plain models: {pair}{best}."
    advice = _advice(comparison, verdict)
    if verdict.kind == "worse":
        return f"Worse: the network loses to a plain model: {pair}. {advice}"
    if verdict.kind == "cannot tell":
        return (
            f"The data cannot tell: {verdict.units} {comparison.units} are too few, "
            f"a verdict needs {comparison.fewest}. Here it is {pair}{best}."
        )
    return f"No difference that these data can show: {pair}{best}. {advice}"


def _advice(comparison: Comparison, verdict: Verdict) -> str:
    if verdict.recommended is None:
        return ""
    numbers = _named(comparison, verdict.recommended).parameters
    return (
        f"Recommended, being the simplest: {verdict.recommended} ({numbers} numbers)."
    )


def difference_sentence(comparison: Comparison) -> str:
    """How the verdict was reached, with its interval; "" without a verdict."""
    verdict = comparison.verdict
    if verdict is None:
        return ""
    loss = "log loss" if comparison.classification else "squared error"
    method = _METHODS[verdict.difference.method]
    low, high = (_short(end) for end in _ends(verdict.difference))
    return (
        f"Network minus {verdict.rival}, {loss}: {_short(verdict.difference.mean)}, "
        f"95 % interval {low} to {high}, {method}."
    )


def setting_sentence(comparison: Comparison) -> str:
    """Folds that were run, out of those that were planned."""
    done, planned = comparison.folds_done, comparison.folds_planned
    words = "tuning, scaling and imputation repeated inside every fold."
    if comparison.stopped is None:
        return (
            f"{comparison.rows} rows, {comparison.repeats} x {comparison.folds} folds; "
            f"{words}"
        )
    cause = {"time": "the time limit", "interrupted": "an interruption"}
    return (
        f"Stopped by {cause[comparison.stopped]} after {done} of {planned} folds: "
        f"{comparison.rows} rows were tested; {words}"
    )


def headings(comparison: Comparison) -> tuple[str, ...]:
    """Column heads of the table."""
    errors = (
        ("log loss", "95 % interval", "accuracy")
        if comparison.classification
        else ("RMSE", "95 % interval", "R2")
    )
    return ("model", *errors, "numbers stored", "seconds per fit")


def cells(comparison: Comparison) -> list[tuple[str, ...]]:
    """One row of texts per model, in the order of `comparison.models`."""
    found: list[tuple[str, ...]] = []
    for model in comparison.models:
        low, high = (_short(end) for end in _error_interval(model))
        second = model.figures["accuracy" if comparison.classification else "r2"]
        found.append(
            (
                model.name,
                _short(_first(model)),
                f"{low} .. {high}",
                f"{100 * second:.1f} %"
                if comparison.classification
                else f"{second:.3f}",
                f"{model.parameters:,}",
                _seconds(model.seconds),
            )
        )
    return found


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """Everything for JSON, per-row losses included; NaN and infinity become None."""
    verdict = comparison.verdict
    judged = None
    if verdict is not None:
        judged = {
            "kind": verdict.kind,
            "sentence": verdict_sentence(comparison),
            "rival": verdict.rival,
            "recommended": verdict.recommended,
            "difference": _interval(verdict.difference),
            "units": verdict.units,
        }
    return {
        "verdict": judged,
        "rows": comparison.rows,
        "repeats": comparison.repeats,
        "folds": comparison.folds,
        "folds_done": comparison.folds_done,
        "folds_planned": comparison.folds_planned,
        "stopped": comparison.stopped,
        "loss": "log loss" if comparison.classification else "squared error",
        "further_settings": comparison.further,
        "notes": list(comparison.notes),
        "models": [_model(model) for model in comparison.models],
    }


def _model(model: ModelResult) -> dict[str, Any]:
    return {
        "name": model.name,
        "plain": model.plain,
        **{name: _finite(value) for name, value in model.figures.items()},
        "mean_loss": _interval(model.interval),
        "parameters": model.parameters,
        "seconds": model.seconds,
        "settings_tried": model.tried,
        "row_losses": [_finite(loss) for loss in model.row_losses.tolist()],
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "mean": _finite(interval.mean),
        "low": _finite(interval.low),
        "high": _finite(interval.high),
        "method": interval.method,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _named(comparison: Comparison, name: str) -> ModelResult:
    return next(model for model in comparison.models if model.name == name)


def _first(model: ModelResult) -> float:
    return model.figures.get("rmse", model.figures.get("log_loss", math.nan))


def _error(model: ModelResult) -> str:
    word = "RMSE" if "rmse" in model.figures else "log loss"
    return f"{word} {_short(_first(model))}"


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def _error_interval(model: ModelResult) -> tuple[float, float]:
    # A loss is never negative, though its symmetric interval may be.
    low, high = (max(end, 0.0) for end in _ends(model.interval))
    if "rmse" in model.figures:
        return math.sqrt(low), math.sqrt(high)
    return low, high


def _seconds(value: float) -> str:
    if value < 0.01:
        return "<0.01"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _short(value: float) -> str:
    return f"{value:.4g}"


__all__ = [
    "as_dict",
    "cells",
    "difference_sentence",
    "headings",
    "setting_sentence",
    "verdict_sentence",
]
