"""Simplex and swarm together, and each alone, at equal numbers of evaluations.

    python -m benchmarks.learners.simplex_swarm [--seeds N] [--evaluations N]

SNM-PSO (Liao et al. 2015) takes the vertices of its simplex from the swarm at random; the older hybrid takes the best
(Fan & Zahara 2007). Weights are searched in -10..10, the starts are the same for all. Exclusive or: 2-2-1 of logistic
neurons, squared error, all four patterns. Iris: 4-3-3, softmax, 100 rows to learn from and 50 to test on, of a
random split for each seed.
"""

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np

import wildwire as ww
from benchmarks.learners.data import scaled, whole
from benchmarks.learners.networks import LOSSES, layered, wrong
from benchmarks.learners.paired import (
    cell,
    coverage,
    difference,
    markdown,
    middle,
    share,
)
from wildwire.learning.learners import NelderMead, ParticleSwarm, SimplexSwarm

SEEDS, EVALUATIONS = 30, (2000, 10_000)
BOX = {"low": -10.0, "high": 10.0}
XOR = """\
input x[2]
h[2] ~ logistic(x)
y ~ logistic(h)
output y"""
BASE = "SNM-PSO"


class Score(NamedTuple):
    """What a run came to; `solved` is for exclusive or: all four within 1/10."""

    loss: float
    wrong: float
    solved: bool
    evaluations: int
    seconds: float


class Task(NamedTuple):
    """A network, the name of its loss, rows to learn from and to test on."""

    network: object
    loss: str
    X: np.ndarray
    Y: np.ndarray
    X_test: np.ndarray
    Y_test: np.ndarray


def methods(n_theta: int, evaluations: int) -> dict:
    """Learners by name; the larger swarm has as many particles as the hybrids."""
    most = {"evaluations": evaluations}
    many = max(2 * (n_theta + 1), 20)
    return {
        BASE: SimplexSwarm(**most, **BOX),
        "sorted simplex": SimplexSwarm(sorted_simplex=True, **most, **BOX),
        "swarm of 20": ParticleSwarm(**most, **BOX),
        f"swarm of {many}": ParticleSwarm(particles=many, **most, **BOX),
        "simplex, restarted": NelderMead(restarts=1000, **most),
        "simplex, adaptive, restarted": NelderMead(
            restarts=1000, adaptive=True, **most
        ),
    }


def exclusive_or(seed: int) -> Task:
    """All patterns."""
    del seed
    X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    Y = (X[:, :1] != X[:, 1:]).astype(float)
    return Task(ww.parse(XOR), "squared", X, Y, X, Y)


def iris(seed: int) -> Task:
    """A random two thirds to learn from."""
    X, Y = whole("load_iris")
    order = np.random.default_rng([seed, 6]).permutation(len(X))
    own, other = order[:100], order[100:]
    network = layered(X.shape[1], 3, Y.shape[1], "softmax")
    return Task(
        network, LOSSES["softmax"], scaled(X[own], X[own]), Y[own],
        scaled(X[other], X[own]), Y[other],
    )  # fmt: skip


TASKS = {"exclusive or": exclusive_or, "iris": iris}


def score(task: Task, learner, seed: int, evaluations: int) -> Score:
    """One run; the learner ends at its evaluations."""
    began = time.process_time()
    result = ww.fit(
        task.network, task.X, task.Y, loss=task.loss, learner=learner, seed=seed,
        epochs=evaluations, progress=False,
    )  # fmt: skip
    seconds = time.process_time() - began
    loss = ww.learning.Objective(task.network, task.X, task.Y, loss=task.loss).value(result.theta)  # fmt: skip
    predicted = np.asarray(ww.run(task.network, result.theta, task.X_test))
    solved = bool((np.abs(predicted - task.Y_test) < 0.1).all())
    return Score(loss, wrong(predicted, task.Y_test), solved, result.evaluations, seconds)  # fmt: skip


def measure(make, seeds: int, evaluations: int) -> dict[str, list[Score]]:
    """Scores of all methods by seed."""
    found: dict[str, list[Score]] = {}
    for seed in range(seeds):
        task = make(seed)
        for name, learner in methods(task.network.n_theta, evaluations).items():
            found.setdefault(name, []).append(score(task, learner, seed, evaluations))
    return found


def logs(scores: list[Score]) -> np.ndarray:
    """log10 of the losses, no less than -16."""
    return np.log10(np.maximum([s.loss for s in scores], 1e-16))


def table(name: str, evaluations: int, found: dict[str, list[Score]]) -> str:
    """A line a method; differences of log10 of the loss to the hybrid."""
    lines = []
    for method, scores in found.items():
        if name == "iris":
            last = cell([100 * s.wrong for s in scores])
        else:
            last = share(sum(s.solved for s in scores), len(scores))
        apart = "" if method == BASE else str(difference(logs(scores), logs(found[BASE])))  # fmt: skip
        lines.append(
            [
                method, cell(logs(scores)), apart, last,
                f"{100 * np.mean(logs(scores) < -6):.0f} %",
                middle([s.seconds for s in scores], 2),
            ]
        )  # fmt: skip
    judged = "test rows wrong, %" if name == "iris" else "solved"
    head = [
        f"{name}, {evaluations:,} evaluations", "log10 of loss", f"less {BASE}", judged, "loss < 1e-6", "CPU s",
    ]  # fmt: skip
    return markdown(head, lines)


def main(argv=None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--evaluations", type=int, nargs="+", default=EVALUATIONS)
    asked = parser.parse_args(argv)
    began = time.perf_counter()
    print(
        f"## Simplex and swarm\n\n{asked.seeds} seeds; intervals of {coverage(asked.seeds)}.\n"
    )
    for name, make in TASKS.items():
        for evaluations in asked.evaluations:
            found = measure(make, asked.seeds, evaluations)
            print(table(name, evaluations, found), "", sep="\n", flush=True)
    print(f"{time.perf_counter() - began:.0f} s.\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
