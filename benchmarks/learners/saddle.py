"""Saddle-free Newton on digits, against descent and other methods of second order; saddles; spread against width.

    python -m benchmarks.learners.saddle [--seeds N] [--part race|index|width] [--scale S]

500 rows of 8 x 8 pixels, one hidden layer of tanh, softmax; all starts see the same rows, and methods the same starts.
Dauphin et al. 2014 (their figure 2: 10 x 10 pixels, 5, 25 and 50 hidden) found that the saddle-free method passes
saddles where descent waits, and that the share of negative eigenvalues (the index) falls with the error; Choromanska et
al. 2015 that final losses of random starts lie closer together in wide networks.
"""

import argparse
import sys
import time
from functools import cache

import numpy as np

import wildwire as ww
from benchmarks.learners.data import TABLES
from benchmarks.learners.networks import layered, wrong
from benchmarks.learners.paired import (
    cell,
    coverage,
    difference,
    markdown,
    middle,
)
from benchmarks.learners.spending import Trace, spend
from wildwire.learning.learners import (
    GaussNewton,
    GradientDescent,
    NaturalGradient,
    Newton,
    SaddleFreeNewton,
)

SEEDS = 20
# The lowest loss after 2 s of two other starts, of rates 0.01, 0.03, 0.1, 0.3, 1, momentum 0, 0.9, batches of 10, 50.
SGD, BATCH = GradientDescent(rate=0.3), 10
WIDE_SGD, WIDE_BATCH = GradientDescent(rate=1.0, momentum=0.9), 50
SMALL = {
    "SGD": SGD,
    "saddle-free, all directions": SaddleFreeNewton(subspace=385),
    "saddle-free, 50 directions": SaddleFreeNewton(subspace=50),
    "Newton, damped": Newton(),
    "Gauss-Newton": GaussNewton(),
    "natural gradient": NaturalGradient(),
}
MIDDLE = SMALL | {"SGD": WIDE_SGD}
del MIDDLE["saddle-free, all directions"]
LARGE = {
    n: MIDDLE[n] for n in ("SGD", "saddle-free, 50 directions", "natural gradient")
}
# Hidden neurons -> starts, seconds of each run, methods. Matrices of 1,885 numbers take seconds; of 3,760 the library
# forms none.
RACES = {5: (20, 2.0, SMALL), 25: (5, 4.0, MIDDLE), 50: (3, 5.0, LARGE)}
WIDTHS, WIDTH_STARTS, EPOCHS = (2, 5, 10, 25, 50), 50, 60


@cache
def rows():
    """The rows of all runs."""
    return next(table for table in TABLES if table.name == "digits").make(0)


def problem(hidden: int):
    """A network and its objective on the rows to learn from."""
    X, Y, *_ = rows()
    network = layered(X.shape[1], hidden, Y.shape[1], "softmax")
    return network, ww.learning.Objective(network, X, Y, loss="softmax")


def run(learner, hidden: int, seed: int, **budget) -> Trace:
    """One method from one start."""
    network, objective = problem(hidden)
    start = network.initial(seed)
    batch = WIDE_BATCH if learner is WIDE_SGD else BATCH
    return spend(learner, objective, start, seed, batch=batch, **budget)


# ---- the race -----------------------------------------------------------------------------------


def race(hidden: int, starts: int, seconds: float, methods) -> dict[str, list[Trace]]:
    """Traces of all methods from all starts."""
    for learner in methods.values():  # what is compiled once
        run(learner, 2, 0, steps=1, limit=1.0)
    return {
        name: [run(learner, hidden, seed, limit=seconds) for seed in range(starts)]
        for name, learner in methods.items()
    }


def race_table(hidden: int, seconds: float, found: dict[str, list[Trace]]) -> str:
    """Median losses at fractions of the seconds and at numbers of gradients, final errors, differences to SGD."""
    times, counts = (seconds / 10, seconds / 3, seconds), (100, 1000, 10_000)
    base = [trace.loss for trace in found["SGD"]]
    network, _ = problem(hidden)
    X, Y, *_ = rows()
    lines = []
    for name, traces in found.items():
        final = [trace.loss for trace in traces]
        wrongs = [wrong(ww.run(network, t.theta, X), Y) for t in traces]
        line = [name, *(_log([t.at("seconds", s) for t in traces]) for s in times)]
        line += [_log([t.at("gradients", n) for t in traces]) for n in counts]
        line += [
            f"{100 * np.median(wrongs):.2g} %",
            middle([len(t.losses) - 1 for t in traces]),
            _ends(traces),
        ]
        line.append("" if name == "SGD" else str(difference(_logs(final), _logs(base))))
        lines.append(line)
    head = [f"{hidden} hidden: log10 of loss, median"]
    head += [f"{s:.2g} s" for s in times] + [f"{n:,} gradients" for n in counts]
    return markdown([*head, "wrong", "steps", "ended", "last less SGD's"], lines)


