"""The command line: what every command prints and writes, and how bad input is refused.

Commands run in this process; the fits are small and mostly without comparison.
"""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import wildwire as ww
from wildwire.cli import app
from wildwire.commands import failing
from wildwire.evaluation import comparison, fold
from wildwire.evaluation.plain import families

RNG = np.random.default_rng(0)
ROWS = 60
X1, X2 = RNG.normal(size=ROWS), RNG.normal(size=ROWS)
Y = 3 * X1 - X2 + 0.1 * RNG.normal(size=ROWS) + 5
FAST = ["--no-compare", "--epochs", "5"]
WIRING = "input x1, x2\nh ~ tanh(x1, x2)\ny ~ identity(h, x1)\noutput y\n"


def table(**columns) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


NUMBERS = table(x1=X1, x2=X2, y=Y)
CLASSES = table(x1=X1, x2=X2, kind=np.where(Y > 5, "high", "low"))


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A directory with two tables, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers.csv").write_text(NUMBERS)
    (tmp_path / "classes.csv").write_text(CLASSES)
    (tmp_path / "own.wire").write_text(WIRING)
    return tmp_path


def wildwire(*words, stdin=None):
    arguments = [str(word) for word in words]
    return CliRunner().invoke(app, arguments, input=stdin, prog_name="wildwire")


