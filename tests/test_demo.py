"""The demo: its tables, its files, and that it runs the real commands."""

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

import wildwire as ww
from wildwire import demo
from wildwire.errors import FileError
from wildwire.evaluation import compare, comparison, fold
from wildwire.evaluation.plain import families
from wildwire.tables import read_table


def test_the_tables_come_back_as_a_user_would_read_them(tmp_path):
    for name, target in demo.TABLES:
        path = tmp_path / f"{name}.csv"
        path.write_text(demo.table_text(name))
        table = read_table(path)
        bunch = load_diabetes(scaled=False) if name == "diabetes" else load_wine()
        inputs = table.drop([target])
        values = np.column_stack([column.values for column in inputs.columns])
        assert np.array_equal(values, bunch.data)
        if name == "diabetes":
            assert np.array_equal(table.column(target).values, bunch.target)
        else:
            assert table.column(target).levels == (
                "cultivar A",
                "cultivar B",
                "cultivar C",
            )
            assert np.array_equal(table.column(target).values, bunch.target)


@pytest.fixture
def quick(monkeypatch):
    """Few rivals, few folds: what they say is tested elsewhere."""
    monkeypatch.setattr(
        "wildwire.commands.fitting.compare", partial(compare, repeats=1, folds=2)
    )
    for module in (fold, comparison):
        monkeypatch.setattr(module, "families", lambda problem: families(problem)[:2])


def test_demo_fits_and_compares_both_tables(tmp_path, quick, capsys):
    directory = tmp_path / "new" / "place"
    demo.run_demo(directory, force=False, seed=0)
    told = capsys.readouterr().out
    assert told.count("$ wildwire fit ") == 2
    assert told.count("this network") == 2
    assert str(directory) in told
    assert "\nDone in " in told
    diabetes = ww.load(directory / "diabetes.wire").predict(directory / "diabetes.csv")
    truth = load_diabetes().target
    assert 1 - np.mean((diabetes - truth) ** 2) / truth.var() > 0.45
    kinds = ww.load(directory / "wine.wire").predict(directory / "wine.csv")
    expected = np.array([f"cultivar {'ABC'[code]}" for code in load_wine().target])
    assert np.mean(kinds == expected) > 0.95
    # Again in the same place: its own files may be replaced.
    demo.prepare_directory(directory, {"wine": demo.table_text("wine")}, force=False)


@pytest.mark.parametrize("name", ["wine.csv", "wine.wire"])
def test_demo_replaces_nobody_elses_files(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(FileError, match=f"{name} exists and is not of a demo"):
        demo.run_demo(tmp_path, force=False, seed=0)
    assert (tmp_path / name).read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot make"):
        demo.run_demo(tmp_path / "file", force=False, seed=0)


def test_a_failing_command_ends_the_demo(tmp_path):
    with pytest.raises(ww.WildwireError, match="exit code 2"):
        demo.run_command("show", tmp_path / "nothing.wire")
