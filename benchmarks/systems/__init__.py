"""One file a system; each offers `make(workload, dtype)`.

`make` returns a function that trains one epoch with Adam at rate 0.001 on half the squared error,
or None where the system cannot do the workload. The first call may compile.
"""
