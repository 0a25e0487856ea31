"""One file a system. Each offers `training(workload, dtype)` and `forward(workload, dtype)` where it can.

Both return a `Prepared`. Training is one epoch with Adam at rate 0.001 on half the squared error, counted in steps;
forward is all samples of the workload in its batches, counted in batches. The first call may compile. What a system
cannot do raises `Unavailable`.
"""


def steps(workload) -> int:
    """Batches of one epoch."""
    return -(-workload.rows // workload.batch)
