"""Which learner without gradients solves how many problems within how many evaluations: data profiles.

    python -m benchmarks.data_profiles [--seeds N] [--output FILE] [NAME ...]

Prints a Markdown table for all solvers, or those whose name contains a NAME. Moré & Wild 2009: a solver has solved a
problem at tolerance tau once it has met a value f <= f_least + tau (f_start - f_least), and its data profile at alpha
is the share of problems solved within alpha (n + 1) evaluations, for n numbers. Problems are the functions of
`textbook_functions.py`, each from some random starts; f_least is the true minimum, where the paper takes the lowest
value that any solver met.
"""

import argparse
import contextlib
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.textbook_functions import FUNCTIONS, Textbook
from wildwire.learning import learners

EVALUATIONS, SEEDS = 2500, 20
TOLERANCES, ALPHAS = (1e-1, 1e-3, 1e-5), (10, 30, 100, 300)


class Enough(Exception):
    """All evaluations are used."""


@dataclass
class Problem:
    """A function from one start, as an objective: counts values, and remembers when the best fell.

    Attributes
    ----------
    falls : list of (int, float)
        Number of the evaluation, from 1, and the value, each time it was the lowest so far.
    """

    function: Textbook
    shift: np.ndarray
    start: np.ndarray
    falls: list[tuple[int, float]] = field(default_factory=list)
    evaluations: int = 0

    @classmethod
    def of(cls, function: Textbook, seed: int) -> "Problem":
        random = np.random.default_rng([seed, function.n])
        width = function.high - function.low
        start = random.uniform(function.low, function.high, function.n)
        shift = random.uniform(-0.2, 0.2, function.n) * width * function.moved
        return cls(function, shift, start)

    @property
    def n_theta(self) -> int:
        return self.function.n

    @property
    def bounds(self) -> np.ndarray:
        return np.tile([self.function.low, self.function.high], (self.n_theta, 1))

    def values(self, points) -> np.ndarray:
        """Values (m,); refuses what is beyond the evaluations allowed."""
        if self.evaluations >= EVALUATIONS:
            raise Enough
        found = self.function.value(np.asarray(points, float) - self.shift)
        for i in range(min(len(found), EVALUATIONS - self.evaluations)):
            if not self.falls or found[i] < self.falls[-1][1]:
                self.falls.append((self.evaluations + i + 1, float(found[i])))
        self.evaluations += len(found)
        return found

    def value(self, point) -> float:
        return float(self.values(np.asarray(point)[None])[0])

    def solved_after(self, tolerance: float) -> float:
        """Evaluations until it was solved; infinite if never."""
        least = self.function.minimum
        at_start = float(self.function.value((self.start - self.shift)[None])[0])
        wanted = least + tolerance * (at_start - least)
        return next((float(i) for i, f in self.falls if f <= wanted), math.inf)


Solver = Callable[[Problem, int], None]


def learner(made) -> Solver:
    """A learner of the library as a solver."""

    def solve(problem, seed):
        random = np.random.default_rng(seed)
        course = made.begin(problem, problem.start, random)
        while course.reason is None:
            course.step()

    return solve


def scipy_evolution(problem, seed):
    from scipy.optimize import differential_evolution

    differential_evolution(
        problem.value, problem.bounds, rng=seed, polish=False, maxiter=10**6, tol=0,
        x0=problem.start,
    )  # fmt: skip


def scipy_annealing(problem, seed):
    from scipy.optimize import dual_annealing

    dual_annealing(
        problem.value, problem.bounds, rng=seed, x0=problem.start,
        maxiter=10**6, maxfun=10**6,
    )  # fmt: skip


def scipy_simplex(problem, seed):
    from scipy.optimize import minimize

    minimize(
        problem.value, problem.start, method="Nelder-Mead", bounds=problem.bounds,
        options={"maxfev": 10**6, "maxiter": 10**6, "xatol": 1e-10, "fatol": 1e-14},
    )  # fmt: skip


