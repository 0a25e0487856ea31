"""Everything that `fit` promises of a learner, checked for one learner.

Comes in: a learner of one's own or of ours. Goes out: a report, or an error that names what does not hold. Called by
users' tests as `ww.testing.check_learner`, and by ours for every learner.
"""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.errors import SettingError, WildwireError
from wildwire.testing.learner_problems import PROBLEMS, LearnerProblem
from wildwire.testing.report import FAILED, PASSED, SKIPPED, Check, Report

__all__ = ["check_learner"]


DESCENDED = ("curve", "line", "classes", "shared", "bounds")


class _Broken(Exception):
    """What a check found."""


def check_learner(
    learner: Any,
    *,
    problems: Collection[str] | None = None,
    epochs: int = 30,
    seed: int = 0,
    skip: Collection[str] = (),
    raises: bool = True,
) -> Report:
    """Check that a learner keeps what `fit` promises.

    Parameters
    ----------
    learner : Learner or str
    problems : collection of str, optional
        On which it must descend, of "curve", "line", "classes", "shared", "bounds", and "steps", which has no slopes.
        None: all but "steps". The first one also serves the other checks.
    epochs : int
        Epochs, or steps, of a run.
    seed : int
        Start of everything random.
    skip : collection of str
        Checks that are not made: "descends", "bounds", "numbers", "seed", "threads", "time", "interruption", "resume",
        "callback", "validation", "not a number", "one number", "no numbers".
    raises : bool
        Whether a failure is an error; else the report tells.

    Returns
    -------
    Report
        A line for each check: "descends: line", "bounds", "seed", ...

    Raises
    ------
    CheckError
        Something does not hold.
    SettingError
        An unknown name in `problems` or `skip`.
    """
    wanted = list(DESCENDED if problems is None else problems)
    _known(wanted, PROBLEMS, "problem")
    _known(skip, _CHECKS, "check")
    trial = _Trial(learner, [PROBLEMS[name] for name in wanted], epochs, seed)
    checks: list[Check] = []
    for name, check in _CHECKS.items():
        if name in skip:
            checks.append(Check(name, SKIPPED, "not asked for"))
        elif name == "descends":
            checks += [
                _made(f"descends: {each.name}", lambda each=each: trial.descends(each))
                for each in trial.problems
            ]
        elif check is not None:
            checks.append(_made(name, lambda check=check: check(trial)))
    report = Report(f"learner {learner!r}", tuple(checks))
    if raises and not report.passed:
        raise report.error()
    return report


