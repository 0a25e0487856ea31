"""`wildwire show`: a model's formulas and what it consists of.

Comes in: a model file. Goes out: its text, and counts. Called by `cli.py`.
"""

import json as json_format
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.commands.output import say
from wildwire.model import Model, load


def show_command(path: Path, digits: int | None, *, json: bool) -> None:
    """Print the text of a model and the counts of its parts.

    Parameters
    ----------
    digits : int or None
        Significant digits of every learnt number; None shows all, so that the text is
        the model itself.
    """
    model = load(path)
    counts = model_counts(model)
    theta = model.theta if digits is None else rounded(model.theta, digits)
    text = model.network.to_text(theta)
    if json:
        numbers = dict(zip(model.network.theta_names, map(_number, theta), strict=True))
        content = {"text": text, **counts, "numbers": numbers}
        say(json_format.dumps({**content, "provenance": dict(model.provenance)}))
        return
    say(text.rstrip("\n"))
    say("")
    for name, value in {**counts, **model.provenance}.items():
        say(f"# {name}: {value}")


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
    return None if np.isnan(value) else float(value)
