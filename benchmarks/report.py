"""Results as Markdown for a reader and as JSON for a program.

Comes in: environment, limits, results, judgements. Goes out: texts. Called by `suite.py`.
"""

from dataclasses import asdict

from benchmarks.measure import Figure, best_of
from benchmarks.results_table import OURS, Result, Results
from benchmarks.targets import Judgement

LABELS = {
    "wildwire": "Wildwire", "jax": "JAX", "torch eager": "PyTorch eager",
    "fann": "FANN", "scipy csr": "SciPy CSR", "numpy": "NumPy",
    "numba math": "`math.*` in Numba", "wildwire, 2 threads": "Wildwire, 2 threads",
}  # fmt: skip
DISTURBED = "†"
INTRODUCTION = """\
How fast Wildwire is, against other libraries and against what this machine can do. `make bench` repeats all of it,
`python -m benchmarks NAME` the rows whose name contains NAME.

Every figure is a median; in brackets the quartiles. Systems take turns, on one CPU with one thread each (except where
a row says threads) and with the same float type. `1.8x` beside a peer's figure is its figure over Wildwire's: above 1,
Wildwire is ahead. † marks figures during which other processes took more than 5 % of the CPU. "-" is explained in the
notes at the end. The JSON file beside this one has quartiles, rates and the first calls of all systems.
"""
EXPLANATIONS = {
    "Training": "Forward, backward and Adam. GFLOP/s counts 6 operations per link and sample (2 forward, 4 backward).",
    "Irregular, training": "`random`: sources anywhere in lower levels; `local`: within 2,000 rows, left out where the "
    "network is smaller than that. 1,000,000 links have 50,000 neurons in 200 levels. Random rows: 3 rows of values or "
    "deltas per link, against plain reads of random rows of the same table size; above 100 where neurons share "
    "rows.",
    "Irregular, forward": "2 operations and 1 row per link and sample. SciPy's product is that of all links at once, "
    "without levels and activations. JAX and PyTorch do all batches in one call, as Wildwire does.",
    "Networks with memory": "Batches of 32 sequences with a target at every step; the gradient goes through all steps. "
    "Within a step the irregular network has 5 levels; half of its links look 1 to 3 steps back. Forms in brackets are "
    "explained in `benchmarks/systems/jax_sequences.py` and `torch_sequences.py`; the fastest counts.",
    "Calls from Python": "What a call costs its user, with whatever the system does per call.",
    "Two threads": "Measured on all CPUs.",
    "Memory": "Resident memory that a session with Adam's state adds to network and theta, less the tile's tables; "
    "memory that is needed for a moment only is not seen.",
    "Starting": "Whole processes, from start to end.",
}


def digits(value: float | None, count: int = 3) -> str:
    """So many digits or all before the point, without an exponent where it can be."""
    if value is None:
        return "-"
    if abs(value) >= 10 ** (count - 1):
        return f"{value:,.0f}"
    return f"{value:.{count}g}" if abs(value) >= 1e-3 or value == 0 else f"{value:.1e}"


def _table(header, lines) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(result: Result, system: str) -> str:
    """Median, quartiles, ratio to ours and the form that was fastest."""
    if system not in result.systems:
        return ""
    form, figure = best_of(result.figures, system)
    if figure.median is None:
        return "failed" if figure.failed else "-"
    mark = DISTURBED if "disturbed" in figure.facts else ""
    text = (
        f"{digits(figure.median)}{mark} [{digits(figure.low)}, {digits(figure.high)}]"
    )
    ours = result.best(OURS)
    if system != OURS and ours and ours.median:
        text += f" {digits(figure.median / ours.median)}x"
    return text + (f" ({form})" if form else "")


def _fact(result: Result, fact: str, factor=1.0) -> str:
    ours = result.best(OURS)
    value = ours.facts.get(fact) if ours else None
    return "" if value is None else digits(value * factor)


EXTRAS = (
    ("GFLOP/s", "gflops", 1.0),
    ("% of peak", "fraction_of_peak", 100.0),
    ("% of random rows", "fraction_of_random_rows", 100.0),
)


def _first(result: Result) -> str:
    both = (result.best(OURS), result.best("jax"))
    return " / ".join(digits(f.first if f else None) for f in both)