def _known(names: Collection[str], known: Collection[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise SettingError(
                f"there is no {what} {name!r}; there are {', '.join(known)}"
            )


def _made(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, PASSED, check())
    except (_Broken, WildwireError) as broken:
        return Check(name, FAILED, str(broken))


class _Trial:
    """A learner, and how it is run."""

    def __init__(
        self, learner, problems: list[LearnerProblem], epochs: int, seed: int
    ):  # fmt: skip
        self.learner, self.problems = learner, problems
        self.epochs, self.seed = epochs, seed

    @property
    def first(self) -> LearnerProblem:
        return self.problems[0]

    def fit(self, problem: LearnerProblem, **options):
        from wildwire.learning.fitting import fit

        settings: dict[str, Any] = {
            "learner": self.learner, "epochs": self.epochs, "seed": self.seed,
            "loss": problem.loss, "progress": False,
        }  # fmt: skip
        if "theta" not in options and "resume" not in options:
            settings["theta"] = problem.start
        return fit(problem.network, problem.X, problem.Y, **(settings | options))

    # ---- one check each -------------------------------------------------------------------------

    def descends(self, problem: LearnerProblem) -> str:
        result = self.fit(problem)
        before, after = problem.value(problem.start), problem.value(result.theta)
        told = f"{before:.4g} -> {after:.4g} in {result.epochs} epochs"
        _require(after < before, f"the loss did not fall: {told}")
        return told

    def bounds(self) -> str:
        problem = PROBLEMS["bounds"]
        places = problem.network.theta_names
        result = self.fit(problem, history_of=places)
        bounds = problem.network.bounds
        assert bounds is not None
        low, high = bounds.T
        seen = np.array([result.history[name] for name in places])
        seen = np.column_stack([seen, result.theta])
        bad = (seen < low[:, None]) | (seen > high[:, None])
        _require(not bad.any(), f"theta left its bounds: {seen[:, bad.any(axis=0)]}")
        return f"{seen.shape[1]} thetas within them"

    def numbers(self) -> str:
        problem = PROBLEMS["shared"]
        result = self.fit(problem)
        text = problem.network.to_text(result.theta)
        _require("[0.2]" in text, f"a frozen number has changed: {text}")
        names = problem.network.theta_names
        _require(result.theta.shape == (len(names),), "theta has another length")
        return "frozen ones stay, shared ones are one"

    def same_seed(self) -> str:
        first, second = self.fit(self.first), self.fit(self.first)
        _same(first, second, "two runs with one seed")
        return "two runs have the same bits"

    def threads(self) -> str:
        first, second = self.fit(self.first), self.fit(self.first, threads=2)
        _same(first, second, "runs with one thread and with two")
        return "one and two have the same bits"

    def time(self) -> str:
        result = self.fit(self.first, epochs=10**7, time_limit=0.05)
        _require(result.epochs < 10**7, "it went on beyond its time")
        return self._sound(self.first, result)

    def interruption(self) -> str:
        handler = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if not main or handler is not signal.default_int_handler:
            return "not tried: Ctrl-C is not ours here"

        def stop(progress):
            if progress.epoch == 2:
                signal.raise_signal(signal.SIGINT)

        result = self.fit(self.first, epochs=10**5, time_limit=20, callbacks=[stop])
        ended = result.epochs <= 2 or result.reason == "interrupted"
        _require(ended, f"it ended with {result.reason.value!r}")
        return self._sound(self.first, result)

    def resume(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.checkpoint"
            whole = self.fit(self.first, epochs=8)
            part = self.fit(self.first, epochs=3, checkpoint=path)
            rest = self.fit(self.first, epochs=8, resume=path)
        _same(whole, rest, "a whole run and one resumed after 3 of 8 epochs")
        return f"after {part.epochs} of {whole.epochs} epochs, to the bit"

    def callback(self) -> str:
        result = self.fit(self.first, callbacks=[lambda progress: progress.epoch == 2])
        _require(result.epochs <= 2, f"it went on for {result.epochs} epochs")
        return self._sound(self.first, result)

    def validation(self) -> str:
        problem = self.first
        rows = slice(0, len(problem.X), 2)
        held = (problem.X[rows], problem.Y[rows])
        result = self.fit(problem, validation=held)
        seen = result.history["validation"]
        best = problem.value(result.theta, rows)
        close = np.isclose(best, seen.min(), rtol=1e-9, atol=1e-300)
        _require(bool(close), f"lowest {seen.min()!r}, given back {best!r}")
        return f"the theta of the lowest loss, {best:.4g}"

    def not_a_number(self) -> str:
        problem = PROBLEMS["not a number"]
        return self._sound(problem, self.fit(problem))

    def one_number(self) -> str:
        problem = PROBLEMS["one number"]
        result = self.fit(problem)
        before, after = problem.value(problem.start), problem.value(result.theta)
        _require(after < before, f"the loss did not fall: {before:.4g} -> {after:.4g}")
        return f"{before:.4g} -> {after:.4g}"

    def no_numbers(self) -> str:
        problem = PROBLEMS["no numbers"]
        result = self.fit(problem)
        _require(result.theta.shape == (0,), "theta is not empty")
        return "nothing to learn, nothing learnt"

    def _sound(self, problem: LearnerProblem, result) -> str:
        """theta is finite and not worse than the start."""
        _require(bool(np.isfinite(result.theta).all()), f"theta is {result.theta}")
        before, after = problem.value(problem.start), problem.value(result.theta)
        fallen = after <= before * (1 + 1e-12)
        _require(fallen, f"the loss rose: {before!r} -> {after!r}")
        return f"{result.reason.value}: {before:.4g} -> {after:.4g}"


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Broken(otherwise)


def _same(first, second, what: str) -> None:
    _require(
        first.theta.tobytes() == second.theta.tobytes(),
        f"{what} differ by {np.abs(first.theta - second.theta).max():.3g}",
    )
    for name, values in first.history.items():
        other = second.history[name]
        _require(
            values.tobytes() == other.tobytes(), f"{what} have another history {name!r}"
        )


_CHECKS: dict[str, Callable[[_Trial], str] | None] = {
    "descends": None,
    "bounds": _Trial.bounds,
    "numbers": _Trial.numbers,
    "seed": _Trial.same_seed,
    "threads": _Trial.threads,
    "time": _Trial.time,
    "interruption": _Trial.interruption,
    "resume": _Trial.resume,
    "callback": _Trial.callback,
    "validation": _Trial.validation,
    "not a number": _Trial.not_a_number,
    "one number": _Trial.one_number,
    "no numbers": _Trial.no_numbers,
}
