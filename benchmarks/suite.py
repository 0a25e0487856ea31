"""The suite: choose rows, measure them, judge, write the report.

Comes in: the command line. Goes out: the report on stdout and, for full runs, in `benchmarks/results`; the exit status
is 1 if Wildwire failed in a row. Called by `__main__.py`; `measure_alone` by `child.py`.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine_limits, report, vectormath
from benchmarks.environment import environment
from benchmarks.measure import (
    QUICK,
    Figure,
    Row,
    Settings,
    failure,
    measure,
    pin,
    unpin,
)
from benchmarks.results_table import OURS, Result, Results, related
from benchmarks.rows import (
    functions,
    irregular,
    latency,
    memory,
    population,
    sequences,
    startup,
    threads,
    training,
)
from benchmarks.targets import judge

RESULTS = Path(__file__).parent / "results"
SUBJECTS = (
    training, irregular, sequences, latency, population, threads, memory, startup,
    functions, vectormath,
)  # fmt: skip


def all_rows() -> list[Row]:
    """The whole table, in the order of the report."""
    return [row for subject in SUBJECTS for row in subject.rows()]


def chosen(rows, names, quick) -> list[Row]:
    """Rows whose title or group contains one of the names (none: all), slow ones left out of quick runs."""
    wanted = [name.lower() for name in names]

    def is_wanted(row):
        text = f"{row.group} {row.title}".lower()
        return not wanted or any(name in text for name in wanted)

    return [row for row in rows if is_wanted(row) and not (quick and row.slow)]


def _in_own_process(row, settings) -> dict[str, Figure]:
    """Measure a row in a fresh process, on all CPUs unless it is pinned."""
    command = [sys.executable, "-m", "benchmarks.child", row.title]
    if not row.pinned:
        unpin()
    try:
        done = subprocess.run(
            [*command, json.dumps(asdict(settings))], stdout=subprocess.PIPE, text=True,
            check=True, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        return {OURS: failure(error)}
    finally:
        pin()
    figures = json.loads(done.stdout.splitlines()[-1])
    return {name: Figure(**figure) for name, figure in figures.items()}


def run_row(row: Row, settings: Settings, limits=machine_limits) -> Result:
    """Measure a row and relate its figures to the limits."""
    try:
        figures = (_in_own_process if row.isolated else measure)(row, settings)
    # One row that fails must not cost the others, which take many minutes.
    except Exception as error:
        figures = {OURS: failure(error)}
    return Result(row, {n: related(row, f, limits) for n, f in figures.items()})


def _arguments(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names of rows or groups")
    parser.add_argument("--quick", action="store_true", help="a fast smoke run")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    parser.add_argument("--output", type=Path, help="folder for results.md and .json")
    return parser.parse_args(argv)


def main(argv=None) -> int:
    """Measure what the command line asks for."""
    arguments = _arguments(argv)
    rows = chosen(all_rows(), arguments.names, arguments.quick)
    if arguments.list:
        print("\n".join(row.title for row in rows))
        return 0
    if not rows:
        print("No row has such a name; --list prints them all.", file=sys.stderr)
        return 2
    pin()
    facts, limits = environment(), machine_limits.limits()
    settings = QUICK if arguments.quick else Settings()
    results = []
    for number, row in enumerate(rows, 1):
        start = time.perf_counter()
        result = run_row(row, settings)
        results.append(result)
        line = f"[{number}/{len(rows)}] {row.title}: {_short(result)} {row.unit}"
        print(f"{line} ({time.perf_counter() - start:.0f} s)", file=sys.stderr)
    found = Results(tuple(results))
    judgements = judge(found)
    is_partial = bool(arguments.names) or arguments.quick
    if is_partial:
        judgements = [j for j in judgements if j.met is not None]
    write(
        arguments.output or (None if is_partial else RESULTS),
        facts, limits, found, judgements,
    )  # fmt: skip
    return 1 if any(f.failed for r in results for f in _ours(r)) else 0


def _ours(result) -> list[Figure]:
    return [f for name, f in result.figures.items() if name.startswith(OURS)]


def _short(result) -> str:
    return ", ".join(
        f"{name} {report.digits(figure.median)}"
        for name, figure in result.figures.items()
    )


def write(folder, facts, limits, results, judgements) -> None:
    """Print the report; write it into a folder if there is one."""
    text = report.markdown(facts, limits, results, judgements)
    print(text)
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(text, encoding="utf-8")
    content = report.as_json(facts, limits, results, judgements)
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def measure_alone(title: str, settings: Settings) -> dict:
    """Figures of one row as plain data, measured in this process."""
    row = next(row for row in all_rows() if row.title == title)
    return {name: asdict(figure) for name, figure in measure(row, settings).items()}
