"""What a matrix of curvature determines: its inverse where there is one, and the directions where there is none.

Comes in: a symmetric matrix, positive semi-definite but for rounding. Goes out: `Decomposed`, `Combination`. Called by
`standard_errors.py` and `uncertainty_result.py`.

    C = D^-1 A D^-1,  D = sqrt(diag A)     correlation form: units of the numbers do not matter
    C = V diag(lambda) V^T                 null: lambda <= cutoff
    A^+ = D^-1 V diag(1/lambda) V^T D^-1   over the others
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Combination", "Decomposed", "combinations"]

CUTOFF, LEAST_CUTOFF = 1e-14, 1e-13
"""An eigenvalue of the correlation form that counts as 0: so much for each number, the second at least. Rounding makes
a hundredth of that. A direction at 1e-13 moves the outputs 3e-7 times as far as its numbers do one by one."""
SHARE = 1e-4
"""Part of a null direction (of length 1) from which a number takes part in it. Less is rounding of the eigenvectors."""


@dataclass(frozen=True)
class Combination:
    """Numbers that can be changed together a little without any output on the rows changing.

    Attributes
    ----------
    names : tuple of str
        The numbers that take part; one alone has no say at all.
    directions : float64 array (dimension, len(names))
        By how much each number goes along; in each direction some number goes by 1.
    """

    names: tuple[str, ...]
    directions: np.ndarray


class Decomposed:
    """The eigen-decomposition of a matrix in correlation form.

    Parameters
    ----------
    matrix : float64 array (n, n)
    cutoff : float, optional
        None: see `CUTOFF`.

    Attributes
    ----------
    inverse : float64 array (n, n)
        Of what is determined: A^+ above.
    scale : float64 array (n,)
        D; 1 where a number has no say.
    null : float64 array (n, dimension)
        Orthonormal directions without curvature, of D times the numbers.

    Notes
    -----
    O(n**3), on one thread, so that the bits are the same on any number of cores. Where the 1-norm of C^-1, which is no
    less than 1/min lambda, tells that nothing is null, Cholesky's factors do; they take a tenth of the time.
    """

    def __init__(self, matrix: np.ndarray, cutoff: float | None = None):
        from wildwire.engine.blas import one_thread

        if cutoff is None:
            cutoff = max(CUTOFF * len(matrix), LEAST_CUTOFF)
        diagonal = np.maximum(np.diagonal(matrix), 0.0)
        self.scale = np.where(diagonal > 0, np.sqrt(diagonal), 1.0)
        form = matrix / self.scale / self.scale[:, None]
        with one_thread(True):
            inverse = _regular_inverse(form, cutoff)
            if inverse is not None:
                self.null = np.empty((len(form), 0))
            else:
                found, vectors = np.linalg.eigh(form)
                held = found > cutoff
                root = vectors[:, held] / np.sqrt(found[held])
                inverse, self.null = root @ root.T, vectors[:, ~held]
        self.inverse = inverse / self.scale / self.scale[:, None]

    @property
    def shares(self) -> np.ndarray:
        """Length of each number's part of the null directions, 0..1; (n,)."""
        return np.sqrt((self.null**2).sum(axis=1))

    @property
    def free(self) -> np.ndarray:
        """Mask of the numbers that are not determined."""
        return self.shares > SHARE

    def moves(self, rows: np.ndarray) -> np.ndarray:
        """Which rows of a Jacobian (m, n) go along with a null direction; (m,)."""
        scaled = rows / self.scale
        along = np.linalg.norm(scaled @ self.null, axis=1)
        return along > SHARE * np.linalg.norm(scaled, axis=1)


def _regular_inverse(form: np.ndarray, cutoff: float) -> np.ndarray | None:
    """The inverse of a matrix whose eigenvalues are all above the cutoff; None where that is not sure."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    try:
        factor = cho_factor(form, lower=True, check_finite=False)
    except LinAlgError:
        return None
    inverse = np.asarray(cho_solve(factor, np.eye(len(form)), check_finite=False))
    inverse = (inverse + inverse.T) / 2
    largest = np.abs(inverse).sum(axis=0).max(initial=0.0)
    return inverse if np.isfinite(largest) and largest * cutoff < 1 else None


def combinations(found: Decomposed, names: tuple[str, ...]) -> tuple[Combination, ...]:
    """The null directions, sorted into the smallest groups of numbers that have nothing to do with one another.

    Eigenvectors of one eigenvalue may be turned at will; the projector P = V0 V0^T is the same for all of them, and
    falls into blocks.
    """
    from scipy.sparse.csgraph import connected_components

    from wildwire.engine.blas import one_thread

    members, shares = np.flatnonzero(found.free), found.shares[found.free]
    own = found.null[members]
    with one_thread(True):
        joined = np.abs(own @ own.T) > SHARE * shares * shares[:, None]
        _, label = connected_components(joined, directed=False)
        groups = [np.flatnonzero(label == k) for k in range(label.max(initial=-1) + 1)]
        made = []
        for group in sorted(groups, key=lambda group: group[0]):
            directions = _directions(own[group])
            if len(directions):
                moved = _in_units(directions, found.scale[members[group]])
                picked = tuple(names[members[i]] for i in group)
                made.append(Combination(picked, moved))
    return tuple(made)


def _directions(null: np.ndarray) -> np.ndarray:
    """A basis (dimension, k) of a block (k, m) of the null directions, each with a number of its own."""
    from scipy.linalg import qr

    dimension = round(float((null**2).sum()))
    if dimension < 1:
        return np.empty((0, len(null)))
    upper, pivots = qr(null.T, mode="r", pivoting=True)
    basis = np.empty((dimension, len(null)))
    kept = np.asarray(upper)[:dimension]
    basis[:, pivots] = np.linalg.solve(kept[:, :dimension], kept)
    return basis


def _in_units(directions: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Directions of the numbers themselves, the number that goes furthest by 1; rounding left out."""
    furthest = np.abs(directions).max(axis=1, keepdims=True)
    kept = np.where(np.abs(directions) > SHARE * furthest, directions, 0.0)
    leaders = np.abs(kept).argmax(axis=1)
    moved = kept / scale
    return moved / moved[np.arange(len(moved)), leaders][:, None]
