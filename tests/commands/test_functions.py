"""`wildwire functions`: table, entries, drawings, and how bad input is refused."""

import json
import sys

import pytest
from typer.testing import CliRunner

import wildwire as ww
from wildwire.cli import app


def wildwire(*words):
    arguments = ["functions", *map(str, words)]
    return CliRunner().invoke(app, arguments, prog_name="wildwire")


def test_the_table_holds_every_function():
    done = wildwire()
    assert done.exit_code == 0
    for entry in ww.functions:
        assert f" {entry.name}" in done.stdout
    assert "slope in z" in done.stdout
    assert "slope in o" in done.stdout


def test_one_kind():
    shown = wildwire("--kind", "loss").stdout
    assert "huber" in shown
    assert "gelu" not in shown
    assert "parity" not in shown


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["elu"], ["elu(z, alpha=1)", "jump of the curvature at z = 0", "Clevert"]),
        (["loss logistic"], ["logistic(o, t)", "Cox 1958"]),
        (["logistic", "--kind", "loss"], ["logistic(o, t)"]),
        (["huber", "relu"], ["huber(o, t, delta=1)", "relu(z)"]),
        (["bump(z, k=3) = exp(-k*(1 - z)**2)"], ["bump(z, k=3)", "2*k*(1 - z)*exp"]),
        (["activation f(z) = 2*z"], ["f(z)", "slope in z  2\n"]),
        (["f(a, b) = (a - b)**2"], ["kind        loss"]),
        (["loss f(a, b) = (a - b)**2"], ["kind        loss"]),
        (["abs(o - t)**1.5"], ["custom(o, t)"]),
        (["huber(delta=0.5)"], ["huber(o, t, delta=0.5)"]),
        (["f(z) = floor(z), slope = 1"], ["training slope, not the derivative"]),
    ],
)
def test_everything_about_some(words, parts):
    done = wildwire(*words)
    assert done.exit_code == 0
    for part in parts:
        assert part in done.stdout


def test_json():
    (entry,) = json.loads(wildwire("relu", "--json").stdout)
    assert entry["slope"] == "where(z <= 0, 0, 1)"
    assert entry["range"] == [0, None]
    assert entry["kinks"] == ["kink at z = 0"]
    assert len(json.loads(wildwire("--json").stdout)) == len(ww.functions)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tahn"], "unknown function 'tahn'; did you mean 'tanh'?"),
        (["loss hubr"], "did you mean 'huber'"),
        (["relu", "--kind", "loss"], "unknown loss 'relu'"),
        (["loss huber", "--kind", "activation"], "is of the kind loss, not activation"),
        (["--kind", "los"], "there is no kind 'los'; did you mean 'loss'?"),
        (["f(z) = z.real"], "a point stands only inside numbers"),
        (["f(z) = logistik(z)"], "did you mean 'logistic'"),
        (["("], "wildwire: error:"),
        ([""], "wildwire: error:"),
        (["(" * 100_000], "at most 1,000 characters"),
        (["relu", "--draw", "a.svg", "--format", "png"], "a.svg is not a png file"),
        (["relu", "--draw", "new", "--format", "gif"], "drawings are svg or png, not 'gif'"),
        (["relu", "--draw", "no/such/a.svg"], "there is no directory no/such"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    done = wildwire(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_directory_gets_a_drawing_each_and_a_sheet(tmp_path):
    folder = tmp_path / "curves"
    done = wildwire("tanh", "loss logistic", "logistic", "--draw", folder)
    assert done.stdout == f"4 drawings in {folder}\n"
    names = {path.name for path in folder.iterdir()}
    assert names == {"tanh.svg", "logistic.svg", "loss_logistic.svg", "overview.svg"}
    before = (folder / "tanh.svg").read_bytes()
    again = wildwire("tanh", "--draw", folder)
    assert again.exit_code == 2
    assert "holds tanh.svg already; give --force" in again.stderr
    assert wildwire("tanh", "--draw", folder, "--force").exit_code == 0
    assert (folder / "tanh.svg").read_bytes() == before


def test_a_file_gets_one_drawing_or_a_sheet(tmp_path):
    one, two = tmp_path / "one.svg", tmp_path / "two.SVG"
    assert wildwire("tanh", "--draw", one).stdout == f"{one}\n"
    assert wildwire("tanh", "relu", "--draw", two).exit_code == 0
    assert one.read_text().count("<svg") == 2  # the drawing and the frame in it
    assert two.read_text().count("<svg") == 3
    assert "give another --out, or --force" in wildwire("tanh", "--draw", one).stderr
    (tmp_path / "plain").write_text("")
    refused = wildwire("tanh", "--draw", tmp_path / "plain").stderr
    assert "is a file; give a directory" in refused


def test_png_without_matplotlib_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = wildwire("tanh", "--draw", tmp_path / "tanh.png")
    assert done.exit_code == 2
    assert "pip install 'wildwire[plots]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_png_with_matplotlib(tmp_path):
    pytest.importorskip("matplotlib")
    one, sheet = tmp_path / "one.png", tmp_path / "sheet.png"
    assert wildwire("loss logistic", "--draw", one).exit_code == 0
    assert wildwire("log", "huber", "step", "--draw", sheet).exit_code == 0
    for path in (one, sheet):
        assert path.read_bytes().startswith(b"\x89PNG")
