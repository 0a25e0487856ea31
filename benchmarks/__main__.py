"""`python -m benchmarks [NAME ...]`: all measurements, or those named.

training [WORKLOAD ...]   microseconds per training step against peers
vectormath                our exp, tanh, ... against math.* and NumPy
"""

import os
import sys

# Before any library starts its threads: one CPU, one thread, for everyone.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

from benchmarks import training  # noqa: E402

if __name__ == "__main__":
    wanted = sys.argv[1:]
    if not wanted or wanted[0] == "training":
        training.main(wanted[1:])
    if not wanted or wanted[0] == "vectormath":
        from benchmarks import vectormath

        vectormath.main()
