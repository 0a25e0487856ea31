"""Test errors of Levenberg-Marquardt, pyrenn's and scikit-learn's L-BFGS on tables and functions.

    python -m benchmarks.learners.tables [--seeds N] [--limit SECONDS] [NAME ...]

One hidden layer of the same size for all. A seed draws the rows and the start; the seeds of a problem end after its
limit. Errors are those of `networks.error`, seconds those of the CPU.
"""

import argparse
import sys
import time

from benchmarks.learners.data import TABLES, Table
from benchmarks.learners.fits import METHODS, PAIRS, SECONDS
from benchmarks.learners.networks import error
from benchmarks.learners.paired import (
    counted,
    coverage,
    difference,
    markdown,
    middle,
)
from benchmarks.measure import Unavailable

SEEDS, LIMIT = 20, 240.0


def measure(table: Table, seeds: int, limit: float):
    """Errors and seconds of each method by seed; and why a method has none."""
    errors = {name: [] for name in METHODS}
    seconds, notes = {name: [] for name in METHODS}, {}
    began = time.process_time()
    for seed in range(seeds):
        spent = time.process_time() - began
        if seed and spent * (seed + 1) / seed > limit:
            break
        rows = table.make(seed)
        for name, method in METHODS.items():
            start = time.process_time()
            try:
                predicted = method(table, rows, seed)
            except Unavailable as reason:
                notes[name] = str(reason)
                continue
            seconds[name].append(time.process_time() - start)
            errors[name].append(error(table, rows.Y_test, predicted))
    return errors, seconds, notes


def differences_table(found: dict) -> str:
    """Pairs of a method and a rival: ours less theirs, a line a problem; and a count."""
    lines, apart = [], {f"{ours} less {rival}": [] for ours, rival in PAIRS}
    for name, (errors, _, _) in found.items():
        line = [name]
        for (ours, rival), gaps in zip(PAIRS, apart.values(), strict=True):
            if errors[rival]:
                gaps.append(difference(errors[ours], errors[rival]))
            line.append(str(gaps[-1]) if errors[rival] else "-")
        lines.append(line)
    return f"{markdown(['difference of errors', *apart], lines)}\n\n{counted(apart)}\n"


def middles_table(found: dict, which: int) -> str:
    """Median errors (0) or seconds (1), a line a problem."""
    lines = [
        [name, str(len(parts[0]["LM, l2"]))]
        + [middle(parts[which][method], 3 - which) for method in METHODS]
        for name, parts in found.items()
    ]
    head = "test error, median" if which == 0 else "CPU s per fit, median"
    return markdown([head, "seeds", *METHODS], lines) + "\n"


def main(argv=None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--limit", type=float, default=LIMIT, help="s per problem")
    asked = parser.parse_args(argv)
    began, found = time.perf_counter(), {}
    for table in TABLES:
        if asked.names and not any(part in table.name for part in asked.names):
            continue
        for method in METHODS.values():  # what is compiled or imported once
            try:
                method(table, table.make(1000), 0)
            except Unavailable:
                continue
        found[table.name] = measure(table, asked.seeds, asked.limit)
    print("## Tables and functions\n")
    print(
        f"Intervals of {coverage(asked.seeds)} where all {asked.seeds} seeds were run; "
        f"fits of at most {SECONDS:g} s of the CPU.\n"
    )
    for which in (0, 1):
        print(middles_table(found, which))
    print(differences_table(found))
    notes = {note for _, _, told in found.values() for note in told.values()}
    print(*sorted(notes), f"{time.perf_counter() - began:.0f} s.\n", sep="\n", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
