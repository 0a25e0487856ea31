"""`python -m benchmarks.learners [NAME ...] [--seeds N]`: all scripts of this folder, or those named.

Comes in: the command line. Goes out: Markdown on stdout, for `docs/learner-figures.md`. On one CPU with one thread; all
seconds are those of the CPU, so that other processes disturb them little.
"""

import argparse
import os
import sys
import time

# Before any library starts its threads.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from benchmarks.learners import (  # noqa: E402
    ants,
    parity,
    saddle,
    simplex_swarm,
    tables,
)
from benchmarks.measure import pin  # noqa: E402

SCRIPTS = {
    "parity": parity.main,
    "tables": tables.main,
    "saddle": saddle.main,
    "ants": ants.main,
    "simplex_swarm": simplex_swarm.main,
}


def main(argv=None) -> int:
    """Run the scripts."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learners", description=__doc__.splitlines()[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCRIPTS))
    parser.add_argument("--seeds", type=int, help="instead of each script's own")
    asked = parser.parse_args(argv)
    unknown = sorted(set(asked.names) - set(SCRIPTS))
    if unknown:
        parser.error(f"no script {unknown[0]!r}: there are {', '.join(SCRIPTS)}")
    more = [] if asked.seeds is None else ["--seeds", str(asked.seeds)]
    began = time.perf_counter()
    for name in asked.names or SCRIPTS:
        SCRIPTS[name](more)
    print(f"All of it took {time.perf_counter() - began:.0f} s on one CPU.")
    return 0


if __name__ == "__main__":
    pin()
    sys.exit(main())
