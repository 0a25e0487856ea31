"""What settling costs: a group of random weights that reads itself, against the same without the loop.

    python -m benchmarks.settling

Prints a Markdown table: median milliseconds for 256 rows, float64, one thread. `h[n] ~ tanh(x, h)` with eight inputs;
weights of the loop uniform within 1.2/sqrt(n), of the inputs within 0.5; tolerance 1e-8.
"""

import statistics
import time

import numpy as np

import wildwire as ww
from wildwire.engine.settling import sweeps_of

ROWS, INPUTS, TOLERANCE = 256, 8, 1e-8
WITH_LOOP = (
    "input x[8]\nh[{n}] ~ tanh(x, h)\nsettle tolerance=1e-8\ny ~ linear(h)\noutput y"
)
WITHOUT = "input x[8]\nh[{n}] ~ tanh(x)\ny ~ linear(h)\noutput y"


def weights(network, n, seed=0):
    """Numbers for a network; those of links from the group to itself keep the loop stable."""
    rng = np.random.default_rng(seed)
    most = np.full(network.n_theta, 0.5)
    loop = (network.link_source >= INPUTS) & (network.link_target < n)
    most[network.link_slot[loop]] = 1.2 / np.sqrt(n)
    return rng.uniform(-most, most)


def milliseconds(call, times=7) -> float:
    """Median of some calls, after one that compiles."""
    call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def sweeps(network, theta, X) -> float:
    """Median over some rows of the sweeps until nothing moves by more than the tolerance."""
    counts = []
    for x in X[:20]:
        values = sweeps_of(network, theta, x, np.dtype("float64"), 200)
        change = np.abs(np.diff(values, axis=0)) / (1 + np.abs(values[1:]))
        counts.append(int(np.argmax((change <= TOLERANCE).all(axis=1))) + 2)
    return statistics.median(counts)


def main() -> None:
    """Measure and print."""
    print(
        "| `h[n] ~ tanh(x, h)` | sweeps | `run`, ms | without the loop | `loss_and_gradient`, ms | without the loop |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for n in (16, 64, 200):
        X = np.random.default_rng(1).normal(size=(ROWS, INPUTS))
        Y, row = np.zeros(ROWS), []
        for text in (WITH_LOOP, WITHOUT):
            network = ww.parse(text.format(n=n))
            theta = weights(network, n)
            row += [
                milliseconds(lambda: ww.run(network, theta, X)),  # noqa: B023
                milliseconds(lambda: ww.loss_and_gradient(network, theta, X, Y)),  # noqa: B023
            ]
            if network.settle is not None:
                count = sweeps(network, theta, X)
        loop_run, loop_gradient, run, gradient = (f"{value:.2g}" for value in row)
        print(
            f"| n = {n} | {count:g} | {loop_run} | {run} | {loop_gradient} | {gradient} |"
        )


if __name__ == "__main__":
    main()
