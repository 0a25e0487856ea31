"""`wildwire show`: a model's formulas and what it consists of.

Comes in: a model file. Goes out: its text, its numbers with their standard errors if the fit has kept them, and
counts. Called by `cli.py`.
"""

import json as json_format
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.commands.output import say
from wildwire.learning.rounding import rounded_to, with_error
from wildwire.model import Model, load
from wildwire.procedure.kept_errors import FACT, Kept, kept_errors


def show_command(path: Path, digits: int | None, *, json: bool) -> None:
    """Print the text of a model and the counts of its parts.

    Parameters
    ----------
    digits : int or None
        Significant digits of every learnt number; None takes as many as the data can tell, where the file knows the
        standard errors, and else all, so that the text is the model itself.
    """
    model = load(path)
    counts, kept = model_counts(model), kept_errors(model)
    theta = model.theta if digits is None else rounded(model.theta, digits)
    if json:
        _say_json(model, theta, counts, kept)
        return
    if digits is None and kept is not None:
        pairs = zip(theta.tolist(), kept.errors.tolist(), strict=True)
        theta = np.array([rounded_to(value, error) for value, error in pairs])
    say(model.network.to_text(theta).rstrip("\n"))
    if kept is not None:
        _say_errors(model, kept)
    say("")
    facts = {key: told for key, told in model.provenance.items() if key != FACT}
    for name, value in {**counts, **facts}.items():
        say(f"# {name}: {value}")


def _say_json(model: Model, theta: np.ndarray, counts: dict, kept: Kept | None) -> None:
    """Everything as one document; what is not finite is null."""
    names = model.network.theta_names
    content = {"text": model.network.to_text(theta), **counts}
    content["numbers"] = dict(zip(names, map(_number, theta), strict=True))
    content |= errors_content(names, kept)
    provenance = dict(model.provenance)
    say(json_format.dumps({**content, "provenance": provenance}, allow_nan=False))


def errors_content(names: list[str], kept: Kept | None) -> dict[str, Any]:
    """Standard errors for JSON; null is that of a number which is undetermined or stands at a bound."""
    if kept is None:
        return {}
    errors = kept.errors.tolist()
    return {
        "standard errors": dict(zip(names, map(_number, errors), strict=True)),
        "undetermined": list(kept.undetermined),
        "at bound": [
            name for name, error in zip(names, errors, strict=True) if np.isnan(error)
        ],
    }


def _say_errors(model: Model, kept: Kept) -> None:
    """Each number with its standard error, as comments."""
    say("")
    say("# numbers with their standard errors; the file holds all digits (--digits 17)")
    unsure = set(kept.undetermined)
    for name, value, error in zip(
        model.network.theta_names,
        model.theta.tolist(),
        kept.errors.tolist(),
        strict=True,
    ):
        told = with_error(value, error)
        if np.isnan(error):
            told += ", at its bound"
        elif name in unsure and np.isfinite(error):
            told += ", held by the penalty: undetermined by the data"
        say(f"# {name} = {told}")


def model_counts(model: Model) -> dict[str, Any]:
    """What a model consists of, by name."""
    network = model.network
    unknown = int(np.isnan(model.theta).sum())
    counts = {
        "inputs": network.n_inputs,
        "neurons": network.n_neurons,
        "links": network.n_links,
        "outputs": network.n_outputs,
        "learnt numbers": network.n_theta - unknown,
    }
    if unknown:
        counts["unknown numbers"] = unknown
    return counts


def rounded(numbers: np.ndarray, digits: int) -> np.ndarray:
    """Numbers with that many significant digits; NaN stays."""
    return np.array([float(f"{number:.{digits}g}") for number in numbers])


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
