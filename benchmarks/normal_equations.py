"""What a step of Levenberg-Marquardt costs: the normal equations, their solution, a trial.

    python -m benchmarks.normal_equations

Prints a Markdown table: median milliseconds, float64, one thread. Beside them the Jacobian alone, as forward mode
forms it.
"""

import statistics
import time

import numpy as np
from scipy.linalg import cho_factor, cho_solve

import wildwire as ww
from wildwire.engine.blas import one_thread
from wildwire.engine.normal_equations import NormalEquations
from wildwire.engine.tangent import Tangent

CASES = {
    "8-16-1, 1,000 rows": ("input x[8]\nh[16] ~ tanh(x)\ny ~ linear(h)\noutput y", (1000, 8), "squared"),
    "8-16-1, 100,000 rows": ("input x[8]\nh[16] ~ tanh(x)\ny ~ linear(h)\noutput y", (100_000, 8), "huber"),
    "20-32-16-1, 1,000 rows": (
        "input x[20]\nh[32] ~ tanh(x)\ng[16] ~ tanh(h)\ny ~ linear(g)\noutput y", (1000, 20), "squared",
    ),
    "4-8-10, 500 rows": ("input x[4]\nh[8] ~ tanh(x)\ny[10] ~ linear(h)\noutput y", (500, 4), "squared"),
    "4-8-3 softmax, 1,000 rows": (
        "input x[4]\nh[8] ~ tanh(x)\nz[3] ~ linear(h)\noutput softmax(z)", (1000, 4), "softmax",
    ),
    "3-10-2 with memory, 1,000 steps": (
        "input u[3]\nh[10] ~ tanh(u, h@1)\nz[2] ~ linear(h)\noutput z", (1, 1000, 3), "squared",
    ),
    "3-10-2 with memory, 100 x 50 steps, last target": (
        "input u[3]\nh[10] ~ tanh(u, h@1)\nz[2] ~ linear(h)\noutput z", (100, 50, 3), "last",
    ),
}  # fmt: skip


def milliseconds(call, times=9) -> float:
    """Median of some calls, after one that compiles."""
    call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def problem(text, shape, loss):
    """Network, theta, samples and loss."""
    network, rng = ww.parse(text), np.random.default_rng(0)
    theta = rng.uniform(-0.4, 0.4, network.n_theta)
    X = rng.normal(size=shape)
    Y = rng.uniform(size=(*shape[:-1], network.n_outputs))
    if loss == "softmax":
        Y /= Y.sum(axis=1, keepdims=True)
    if loss == "last":
        return network, theta, X, Y[:, -1], "squared"
    return network, theta, X, Y, loss


def forward_mode(network, theta, X) -> float:
    """Milliseconds of the Jacobian along all numbers at once."""
    tangent = Tangent(network, theta, np.float64)

    def call():
        for x in X if X.ndim == 3 else [X]:
            tangent.reset()
            tangent.run(x)

    return milliseconds(call, 3)


def solution(point):
    """The step of Levenberg and Marquardt."""
    damped = point.matrix + 0.1 * np.diag(point.matrix.diagonal()) + 1e-6
    return cho_solve(cho_factor(damped), -point.gradient)


def row(name, text, shape, kind) -> str:
    """One line of the table."""
    network, theta, X, Y, loss = problem(text, shape, kind)
    equations = NormalEquations(network, X, Y, loss=loss)
    point = equations.at(theta)
    with one_thread(True):
        solve = milliseconds(lambda: solution(point))
    figures = (
        milliseconds(lambda: equations.at(theta)),
        solve,
        milliseconds(lambda: equations.value(theta)),
        forward_mode(network, theta, X) if X.size <= 20_000 else float("nan"),
    )
    shown = " | ".join(f"{figure:.2g}" for figure in figures)
    return f"| {name} | {network.n_theta} | {shown} |"


def main() -> None:
    """Measure and print."""
    print(
        "| network, samples | numbers | normal equations | Cholesky | loss of a trial | Jacobian by forward mode |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name, case in CASES.items():
        print(row(name, *case))


if __name__ == "__main__":
    main()
