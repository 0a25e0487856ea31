"""Points of the plane: the browser playground's six sets and the two spirals.

Comes in: a number of points, noise, a seed. Goes out: a `Dataset` with two inputs. Called by users.

The six sets have the distributions of tensorflow/playground (`src/dataset.ts`). Its noise slider shows a percentage:
50 there is `noise=0.5` here. The points differ, because the random generator does; and rows are not shuffled.
"""

from __future__ import annotations

import numpy as np

from wildwire.datasets.dataset import (
    Dataset,
    check_count,
    check_labels,
    check_noise,
    generator,
    numbered,
)
from wildwire.errors import SettingError

PLUS_MINUS = (-1.0, 1.0)


def circle(n: int = 500, noise: float = 0.0, seed=0, labels=PLUS_MINUS) -> Dataset:
    """A disc inside a ring: no straight line separates them, one circle does.

    Parameters
    ----------
    n : int, at least 2
        Number of points; the positive half comes first (for odd n it has one more).
    noise : float, not negative
        Points are judged by where they stand after a shift, uniform within 5 * noise in each coordinate.
    seed : int, SeedSequence or Generator
    labels : pair of float
        Values of y for the negative and the positive class; (0, 1) for a logistic loss.

    Returns
    -------
    Dataset
        X of shape (n, 2) within radius 5, y of the two labels.
    """
    n, noise, labels, rng = _checked(n, noise, labels, seed)
    inside = (n + 1) // 2
    radius = np.concatenate(
        [rng.uniform(0, 2.5, inside), rng.uniform(3.5, 5, n - inside)]
    )
    angle = rng.uniform(0, 2 * np.pi, n)
    X = radius[:, None] * np.column_stack((np.sin(angle), np.cos(angle)))
    judged = X + rng.uniform(-5, 5, X.shape) * noise
    return _classes(X, np.hypot(judged[:, 0], judged[:, 1]) < 2.5, labels)


def xor_continuous(
    n: int = 500, noise: float = 0.0, seed=0, labels=PLUS_MINUS
) -> Dataset:
    """Four squares, positive where the signs of x1 and x2 agree; arguments as for `circle`.

    X lies in 0.3 <= abs(x) <= 5.3. (The playground calls it "exclusive or", although it is its opposite.)
    """
    n, noise, labels, rng = _checked(n, noise, labels, seed)
    X = rng.uniform(-5, 5, (n, 2))
    X += np.where(X > 0, 0.3, -0.3)
    judged = X + rng.uniform(-5, 5, X.shape) * noise
    return _classes(X, judged[:, 0] * judged[:, 1] >= 0, labels)


def gaussians(n: int = 500, noise: float = 0.0, seed=0, labels=PLUS_MINUS) -> Dataset:
    """Two round clouds, around (2, 2) positive and (-2, -2) negative; arguments as for `circle`.

    The variance of each coordinate is 0.5 + 7 * noise.
    """
    n, noise, labels, rng = _checked(n, noise, labels, seed)
    positive = np.arange(n) < (n + 1) // 2
    X = np.where(positive, 2.0, -2.0)[:, None]
    X = X + rng.normal(0.0, np.sqrt(0.5 + 7.0 * noise), (n, 2))
    return _classes(X, positive, labels)


