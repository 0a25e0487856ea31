"""`fit_table`: from a table to a model, the one way that command line and estimators share.

Comes in: a table, its target columns, and options as a user writes them. Goes out: a
`Model`, the `Result` of learning, and notes for the user. Called by the command line and by
`estimators.py`; comparisons call it again inside every fold.
"""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wildwire._version import __version__
from wildwire.errors import DataError, SettingError
from wildwire.language.printer import print_expression
from wildwire.learning.result import Result
from wildwire.learning.settings import checked_penalty
from wildwire.learning.shuffling import seed_key
from wildwire.model import Model
from wildwire.network import Network
from wildwire.preparation import Prepared, Task, prepare
from wildwire.procedure.choose import Choice, Learning, class_weights
from wildwire.procedure.kept_errors import facts_of, find_errors, open_note
from wildwire.procedure.options import Options, losses_by_target
from wildwire.tables import Table, TableColumn, as_table


class Fitted(NamedTuple):
    """What `fit_table` gives: unpack it as `model, result, notes`."""

    model: Model
    result: Result
    notes: tuple[str, ...]


def fit_table(
    table: Any,
    target: str | int | Sequence[str | int],
    *,
    network: Network | str | None = None,
    hidden: str | int | Sequence[int] | None = None,
    activation: str = "tanh",
    ignore: Sequence[str | int] = (),
    weight: str | int | np.ndarray | None = None,
    sigma: str | int | None = None,
    task: Task | None = None,
    seed: Any = 0,
    keep_all: bool = False,
    **options: Any,
) -> Fitted:
    """Fit a network to a table.

    Parameters
    ----------
    table : Table, frame, mapping, array or path
        See `as_table`.
    target : name or number of a column, or several
    network : Network or str, optional
        The user's own, as it is written.
    hidden : str, int or sequence of int, optional
        Sizes of hidden layers; see `prepare`.
    activation : str
        Of the hidden layers.
    ignore : names or numbers of columns
    weight : name or number of a column, or array of shape (n,), optional
        Whole weights count repetitions; others say how well a row is known.
    sigma : name or number of a column, optional
        Standard deviation of the target in every row: weights are 1/sigma**2. Not together
        with `weight`.
    task : {"regression", "classification"}, optional
    seed : int, SeedSequence or Generator
    keep_all : bool
        See `prepare`.
    **options
        Of `Options`: learner, batch, epochs, l2, penalty, early_stopping, validation_fraction,
        class_weight, loss, time_limit, threads, dtype, progress, standard_errors.

    Returns
    -------
    Fitted
        `model, result, notes`. `notes` begins with those of the table.

    Raises
    ------
    DataError, SettingError, FileError, LanguageError
        One line each, before anything is learnt.
    """
    how = Options(**options)
    key = seed_key(seed)
    table = as_table(table)
    chosen = [target] if isinstance(target, str | int) else list(target)
    names = [table.column(which).name for which in chosen]
    how = replace(how, loss=losses_by_target(how.loss, names))
    if isinstance(network, str):
        network = Network.parse(network)
    weights, used = row_weights(table, weight, sigma)
    prepared = prepare(
        table,
        target,
        network=network,
        hidden=hidden,
        activation=activation,
        ignore=_without(table, target, (*ignore, *used)),
        weight=weights,
        task=task,
        keep_all=keep_all,
    )
    learning, result, choice = learn(prepared, how, key)
    notes = [*table.notes, *prepared.notes, *([choice.note] if choice.note else [])]
    notes += guard_notes(prepared, result)
    model = Model(prepared.network, result.theta)
    facts = describe(table, prepared, learning, result, choice)
    if isinstance(seed, int | np.integer):
        facts["seed"] = str(seed)
    sigmas = None if sigma is None else table.column(sigma).values[prepared.rows]
    errors = find_errors(prepared, learning, result, choice, sigmas).found
    if errors is not None:
        facts |= facts_of(errors)
        notes += [told] if (told := open_note(errors)) else []
    if sigma is not None:
        value, freedom = chi_squared(model, table, prepared, sigma)
        shown = f"{value / freedom:.4g}" if freedom > 0 else "undefined"
        told = (
            f"chi-squared per degree of freedom: {shown} ({value:.6g}; {freedom} = "
            f"measured values less learnt numbers)"
        )
        notes.append(told)
        facts["chi-squared"] = told.partition(": ")[2]
    return Fitted(Model(prepared.network, result.theta, facts), result, tuple(notes))


def learn(
    prepared: Prepared,
    options: Options,
    seed: int,
    theta: np.ndarray | None = None,
) -> tuple[Learning, Result, Choice]:
    """Learn the numbers of prepared data.

    Parameters
    ----------
    prepared : Prepared
    options : Options
    seed : int
    theta : ndarray, optional
        Go on from here.
    """
    weight = prepared.weight * class_weights(prepared, options.class_weight)
    if not weight.any():
        raise SettingError("class_weight gives every row the weight 0")
    learning = Learning(prepared, options, weight, seed, theta)
    result, choice = learning.run()
    return learning, result, choice


