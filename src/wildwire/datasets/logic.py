"""Truth tables: the gates of the first lectures, parity, the streetlights.

Comes in: how many noisy copies of each row, a seed. Goes out: a `Dataset` of zeros and ones. Called by users.
"""

from __future__ import annotations

import numpy as np

from wildwire.datasets.dataset import (
    Dataset,
    check_count,
    check_noise,
    generator,
    numbered,
)


def and_(copies: int = 1, noise: float = 0.0, seed=0) -> Dataset:
    """Both: 1 where x1 and x2 are 1. Linearly separable.

    Parameters
    ----------
    copies : int, at least 1
        How often each of the four corners appears.
    noise : float, not negative
        Standard deviation of the normal noise added to X; y stays exact.
    seed : int, SeedSequence or Generator
        For the noise.

    Returns
    -------
    Dataset
        X of shape (4 * copies, 2), y of 0 and 1; corners in the order 00, 01, 10, 11.
    """
    return _gate((0, 0, 0, 1), copies, noise, seed)


def or_(copies: int = 1, noise: float = 0.0, seed=0) -> Dataset:
    """Either: 1 where x1 or x2 is 1. Linearly separable; arguments as for `and_`."""
    return _gate((0, 1, 1, 1), copies, noise, seed)


def xor(copies: int = 1, noise: float = 0.0, seed=0) -> Dataset:
    """One of two: 1 where x1 and x2 differ. Arguments as for `and_`.

    Not linearly separable: one neuron needs a non-linear transfer or a bump as its activation, or there must be
    several neurons. `copies=10, noise=0.05` is the cloud on which a single bump neuron is taught.
    """
    return _gate((0, 1, 1, 0), copies, noise, seed)


def parity(n: int = 3) -> Dataset:
    """The parity of n bits: 1 where an odd number of them is 1.

    Parameters
    ----------
    n : int, 1 to 20
        Number of inputs; 2 gives XOR.

    Returns
    -------
    Dataset
        X of shape (2**n, n) in counting order (the last bit changes fastest), y of 0 and 1.
    """
    n = check_count(n, "n", 1, 20)
    X = (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1)) & 1
    return Dataset(X.astype(np.float64), (X.sum(axis=1) % 2).astype(float), numbered(n))


def streetlights() -> Dataset:
    """Six observations of three street lights, and whether people walk (1) or stop (0).

    The teaching example of A. Trask, *Grokking Deep Learning*, chapter 6: y follows the middle light; the other two
    mislead.

    Returns
    -------
    Dataset
        X of shape (6, 3), y of 0 and 1.
    """
    rows = ((1, 0, 1), (0, 1, 1), (0, 0, 1), (1, 1, 1), (0, 1, 1), (1, 0, 1))
    y = np.array((0, 1, 0, 1, 1, 0), dtype=float)
    return Dataset(np.array(rows, dtype=float), y, ("left", "middle", "right"), "walk")


def _gate(outputs: tuple[int, ...], copies: int, noise: float, seed) -> Dataset:
    copies, noise = check_count(copies, "copies", 1), check_noise(noise)
    corners = np.array(((0, 0), (0, 1), (1, 0), (1, 1)), dtype=float)
    X = np.repeat(corners, copies, axis=0)
    if noise:
        X += generator(seed).normal(0.0, noise, X.shape)
    return Dataset(X, np.repeat(np.array(outputs, dtype=float), copies), numbered(2))
