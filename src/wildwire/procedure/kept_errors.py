"""Standard errors after a fit: whether they are worth their time, what is said of them, what a model file keeps.

Comes in: what was learnt from a table, or a model. Goes out: an `Uncertainty` or the reason why there is none; facts
for the provenance; the errors read back from it. Called by `fit_table.py`, `estimators/base.py` and the command line.

A file keeps them as one line of its provenance, which never carries meaning: `wildwire show` rounds by it, nothing
computes with it. The line names the theta that it belongs to by a checksum, so that numbers that were edited afterwards
are not shown with the errors of others.
"""

import hashlib
from typing import Any, NamedTuple

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.learning.result import Result
from wildwire.learning.standard_errors import Uncertainty, uncertainty
from wildwire.learning.stopping import Reason
from wildwire.model import Model
from wildwire.network import Network
from wildwire.preparation import Prepared
from wildwire.procedure.choose import Choice, Learning

__all__ = [
    "FACT",
    "OPEN",
    "Kept",
    "Told",
    "facts_of",
    "find_errors",
    "kept_errors",
    "open_note",
]

MOST_NUMBERS = 500
MOST_WORK = 5e8
"""Values times numbers squared, some 0.1 s; more only where the fit took as many epochs as there are numbers, and so
ten times as long."""
FACT, OPEN = "standard errors", "open numbers"  # keys of the provenance
NAMED = 5  # names that a note tells


class Told(NamedTuple):
    """Standard errors, or why there are none."""

    found: Uncertainty | None
    reason: str = ""


def find_errors(
    prepared: Prepared,
    learning: Learning,
    result: Result,
    choice: Choice,
    sigma: np.ndarray | None = None,
) -> Told:
    """Standard errors of what `learn` has learnt, where they take about a tenth of its time or less.

    Parameters
    ----------
    sigma : float64 array (n,), optional
        Known standard deviations of the targets, of the rows learnt from.

    Notes
    -----
    With class weights the covariance is the robust one: the weighted loss is not the likelihood of the classes.
    """
    reason = _against(prepared, learning, result)
    if reason:
        return Told(None, reason)
    weight, meaning = learning.weight, "auto"
    if sigma is not None:
        weight, meaning = sigma**-2.0, "precision"
    by_class = learning.options.class_weight is not None
    try:
        with np.errstate(all="ignore"):
            found = uncertainty(
                prepared.network, result.theta, prepared.X, prepared.Y, loss=learning.loss,
                sample_weight=weight, weights="precision" if by_class else meaning,
                sigma_known=sigma is not None, robust=by_class, threads=learning.options.threads,
                scale_loss=prepared.task == "regression", **_penalty(learning, result, choice),
            )  # fmt: skip
    except (DataError, SettingError) as error:
        return Told(None, str(error))
    except KeyboardInterrupt:  # what was learnt must not be lost
        return Told(None, "interrupted")
    return Told(found)


def _penalty(learning: Learning, result: Result, choice: Choice) -> dict[str, Any]:
    """The penalty that was minimised; `evidence.py` chooses one itself."""
    l2, told = choice.l2, result.details
    if {"alpha", "beta"} <= told.keys():
        l2 = told["alpha"] / told["beta"] / learning.weight.sum()
    return {"l2": l2, "penalty": learning.options.penalty}


def _against(prepared: Prepared, learning: Learning, result: Result) -> str:
    """Why not to try."""
    n, values = prepared.network.n_theta, prepared.Y.size
    if not learning.options.standard_errors:
        return "standard_errors is off, as for partial_fit"
    if result.reason in (Reason.INTERRUPTED, Reason.DIVERGED):
        return f"learning ended early: {result.reason.value}"
    if n > MOST_NUMBERS:
        return (
            f"the network has {n} numbers, and they are kept for up to {MOST_NUMBERS}"
        )
    if values * n**2 > MOST_WORK and result.epochs < n:
        return (
            f"{values} values and {n} numbers would take longer than a tenth of the fit"
        )
    return ""