def spiral(n: int = 500, noise: float = 0.0, seed=0, labels=PLUS_MINUS) -> Dataset:
    """Two spiral arms of 1.75 turns, radius 0 to 5; arguments as for `circle`.

    Noise moves the points themselves, uniform within `noise` in each coordinate. Both arms begin at the origin: without
    noise the first point of each has the same coordinates and the opposite label, as in the playground.
    """
    n, noise, labels, rng = _checked(n, noise, labels, seed)
    counts = ((n + 1) // 2, n // 2)
    part = np.concatenate([np.arange(count) / count for count in counts])
    positive = np.arange(n) < counts[0]
    angle = 3.5 * np.pi * part + np.where(positive, 0.0, np.pi)
    X = 5 * part[:, None] * np.column_stack((np.sin(angle), np.cos(angle)))
    return _classes(X + rng.uniform(-1, 1, X.shape) * noise, positive, labels)


def plane(n: int = 1200, noise: float = 0.0, seed=0) -> Dataset:
    """The plane y = (x1 + x2) / 10 over the square from -6 to 6: a regression that a line solves.

    Parameters
    ----------
    n : int, at least 1
    noise : float, not negative
        y is taken at a point shifted uniformly within 6 * noise in each coordinate.
    seed : int, SeedSequence or Generator

    Returns
    -------
    Dataset
        X of shape (n, 2), y of shape (n,).
    """
    X, judged = _square(n, noise, seed)
    return Dataset(X, judged.sum(axis=1) / 10.0, numbered(2))


def bumps(n: int = 1200, noise: float = 0.0, seed=0) -> Dataset:
    """Six cones of height 1 and radius 2, up and down like a chess board; arguments as for `plane`.

    The centres are (-4, 2.5) up, (0, 2.5) down, (4, 2.5) up and the opposite signs at x2 = -2.5. Where two cones touch,
    the larger in absolute value counts. The playground calls the set "multi gaussian".
    """
    X, judged = _square(n, noise, seed)
    centres = np.array([(x1, x2) for x2 in (2.5, -2.5) for x1 in (-4.0, 0.0, 4.0)])
    signs = np.array((1.0, -1.0, 1.0, -1.0, 1.0, -1.0))
    distance = np.linalg.norm(judged[:, None, :] - centres, axis=2)
    height = np.clip(1.0 - distance / 2.0, 0.0, 1.0)
    highest = np.argmax(height, axis=1)
    return Dataset(X, signs[highest] * height[np.arange(len(X)), highest], numbered(2))


def two_spirals(n: int = 194, noise: float = 0.0, seed=0, labels=(0.0, 1.0)) -> Dataset:
    """The two interlocking spirals of Lang and Witbrock (1988): three turns each.

    Point i of an arm has angle i*pi/16 and radius 6.5*(104 - i)/104, i = 0..96; the other arm is its mirror image
    through the origin, so that points alternate between the classes. With other sizes the arms
    keep their length and are sampled evenly.

    Parameters
    ----------
    n : int, even, at least 4
        194 is the benchmark.
    noise : float, not negative
        Standard deviation of the normal noise added to X.
    seed : int, SeedSequence or Generator
    labels : pair of float
        Values of y for the mirrored and the first arm.

    Returns
    -------
    Dataset
        X of shape (n, 2) within radius 6.5, y of the two labels in turn, first the positive one.

    References
    ----------
    K. J. Lang, M. J. Witbrock: Learning to tell two spirals apart. Proc. 1988 Connectionist Models Summer School.
    """
    n, noise, labels, rng = _checked(n, noise, labels, seed)
    if n % 2 or n < 4:
        raise SettingError(f"n must be even and at least 4, two arms; it is {n}.")
    i = np.linspace(0.0, 96.0, n // 2)
    arm = (6.5 * (104 - i) / 104) * np.array(
        (np.sin(i * np.pi / 16), np.cos(i * np.pi / 16))
    )
    X = np.stack((arm.T, -arm.T), axis=1).reshape(n, 2)
    if noise:
        X = X + rng.normal(0.0, noise, X.shape)
    return _classes(X, np.arange(n) % 2 == 0, labels)


def _checked(n, noise, labels, seed):
    rng = generator(seed)
    return check_count(n, "n", 2), check_noise(noise), check_labels(labels), rng


def _classes(X: np.ndarray, positive: np.ndarray, labels) -> Dataset:
    negative_label, positive_label = labels
    return Dataset(X, np.where(positive, positive_label, negative_label), numbered(2))


def _square(n: int, noise: float, seed) -> tuple[np.ndarray, np.ndarray]:
    n, noise = check_count(n, "n", 1), check_noise(noise)
    rng = generator(seed)
    X = rng.uniform(-6, 6, (n, 2))
    return X, X + rng.uniform(-6, 6, X.shape) * noise
