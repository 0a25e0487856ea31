"""One sample through a network, from Python: a program kept ready on the network.

Comes in: a network, theta and one row of inputs. Goes out: its outputs, or None where the general
way is needed. Called by `evaluate.run`.

Everything is written into buffers that stay where they are, so that a call costs four copies and one
call of a C function: a few microseconds.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound, kernel
from wildwire.engine.machine import DTYPES
from wildwire.engine.passes import READY
from wildwire.errors import WildwireError
from wildwire.program import compile_network
from wildwire.program import plan as p

MOST_WEIGHTS = 100_000  # above, buffers are worth more than microseconds
_REAL = frozenset("fiub")


class _Ready:
    """Buffers and the call for one sample."""

    def __init__(self, program, dtype):
        bound = Bound(program, dtype, 1, 0)
        self.theta = bound.put(at.THETA, np.zeros(program.n_theta))
        self.x = bound.put(at.X, np.zeros((1, program.n_inputs), dtype))
        self.out = bound.put(at.OUT, np.zeros((1, program.n_outputs), dtype))
        first = program.plan[p.OUTPUT_ROWS]
        bound.put(at.OUT_ROWS, program.plan[first : first + program.n_outputs])
        bound.set(at.N_OUT_ROWS, program.n_outputs)
        bound.put(at.ORDER, np.zeros(1, np.int64))
        bound.set(at.END_ROW, 1)
        bound.zeros(at.VECTOR, program.n_theta)
        bound.need_map()
        self.status, self._bound = bound.status, bound
        self.settles = bool(program.plan[p.GUESSES])
        self.kernel = kernel("values", dtype.itemsize)
        self.address = bound.tables.ctypes.data

    def run(self, theta, X):
        """A new array of outputs, or None."""
        fits = (
            X.shape == self.x.shape
            and theta.shape == self.theta.shape
            and X.dtype.kind in _REAL
            and theta.dtype.kind in _REAL
        )
        if not fits:
            return None
        self.theta[:] = theta
        self.x[:] = X
        self.kernel(self.address, None, 0)
        if self.settles and np.isnan(self.out).any():
            return None
        return self.out.copy() if self.status[0] == READY else None


def run_one(network, theta, X, dtype):
    """Outputs (1, n_outputs) of one row, or None if this is not a plain case of it.

    Parameters
    ----------
    network : Network
    theta : float64 array (n_theta,)
    X : array (1, n_inputs)
    dtype : str

    Notes
    -----
    Not a plain case is also all that is wrong: the general way then says what.
    """
    if not (type(X) is type(theta) is np.ndarray and X.shape[:1] == (1,)):
        return None
    memo = getattr(network, "_memo", None)
    if memo is None or dtype not in DTYPES:
        return None
    # Taken out while it is used: another thread then makes its own.
    ready = memo.pop(("one", dtype), None)
    if ready is None:
        ready = _new(network, dtype)
        if ready is None:
            return None
    out = ready.run(theta, X)
    memo["one", dtype] = ready
    return out


def _new(network, dtype):
    try:
        program = compile_network(network)
    except WildwireError:  # the general way says it
        return None
    if program.n_weights > MOST_WEIGHTS or program.plan[p.DELAYS]:
        return None
    return _Ready(program, np.dtype(dtype))
