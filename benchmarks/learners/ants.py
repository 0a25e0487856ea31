"""Ants, back-propagation and both together: cross-validated errors at equal cost.

    python -m benchmarks.learners.ants [--seeds N] [--budget N]

The protocol of Mavrovouniotis & Yang 2015: tables of classes, four folds, one hidden layer; a seed draws folds and
starts, and its figure is the mean over the folds. A run costs at most the budget, in forward passes over the rows: a
value is 1, a gradient with its value 3. Within the hybrids a value is asked for after every step of
back-propagation; it counts.
"""

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np

import wildwire as ww
from benchmarks.learners.data import scaled, whole
from benchmarks.learners.networks import LOSSES, layered, wrong
from benchmarks.learners.paired import cell, coverage, difference, markdown, middle
from benchmarks.learners.spending import spend
from wildwire.learning.learners import Adam, AntColony, GradientDescent, Relay

SEEDS, BUDGET, FOLDS, HIDDEN = 20, 3000, 4, 5
GRADIENT = 3  # forward passes
TABLES = {"iris": "load_iris", "wine": "load_wine", "breast cancer": "load_breast_cancer"}  # fmt: skip
# Rates and spread are those with the least test error over all tables on seeds that are not used below: 0.1 to 3 for
# all rows and with ants, 0.03 to 1 for batches, 0.003 to 0.1 for Adam; spreads of 0.3 and 1.
BP, BATCHES, ADAM = GradientDescent(0.1), GradientDescent(0.03), Adam(0.003)
HELPER, SPREAD = GradientDescent(1.0), 0.3


class Score(NamedTuple):
    """Means over the folds."""

    train_loss: float
    wrong: float
    cost: float
    seconds: float


class Fold(NamedTuple):
    """A network with its rows and where it starts."""

    network: object
    kind: str
    X: np.ndarray
    Y: np.ndarray
    X_test: np.ndarray
    Y_test: np.ndarray
    seed: int

    @property
    def objective(self):
        return ww.learning.Objective(self.network, self.X, self.Y, loss=LOSSES[self.kind])  # fmt: skip


def folds(name: str, seed: int) -> list[Fold]:
    """Four folds with equal shares of the classes, scaled by their own training rows."""
    from sklearn.model_selection import StratifiedKFold

    X, Y = whole(TABLES[name])
    kind = "logistic" if Y.shape[1] == 1 else "softmax"
    label = Y[:, 0] if Y.shape[1] == 1 else Y.argmax(axis=1)
    network = layered(X.shape[1], HIDDEN, Y.shape[1], kind)
    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, label)
    return [
        Fold(
            network, kind, scaled(X[own], X[own]), Y[own], scaled(X[other], X[own]),
            Y[other], FOLDS * seed + number,
        )
        for number, (own, other) in enumerate(parts)
    ]  # fmt: skip


# ---- methods: fold, budget -> theta and cost ---------------------------------------------------


def _descent(learner, batch):
    """Gradients alone: as many epochs as the budget allows."""

    def fit(fold: Fold, budget: int):
        epochs = budget // GRADIENT
        result = ww.fit(
            fold.network, fold.X, fold.Y, loss=LOSSES[fold.kind], learner=learner,
            batch=batch, epochs=epochs, seed=fold.seed, steady=None, progress=False,
        )  # fmt: skip
        return result.theta, epochs * GRADIENT

    return fit


def _population(make):
    """A learner that is made for a budget and cut off at it."""

    def fit(fold: Fold, budget: int):
        start = fold.network.initial(fold.seed)
        trace = spend(make(budget), fold.objective, start, fold.seed, most=budget)
        return trace.theta, max(trace.costs[-1:], default=0)

    return fit


def _ants(budget):
    return AntColony(evaluations=budget, spread=SPREAD)


def _hybrid(budget):
    del budget
    return AntColony(refine=HELPER, refine_steps=5, spread=SPREAD)


def _hybrid_of_some(budget):
    del budget
    return AntColony(refine=HELPER, refine_steps=20, refine_share=0.2, spread=SPREAD)


def _relay(budget):
    return Relay(_ants(budget // 4), HELPER, steps=(budget, budget))


BASE, SAME_RATE, ALONE = "BP, all rows", "BP, all rows, the hybrids' rate", "ants"
METHODS = {
    BASE: _descent(BP, "full"),
    SAME_RATE: _descent(HELPER, "full"),
    "BP, batches of 16": _descent(BATCHES, 16),
    "Adam, batches of 16": _descent(ADAM, 16),
    ALONE: _population(_ants),
    "ants + BP, 5 steps each": _population(_hybrid),
    "ants + BP, 20 steps for the best": _population(_hybrid_of_some),
    "ants for a quarter, then BP": _population(_relay),
}


def score(method, parts: list[Fold], budget: int) -> Score:
    """One method on all folds of a seed."""
    found = []
    for fold in parts:
        began = time.process_time()
        theta, cost = method(fold, budget)
        seconds = time.process_time() - began
        loss = fold.objective.value(theta)
        rate = wrong(ww.run(fold.network, theta, fold.X_test), fold.Y_test)
        found.append((loss, rate, cost, seconds))
    return Score(*np.mean(found, axis=0).tolist())


def measure(name: str, seeds: int, budget: int) -> dict[str, list[Score]]:
    """Scores of all methods by seed."""
    found = {method: [] for method in METHODS}
    for seed in range(seeds):
        parts = folds(name, seed)
        for method, fit in METHODS.items():
            found[method].append(score(fit, parts, budget))
    return found


def table(name: str, found: dict[str, list[Score]]) -> str:
    """A line a method: differences of test errors in points, of training losses in log10."""
    lines = []
    base, alone = ([100 * s.wrong for s in found[name]] for name in (BASE, ALONE))
    low = np.log10([s.train_loss for s in found[SAME_RATE]])
    for method, scores in found.items():
        wrongs = [100 * s.wrong for s in scores]
        apart = "" if method == BASE else str(difference(wrongs, base))
        to_ants = "" if method == ALONE else str(difference(wrongs, alone))
        logs = np.log10([s.train_loss for s in scores])
        lower = "" if method == SAME_RATE else str(difference(logs, low))
        lines.append(
            [
                method, cell(wrongs), apart, to_ants, middle([s.train_loss for s in scores]),
                lower, middle([s.cost for s in scores]), middle([s.seconds for s in scores], 2),
            ]
        )  # fmt: skip
    head = [
        name, "test rows wrong, %", f"less {BASE}", f"less {ALONE}", "training loss",
        "log10 less same rate's", "cost", "CPU s",
    ]  # fmt: skip
    return markdown(head, lines)


def main(argv=None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--budget", type=int, default=BUDGET)
    asked = parser.parse_args(argv)
    began = time.perf_counter()
    print(
        f"## Ants and back-propagation\n\n{asked.seeds} seeds of {FOLDS} folds, {HIDDEN} hidden, "
        f"cost of at most {asked.budget:,}; intervals of {coverage(asked.seeds)}.\n"
    )
    for name in TABLES:
        print(
            table(name, measure(name, asked.seeds, asked.budget)),
            "",
            sep="\n",
            flush=True,
        )
    print(f"{time.perf_counter() - began:.0f} s.\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
