"""Parity of five bits with three neurons: single starts of Levenberg-Marquardt and SciPy's, and restarts.

    python -m benchmarks.learners.parity [--starts N] [--seeds N]

    h0 ~ tanh(x); h1 ~ tanh(x, h0); y ~ tanh(x, h0, h1)        21 numbers, drawn from U(-1/2, 1/2)

Inputs and targets are -1 and 1. A start has solved the problem when all 32 signs are right. Seconds are
those of the CPU.
"""

import argparse
import itertools
import sys
import time
from typing import NamedTuple

import numpy as np

import wildwire as ww
from benchmarks.learners.paired import markdown, middle, share
from wildwire.network.initialisers import Uniform

STARTS, SEEDS, BITS, MOST = 500, 100, 5, 40
TEXT = f"""\
input x[{BITS}]
h0 ~ tanh(x)
h1 ~ tanh(x, h0)
y ~ tanh(x, h0, h1)
output y"""
DRAWN = Uniform(-0.5, 0.5, biases=True)
# One wrong sign alone loses (1/2)/32 at least.
GOAL = 0.99 / 64
WITHIN = 1.0


class Run(NamedTuple):
    """What a start, or one fit with restarts, came to."""

    solved: bool
    seconds: float
    starts: int = 1


def rows() -> tuple[np.ndarray, np.ndarray]:
    """All patterns and their parity."""
    X = np.array(list(itertools.product([-1.0, 1.0], repeat=BITS)))
    return X, X.prod(axis=1, keepdims=True)


def is_right(network, theta, X, Y) -> bool:
    """Whether all signs are right."""
    return bool((np.sign(ww.run(network, theta, X)) == Y).all())


def single(network, X, Y, seed) -> Run:
    """One start of Levenberg-Marquardt, to its end."""
    began = time.process_time()
    result = ww.fit(
        network, X, Y, learner=ww.learners.LevenbergMarquardt(), initialiser=DRAWN,
        seed=seed, epochs=500, progress=False,
    )  # fmt: skip
    seconds = time.process_time() - began
    return Run(is_right(network, result.theta, X, Y), seconds)


def residuals(theta: np.ndarray, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """What the network puts out less the targets, in NumPy; theta as in the network."""
    n = X.shape[1]
    a, b, c = theta[: n + 1], theta[n + 1 : 2 * n + 3], theta[2 * n + 3 :]
    h0 = np.tanh(X @ a[:n] + a[n])
    h1 = np.tanh(X @ b[:n] + b[n] * h0 + b[n + 1])
    return np.tanh(X @ c[:n] + c[n] * h0 + c[n + 1] * h1 + c[n + 2]) - Y[:, 0]


def of_scipy(network, X, Y, seed) -> Run:
    """The same start with SciPy's `least_squares(method="lm")`, MINPACK with slopes by differences."""
    from scipy.optimize import least_squares

    start = network.initial(seed, DRAWN)
    began = time.process_time()
    found = least_squares(residuals, start, method="lm", args=(X, Y))
    seconds = time.process_time() - began
    return Run(is_right(network, found.x, X, Y), seconds)


def restarted(network, X, Y, seed) -> Run:
    """Up to 40 starts, until one has solved it."""
    from wildwire.learning.learners import LevenbergMarquardt, Restarts

    learner = Restarts(LevenbergMarquardt(goal=GOAL), MOST, initialiser=DRAWN, goal=GOAL)  # fmt: skip
    began = time.process_time()
    result = ww.fit(
        network, X, Y, learner=learner, initialiser=DRAWN, seed=seed, progress=False
    )
    seconds = time.process_time() - began
    solved = is_right(network, result.theta, X, Y)
    return Run(solved, seconds, len(result.details["losses"]))


def apart(ours: list[Run], theirs: list[Run]) -> str:
    """Difference of the shares in points, with a 95 % interval for paired hits (normal approximation)."""
    gap = np.array([a.solved - float(b.solved) for a, b in zip(ours, theirs, strict=True)])  # fmt: skip
    half = 1.959964 * gap.std() / np.sqrt(len(gap))
    mean = gap.mean()
    return f"{100 * mean:.1f} points [{100 * (mean - half):.1f}, {100 * (mean + half):.1f}]"


def singles_table(ours: list[Run], theirs: list[Run]) -> str:
    """Single starts of both."""
    lines = [
        [name, share(sum(r.solved for r in runs), len(runs)), middle([r.seconds for r in runs])]
        for name, runs in (("`LevenbergMarquardt`", ours), ("SciPy `least_squares`, `lm`", theirs))
    ]  # fmt: skip
    table = markdown(["single start", "solved", "CPU s, median"], lines)
    return f"{table}\n\nDifference over the same starts: {apart(ours, theirs)}."


def restarts_table(runs: list[Run]) -> str:
    """Fits with restarts: solved, solved within a second, starts, seconds."""
    seconds = np.array([run.seconds for run in runs])
    within = sum(run.solved and run.seconds <= WITHIN for run in runs)
    n = len(runs)
    line = [
        f"`Restarts(LevenbergMarquardt(), {MOST})`", share(sum(r.solved for r in runs), n),
        share(within, n), middle([r.starts for r in runs]), str(max(r.starts for r in runs)),
        middle(seconds), f"{np.quantile(seconds, 0.95):.2g}", f"{seconds.max():.2g}",
    ]  # fmt: skip
    head = [
        "fit", "solved", f"within {WITHIN:g} CPU s", "starts, median", "most",
        "CPU s, median", "95 %", "most",
    ]  # fmt: skip
    return markdown(head, [line])


def main(argv=None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args(argv)
    began = time.perf_counter()
    network, (X, Y) = ww.parse(TEXT), rows()
    for seed in range(3):  # what is compiled or imported once
        single(network, X, Y, seed), of_scipy(network, X, Y, seed)
        restarted(network, X, Y, seed)
    ours = [single(network, X, Y, seed) for seed in range(asked.starts)]
    theirs = [of_scipy(network, X, Y, seed) for seed in range(asked.starts)]
    again = [restarted(network, X, Y, 10_000 + seed) for seed in range(asked.seeds)]
    print(f"## Parity of {BITS} bits, {network.n_theta} numbers\n")
    print(f"{asked.starts} starts, {asked.seeds} fits with restarts.\n")
    print(singles_table(ours, theirs), restarts_table(again), sep="\n\n")
    print(f"\n{time.perf_counter() - began:.0f} s.\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