def guard_notes(prepared: Prepared, result: Result) -> list[str]:
    """A sentence for each neuron whose guard was active on the rows learnt from."""
    from wildwire.engine.guards import guard_sentences

    rows = len(prepared.rows)
    return guard_sentences(prepared.network, result.theta, result.guards, rows)


def row_weights(
    table: Table, weight: str | int | np.ndarray | None, sigma: str | int | None
) -> tuple[np.ndarray | None, list[str]]:
    """Weights of the rows, and the columns that are no inputs because of them.

    Raises
    ------
    SettingError
        Both are given.
    DataError
        A weight below 0, a sigma that is not above 0, missing or text.
    """
    if weight is not None and sigma is not None:
        raise SettingError("give a column of weights or of sigmas, not both")
    if sigma is not None:
        column = _numbers(table, sigma, "sigma")
        _require(table, column, column.values > 0, "sigma must be above 0")
        # The smallest sigma is divided out first, so that 1e-200 does not overflow.
        return (column.values.min() / column.values) ** 2, [column.name]
    if weight is None or isinstance(weight, np.ndarray):
        return weight, []
    column = _numbers(table, weight, "weight")
    _require(table, column, column.values >= 0, "weights must be 0 or more")
    if not column.values.any():
        raise DataError(f"{table.source}: all weights in '{column.name}' are 0")
    return column.values, [column.name]


def chi_squared(
    model: Model, table: Table, prepared: Prepared, sigma: str | int
) -> tuple[float, int]:
    """Sum of squared residuals in units of sigma, and the degrees of freedom.

    Returns
    -------
    value : float
    freedom : int
        Measured values less learnt numbers; a penalty leaves more than that.

    Raises
    ------
    DataError
        The target is classes.
    """
    if prepared.task != "regression":
        raise DataError("chi-squared needs a target that is a number, not classes")
    outputs = model.run(table.take(prepared.rows))
    sigmas = table.column(sigma).values[prepared.rows]
    value = float((((prepared.Y - outputs) / sigmas[:, None]) ** 2).sum())
    return value, prepared.Y.size - model.network.n_theta


def describe(
    table: Table,
    prepared: Prepared,
    learning: Learning,
    result: Result,
    choice: Choice,
) -> dict[str, str]:
    """The provenance of a model, as people read it."""
    names = ", ".join(target.name for target in prepared.targets)
    model = Model(prepared.network, result.theta)
    penalty = checked_penalty(learning.options.penalty)
    more = "" if penalty is None else f", penalty {print_expression(penalty.formula)}"
    return {
        "wildwire": __version__,
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "data": f"{table.source}, {len(prepared.rows)} rows, sha256 {table.hash()}",
        "target": f"{names} ({prepared.task})",
        "learner": f"{learning.learner!r}, batch {learning.batch}, l2 {choice.l2:.6g}{more}",
        "stopped": f"{result.reason.value} after {result.epochs} epochs",
        "seed": str(learning.seed),
        "fit": f"{quality(prepared, model, prepared.X)} on the rows learnt from",
    }


def quality(prepared: Prepared, model: Model, X: np.ndarray) -> str:
    """How well the model fits the rows it learnt from, as a phrase; R2 or accuracy."""
    from wildwire.engine.evaluate import run

    outputs, share = run(model.network, model.theta, X), prepared.weight
    share = share / share.sum()
    Y = prepared.Y
    if prepared.task == "regression":
        rest = share @ (Y - outputs) ** 2
        spread = share @ (Y - share @ Y) ** 2
        return "R2 " + ", ".join(f"{value:.4f}" for value in 1 - rest / spread)
    if Y.shape[1] == 1:
        right = (outputs[:, 0] > 0.5) == (Y[:, 0] > 0.5)
    else:
        right = outputs.argmax(axis=1) == Y.argmax(axis=1)
    return f"accuracy {float(share @ right):.4f}"


# ---- private ------------------------------------------------------------------


def _numbers(table: Table, which: str | int, what: str) -> TableColumn:
    column = table.column(which)
    if column.kind not in ("number", "boolean"):
        row = column.first_not_number() or 0
        raise DataError(
            f"{table.source}, {table.row_label(row)}: {what} column '{column.name}' is "
            f"'{column.text(row)}', and numbers are needed"
        )
    _require(table, column, np.isfinite(column.values), f"a {what} must be a number")
    return column


def _require(table: Table, column: TableColumn, good: np.ndarray, rule: str) -> None:
    if not good.all():
        row = int(np.argmin(good))
        shown = column.text(row) or "missing"
        raise DataError(
            f"{table.source}, {table.row_label(row)}: '{column.name}' is {shown}; {rule}"
        )


def _without(table: Table, target, ignore) -> list[str | int]:
    """The ignored columns that are not targets; each is checked to exist."""
    chosen = [target] if isinstance(target, str | int) else list(target)
    targets = {table.index(which) for which in chosen}
    return [which for which in ignore if table.index(which) not in targets]
