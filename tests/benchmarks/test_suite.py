"""The table of the benchmarks without its clocks: rows, targets, report.

Comes in: rows with made-up figures. No peers are needed and nothing is timed.
"""

from types import SimpleNamespace

import pytest
from benchmarks.measure import (
    QUICK,
    Figure,
    Prepared,
    Row,
    Settings,
    Traffic,
    Unavailable,
    best_of,
    figure_of,
    measure,
)
from benchmarks.results_table import Result, Results, related
from benchmarks.suite import all_rows, chosen, run_row, write
from benchmarks.targets import Judgement, Target, judge, targets

from benchmarks import report

LIMITS = SimpleNamespace(
    dense_peak=lambda dtype: 100e9, random_rows=lambda rows, row_bytes: 10e9
)
FACTS = {"gflops": 30.0, "fraction_of_random_rows": 0.5}
ENVIRONMENT = {
    "date": "2026-01-01", "processor": "A", "architecture": "B", "cpus": 2, "system": "C",
    "python": "3.11", "commit": None, "versions": {"numpy": "2.4", "jax": None},
}  # fmt: skip
MACHINE = {
    "dense_flops": {"float32": 1e11},
    "stream": [{"level": "L1", "array_bytes": 2**14, "bytes_per_second": 1e11}],
    "random_rows": [{"rows": 50_000, "row_bytes": 256, "bytes_per_second": 1e10}],
}


def made_up(row):
    """Figures for every system of a row: ours 1, the others 2."""
    names = row.systems or ["wildwire"]
    return Result(
        row,
        {n: Figure(1.0 if n == "wildwire" else 2.0, facts=dict(FACTS)) for n in names},
    )


def test_titles_are_unique():
    titles = [row.title for row in all_rows()]
    assert len(set(titles)) == len(titles)


def test_every_target_finds_its_rows():
    results = Results(tuple(made_up(row) for row in all_rows()))
    missing = [j.target.name for j in judge(results) if j.measured is None]
    assert missing == []


def test_without_results_nothing_is_judged():
    assert {j.met for j in judge(Results(()))} == {None}
    assert len({target.name for target in targets()}) == len(targets())


@pytest.mark.parametrize(
    ("at_least", "measured", "met"),
    [(True, 2.0, True), (True, 1.9, False), (False, 2.0, True), (False, 2.1, False)],
)
def test_meeting_a_target(at_least, measured, met):
    target = Target("a", "x", 2.0, at_least, lambda results: measured)
    assert Judgement(target, target.value(Results(()))).met is met


def test_rows_are_chosen_by_parts_of_names():
    rows = all_rows()
    assert chosen(rows, [], quick=False) == rows
    functions = chosen(rows, ["vectormath"], quick=False)
    assert {row.group for row in functions} == {"Elementary functions"}
    assert not any(row.slow for row in chosen(rows, [], quick=True))
    assert chosen(rows, ["no such row"], quick=False) == []


def _absent():
    raise Unavailable("not installed")


def _broken():
    raise ValueError("first line\nsecond line")


def test_measuring_goes_on_past_absent_and_broken_systems():
    row = Row(
        "a", "G", "µs", 1e6,
        {
            "wildwire": lambda: Prepared(lambda: sum(range(100)), facts={"n": 1}),
            "absent": _absent,
            "broken": _broken,
            "peer:slow": lambda: Prepared(lambda: None),
        },
        slow_systems=frozenset({"peer:slow"}),
    )  # fmt: skip
    figures = measure(row, QUICK)
    assert list(figures) == list(row.systems)
    assert figures["wildwire"].median > 0 and figures["wildwire"].facts["n"] == 1
    assert figures["absent"].note == "not installed" and not figures["absent"].failed
    assert figures["broken"].failed
    assert figures["broken"].note == "failed: ValueError: first line"
    assert figures["peer:slow"].median is None


def test_setup_is_called_before_every_call():
    calls = []
    prepared = Prepared(lambda: calls.append("call"), setup=lambda: calls.append("set"))
    measure(Row("a", "G", "s", 1.0, {"wildwire": lambda: prepared}), Settings(rounds=2))
    assert calls[::2] == ["set"] * (len(calls) // 2)
    assert calls[1::2] == ["call"] * (len(calls) // 2)


def test_the_fastest_form_counts():
    figures = {
        "jax:scan": Figure(3.0),
        "jax:dense": Figure(2.0),
        "jax:unrolled": Figure(None, note="failed: x", failed=True),
        "wildwire": Figure(1.0),
    }
    assert best_of(figures, "jax") == ("dense", figures["jax:dense"])
    assert best_of(figures, "torch") == ("", None)
    result = Result(Row("a", "G", "s"), figures)
    assert result.systems == ["jax", "wildwire"]
    assert Results((result,)).ratio("a", "", "jax") == 2.0
    assert Results((result,)).best_peer("a", "") == 2.0


def test_figures_are_related_to_the_machine():
    row = Row(
        "a", "G", "µs", 1e6, dtype="float32", flop=1e5, traffic=Traffic(5e3, 50)
    )  # fmt: skip
    figure = related(row, Figure(2.0, facts={"row_bytes": 256}), LIMITS)
    assert figure.facts["gflops"] == pytest.approx(50)
    assert figure.facts["fraction_of_peak"] == pytest.approx(0.5)
    assert figure.facts["fraction_of_random_rows"] == pytest.approx(0.25)
    assert related(row, Figure(None), LIMITS) == Figure(None)


def test_a_row_that_fails_by_itself_is_a_cell():
    def special(settings):
        raise OSError("no such file")

    result = run_row(Row("a", "G", "s", special=special), QUICK, LIMITS)
    assert result.figures["wildwire"].failed


def test_quartiles():
    figure = figure_of([4.0, 1.0, 2.0, 3.0, 5.0])
    assert (figure.low, figure.median, figure.high, figure.rounds) == (2.0, 3.0, 4.0, 5)
    assert figure_of([7.0]).median == 7.0


def test_report_shows_figures_ratios_and_reasons(tmp_path, capsys):
    row = Row("2-2-1", "Training", "µs", 1e6, dtype="float32")
    figures = {
        "wildwire": Figure(1.5, 1.0, 2.0, 9, 0.5, facts={"disturbed": 0.5, **FACTS}),
        "jax:scan": Figure(3.0, 2.5, 3.5, 9, 1.0),
        "fann": Figure(None, note="not installed"),
        "torch eager": Figure(None, note="failed: ValueError: x", failed=True),
    }
    results = Results((Result(row, figures),))
    judgements = judge(results)
    write(tmp_path, ENVIRONMENT, MACHINE, results, judgements)
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert text == capsys.readouterr().out[:-1]
    for part in (
        "no jax", "1.5† [1, 2]", "3 [2.5, 3.5] 2x (scan)", "| - | failed |",
        "- fann: not installed (2-2-1 float32)", "not measured", "16 KB",
    ):  # fmt: skip
        assert part in text, part
    assert text.index("Figures to reach") < text.index("What the machine can do")
    content = report.as_json(ENVIRONMENT, MACHINE, results, judgements)
    assert content["rows"][0]["systems"]["jax:scan"]["median"] == 3.0
    assert (tmp_path / "results.json").stat().st_size > 0


def test_special_rows_know_their_process():
    """Rows of several CPUs or of clean memory need a process of their own."""
    for row in all_rows():
        assert row.isolated or row.pinned
        assert bool(row.special) != bool(row.systems)
