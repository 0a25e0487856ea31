"""`wildwire fit --horizon`: from a series to a model file and an honest comparison of forecasts.

Comes in: `FitOptions`. Goes out: the model file, the verdict and the table of models on stdout (or everything as JSON),
notes on stderr, an exit code. Called by `fitting.py`.
"""

import math
import time
from pathlib import Path
from typing import Any

from wildwire.commands.failing import INTERRUPTED
from wildwire.commands.fit_comparing import Progress, compared
from wildwire.commands.fit_report import tell_fit
from wildwire.commands.fitting import DEFAULT_OUT, FitOptions, check_network_and_out
from wildwire.commands.output import check_free, note, notes, progress_bar
from wildwire.commands.showing import model_counts
from wildwire.errors import SettingError
from wildwire.evaluation.rolling import ForecastComparison, compare_forecasts, report
from wildwire.files import default_suffix
from wildwire.forecasting import Series, series_from_table
from wildwire.model import load
from wildwire.tables import read_table

_UNUSED = (
    "task", "learner", "rate", "penalty", "weight", "sigma", "group", "jobs",
)  # fmt: skip
"""Options that have no meaning for a series."""


def forecast_fit_command(options: FitOptions) -> int:
    """Fit, save, compare, report.

    Returns
    -------
    int
        Exit code: 0, or 130 after Ctrl-C, when the best so far has been saved.

    Raises
    ------
    WildwireError
        Bad input, before anything is written.
    """
    _check(options)
    forecaster = _forecaster(options)
    for path in [options.out] if options.out else DEFAULT_OUT.values():
        check_free(path, options.force)
    series = _series(options)
    notes(series.notes, quiet=options.quiet)
    began = time.perf_counter()
    with progress_bar("fitting, candidate", quiet=options.quiet) as bar:
        forecaster.set_params(verbose=bar).fit_series(series)
    forecaster.set_params(verbose=False)
    seconds = time.perf_counter() - began
    notes(forecaster.notes_[len(series.notes) :], quiet=options.quiet)
    out = options.out or DEFAULT_OUT[default_suffix(forecaster.network_)]
    forecaster.model_.save(out)
    note(f"model saved to {out}", quiet=options.quiet)
    comparison, stopped = None, forecaster.interrupted_
    if stopped:
        note("the best so far is saved, and not compared")
    elif options.compare:
        comparison, stopped = _compare(options, forecaster, series, seconds)
    content = _content(forecaster, series, out, seconds)
    tell_fit(content, comparison, report, [_sentence(content)], json=options.json)
    return INTERRUPTED if stopped else 0


def _check(options: FitOptions) -> None:
    """Refuse what has no meaning for a series."""
    for name in _UNUSED:
        if getattr(options, name) is not None:
            raise SettingError(
                f"--{name} has no meaning with --horizon: a series is forecast step by step"
            )
    if len(options.targets) != 1:
        raise SettingError(
            f"--target is given {len(options.targets)} times: with --horizon one column is forecast"
        )
    if len(options.loss) > 1:
        raise SettingError("--loss is given more than once: a forecast has one target")
    check_network_and_out(options)


def _forecaster(options: FitOptions) -> Any:
    from wildwire.estimators import NetworkForecaster

    network = None if options.network is None else load(options.network).network
    return NetworkForecaster(
        lags="auto" if options.lags is None else lags_of(options.lags),
        horizon=options.horizon,
        hidden=options.hidden,
        season=options.season,
        network=network,
        loss=options.loss[0] if options.loss else "squared",
        epochs=options.epochs,
        time_limit=options.fit_seconds,
        random_state=options.seed,
    )


def lags_of(text: str) -> int | list[int]:
    """Lags from "12", "1,2,12" or "1..12".

    Raises
    ------
    SettingError
        Something else.
    """
    found: list[int] = []
    try:
        if text.strip().isdecimal():
            return int(text)
        for part in text.split(","):
            first, dots, last = part.partition("..")
            found += list(range(int(first), int(last) + 1)) if dots else [int(first)]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise SettingError(
            f"--lags is '{text}': give how many (12), or which (1,2,12 or 1..3,12), from 1"
        )
    return found


def _series(options: FitOptions) -> Series:
    table = read_table(options.data)
    notes(table.notes, quiet=options.quiet)
    return series_from_table(
        table,
        options.targets[0],
        time_column=options.time_column,
        known=options.known,
        ignore=options.ignore,
    )


def _compare(
    options: FitOptions, forecaster: Any, series: Series, seconds: float
) -> tuple[ForecastComparison | None, bool]:
    """The comparison, or None with a note that says why there is none; and whether it was interrupted."""

    def run(progress: Progress) -> ForecastComparison:
        return compare_forecasts(
            series,
            horizon=forecaster.horizon,
            network=forecaster,
            lags=forecaster.lags,
            season=options.season,
            seed=options.seed,
            time_limit=options.seconds_after(seconds),
            progress=progress,
        )

    what = "comparing with plain forecasts, block"
    return compared(run, what, jobs=1, quiet=options.quiet)


def _content(
    forecaster: Any, series: Series, out: Path, seconds: float
) -> dict[str, Any]:
    """Everything about the fit, for JSON and for people."""
    held_out = forecaster.held_out_error_
    lags = forecaster.lags_
    return {
        "model": str(out),
        "task": "forecast",
        "target": series.name,
        "values": len(series),
        "horizon": forecaster.horizon,
        "lags": list(lags) if isinstance(lags, tuple) else lags,
        "known_ahead": list(series.columns),
        **model_counts(forecaster.model_),
        "reason": forecaster.reason_,
        "steps": list(forecaster.n_iter_),
        "l2": forecaster.l2_,
        "seconds": seconds,
        "held_out_rmse": None if math.isnan(held_out) else held_out,
        "notes": list(forecaster.notes_),
    }


def _sentence(content: dict[str, Any]) -> str:
    """What was fitted, in one line."""
    error = content["held_out_rmse"]
    seen = "" if error is None else f"; RMSE {error:.4g} on the end held out to choose"
    return (
        f"{content['model']}: {content['neurons']} neurons, {content['links']} links, "
        f"{content['learnt numbers']} learnt numbers, {_memory(content['lags'])}; {content['values']} values of "
        f"'{content['target']}'{seen} ({' + '.join(map(str, content['steps']))} steps, "
        f"{content['seconds']:.2g} s, {content['reason']})."
    )


def _memory(lags: list[int] | int | None) -> str:
    """What a network reads: its lags; of a network of the user's own how far it looks back, if that has an end."""
    if lags is None:
        return "a state"
    if isinstance(lags, int):
        return f"{lags} step{'s' if lags > 1 else ''} back"
    return f"lags {_runs(lags)}"


def _runs(lags: list[int]) -> str:
    """1, 2, 3, 12 as "1..3, 12"."""
    parts: list[list[int]] = []
    for lag in lags:
        if parts and lag == parts[-1][-1] + 1:
            parts[-1].append(lag)
        else:
            parts.append([lag])
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in parts
    )
