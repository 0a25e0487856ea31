"""`wildwire fit`: from a table to a model file and an honest comparison.

Comes in: `FitOptions`. Goes out: the model file, the verdict and the table of models on
stdout (or everything as JSON), notes on stderr, an exit code. Called by `cli.py`.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.commands.comparing import NetworkProcedure, columns_read, problem_of
from wildwire.commands.failing import INTERRUPTED
from wildwire.commands.fit_comparing import Progress, compared
from wildwire.commands.fit_report import fit_sentences, tell_fit
from wildwire.commands.output import check_free, note, notes
from wildwire.commands.recipe import Recipe
from wildwire.commands.showing import errors_content, model_counts
from wildwire.errors import SettingError
from wildwire.evaluation import Comparison, Problem, compare, report, too_small
from wildwire.evaluation.measures import figures, row_measures
from wildwire.files import default_suffix
from wildwire.functions import find_loss, penalty
from wildwire.learning import learners
from wildwire.learning.settings import time_limit_seconds
from wildwire.model import Model, load
from wildwire.procedure.kept_errors import OPEN, kept_errors
from wildwire.tables import Table, read_table

DEFAULT_OUT = {suffix: Path(f"model{suffix}") for suffix in (".wire", ".safetensors")}
"""Text for networks that people can read, arrays above 20,000 links."""
SHARE_OF_FIT = 12
"""A time limit T that holds for fit and comparison gives each network fit T/12: the
20 folds on two processes then take about the rest."""


@dataclass(frozen=True)
class FitOptions:
    """The words of the command line, as `cli.fit` describes them."""

    data: Path
    targets: tuple[str, ...]
    network: Path | None = None
    hidden: str | None = None
    task: str | None = None
    learner: str | None = None
    loss: tuple[str, ...] = ()
    penalty: str | None = None
    rate: float | None = None
    epochs: int | None = None
    time_limit: str | None = None
    ignore: tuple[str, ...] = ()
    weight: str | None = None
    sigma: str | None = None
    group: str | None = None
    out: Path | None = None
    force: bool = False
    seed: int = 0
    compare: bool = True
    jobs: int | None = None
    json: bool = False
    quiet: bool = False
    horizon: int | None = None
    time_column: str | None = None
    season: int | None = None
    lags: str | None = None
    known: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, target, loss, ignore, known, **words) -> "FitOptions":
        """From the words of `cli.fit`, where an option that may be repeated is a list, or None."""
        return cls(
            targets=tuple(target),
            loss=tuple(loss or ()),
            ignore=tuple(ignore or ()),
            known=tuple(known or ()),
            **words,
        )

    @property
    def seconds(self) -> float | None:
        """The time limit in seconds; None without one."""
        if self.time_limit is None:
            return None
        return time_limit_seconds(self.time_limit)

    @property
    def fit_seconds(self) -> float | None:
        """The time limit of each network fit."""
        if self.seconds is None or not self.compare:
            return self.seconds
        return self.seconds / SHARE_OF_FIT

    def seconds_after(self, spent: float) -> float | None:
        """What is left of the time limit, which is that of the whole command; None without one."""
        return None if self.seconds is None else max(self.seconds - spent, 1e-3)


def fit_command(options: FitOptions) -> int:
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
    if options.horizon is not None:
        from wildwire.commands.forecast_fit import forecast_fit_command

        return forecast_fit_command(options)
    _check_no_series(options)
    recipe = recipe_of(options)
    for path in [options.out] if options.out else DEFAULT_OUT.values():
        check_free(path, options.force)
    table = read_table(options.data)
    recipe.check(table)
    notes(table.notes, quiet=options.quiet)
    fitted = recipe.fit(
        table,
        seed=options.seed,
        time_limit=options.fit_seconds,
        progress=False if options.quiet else None,
    )
    # The table's own notes come first, and have been told.
    notes(fitted.notes[len(table.notes) :], quiet=options.quiet)
    out = options.out or DEFAULT_OUT[default_suffix(fitted.model.network)]
    fitted.model.save(out)
    note(f"model saved to {out}", quiet=options.quiet)
    problem = problem_of(recipe, table, fitted.model)
    content = _content(recipe, table, fitted, problem, out)
    comparison, stopped = None, str(fitted.result.reason) == "interrupted"
    if stopped:
        note("the best so far is saved, and not compared")
    elif options.compare:
        comparison, stopped = _compare(options, recipe, table, fitted, problem)
    sentences = fit_sentences(content)
    tell_fit(content, comparison, report, sentences, json=options.json)
    return INTERRUPTED if stopped else 0


def _check_no_series(options: FitOptions) -> None:
    for name in ("time_column", "season", "lags", "known"):
        if getattr(options, name):
            word = name.replace("_", "-")
            raise SettingError(
                f"--{word} is for series: give --horizon, how many steps to forecast"
            )


def recipe_of(options: FitOptions) -> Recipe:
    """Check every option that needs no data.

    Raises
    ------
    WildwireError
    """
    if options.epochs is not None and options.epochs < 1:
        raise SettingError(f"--epochs is {options.epochs}: give at least 1")
    if options.task not in (None, "regression", "classification"):
        raise SettingError(
            f"--task is '{options.task}': give regression or classification"
        )
    if options.penalty is not None:
        penalty(options.penalty)
    check_network_and_out(options)
    return Recipe(
        targets=options.targets,
        network=None if options.network is None else load(options.network).network,
        hidden=options.hidden,
        task=options.task,
        learner=_learner(options),
        loss=_loss(options),
        penalty=options.penalty,
        epochs=options.epochs,
        ignore=options.ignore,
        weight=options.weight,
        sigma=options.sigma,
        group=options.group,
    )


def check_network_and_out(options: FitOptions) -> None:
    """Refuse two wirings, and a model file of an unknown kind.

    Raises
    ------
    SettingError
    """
    if options.network is not None and options.hidden is not None:
        raise SettingError("give --network or --hidden, not both")
    if options.out is not None and options.out.suffix not in (".wire", ".safetensors"):
        raise SettingError(
            f"--out is {options.out}: it must end in .wire or .safetensors"
        )


def _learner(options: FitOptions) -> Any:
    # Called early for its check of the limit, too.
    _ = options.seconds
    rate = {} if options.rate is None else {"rate": options.rate}
    if options.learner in (None, "auto") and not rate:
        return None
    if options.learner == "auto":
        raise SettingError("--rate is for a learner that you name; auto has its own")
    return learners.by_name(options.learner or "adam", **rate)


def _loss(options: FitOptions) -> Any:
    """One loss for all targets, or a list with one for each; None where none is given."""
    if not options.loss:
        return None
    if len(options.loss) not in (1, len(options.targets)):
        raise SettingError(
            f"--loss is given {len(options.loss)} times for {len(options.targets)} targets: "
            "give it once, or once for each --target"
        )
    losses = [find_loss(text) for text in options.loss]
    return losses[0] if len(losses) == 1 else losses


def _content(
    recipe: Recipe, table: Table, fitted: Any, problem: Problem, out: Path
) -> dict[str, Any]:
    """Everything about the fit, for JSON and for people."""
    model, result = fitted.model, fitted.result
    rows = problem.rows
    procedure = NetworkProcedure(recipe, table, model.classes)
    predicted = procedure.predictor(fitted.model, table).predict(rows)
    training = figures(problem, rows, row_measures(problem, rows, predicted))
    content = {
        "model": str(out),
        "task": "classification" if model.classes else "regression",
        "targets": [table.column(name).name for name in recipe.targets],
        "rows": len(rows),
        **model_counts(model),
        **errors_content(model.network.theta_names, kept_errors(model)),
        "reason": str(result.reason),
        "message": result.message,
        "epochs": result.epochs,
        "seconds": result.seconds,
        "training": training,
        "guards": {name: count for name, count in result.guards.items() if count},
        "notes": list(fitted.notes),
    }
    if OPEN in model.provenance:
        content[OPEN] = model.provenance[OPEN]
    if recipe.sigma is not None:
        sigma = table.column(recipe.sigma).values
        content["chi_squared"] = _chi_squared(sigma, model, problem, predicted)
    return content


def _chi_squared(
    sigma: np.ndarray, model: Model, problem: Problem, predicted: np.ndarray
) -> dict[str, float | int | None]:
    """Sum of ((target - prediction)/sigma)^2 and its degrees of freedom."""
    residuals = problem.target - predicted.reshape(problem.target.shape)
    total = float(np.sum((residuals / sigma[:, None]) ** 2))
    freedom = residuals.size - model.network.n_theta
    return {
        "chi_squared": total,
        "degrees_of_freedom": freedom,
        "per_degree": total / freedom if freedom > 0 else None,
    }


def _compare(
    options: FitOptions, recipe: Recipe, table: Table, fitted: Any, problem: Problem
) -> tuple[Comparison | None, bool]:
    """The comparison, or None with a note that says why there is none; and whether it was interrupted."""
    if reason := too_small(problem):
        note(f"note: no comparison: {reason}", quiet=options.quiet)
        return None, False
    model = fitted.model
    read = [column.name for column in columns_read(model, recipe.inputs(table))]
    task = "classification" if model.classes else "regression"
    procedure = NetworkProcedure(
        recipe.for_folds(table, read, task),
        table,
        model.classes,
        options.fit_seconds,
        model.network.n_theta,
    )
    left = options.seconds_after(fitted.result.seconds)
    jobs = options.jobs or usable_processors()

    def run(progress: Progress) -> Comparison:
        return compare(
            problem,
            procedure,
            seed=options.seed,
            time_limit=left,
            jobs=jobs,
            progress=progress,
        )

    what = "comparing with plain models, fold"
    return compared(run, what, jobs=jobs, quiet=options.quiet)


def usable_processors() -> int:
    """Processors that this process may use, 4 at most."""
    if hasattr(os, "sched_getaffinity"):
        return min(4, len(os.sched_getaffinity(0)))
    return min(4, os.cpu_count() or 1)
