"""A Kolmogorov-Arnold network: the functions on the edges are learnt, and can be read.

y = g(a(x1) + b(x2)) with three splines of eight control values each learns exp(sin(pi*x1) + x2**2), a target of
exactly this form (it is the first example of Z. Liu et al., KAN, 2024), and beats a tanh network of as many numbers. On
a target of another form, two ridges across both inputs, it is the tanh network that wins: which is better is a question
about the data.
"""

from pathlib import Path

import numpy as np

import wildwire as ww

SPLINES = """
input x1, x2
a = spline(x1, knots=8)                     # an edge: its control values are unknown, and learn
b = spline(x2, knots=8)
y = spline(a + b, knots=8, low=[-2], high=[2])
output y
"""

TANHS = """
input x1, x2
h[6] ~ tanh(x1, x2)
y ~ linear(h)
output y
"""


def of_one_sum(X):
    """The target of the paper: a function of a sum of functions."""
    return np.exp(np.sin(np.pi * X[:, 0]) + X[:, 1] ** 2)


def of_two_ridges(X):
    """A target that no single sum can give."""
    return np.tanh(2 * X @ [1, 1]) + np.tanh(2 * X @ [1, -2])


def fitted(text, target, seed=0):
    """A network fitted to 1,000 points of a target: it, its numbers, its error on 5,000 others."""
    rng = np.random.default_rng(seed)
    X, others = rng.uniform(-1, 1, (1000, 2)), rng.uniform(-1, 1, (5000, 2))
    network = ww.parse(text)
    result = ww.fit(
        network, X, target(X), learner=ww.learners.Adam(rate=0.01), batch=32, epochs=500,
        seed=seed,
    )  # fmt: skip
    error = ww.run(network, result.theta, others)[:, 0] - target(others)
    return network, result.theta, float(np.sqrt((error**2).mean()))


def main(folder="."):
    """Fit both networks to both targets; print errors and formulas, write the drawing into `folder`."""
    errors = {}
    for target in (of_one_sum, of_two_ridges):
        for name, text in (("splines", SPLINES), ("tanhs", TANHS)):
            network, theta, error = fitted(text, target)
            errors[target.__name__, name] = error
            print(
                f"{target.__name__}: {network.n_theta} numbers in {name}, "
                f"root mean square error {error:.4f}"
            )
            if (target, name) == (of_one_sum, "splines"):
                learnt = ww.parse(network.to_text(theta))
    print(learnt)
    # Drawn are the functions that the neurons have learnt: a sine, a square, an exponential.
    Path(folder, "kolmogorov_arnold.svg").write_text(learnt._repr_svg_())
    return errors


if __name__ == "__main__":
    main()