def succeed(*words, stdin=None):
    result = wildwire(*words, stdin=stdin)
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture
def few_rivals(monkeypatch):
    """The comparison is tested elsewhere: four quick rivals are enough here."""
    for module in (fold, comparison):
        monkeypatch.setattr(module, "families", lambda problem: families(problem)[:4])


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A directory with a regression m.wire and a classification c.wire."""
    directory = tmp_path_factory.mktemp("trained")
    for data, content, target, model in (
        ("numbers.csv", NUMBERS, "y", "m.wire"),
        ("classes.csv", CLASSES, "kind", "c.wire"),
    ):
        path = directory / data
        path.write_text(content)
        succeed("fit", path, "-t", target, "-o", directory / model, "--no-compare")
    return directory


# ---- help and version ---------------------------------------------------------


def test_version():
    assert succeed("--version").stdout == f"wildwire {ww.__version__}\n"


@pytest.mark.parametrize("command", ["fit", "predict", "show", "trace", "demo"])
def test_help_of_every_command(command):
    assert command in succeed("--help").stdout
    assert succeed(command, "--help").stdout.startswith(f"Usage: wildwire {command}")


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from wildwire.cli import app\n"
        "app(['--help'], prog_name='wildwire', standalone_mode=False)\n"
        "heavy = {'numpy', 'numba', 'pandas', 'sklearn', 'scipy', 'rich', 'lark'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ---- fit ----------------------------------------------------------------------


def test_fit_writes_a_model_that_predicts(place):
    done = succeed("fit", "numbers.csv", "--target", "y", "--no-compare")
    assert done.stdout.startswith("model.wire: ")
    assert "regression" in done.stderr
    predicted = ww.load("model.wire").predict(place / "numbers.csv")
    assert np.mean((predicted - Y) ** 2) < 0.05 * Y.var()


def test_fit_with_comparison_tells_the_verdict_first(place, few_rivals):
    done = succeed("fit", "numbers.csv", "-t", "y", "--epochs", "9", "--jobs", "1")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(("No difference that these data can show", "Worse"))
    for name in ("mean", "ridge regression", "k-nearest neighbours", "this network"):
        assert sum(line.strip().startswith(name) for line in lines) == 1, name
    assert "4 x 5 folds" in done.stdout
    assert Path("model.wire").exists()


def test_json_holds_everything(place, few_rivals):
    words = ("--target", "kind", "--hidden", "2", "--epochs", "9", "--jobs", "1")
    done = succeed("fit", "classes.csv", *words, "--json", "-q")
    assert done.stderr == ""
    content = json.loads(done.stdout)
    assert (content["task"], content["targets"]) == ("classification", ["kind"])
    assert content["learnt numbers"] == 2 * 3 + 2 + 2 + 1
    comparison = content["comparison"]
    assert len(comparison["models"][-1]["row_losses"]) == ROWS
    assert comparison["models"][-1]["parameters"] == content["learnt numbers"]
    assert comparison["folds_done"] == 20


def test_the_seed_decides_the_numbers(place):
    def fitted(seed):
        words = ("-t", "y", "-o", "s.wire", "--force", "--seed", seed, *FAST)
        succeed("fit", "numbers.csv", *words)
        return ww.load("s.wire").theta

    assert np.array_equal(fitted(1), fitted(1))
    assert not np.array_equal(fitted(1), fitted(2))


def test_own_wiring_is_trained_as_it_is_written(place):
    succeed(
        "fit", "numbers.csv", "-t", "y", "--network", "own.wire", "-o", "n.wire", *FAST
    )
    network = ww.load("n.wire").network
    assert network.theta_names == ww.parse(WIRING).theta_names


def test_several_targets_by_name_and_number(place):
    Path("two.csv").write_text(table(x1=X1, x2=X2, y=Y, z=X1 * X2))
    succeed("fit", "two.csv", "-t", "y", "-t", "4", *FAST)
    assert ww.load("model.wire").outputs == ("y", "z")


def test_standard_input_and_json_without_comparison(place):
    done = succeed("fit", "-", "-t", "y", "--json", *FAST, stdin=NUMBERS)
    assert json.loads(done.stdout)["comparison"] is None


def test_learner_and_rate(place):
    words = ("--learner", "gradient-descent", "--rate", "0.05", *FAST)
    succeed("fit", "numbers.csv", "-t", "y", *words)
    assert "GradientDescent(rate=0.05" in Path("model.wire").read_text()


LOSSES = {
    "plain": (),
    "one": ("--loss", "abs(o - t)**1.5"),
    "each": ("--loss", "squared", "--loss", "huber(delta=0.1)"),
    "swapped": ("--loss", "huber(delta=0.1)", "--loss", "squared"),
    "penalty": ("--penalty", "0.3*abs(w)"),
}


def test_losses_and_penalty(place):
    numbers = {}
    for name, options in LOSSES.items():
        words = ("fit", "numbers.csv", "-t", "y", "-t", "x2", *FAST, *options)
        succeed(*words, "-o", f"{name}.wire")
        numbers[name] = tuple(ww.load(f"{name}.wire").theta.tolist())
    assert len(set(numbers.values())) == len(numbers)
    told = ww.load("penalty.wire").provenance["learner"]
    assert told.endswith("l2 0, penalty 0.3*abs(w)")


def test_special_columns_are_no_inputs(place):
    special = {"w": 1 + np.arange(ROWS) % 3, "mol": np.arange(ROWS) // 4, "junk": X2}
    Path("more.csv").write_text(table(x1=X1, x2=X2, y=Y, **special))
    words = ("--weight", "w", "--group", "mol", "--ignore", "junk", *FAST)
    succeed("fit", "more.csv", "-t", "y", *words)
    assert ww.load("model.wire").columns == ("x1", "x2")


def test_sigma_gives_chi_squared_near_one(place):
    Path("sigma.csv").write_text(table(x1=X1, x2=X2, y=Y, s=np.full(ROWS, 0.1)))
    done = succeed(
        "fit", "sigma.csv", "-t", "y", "--sigma", "s", "--hidden", "0", "--no-compare"
    )
    told = next(line for line in done.stdout.splitlines() if "Chi-squared" in line)
    assert 0.6 < float(told.split()[5]) < 1.5


def test_few_rows_are_fitted_and_not_compared(place):
    Path("few.csv").write_text("\n".join(NUMBERS.splitlines()[:9]) + "\n")
    done = succeed("fit", "few.csv", "-t", "y", "--epochs", "5")
    assert "no comparison: a comparison needs at least 10 rows" in done.stderr


def test_a_short_time_limit_fits_and_says_why_there_is_no_comparison(place):
    done = succeed("fit", "numbers.csv", "-t", "y", "--time-limit", "0.01s")
    assert "no comparison: not one of 20 folds ended within" in done.stderr
    assert Path("model.wire").exists()


def test_a_table_without_names_goes_by_position(place):
    lines = NUMBERS.splitlines()[1:]
    Path("bare.csv").write_text("\n".join(lines) + "\n")
    succeed("fit", "bare.csv", "-t", "-1", "--no-compare")
    inputs = [line.rpartition(",")[0] for line in lines]
    done = succeed("predict", "model.wire", "-", stdin="\n".join(inputs) + "\n")
    predicted = np.array([float(line) for line in done.stdout.splitlines()[1:]])
    assert np.mean((predicted - Y) ** 2) < 0.05 * Y.var()
    step = succeed("trace", "model.wire", "bare.csv", "-t", "3", "--json")
    assert list(json.loads(step.stdout)["targets"].values()) == [Y[0]]


def test_large_networks_are_saved_as_arrays(place):
    succeed("fit", "numbers.csv", "-t", "y", "--hidden", "150,140", *FAST)
    assert [path.name for path in place.glob("model.*")] == ["model.safetensors"]


def test_a_long_comparison_is_announced(place, few_rivals, monkeypatch):
    from wildwire.commands import fit_comparing

    monkeypatch.setattr(fit_comparing, "LONG", 0.0)
    words = ("-t", "y", "--epochs", "2", "--hidden", "1", "--jobs", "1")
    done = succeed("fit", "numbers.csv", *words)
    assert done.stderr.count("the comparison takes about 1 min; Ctrl-C shows") == 1


def test_groups_reach_the_comparison(place, monkeypatch):
    from wildwire.commands import fitting

    seen = {}

    def note_groups(problem, procedure, **options):
        seen["group"] = problem.group
        seen["weight"] = problem.weight
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "compare", note_groups)
    group = np.arange(ROWS) // 6
    Path("g.csv").write_text(table(x1=X1, y=Y, mol=group, w=group + 1.0))
    words = ("--group", "mol", "--weight", "w", "--epochs", "5")
    done = wildwire("fit", "g.csv", "-t", "y", *words)
    assert done.exit_code == 130
    assert done.stderr.endswith("wildwire: interrupted\n")
    assert Path("model.wire").exists()
    assert np.array_equal(seen["group"], group)
    assert np.array_equal(seen["weight"], group + 1.0)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to this process")
def test_ctrl_c_saves_the_best_so_far(place, monkeypatch):
    from wildwire.procedure import choose

    learn = choose.fit

    def interrupted(*arguments, **options):
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        return learn(*arguments, **options)

    monkeypatch.setattr(choose, "fit", interrupted)
    words = ("--network", "own.wire", "--epochs", "100000000")
    done = wildwire("fit", "numbers.csv", "-t", "y", *words)
    assert done.exit_code == 130, done.stderr
    assert "the best so far is saved, and not compared" in done.stderr
    assert np.isfinite(ww.load("model.wire").predict("numbers.csv")).all()


# ---- predict, show, trace -----------------------------------------------------


def test_predict_prints_the_bits_of_the_model(trained):
    done = succeed("predict", trained / "m.wire", trained / "numbers.csv")
    lines = list(csv.reader(io.StringIO(done.stdout)))
    assert lines[0] == ["y"]
    printed = np.array([float(line[0]) for line in lines[1:]])
    expected = ww.load(trained / "m.wire").predict(np.column_stack([X1, X2]))
    assert np.array_equal(printed, expected)


def test_predict_classes_with_probabilities(trained, tmp_path):
    out = tmp_path / "p.csv"
    done = succeed("predict", trained / "c.wire", trained / "classes.csv", "-o", out)
    assert done.stdout == ""
    lines = list(csv.DictReader(out.read_text().splitlines()))
    assert list(lines[0]) == ["class", "p(high)", "p(low)"]
    right = [
        line["class"] == ("high" if y > 5 else "low")
        for line, y in zip(lines, Y, strict=True)
    ]
    assert np.mean(right) > 0.9
    for line in lines:
        assert float(line["p(high)"]) + float(line["p(low)"]) == pytest.approx(1)


def test_predict_counts_rows_outside_the_range(trained, tmp_path):
    data = tmp_path / "far.csv"
    data.write_text("x1,x2\n0,0\n1e3,0\n0,-50\n")
    done = succeed("predict", trained / "m.wire", data)
    assert "2 of 3 rows lie outside the range" in done.stderr
    assert "x1: 1, x2: 1" in done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_active_guards_are_told(place):
    (place / "own.wire").write_text(
        "input x1, x2\nr = reciprocal([1]*x1)\ny ~ identity(r, x2)\noutput y\n"
    )
    half = np.where(np.arange(ROWS) < 30, 0, X1)
    (place / "half.csv").write_text(table(x1=half, x2=X2, y=Y))
    told = "note: r: the guard of 1/z was active in 30 of 60 rows (z held 1e-12 from 0)"
    words = ("fit", "half.csv", "-t", "y", "--network", "own.wire", *FAST, "--json")
    fitted = succeed(*words, "-o", "m.wire")
    assert told in fitted.stderr
    assert json.loads(fitted.stdout)["guards"] == {"r": 30}
    assert told in succeed("predict", "m.wire", "half.csv").stderr
    assert "guard" not in succeed("predict", "m.wire", "numbers.csv").stderr
    assert succeed("predict", "m.wire", "half.csv", "--quiet").stderr == ""


def test_show_prints_the_model_itself(trained):
    done = succeed("show", trained / "m.wire", "--digits", "17")
    again = ww.parse(done.stdout)
    model = ww.load(trained / "m.wire")
    assert again == model.network
    assert np.array_equal(again.initial(seed=0), model.theta)


def test_show_rounds_and_counts(trained):
    full = succeed("show", trained / "m.wire", "--digits", "17").stdout
    short = succeed("show", trained / "m.wire", "--digits", "2").stdout
    assert len(short) < len(full)
    content = json.loads(succeed("show", trained / "m.wire", "--json").stdout)
    network = ww.load(trained / "m.wire").network
    assert content["links"] == network.n_links
    assert list(content["numbers"]) == network.theta_names
    assert f"# neurons: {network.n_neurons}" in full


def test_show_an_untrained_network(place):
    done = succeed("show", "own.wire")
    assert "# unknown numbers: 6" in done.stdout


def test_trace_shows_one_step(trained):
    words = ("trace", trained / "m.wire", trained / "numbers.csv", "--row", "3")
    step = json.loads(succeed(*words, "--rate", "0.5", "--json").stdout)
    model = ww.load(trained / "m.wire")
    expected = ww.trace(model.network, model.theta, [X1[2], X2[2]], Y[2], rate=0.5)
    assert step["loss"] == expected.loss
    assert list(step["gradient"].values()) == expected.gradient.tolist()
    assert step["targets"] == {"y": Y[2]}
    text = succeed(*words).stdout
    for word in ("delta = dE/dz", "dz/dw", "new weight", "slope"):
        assert word in text


def test_trace_by_hand(place):
    """y = 2 x + 1 at x = 3 with target 5: E = 2, dE/dw = 2*3, new w = 2 - 0.1*6."""
    Path("line.wire").write_text("input x\ny = 2*x + 1\noutput y\n")
    Path("one.csv").write_text("x,y\n3,5\n4,9\n")
    text = succeed("trace", "line.wire", "one.csv").stdout
    cells = [line.split() for line in text.splitlines()]
    assert "loss E = 2" in text
    assert ["y", "7", "7", "1", "2"] in cells
    assert ["x", "y", "2", "3", "6", "1.4"] in cells
    assert ["1", "y", "1", "1", "2", "0.8"] in cells


def test_trace_of_classes_takes_the_label(trained):
    words = ("trace", trained / "c.wire", trained / "classes.csv", "--json")
    for row in (1, 2, 3, 4, 5):
        step = json.loads(succeed(*words, "--row", row).stdout)
        # Classes are ordered by name: the output is the probability of the second.
        assert list(step["targets"].values()) == [0.0 if Y[row - 1] > 5 else 1.0]


# ---- bad input ----------------------------------------------------------------

GAP = NUMBERS.replace(NUMBERS.splitlines()[4], "1,2,")
SLIP = NUMBERS.replace(NUMBERS.splitlines()[4], "1,2,3kg")
INFINITE = NUMBERS.replace(NUMBERS.splitlines()[4], "inf,2,3")
FIT = ("fit", "bad.csv", "-t", "y", "--no-compare")
BAD_TABLES = {
    "empty": ("", FIT, "empty"),
    "header only": ("x1,y\n", FIT, "no row of data"),
    "one row": ("x1,y\n1,2\n", FIT, "too few"),
    "truncated": (NUMBERS.rstrip("\n").rsplit(",", 1)[0] + "\n", FIT, "line 61"),
    "missing target": (GAP, FIT, "line 5: target 'y' is missing"),
    "infinite input": (INFINITE, FIT, "line 5: column 'x1' is infinite"),
    "text target": (SLIP, (*FIT, "--task", "regression"), "'3kg'"),
    "losses": (
        NUMBERS,
        (*FIT, *("--loss", "squared") * 2),
        "given 2 times for 1 targets",
    ),
    "loss": (NUMBERS, (*FIT, "--loss", "sqared"), "did you mean 'squared'"),
    "penalty": (NUMBERS, (*FIT, "--penalty", "0.1*z"), "unknown name 'z'"),
    "text target without numbers": (
        CLASSES,
        ("fit", "bad.csv", "-t", "kind", "--task", "regression", "--no-compare"),
        "a regression needs numbers",
    ),
    "constant target": (table(x1=X1, y=np.ones(ROWS)), FIT, "in every row"),
    "one class": (table(x1=X1, y=["a"] * ROWS), FIT, "one class only"),
    "constant inputs": (table(x1=np.ones(ROWS), y=Y), FIT, "no column is left"),
    "dates": (
        table(day=[f"2026-01-{d % 28 + 1:02}" for d in range(ROWS)], y=Y),
        FIT,
        "dates",
    ),
    "same names": ("x1,x1,y\n1,2,3\n4,5,6\n", FIT, "two columns are called 'x1'"),
    "unknown target": (
        table(x1=X1, price=Y),
        ("fit", "bad.csv", "-t", "prize"),
        "did you mean 'price'?",
    ),
    "number of no column": (
        NUMBERS,
        ("fit", "bad.csv", "-t", "9"),
        "no column number 9",
    ),
    "unknown ignored": (NUMBERS, (*FIT, "--ignore", "x3"), "no column 'x3'"),
    "target twice": (NUMBERS, (*FIT, "-t", "3"), "cannot be target and target"),
    "target as weight": (
        NUMBERS,
        (*FIT, "--weight", "y"),
        "cannot be target and weight",
    ),
    "negative weight": (NUMBERS, (*FIT, "--weight", "x1"), "weights must be 0 or more"),
    "text as weight": (
        table(x1=X1, y=Y, w=["heavy"] * ROWS),
        (*FIT, "--weight", "w"),
        "numbers are needed",
    ),
    "sigma of zero": (
        table(x1=X1, y=Y, s=np.zeros(ROWS)),
        (*FIT, "--sigma", "s"),
        "sigma must be above 0",
    ),
    "weight and sigma": (
        table(x1=X1, y=Y, s=np.ones(ROWS), w=np.ones(ROWS)),
        (*FIT, "--sigma", "s", "--weight", "w"),
        "not both",
    ),
    "missing group": (
        table(x1=X1, y=Y, mol=["", *"ab" * 29, "c"]),
        ("fit", "bad.csv", "-t", "y", "--group", "mol"),
        "every row needs one",
    ),
    "zero epochs": (NUMBERS, (*FIT, "--epochs", "0"), "--epochs is 0"),
    "negative rate": (NUMBERS, (*FIT, "--rate", "-1"), "rate"),
    "unknown learner": (NUMBERS, (*FIT, "--learner", "adm"), "'adam'"),
    "time limit": (NUMBERS, (*FIT, "--time-limit", "soon"), "time limit"),
    "hidden": (NUMBERS, (*FIT, "--hidden", "16,x"), "hidden must be sizes"),
    "task": (NUMBERS, (*FIT, "--task", "guess"), "--task is 'guess'"),
    "suffix": (NUMBERS, (*FIT, "-o", "model.txt"), "must end in .wire"),
    "no directory": (NUMBERS, (*FIT, "-o", "nowhere/m.wire"), "no directory"),
    "network and hidden": (
        NUMBERS,
        (*FIT, "--network", "own.wire", "--hidden", "3"),
        "not both",
    ),
    "column of the network": (
        table(x1=X1, y=Y),
        (*FIT, "--network", "own.wire"),
        "no column 'x2'",
    ),
    "option": (NUMBERS, (*FIT, "--epoch", "3"), "No such option"),
    "no target": (NUMBERS, ("fit", "bad.csv"), "Missing option"),
    "seed": (NUMBERS, (*FIT, "--seed", "-3"), "--seed"),
}


def refuse(*words):
    """Run a command that must end with one line of our own."""
    done = wildwire(*words)
    lines = done.stderr.rstrip("\n").split("\n")
    told = [line for line in lines if not line.startswith("note: ")]
    assert done.exit_code == 2, (done.exit_code, done.stderr, done.exception)
    assert len(told) == 1, done.stderr
    assert told[0].startswith("wildwire: error: ")
    assert done.stdout == ""
    return told[0]


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_input_of_fit(place, case):
    content, words, message = BAD_TABLES[case]
    Path("bad.csv").write_text(content)
    assert message in refuse(*words)
    assert not Path("model.wire").exists()


BAD_WIRES = {
    "missing file": (None, "no file"),
    "not a network": ("once upon a time\n", "line 1"),
    "truncated": ("input x1, x2\nh ~ tanh(x1,", "bad.wire"),
    "newer": ("wire 99\ninput x1\ny ~ tanh(x1)\noutput y\n", "install a newer one"),
    "loop": ("input x1\na ~ tanh(b)\nb ~ tanh(a, x1)\noutput b\n", "loop"),
    "unknown source": ("input x1\ny ~ tanh(x7)\noutput y\n", "x7"),
    "delay": ("input x1\ny = tanh(0.5*x1@2)\noutput y\n", "2 steps back"),
    "binary": ("\x00\x01\x02", "bad.wire"),
}


@pytest.mark.parametrize("case", BAD_WIRES)
@pytest.mark.parametrize("command", ["fit", "predict", "show", "trace"])
def test_bad_wire_files(place, case, command):
    content, message = BAD_WIRES[case]
    if content is not None:
        Path("bad.wire").write_text(content)
    words = {
        "fit": ("fit", "numbers.csv", "-t", "y", "--network", "bad.wire"),
        "predict": ("predict", "bad.wire", "numbers.csv"),
        "show": ("show", "bad.wire"),
        "trace": ("trace", "bad.wire", "numbers.csv"),
    }[command]
    if case == "delay" and command == "show":
        assert "x1@2" in succeed(*words).stdout
        return
    if case == "delay" and command == "predict":  # rows are steps
        assert succeed(*words).stdout
        return
    done = wildwire(*words)
    assert done.exit_code == 2, (done.stderr, done.exception)
    # A place in a text is shown below the line, with a caret.
    assert done.stderr.startswith(("wildwire: error: ", "note: "))
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("model.wire").exists()


BAD_USE = {
    "untrained": (("predict", "own.wire", "numbers.csv"), "'x1 -> h' is unknown"),
    "untrained trace": (("trace", "own.wire", "numbers.csv"), "'x1 -> h' is unknown"),
    "no such data": (("predict", "m.wire", "nothing.csv"), "no file nothing.csv"),
    "missing column": (("predict", "m.wire", "short.csv"), "no column 'x2'"),
    "missing value": (("predict", "m.wire", "gap.csv"), "line 2"),
    "text": (("predict", "m.wire", "words.csv"), "reads a number there"),
    "row": (("trace", "m.wire", "numbers.csv", "--row", "61"), "there is no row 61"),
    "row zero": (("trace", "m.wire", "numbers.csv", "--row", "0"), "--row"),
    "no target": (("trace", "m.wire", "short.csv"), "no column 'y'"),
    "unknown class": (
        ("trace", "c.wire", "strange.csv"),
        "the classes of the model are",
    ),
    "loss": (("trace", "m.wire", "numbers.csv", "--loss", "sqared"), "squared"),
    "negative rate": (("trace", "m.wire", "numbers.csv", "--rate", "-1"), "rate is -1"),
    "digits": (("show", "m.wire", "--digits", "0"), "--digits"),
}


@pytest.mark.parametrize("case", BAD_USE)
def test_bad_use_of_models(place, trained, case):
    for name in ("m.wire", "c.wire"):
        Path(name).write_bytes((trained / name).read_bytes())
    Path("short.csv").write_text("x1,z\n1,2\n3,4\n")
    Path("gap.csv").write_text("x1,x2\n,2\n3,4\n")
    Path("words.csv").write_text("x1,x2\none,2\ntwo,4\n")
    Path("strange.csv").write_text("x1,x2,kind\n1,2,middle\n3,4,high\n")
    words, message = BAD_USE[case]
    assert message in refuse(*words)


@pytest.mark.parametrize("command", ["fit", "predict"])
def test_nothing_is_written_over_without_force(place, trained, command):
    words = {
        "fit": ("fit", "numbers.csv", "-t", "y", "-o", "kept.wire", *FAST),
        "predict": ("predict", trained / "m.wire", "numbers.csv", "-o", "kept.wire"),
    }[command]
    kept = Path("kept.wire")
    kept.write_text("precious")
    assert "kept.wire exists" in refuse(*words)
    assert kept.read_text() == "precious"
    succeed(*words, "--force")
    assert kept.read_text() != "precious"


def test_the_name_is_refused_before_the_work(place, monkeypatch):
    from wildwire.commands import fitting

    def fail(*_):
        raise AssertionError("the table was read")

    monkeypatch.setattr(fitting, "read_table", fail)
    Path("model.wire").write_text("precious")
    refuse("fit", "numbers.csv", "-t", "y")


def test_a_failed_fit_leaves_the_old_model(place):
    Path("model.wire").write_text("precious")
    Path("bad.csv").write_text(GAP)
    refuse(*FIT, "--force")
    assert Path("model.wire").read_text() == "precious"


def test_a_defect_is_told_in_one_line(place, monkeypatch):
    from wildwire.commands import showing

    def fail(*_):
        raise ZeroDivisionError("one over nothing")

    monkeypatch.setattr(showing, "load", fail)
    done = wildwire("show", "own.wire")
    assert done.exit_code == 1
    assert done.stderr.startswith(
        "wildwire: defect: ZeroDivisionError: one over nothing"
    )
    monkeypatch.setenv("WILDWIRE_TRACEBACK", "1")
    assert isinstance(wildwire("show", "own.wire").exception, ZeroDivisionError)


def test_ctrl_c_that_a_compiler_swallows_is_no_defect(monkeypatch, capsys):
    monkeypatch.setattr(failing, "_lost_interrupts", [])
    assert failing.exit_code(RuntimeError("no compiled object")) == 1
    failing.hear_lost_interrupt(SimpleNamespace(exc_type=KeyboardInterrupt))
    assert failing.exit_code(RuntimeError("no compiled object")) == 130
    assert capsys.readouterr().err.count("defect") == 1


def test_a_closed_pipe_is_told_to_nobody(trained):
    show = [sys.executable, "-m", "wildwire", "show", str(trained / "m.wire")]
    process = subprocess.Popen(show, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), told) == (1, b"")
