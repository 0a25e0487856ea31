"""Energies with forces: twelve points of a potential, once by their energies and once by their slopes as well.

The potential has two wells, (x**2 - 1)**2 + y**2/2 + 0.6*x*y, and a force is minus a slope. The same network
learns both times; only what it is told differs.
"""

import numpy as np

import wildwire as ww


def energy(X):
    """The potential at points (n, 2)."""
    x, y = X.T
    return (x**2 - 1) ** 2 + y**2 / 2 + 0.6 * x * y


def slopes(X):
    """dE/dx and dE/dy, (n, 2)."""
    x, y = X.T
    return np.stack([4 * x * (x**2 - 1) + 0.6 * y, y + 0.6 * x], axis=1)


def points(n_x, n_y):
    """A grid over the square from -1.2 to 1.2."""
    axes = np.linspace(-1.2, 1.2, n_x), np.linspace(-1.2, 1.2, n_y)
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)


def main(seed=0):
    """Root mean square errors of the energy on 625 points: without slopes, and with them."""
    network = ww.wiring.layered(["x", "y"], 8, ["E"])
    shifts = np.random.default_rng(seed).uniform(-0.15, 0.15, (12, 2))
    X, everywhere = points(4, 3) + shifts, points(25, 25)
    errors = []
    for told, dY in (("energies", None), ("energies and slopes", slopes(X))):
        result = ww.fit(
            network, X, energy(X), dY=dY, learner="levenberg-marquardt", epochs=500,
            l2=1e-7, seed=seed,
        )  # fmt: skip
        found = ww.run(network, result.theta, everywhere)[:, 0]
        errors.append(float(np.sqrt(((found - energy(everywhere)) ** 2).mean())))
        print(f"12 {told}: root mean square error {errors[-1]:.4f}")
    return errors


if __name__ == "__main__":
    main()
