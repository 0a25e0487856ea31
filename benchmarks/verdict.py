"""How often the verdict of a comparison is wrong, and how often it sees a difference.

Comes in: nothing but a seed; tables are simulated, so that the truth is known. Goes out:
a table of rates on stdout. Run by hand: `python -m benchmarks.verdict [--quick]`.

Each table is compared as `wildwire fit` does it (4 x 5 folds, the whole procedure refitted
in every fold, networks from random starts), with the quick rivals only: mean or majority,
ridge or logistic regression, degree-2 terms, k-nearest neighbours. Fewer rivals make it
easier for the network to look best by luck, so the false alarms found here are an upper
estimate. `twin` has one rival, the same network procedure from other random starts: no
difference is the truth by construction.
"""

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from wildwire.commands.comparing import NetworkProcedure
from wildwire.commands.recipe import Recipe
from wildwire.evaluation import Problem, make_problem
from wildwire.evaluation.comparison import tasks_of
from wildwire.evaluation.measures import loss_of, row_measures
from wildwire.evaluation.plain import families
from wildwire.evaluation.tuning import InnerFolds, tune
from wildwire.evaluation.verdict import Tally, judge, mean_loss
from wildwire.tables import as_table

REPEATS, FOLDS, FRESH, COLUMNS = 4, 5, 4000, 4
QUICK_RIVALS = 4


@dataclass(frozen=True)
class Situation:
    """A kind of table.

    Attributes
    ----------
    name : str
    truth : callable
        (n, 4) inputs -> signal; noise of standard deviation 1 is added to it.
    classes : bool
        The sign of signal plus noise is the target.
    twin : bool
        The rival is the same network from other starts.
    """

    name: str
    truth: Callable[[np.ndarray], np.ndarray]
    classes: bool = False
    twin: bool = False


def line(x: np.ndarray) -> np.ndarray:
    """A linear model is the truth: a network can only be as good."""
    return 1.5 * x[:, 0] - x[:, 1]


def bend(x: np.ndarray) -> np.ndarray:
    """A saturating neuron: lines and parabolas cannot follow it."""
    return 4 * np.tanh(2 * x[:, 0] - x[:, 1])


def gentle_bend(x: np.ndarray) -> np.ndarray:
    """The same, half as high: harder to see."""
    return 2 * np.tanh(2 * x[:, 0] - x[:, 1])


SITUATIONS = (
    Situation("twin", gentle_bend, twin=True),
    Situation("line", line),
    Situation("line, classes", line, classes=True),
    Situation("gentle bend", gentle_bend),
    Situation("bend", bend),
)


@dataclass(frozen=True)
class Known:
    """A table with fresh rows behind it, on which the truth is measured."""

    problem: Problem
    table: Any
    rows: np.ndarray

    @property
    def fresh(self) -> np.ndarray:
        """Rows that no model learns from."""
        return np.arange(len(self.rows), len(self.problem.inputs))


def simulate(situation: Situation, n: int, seed: int) -> Known:
    """A table of n rows and FRESH more."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n + FRESH, COLUMNS))
    target = situation.truth(inputs) + rng.normal(size=n + FRESH)
    columns = {f"x{i}": inputs[:, i] for i in range(COLUMNS)}
    if situation.classes:
        codes = (target > 0).astype(int)
        table = as_table({**columns, "y": np.array(["no", "yes"])[codes]})
        problem = make_problem(inputs, codes, class_count=2)
    else:
        table = as_table({**columns, "y": target})
        problem = make_problem(inputs, target)
    return Known(problem, table, np.arange(n))


def network_of(known: Known, shift: int = 0) -> Callable[[np.ndarray, int], Any]:
    """The network's whole procedure; `shift` gives other random starts."""
    task = "classification" if known.problem.class_count else "regression"
    recipe = Recipe(("y",), hidden="4", epochs=150, task=task)
    classes = ("no", "yes") if known.problem.class_count else None
    procedure = NetworkProcedure(recipe, known.table, classes)
    return lambda rows, seed: procedure.fit(rows, seed + shift)