# ---- what is told ---------------------------------------------------------------------------


def open_note(found: Uncertainty) -> str:
    """Which numbers the data leave open, in one sentence; empty where they leave none.

    All numbers of a softmax layer can be shifted together: that is so for any data, and is not told.
    """
    shifts = _softmax_shifts(found.network)
    groups = [
        group
        for group in found.combinations
        if len(group.directions) > 1 or frozenset(group.names) not in shifts
    ]
    told, names = [], [name for group in groups for name in group.names]
    if names:
        directions = sum(len(group.directions) for group in groups)
        more = (
            ""
            if directions == len(names)
            else f" ({directions} combinations of them are open)"
        )
        if directions == 1 and more:
            more = " (one combination of them is open)"
        total = found.network.n_theta
        told.append(
            f"the data do not determine {len(names)} of {total} numbers{more}: {_first(names)}"
        )
    if found.at_bound:
        told.append(
            f"at a bound, and so without a standard error: {_first(list(found.at_bound))}"
        )
    return "; ".join(told)


def _first(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"


def _softmax_shifts(network: Network) -> set[frozenset[str]]:
    """For each source of a softmax the numbers of its links to all classes; and the biases."""
    names, shifts = network.theta_names, set()
    for head in network.heads:
        outputs = network.output_node[head.first : head.first + head.count]
        neurons = (outputs - network.n_inputs).tolist()
        own = np.isin(network.link_target, neurons) & (network.link_slot >= 0)
        by_source: dict[tuple[int, int], list[int]] = {}
        for link in np.flatnonzero(own).tolist():
            key = (int(network.link_source[link]), int(network.link_delay[link]))
            by_source.setdefault(key, []).append(int(network.link_slot[link]))
        biases = [int(network.bias_slot[i]) for i in neurons]
        for slots in (*by_source.values(), biases):
            if min(slots) >= 0:
                shifts.add(frozenset(names[slot] for slot in slots))
    return shifts


# ---- what a file keeps ----------------------------------------------------------------------


class Kept(NamedTuple):
    """Standard errors of a model's numbers as its file tells them.

    Attributes
    ----------
    errors : float64 array (n_theta,)
        To three digits. Infinite: undetermined; NaN: at a bound.
    undetermined : tuple of str
        Numbers that the data leave open, though a penalty may give them an error.
    """

    errors: np.ndarray
    undetermined: tuple[str, ...]


def facts_of(found: Uncertainty) -> dict[str, str]:
    """Facts for a model's provenance."""
    unsure = set(found.undetermined)
    told = [
        f"{error:.3g}?" if name in unsure else f"{error:.3g}"
        for name, error in zip(
            found.network.theta_names, found.standard_errors.tolist(), strict=True
        )
    ]
    facts = {}
    sizes = [f"{size:.4g}" for size in found.noise if not np.isnan(size)]
    if sizes:
        facts["noise"] = ", ".join(sizes)
    distance = found.from_minimum
    facts["minimum"] = f"{distance:.2g} standard errors away, all numbers together"
    if told_open := open_note(found):
        facts[OPEN] = told_open
    return facts | {FACT: f"of {_checksum(found.theta)}: {' '.join(told)}"}


def kept_errors(model: Model) -> Kept | None:
    """What the provenance of a model tells, or None: nothing, something else, or errors of other numbers."""
    whose, _, told = model.provenance.get(FACT, "").partition(": ")
    if whose != f"of {_checksum(model.theta)}":
        return None
    words, names = told.split(), model.network.theta_names
    try:
        errors = np.array([float(word.removesuffix("?")) for word in words])
    except ValueError:
        return None
    if len(errors) != len(names):
        return None
    marked = [name for name, word in zip(names, words, strict=True) if word[-1] == "?"]
    return Kept(errors, tuple(marked))


def _checksum(theta: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(theta, "<f8").tobytes()).hexdigest()[:12]
