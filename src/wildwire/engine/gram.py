"""J^T J by BLAS: the lower triangle of a sum over rows.

Comes in: rows, and a matrix that is added to. Goes out: the matrix. Called by `normal_equations.py`.
"""

import ctypes
import functools

import numpy as np


@functools.lru_cache(maxsize=1)
def _dsyrk():
    """BLAS's symmetric product, called without the interpreter's lock."""
    from numba.extending import get_cython_function_address

    address = get_cython_function_address("scipy.linalg.cython_blas", "dsyrk")
    pointer = ctypes.c_void_p
    return ctypes.CFUNCTYPE(None, *[pointer] * 10)(address)


class Gram:
    """The sum of J^T J over blocks of rows.

    Parameters
    ----------
    size : int
        Columns of the rows.

    Attributes
    ----------
    matrix : float64 array (size, size)
        Its upper triangle, diagonal included; zeros below.
    """

    def __init__(self, size: int):
        self.matrix = np.zeros((size, size))
        self._counts = np.array([size, 0], np.int32)
        self._one = np.ones(1)
        # Column-major, the lower triangle is the upper one here, and rows are columns: C += A A^T.
        self._words = np.frombuffer(b"LN", np.uint8)

    def add(self, rows: np.ndarray) -> None:
        """Add rows^T rows; `rows` is float64 (n, size), one row after another in memory."""
        size = len(self.matrix)
        if not size or not len(rows):
            return
        self._counts[1] = len(rows)
        words, counts = self._words.ctypes.data, self._counts.ctypes.data
        one, matrix = self._one.ctypes.data, self.matrix.ctypes.data
        _dsyrk()(
            words, words + 1, counts, counts + 4, one, rows.ctypes.data, counts, one,
            matrix, counts,
        )  # fmt: skip


def mirrored(matrix: np.ndarray) -> np.ndarray:
    """The symmetric matrix of which this is the upper triangle, with zeros below it."""
    whole = matrix + matrix.T
    np.fill_diagonal(whole, matrix.diagonal())
    return whole