def _logs(losses) -> np.ndarray:
    """log10, no less than -16."""
    return np.log10(np.maximum(losses, 1e-16))


def _log(losses) -> str:
    known = np.array(losses)[~np.isnan(losses)]
    return f"{np.median(_logs(known)):.2f}" if 2 * len(known) > len(losses) else "-"


def _ends(traces) -> str:
    names = [trace.reason for trace in traces]
    return ", ".join(f"{n} {names.count(n)}" for n in sorted(set(names)))


# ---- negative eigenvalues -----------------------------------------------------------------------


def index(objective, theta) -> float:
    """Share of eigenvalues of the Hessian below 0 by more than rounding."""
    matrix = objective.hessian(theta).matrix
    values = np.linalg.eigvalsh(matrix)
    return float((values < -1e-10 * np.abs(values).max()).mean())


POINTS = (0, 1, 2, 4, 8, 16, 32)


def index_along(learner, hidden: int, seed: int) -> list[tuple[float, float]]:
    """(loss, index) after some steps, or epochs, of a run; where the loss is next to 0 no sign is sure."""
    _, objective = problem(hidden)
    trace = run(learner, hidden, seed, steps=POINTS[-1], keep=True)
    places = [p for p in POINTS if p < len(trace.losses) and trace.losses[p] > 1e-6]
    return [(trace.losses[p], index(objective, trace.thetas[p])) for p in places]


def rank_correlation(pairs) -> float:
    """Spearman's, of losses and indices."""
    from scipy.stats import rankdata

    a, b = (rankdata(column) for column in zip(*pairs, strict=True))
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0


def index_table(hidden: int, starts: int) -> str:
    """Median loss and index at some steps; rank correlation within runs."""
    lines = []
    for name in ("SGD", "saddle-free, 50 directions"):
        runs = [index_along(SMALL[name], hidden, seed) for seed in range(starts)]
        cells = []
        for place in range(len(POINTS)):
            there = [pairs[place] for pairs in runs if place < len(pairs)]
            if 2 * len(there) <= len(runs):
                cells.append("-")
                continue
            loss, part = np.median(there, axis=0)
            cells.append(f"{loss:.2g}: {100 * part:.0f} %")
        correlations = [rank_correlation(pairs) for pairs in runs]
        lines.append([name, *cells, cell(correlations, 2)])
    head = [f"{hidden} hidden, {starts} starts; loss: index after"]
    head += [f"{p} steps" for p in POINTS]
    return markdown([*head, "rank correlation"], lines)


# ---- width --------------------------------------------------------------------------------------


def width_table(starts: int, epochs: int) -> str:
    """Spread of the final losses of SGD over starts, by width."""
    _, _, X_test, Y_test = rows()
    lines = []
    for hidden in WIDTHS:
        network, objective = problem(hidden)
        test = ww.learning.Objective(network, X_test, Y_test, loss="softmax")
        train, held, wrongs = [], [], []
        for seed in range(starts):
            found = spend(
                SGD, objective, network.initial(seed), seed, batch=BATCH, steps=epochs
            )
            train.append(found.losses[-1])
            held.append(test.value(found.theta))
            wrongs.append(wrong(ww.run(network, found.theta, X_test), Y_test))
        lines.append(
            [str(hidden), *_spread(train), *_spread(held), f"{100 * np.median(wrongs):.1f} %"]
        )  # fmt: skip
    head = ["hidden"]
    for what in ("training loss", "test loss"):
        head += [f"{what}, median", "deviation", "deviation/median"]
    return markdown([*head, "test rows wrong"], lines)


def _spread(losses) -> list[str]:
    size = float(np.std(losses, ddof=1))
    centre = float(np.median(losses))
    return [f"{centre:.2g}", f"{size:.2g}", f"{size / centre:.2g}"]


# ---- all ----------------------------------------------------------------------------------------


def main(argv=None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="at most")
    parser.add_argument("--part", nargs="+", default=["race", "index", "width"])
    parser.add_argument("--scale", type=float, default=1.0, help="of the seconds")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    asked = parser.parse_args(argv)
    began = time.perf_counter()
    print("## Saddles: digits, 500 rows\n")
    if "race" in asked.part:
        for hidden, (starts, seconds, methods) in RACES.items():
            starts, seconds = min(starts, asked.seeds), seconds * asked.scale
            found = race(hidden, starts, seconds, methods)
            print(
                f"{starts} starts, {seconds:g} s of the CPU each; intervals of {coverage(starts)}.\n\n"
                f"{race_table(hidden, seconds, found)}\n", flush=True,
            )  # fmt: skip
    if "index" in asked.part:
        print(index_table(5, asked.seeds), "", sep="\n", flush=True)
    if "width" in asked.part:
        starts = min(WIDTH_STARTS, 5 * asked.seeds)
        print(f"{starts} starts, {asked.epochs} epochs of SGD.\n")
        print(width_table(starts, asked.epochs), "", sep="\n")
    print(f"{time.perf_counter() - began:.0f} s.\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