def cmaes_package(problem, seed):
    """As its documentation shows it, the box scaled to the unit cube, with the first deviation of `CMAES`."""
    from cmaes import CMA

    low, width = problem.function.low, problem.function.high - problem.function.low
    optimizer = CMA(
        mean=(problem.start - low) / width, sigma=0.2, seed=seed,
        bounds=np.tile([0.0, 1.0], (problem.n_theta, 1)),
    )  # fmt: skip
    while not optimizer.should_stop():
        drawn = [optimizer.ask() for _ in range(optimizer.population_size)]
        values = [problem.value(low + width * u) for u in drawn]
        optimizer.tell(list(zip(drawn, values, strict=True)))


def solvers() -> dict[str, Solver]:
    """All that are compared, by name."""
    own = {
        "RandomSearch": learners.RandomSearch(),
        "ParticleSwarm": learners.ParticleSwarm(),
        "NelderMead": learners.NelderMead(),
        "NelderMead, adaptive, 10 restarts": learners.NelderMead(
            adaptive=True, restarts=10
        ),
        "SimplexSwarm": learners.SimplexSwarm(),
        "SimplexSwarm, sorted": learners.SimplexSwarm(sorted_simplex=True),
        "AntColony": learners.AntColony(),
        "MaxMinAntSystem": learners.MaxMinAntSystem(),
        "DifferentialEvolution": learners.DifferentialEvolution(),
        "DifferentialEvolution, rand/1/bin": learners.DifferentialEvolution(
            strategy="rand/1/bin"
        ),
        "CMAES": learners.CMAES(),
        "SimulatedAnnealing": learners.SimulatedAnnealing(),
    }
    return {name: learner(made) for name, made in own.items()} | {
        "SciPy `differential_evolution`": scipy_evolution,
        "SciPy `dual_annealing`": scipy_annealing,
        "SciPy `Nelder-Mead`": scipy_simplex,
        "package `cmaes`": cmaes_package,
    }


def evaluations_needed(solver: Solver, seeds: int, functions) -> np.ndarray:
    """Evaluations over n + 1 until each problem is solved, (problems, tolerances); infinite where it is not."""
    found = []
    for function in functions:
        for seed in range(seeds):
            problem = Problem.of(function, seed)
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with contextlib.suppress(Enough):
                    solver(problem, seed)
            found.append(
                [problem.solved_after(t) / (function.n + 1) for t in TOLERANCES]
            )
    return np.array(found)


def profile(needed: np.ndarray) -> np.ndarray:
    """Shares of problems solved, (tolerances, alphas)."""
    return (needed.T[:, :, None] <= np.array(ALPHAS)).mean(axis=1)


def table(shares: dict[str, np.ndarray]) -> str:
    """Percentages in Markdown, the best at the tightest tolerance and most evaluations first."""
    heads = [f"{t:.0e}, {a}" for t in TOLERANCES for a in ALPHAS]
    lines = [
        "| solver | " + " | ".join(heads) + " |",
        "| --- |" + " --- |" * len(heads),
    ]
    order = sorted(shares, key=lambda name: (-shares[name][-1, -1], name))
    for name in order:
        lines.append(_row(name, shares[name]))
    return "\n".join(lines) + "\n"


def _row(name: str, shares: np.ndarray) -> str:
    cells = [f"{100 * share:.0f}" for share in shares.ravel()]
    return f"| {name} | " + " | ".join(cells) + " |"


def main(arguments=None) -> None:
    """Run the solvers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args(arguments)
    shares = {}
    for name, solver in solvers().items():
        if asked.names and not any(part in name for part in asked.names):
            continue
        began = time.perf_counter()
        shares[name] = profile(evaluations_needed(solver, asked.seeds, FUNCTIONS))
        seconds = time.perf_counter() - began
        print(f"{seconds:4.0f} s {_row(name, shares[name])}", flush=True)
    print(f"\n{table(shares)}")
    if asked.output:
        asked.output.write_text(table(shares), encoding="utf-8")


if __name__ == "__main__":
    main()
