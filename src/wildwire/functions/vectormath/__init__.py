"""Elementary functions as straight lines of arithmetic, which LLVM turns into vectors.

`float64` and `float32` hold the same names. Numba's own `math.exp` and its kin are calls
of the C library, one number at a time; these have no branch, no table and no call, so a
loop over samples runs in vector registers. Each docstring states the largest error that
was measured against mpmath, in units in the last place (ulp).

Called by generated kernels and by the engine; compiled into whoever calls them.
"""