def group_table(results: list[Result]) -> str:
    """The rows of one group."""
    systems = list(dict.fromkeys(s for r in results for s in r.systems))
    systems.remove(OURS)
    extras = [extra for extra in EXTRAS if any(_fact(r, extra[1]) for r in results)]
    has_first = "jax" in systems
    header = ["what", "unit", "type", LABELS[OURS], *(name for name, *_ in extras)]
    header += [LABELS.get(system, system) for system in systems]
    header += ["first call (s), Wildwire / JAX"] if has_first else []
    lines = []
    for r in results:
        line = [r.row.name, r.row.unit, r.row.dtype, _cell(r, OURS)]
        line += [_fact(r, fact, factor) for _, fact, factor in extras]
        line += [_cell(r, system) for system in systems]
        lines.append(line + ([_first(r)] if has_first else []))
    return _table(header, lines)


def targets_table(judgements: list[Judgement]) -> str:
    """What was to be reached, what was measured, whether it is met."""
    words = {True: "yes", False: "**no**", None: "not measured"}
    lines = []
    for judgement in judgements:
        target = judgement.target
        sign = "at least" if target.at_least else "at most"
        lines.append(
            [
                target.name, f"{sign} {digits(target.limit)} {target.unit}",
                digits(judgement.measured, 4), words[judgement.met],
            ]
        )  # fmt: skip
    return _table(["figure", "target", "measured", "met"], lines)


def limits_table(limits: dict) -> str:
    """What the machine can do."""
    lines = [
        [f"dense product, {dtype}", f"{flops / 1e9:,.0f} GFLOP/s"]
        for dtype, flops in limits["dense_flops"].items()
    ]
    for entry in limits["stream"]:
        what = f"streaming read, {entry['level']} ({_size(entry['array_bytes'])})"
        lines.append([what, f"{entry['bytes_per_second'] / 1e9:,.1f} GB/s"])
    for entry in limits["random_rows"]:
        what = f"{entry['row_bytes']} bytes at random rows of {entry['rows']:,}"
        lines.append([what, f"{entry['bytes_per_second'] / 1e9:,.1f} GB/s"])
    return _table(["limit of one thread", "measured"], lines)


def _size(size: int) -> str:
    return f"{size / 2**20:.3g} MB" if size >= 2**20 else f"{size / 2**10:.3g} KB"


def _notes(results: Results) -> list[str]:
    """Notes on figures; equal ones together."""
    where: dict[tuple, list[str]] = {}
    for result in results.results:
        for name, figure in result.figures.items():
            if figure.note:
                key = (name.partition(":")[0], figure.note)
                where.setdefault(key, []).append(result.row.title)
    lines = []
    for (name, note), titles in where.items():
        more = f" and {len(titles) - 1} more rows" if len(titles) > 1 else ""
        lines.append(f"- {name}: {note} ({titles[0]}{more})")
    return lines


def facts_line(environment: dict) -> str:
    """Processor, date and versions in one paragraph."""
    versions = ", ".join(
        f"{name} {version}" if version else f"no {name}"
        for name, version in environment["versions"].items()
    )
    return (
        f"{environment['date']}, {environment['processor']} "
        f"({environment['architecture']}, {environment['cpus']} CPUs), "
        f"{environment['system']}, Python {environment['python']}, "
        f"commit {environment['commit']}; {versions}."
    )


def markdown(environment, limits, results: Results, judgements) -> str:
    """The whole report."""
    parts = ["# Measurements", facts_line(environment), INTRODUCTION.rstrip()]
    parts += ["## Figures to reach", targets_table(judgements)]
    parts += ["## What the machine can do", limits_table(limits)]
    groups: dict[str, list[Result]] = {}
    for result in results.results:
        groups.setdefault(result.row.group, []).append(result)
    for group, members in groups.items():
        parts.append(f"## {group}")
        if group in EXPLANATIONS:
            parts.append(EXPLANATIONS[group])
        parts.append(group_table(members))
    notes = _notes(results)
    if notes:
        parts += ["## Notes", "\n".join(notes)]
    return "\n\n".join(parts) + "\n"


def _figure(figure: Figure) -> dict:
    return {
        key: value for key, value in asdict(figure).items() if value not in (None, "")
    }


def as_json(environment, limits, results: Results, judgements) -> dict:
    """The same as data."""
    return {
        "environment": environment,
        "limits": limits,
        "targets": [
            {
                "name": j.target.name, "unit": j.target.unit, "limit": j.target.limit,
                "at_least": j.target.at_least, "measured": j.measured, "met": j.met,
            }
            for j in judgements
        ],
        "rows": [
            {
                "name": r.row.name, "group": r.row.group, "unit": r.row.unit,
                "dtype": r.row.dtype, "pinned": r.row.pinned, "flop": r.row.flop,
                "systems": {name: _figure(f) for name, f in r.figures.items()},
            }
            for r in results.results
        ],
    }  # fmt: skip
