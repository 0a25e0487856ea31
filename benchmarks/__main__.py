"""`python -m benchmarks [--quick] [--output DIR] [NAME ...]`: all rows, or those whose name contains a NAME.

A full run writes `benchmarks/results/results.md` and `.json`; a partial or quick one prints only, unless it is told
where to write. `--list` prints the names of the rows.
"""

import os

# Before any library starts its threads: one CPU, one thread, for everyone.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

from benchmarks.suite import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
