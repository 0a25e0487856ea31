"""`python -m benchmarks.memory_problems [--problem NAME ...] [--seeds N] [--limit SECONDS]`: a table per problem.

Comes in: the command line. Goes out: Markdown on stdout. Every model is fitted once for each seed, which draws the
data, the start values and the order; all on one CPU. A problem begins no further seed after its limit.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

# Before any library starts its threads.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from benchmarks.measure import Unavailable, pin  # noqa: E402
from benchmarks.memory_problems import (  # noqa: E402
    linear,
    torch_networks,
    wildwire_networks,
)
from benchmarks.memory_problems.problems import PROBLEMS, Problem  # noqa: E402
from benchmarks.memory_problems.table import Line, interval, markdown  # noqa: E402


def models_of(problem: Problem) -> dict[str, Callable]:
    """Name -> fit(problem, data, seed)."""
    name = "linear autoregression" if problem.is_closed else "linear in the last inputs"
    models = {name: linear.fit}
    for label, text in problem.networks.items():
        models[f"Wildwire, {label}"] = _with(wildwire_networks.fit, text)
    for kind in torch_networks.GATES:
        models[f"PyTorch, {kind}"] = _with(torch_networks.fit, kind)
    return models


def _with(fit, last):
    return lambda problem, data, seed: fit(problem, data, seed, last)


def measure(problem: Problem, seeds: int, only: str = "") -> list[Line]:
    """A line per model whose name contains `only`; all models see a seed, or none does."""
    models = {n: f for n, f in models_of(problem).items() if only.lower() in n.lower()}
    lines = {name: Line(name, 0, [], []) for name in models}
    began = time.perf_counter()
    for seed in range(seeds):
        spent = time.perf_counter() - began
        if seed and spent * (seed + 1) / seed > problem.limit:
            break
        data = problem.make(seed)
        for name, fit in models.items():
            lines[name] = _one(lines[name], fit, problem, data, seed)
    return list(lines.values())


def _one(line, fit, problem, data, seed) -> Line:
    start = time.perf_counter()
    try:
        fitted = fit(problem, data, seed)
    except Unavailable as reason:
        return line._replace(note=str(reason))
    seconds = time.perf_counter() - start
    error = problem.judge(data.Y_test, fitted.predict(data.X_test))
    return line._replace(
        numbers=fitted.numbers, errors=[*line.errors, error],
        seconds=[*line.seconds, seconds],
    )  # fmt: skip


def _arguments(argv):
    names = [problem.name for problem in PROBLEMS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory_problems", description=__doc__
    )
    parser.add_argument("--problem", nargs="+", choices=names, default=names)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, help="seconds per problem")
    parser.add_argument("--epochs", type=int, help="instead of the problem's own")
    parser.add_argument("--only", default="", help="part of the names of models")
    return parser.parse_args(argv)


def main(argv=None) -> int:
    """Print a table per problem, and the time of all."""
    arguments = _arguments(argv)
    began = time.perf_counter()
    for problem in PROBLEMS:
        if problem.name not in arguments.problem:
            continue
        if arguments.limit:
            problem = replace(problem, limit=arguments.limit)
        if arguments.epochs:
            problem = replace(problem, epochs=arguments.epochs)
        start = time.perf_counter()
        lines = measure(problem, arguments.seeds, arguments.only)
        print(_section(problem, lines, time.perf_counter() - start), flush=True)
    print(f"All of it took {time.perf_counter() - began:.0f} s on one CPU.")
    return 0


def _section(problem, lines, seconds) -> str:
    done = max((line.errors for line in lines), key=len, default=[])
    share = f"{100 * interval(done)[2]:.0f} %" if done else "no"
    return "\n".join(
        [
            f"## {problem.name}: {problem.text}\n",
            f"{problem.epochs} epochs, batches of {problem.batch}, at most "
            f"{problem.numbers} learnable numbers; intervals of {share} for the median; "
            f"{seconds:.0f} s.\n",
            markdown(lines), "",
        ]
    )  # fmt: skip


if __name__ == "__main__":
    pin()
    sys.exit(main())