def rivals_of(known: Known, situation: Situation) -> dict[str, Callable]:
    """Procedures of the plain models, by name."""
    if situation.twin:
        return {"its twin": network_of(known, shift=1_000_003)}

    def procedure(family: Any) -> Callable[[np.ndarray, int], Any]:
        return lambda rows, seed: (
            tune(family, InnerFolds(known.problem, rows, seed), 0).predictor
        )

    quick = families(known.problem)[:QUICK_RIVALS]
    return {family.name: procedure(family) for family in quick}


def tally(known: Known, fit: Callable[[np.ndarray, int], Any], tasks: list) -> Tally:
    """Losses of a procedure on the folds."""
    problem = known.problem
    loss = np.full((REPEATS, len(problem.inputs)), np.nan)
    parameters = 0
    for task in tasks:
        predictor = fit(task.train, task.seed)
        measures = row_measures(problem, task.test, predictor.predict(task.test))
        loss[task.repeat, task.test] = loss_of(problem, measures)
        parameters = predictor.parameters
    return Tally(loss, parameters)


def judge_table(situation: Situation, n: int, seed: int) -> tuple[str, float]:
    """The verdict on one table, and the true relative difference in loss.

    The truth: models fitted to all rows of the table, on fresh rows; the network's loss
    over that of the rival that the verdict names, minus 1.
    """
    known = simulate(situation, n, seed)
    weight = np.zeros(len(known.problem.inputs))
    weight[known.rows] = 1
    compared = replace(known.problem, weight=weight)
    tasks = tasks_of(compared, REPEATS, FOLDS, seed)
    fold_of = np.full((REPEATS, len(weight)), -1)
    for task in tasks:
        fold_of[task.repeat, task.test] = task.fold
    network, rivals = network_of(known), rivals_of(known, situation)
    found = judge(
        compared,
        tally(known, network, tasks),
        {name: tally(known, rival, tasks) for name, rival in rivals.items()},
        fold_of,
    )
    losses = [
        mean_loss(tally_of_fresh(known, fit, seed), np.ones(len(weight)))
        for fit in (network, rivals[found.rival])
    ]
    return found.kind, losses[0] / losses[1] - 1


def tally_of_fresh(known: Known, fit: Callable, seed: int) -> np.ndarray:
    """Losses on the fresh rows after a fit to the whole table, (1, n)."""
    predicted = fit(known.rows, seed).predict(known.fresh)
    measures = row_measures(known.problem, known.fresh, predicted)
    loss = np.full((1, len(known.problem.inputs)), np.nan)
    loss[0, known.fresh] = loss_of(known.problem, measures)
    return loss


def interval(hits: int, count: int) -> str:
    """A rate with its 95 % interval (Wilson), in per cent."""
    z, p = 1.96, hits / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count**2))
    reach /= 1 + z * z / count
    low, high = max(centre - reach, 0.0), min(centre + reach, 1.0)
    return f"{100 * p:5.1f} ({100 * low:.1f}-{100 * high:.1f})"


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 tables of each kind")
    parser.add_argument("--tables", type=int, default=100, help="of each kind")
    parser.add_argument("--rows", type=int, nargs="+", default=[60, 150])
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[s.name for s in SITUATIONS],
        help="kinds of tables",
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    count = 3 if options.quick else options.tables
    print(f"{count} tables of each kind; rates in % with 95 % intervals")
    print(
        f"{'situation':15} {'rows':>5} {'better':>19} {'worse':>19} "
        f"{'true loss, network/rival - 1':>29} {'s/table':>8}"
    )
    with threadpool_limits(1):
        for situation in SITUATIONS:
            if options.only and situation.name not in options.only:
                continue
            for n in options.rows:
                started = time.perf_counter()
                seeds = range(options.seed, options.seed + count)
                found = [judge_table(situation, n, seed) for seed in seeds]
                kinds = Counter(kind for kind, _ in found)
                truth = np.mean([difference for _, difference in found])
                seconds = (time.perf_counter() - started) / count
                print(
                    f"{situation.name:15} {n:5} {interval(kinds['better'], count):>19} "
                    f"{interval(kinds['worse'], count):>19} {100 * truth:+28.1f}% "
                    f"{seconds:8.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
