"""The surface that theta moves on: a manifold for some of its vectors, the box of bounds for all other numbers.

Comes in: blocks of theta with their manifolds (from `placing.py`), bounds. Goes out: the operations of a manifold, on
vectors of theta's length. Called by `riemannian.py` and `riemannian_metric.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.manifolds import Manifold
from wildwire.learning.second_order import Box

__all__ = ["Block", "Surface"]

MOVED = 1e-12  # of the largest number: a start that is moved by more is told of


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some numbers of theta as a point of a manifold.

    Attributes
    ----------
    manifold : Manifold
    slots : ndarray of int, (k, n)
        Where the numbers of k vectors stand in theta; no number twice.
    signs : ndarray of float64, (k, n)
        What they are multiplied by where the network uses them.
    names : tuple of str
        What each of the vectors is called in messages.
    """

    manifold: Manifold
    slots: np.ndarray
    signs: np.ndarray
    names: tuple[str, ...]

    def of(self, theta: np.ndarray) -> np.ndarray:
        """The numbers of a vector of theta's length, as the manifold takes them."""
        return self.signs * theta[self.slots]

    def put(self, theta: np.ndarray, points: np.ndarray) -> None:
        """The way back: `points` into a vector of theta's length."""
        theta[self.slots] = self.signs * points


class Surface:
    """All blocks together, and the numbers of no block within their bounds.

    Parameters
    ----------
    blocks : sequence of Block
    bounds : ndarray (n_theta, 2)
    name_of : callable
        `name_of(slot)` -> what a number is called in messages.

    Raises
    ------
    SettingError
        A bound that cuts a manifold; the number is named.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        bounds: np.ndarray,
        name_of: Callable[[int], str],
    ):
        self.blocks = tuple(blocks)
        self.flat = np.ones(len(bounds), dtype=bool)
        for block in self.blocks:
            _check_bounds(block, bounds, name_of)
            self.flat[block.slots] = False
        self.box = Box(np.where(self.flat[:, None], bounds, [-np.inf, np.inf]))

    def project(self, theta: np.ndarray) -> tuple[np.ndarray, str]:
        """The nearest point, and a sentence about what moved; nothing where it is rounding.

        Raises
        ------
        SettingError
            There is no nearest point, as where all weights are 0; the neuron is named.
        """
        found, moved = theta.copy(), []
        for block in self.blocks:
            before = block.of(theta)
            after = block.manifold.project(before)
            for i in np.flatnonzero(~np.isfinite(after).all(axis=1))[:1]:
                raise SettingError(
                    f"the start of {block.names[i]} has no nearest point of "
                    f"{type(block.manifold).__name__}: give it other numbers, "
                    f"not {np.array2string(before[i], precision=6, threshold=6)}"
                )
            block.put(found, after)
            change = np.abs(after - before).max(axis=1)
            far = change > MOVED * np.abs(after).max(axis=1)
            moved += [
                (change[i], block.names[i], type(block.manifold).__name__)
                for i in np.flatnonzero(far)
            ]
        return found, _told(moved)

    def free(self, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Mask of the numbers that do not stand at a bound which descent would cross."""
        return self.box.free(theta, gradient)

    def gradient(self, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """The Riemannian gradient, each manifold in its own metric."""
        found = np.where(self.free(theta, gradient), gradient, 0.0)
        for block in self.blocks:
            block.put(
                found, block.manifold.gradient(block.of(theta), block.of(gradient))
            )
        return found

    def tangent(self, theta: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The nearest tangent vector."""
        found = vector.copy()
        for block in self.blocks:
            block.put(found, block.manifold.tangent(block.of(theta), block.of(vector)))
        return found

    def move(
        self, theta: np.ndarray, step: np.ndarray, exponential: bool
    ) -> np.ndarray:
        """Where a tangent step ends; not finite where it leads nowhere."""
        with np.errstate(over="ignore", invalid="ignore"):
            found = self.box.within(theta + step)
            for block in self.blocks:
                kind = block.manifold
                how = kind.exponential if exponential else kind.retract
                block.put(found, how(block.of(theta), block.of(step)))
        return found

    def promised(
        self, theta: np.ndarray, step: np.ndarray, gradient: np.ndarray
    ) -> float:
        """What the objective changes by to first order, where numbers stop at their bounds."""
        with np.errstate(over="ignore", invalid="ignore"):
            stopped = self.box.within(theta + step) - theta
            return float(gradient @ np.where(self.flat, stopped, step))

    def transport(
        self, theta: np.ndarray, end: np.ndarray, vector: np.ndarray
    ) -> np.ndarray:
        """A tangent at `theta` carried along to `end`."""
        found = vector.copy()
        for block in self.blocks:
            own = block.manifold.transport(
                block.of(theta), block.of(end), block.of(vector)
            )
            block.put(found, own)
        return found

    def normals(self, theta: np.ndarray) -> np.ndarray:
        """An orthonormal basis of what is orthogonal to all tangents, (m, n_theta)."""
        rows = [np.zeros((0, len(theta)))]
        for block in self.blocks:
            own = block.manifold.normals(block.of(theta))
            whole = np.zeros((len(own), len(theta)))
            whole[:, block.slots.ravel()] = own * block.signs.ravel()
            rows.append(whole)
        return np.concatenate(rows)


def _check_bounds(block: Block, bounds: np.ndarray, name_of) -> None:
    least, most = block.manifold.span()
    ends = bounds[block.slots] * block.signs[..., None]
    low, high = ends.min(axis=-1), ends.max(axis=-1)
    for i, j in np.argwhere((low > least) | (high < most))[:1]:
        slot = int(block.slots[i, j])
        raise SettingError(
            f"the number {name_of(slot)!r} has the bounds {bounds[slot, 0]:g} to {bounds[slot, 1]:g}, which cut the "
            f"{type(block.manifold).__name__} that {block.names[i]} is on: take the bounds or the manifold away"
        )


def _told(moved: list[tuple[float, str, str]]) -> str:
    if not moved:
        return ""
    far, name, kind = max(moved)
    others = f" and {len(moved) - 1} more" if len(moved) > 1 else ""
    return (
        f"The start was moved onto the manifold: {name}{others} "
        f"({kind}; a number by {far:.3g} at most)."
    )
