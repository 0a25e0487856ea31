"""What a product with the Hessian costs, in gradients on the same rows.

    python -m benchmarks.second_order

Prints a Markdown table: median milliseconds of one gradient (`loss_and_gradient`, checks and binding included), of a
product at a theta that has not changed, of a new theta (`at`), and of both; float64, one thread. The wirings: layers of
tanh; an irregular one of 500 neurons with 10 links each; Elman's with 16 units, 32 sequences of 100 steps.
"""

import statistics
import time

import numpy as np

from benchmarks.irregular import Wiring, links
from wildwire.engine.evaluate import loss_and_gradient
from wildwire.engine.second_order import SecondOrder
from wildwire.network import Network

ROUNDS, LEAST_SECONDS = 15, 0.02


def layers(*sizes):
    """Layers of tanh, the last one linear."""
    lines = [f"input x[{sizes[0]}]"]
    for number, size in enumerate(sizes[1:], 1):
        kind = "linear" if number == len(sizes) - 1 else "tanh"
        source = "x" if number == 1 else f"h{number - 1}"
        lines.append(f"h{number}[{size}] ~ {kind}({source})")
    return Network.parse("\n".join([*lines, f"output h{len(sizes) - 1}"]))


def irregular():
    """500 neurons that read 10 nodes each, anywhere below."""
    wiring = Wiring("random", 500, 10, 10, n_inputs=128, n_outputs=10)
    source, target = links(wiring)
    neurons = [f"n{i}" for i in range(wiring.n_neurons)]
    return Network.from_arrays(
        [f"x{i}" for i in range(wiring.n_inputs)], source, target, neurons=neurons,
        activation=["tanh"] * wiring.n_neurons, outputs=neurons[-10:],
    )  # fmt: skip


def elman():
    """Elman's network of 16 units."""
    return Network.parse("input x[4]\nh[16] ~ tanh(x, h@1)\ny ~ linear(h)\noutput y")


CASES = {
    "64-64-10, 500 rows": (lambda: layers(64, 64, 10), (500,)),
    "8-16-1, 1,000 rows": (lambda: layers(8, 16, 1), (1000,)),
    "irregular, 500 neurons, 64 rows": (irregular, (64,)),
    "Elman, 16 units, 32 x 100 steps": (elman, (32, 100)),
}


def milliseconds(*calls) -> list[float]:
    """Medians of some calls, taken in turns so that they see the same machine."""
    times = [[] for _ in calls]
    repeats = []
    for call in calls:
        call()
        began = time.perf_counter()
        call()
        taken = time.perf_counter() - began
        repeats.append(max(1, int(LEAST_SECONDS / taken)))
    for _ in range(ROUNDS):
        for call, count, found in zip(calls, repeats, times, strict=True):
            began = time.perf_counter()
            for _ in range(count):
                call()
            found.append(1000 * (time.perf_counter() - began) / count)
    return [statistics.median(found) for found in times]


def measured(make, shape) -> list[float]:
    """Gradient, product, a new theta, and both."""
    network, rng = make(), np.random.default_rng(0)
    theta, v = network.initial(seed=0), rng.normal(size=network.n_theta)
    X = rng.normal(size=(*shape, network.n_inputs))
    Y = rng.normal(size=(*shape, network.n_outputs))
    second = SecondOrder(network, X, Y, loss="squared")
    second.at(theta)

    def both():
        second.at(theta)
        second.product(v)

    return milliseconds(
        lambda: loss_and_gradient(network, theta, X, Y, gradient="sum"),
        lambda: second.product(v),
        lambda: second.at(theta),
        both,
    )


def main() -> None:
    """Measure and print."""
    print("| network | gradient, ms | product | ratio | at | at + product | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (make, shape) in CASES.items():
        gradient, product, at, both = measured(make, shape)
        print(
            f"| {name} | {gradient:.3g} | {product:.3g} | {product / gradient:.2f} "
            f"| {at:.3g} | {both:.3g} | {both / gradient:.2f} |"
        )


if __name__ == "__main__":
    main()
