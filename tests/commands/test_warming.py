"""`wildwire warmup`: afterwards nothing is compiled any more; who is told, and what can fail."""

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Event

import pytest
from numba.core.dispatcher import Dispatcher
from typer.testing import CliRunner

import wildwire.engine
import wildwire.program
from wildwire.cli import app
from wildwire.commands import warming
from wildwire.functions import cache, cache_place

NOTICE = "wildwire: compiling kernels, once for this version\n"


def python(*words, location=None, code=0):
    environment = dict(os.environ)
    if location is not None:
        environment[cache.LOCATION_VARIABLE] = str(location)
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A copy of the directory that a warm-up has filled; other tests write to that one."""
    done = python("-m", "wildwire", "warmup", "--quiet")
    assert done.stderr == ""
    count, folder = done.stdout.split()[0], Path(done.stdout.rstrip().split(" in ")[-1])
    files = list(folder.glob("*.nbc"))
    assert len(files) >= int(count) > 200
    copy = tmp_path_factory.mktemp("warm") / folder.name
    copy.mkdir(mode=0o700)
    for path in files:
        shutil.copy(path, copy)
    return copy


@pytest.fixture
def own(warm, tmp_path):
    """The same in a root of its own, for a test to change."""
    shutil.copytree(warm, tmp_path / "cache" / warm.name)
    return tmp_path / "cache"


USES = """
    import numpy as np, wildwire as ww
    from wildwire.functions import cache, losses
    from wildwire.learning import learners

    draw = np.random.default_rng(0)
    X = draw.normal(size=(40, 2))
    Y, classes = X[:, 0] * X[:, 1], np.eye(3)[draw.integers(0, 3, 40)]
    many = draw.normal(size=(200, 700))
    layered = ww.wiring.layered
    CASES = {
        "parameters": ('''
            input a, b
            h[3] ~ tanh(a, b)
            g ~ gaussian(a, width=?)
            y ~ identity(h, g)
            output y
            ''', X, Y, {"loss": "huber(delta=0.5)", "l1": 0.01, "l2": 0.1}),
        "products": ('''
            input a, b
            let w = 0.3 in [0, 1]
            h = sin(w*a - w*b + ?)
            u = 0.5*(h - 3) + ?
            output u, h
            ''', X, np.column_stack((Y, Y)), {"sample_weight": abs(Y)}),
        "classes": ('''
            input a, b
            z[3] ~ identity(a, b)
            output softmax(z) as "r", "g", "b"
            ''', X, classes, {"loss": "softmax", "clip": 1.0}),
        "wide": (layered(700, 64, 3), many, many[:, :3], {"batch": 128}),
        "long": (layered(2, *[9]*8, 1, skip=True), X, Y, {"validation": 0.2}),
        "gates": (layered(2, 3, 1, activation="gelu"), X, Y, {"loss": "quantile(q=0.2)"}),
    }
    for name, (network, x, y, options) in CASES.items():
        for dtype in ("float64", "float32"):
            for batch in (1, 7, "full"):
                net = ww.parse(network) if isinstance(network, str) else network
                learner = learners.by_name(learners.names()[len(name) % 6])
                settings = {"batch": batch, "epochs": 1, "seed": 0, **options}
                result = ww.fit(net, x, y, learner=learner, dtype=dtype, **settings)
                ww.run(net, result.theta, x, dtype=dtype)
                ww.run(net, result.theta, x[:1], dtype=dtype)
                ww.loss_and_gradient(net, result.theta, x, y, dtype=dtype)
                ww.input_gradient(net, result.theta, x, dtype=dtype)
                assert not cache.statistics["misses"], (name, dtype, batch)
    for _ in range(25):  # the first programs of a process are arranged by the interpreter
        net = ww.parse(CASES["parameters"][0])
        ww.run(net, net.initial(0), X)
        ww.learning.Objective(net, X, Y).value(net.initial(0))
    ww.NetworkClassifier(epochs=1).fit(X, Y > 0).predict(X)
    print(cache.statistics["hits"], cache.statistics["misses"])
"""


@pytest.mark.slow
def test_after_a_warm_up_nothing_is_compiled_and_no_file_added(own):
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*.*")}
    done = python("-c", textwrap.dedent(USES), location=own)
    hits, misses = map(int, done.stdout.split())
    assert hits > 50
    assert misses == 0
    assert done.stderr == ""
    assert before == {path: path.stat().st_mtime_ns for path in own.rglob("*.*")}


@pytest.mark.slow
def test_a_warm_up_leaves_no_kernel_of_the_engine_out(warm):
    """Whatever part the engine gets next: a warm-up that misses it fails here."""
    there = {path.name.rsplit("-", 1)[0] for path in warm.iterdir()}
    wanted = set()
    for package in (wildwire.engine, wildwire.program):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for kernel in vars(module).values():
                # Merged into its caller before types are inferred: no code of its own.
                merged = getattr(kernel, "targetoptions", {}).get("inline") == "always"
                if isinstance(kernel, Dispatcher) and not merged:
                    function = kernel.py_func
                    wanted.add(f"{function.__module__}.{function.__qualname__}")
    assert len(wanted) > 20
    assert not (missed := sorted(wanted - there)), missed


FIT = ("fit", "{table}", "-t", "y", "--no-compare", "--epochs", "2", "-o", "{out}")
RUN = """
    import sys, wildwire as ww
    network = ww.parse("input a\\nh ~ tanh(a)\\ny ~ identity(h)\\noutput y")
    X = [[0.1], [0.2], [0.3]]
    for word in sys.argv[1:]:
        if word == "run":
            ww.run(network, network.initial(0), X)
        else:
            progress = False if word == "silent" else None
            ww.fit(network, X, X, epochs=1, seed=0, progress=progress)
"""
ENTRIES = {
    "run": (("-c", RUN, "run"), 1),
    "fit": (("-c", RUN, "fit"), 1),
    "run and fit": (("-c", RUN, "run", "fit"), 1),
    "fit without progress": (("-c", RUN, "silent", "run"), 0),
    "wildwire fit": (("-m", "wildwire", *FIT), 1),
    "wildwire fit --quiet": (("-m", "wildwire", *FIT, "-q"), 0),
    "wildwire predict": (("-m", "wildwire", "predict", "{model}", "{table}"), 1),
    "wildwire predict --quiet": (
        ("-m", "wildwire", "predict", "{model}", "{table}", "-q"),
        0,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES)
def test_compiling_is_told_once_on_stderr_and_only_when_it_happens(
    entry, own, tmp_path
):
    names = {"table": "t.csv", "model": "m.wire", "out": "o.wire"}
    places = {name: tmp_path / file for name, file in names.items()}
    places["table"].write_text("a,y\n" + "".join(f"{i},{i * i}\n" for i in range(20)))
    places["model"].write_text("input a\nh = tanh(0.1*a)\ny = 2*h + 1\noutput y\n")
    words, told = ENTRIES[entry]
    words = [textwrap.dedent(word).format_map(places) for word in words]
    for path in own.rglob("*generated.tanh*"):
        path.unlink()
    cold = python(*words, location=own)
    assert cold.stderr.count(NOTICE) == told
    assert NOTICE not in cold.stdout
    assert list(own.rglob("*generated.tanh*"))
    places["out"].unlink(missing_ok=True)
    assert NOTICE not in python(*words, location=own).stderr


@pytest.fixture
def one_miss(monkeypatch, tmp_path):
    """A warm-up of one task, which compiles something; nothing was said before."""
    for name in cache.statistics:
        monkeypatch.setitem(cache.statistics, name, 0)
    monkeypatch.setenv(cache.LOCATION_VARIABLE, str(tmp_path))
    monkeypatch.setattr(cache, "_said", Event())
    monkeypatch.setattr(warming, "_tasks", lambda dtype: [cache._announce])
    yield
    cache.set_compile_notice(cache.say_compiling)


def warmup(*words):
    return CliRunner().invoke(app, ["warmup", *words], prog_name="wildwire")


def test_one_line_tells_the_result_and_another_that_it_takes_a_while(one_miss):
    done = warmup()
    assert done.exit_code == 0
    told = r"0 kernels are ready, 2 of them new, after \d+\.\d s, in "
    assert re.match(told, done.stdout)
    assert done.stderr == NOTICE


def test_quiet_tells_the_result_only(one_miss):
    done = warmup("-q", "--dtype", "float32")
    assert done.stdout.startswith("0 kernels are ready, 1 of them new")
    assert done.stderr == ""


def test_a_place_that_cannot_be_written_is_one_line_and_code_2(one_miss, tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("file", "file/below"):
        done = CliRunner().invoke(
            app, ["warmup"], env={cache.LOCATION_VARIABLE: str(tmp_path / name)}
        )
        assert done.exit_code == 2
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("wildwire: error: compiled kernels cannot be kept: ")
        assert cache.LOCATION_VARIABLE in line


def test_a_disk_that_fills_up_is_one_line_and_code_2(one_miss, monkeypatch):
    def lose():
        cache.statistics["unkept"] += 1

    monkeypatch.setattr(warming, "_tasks", lambda dtype: [lose])
    done = warmup("-q")
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("wildwire: error: compiled kernels cannot be written to ")


def test_an_unknown_type_is_refused():
    done = warmup("--dtype", "float16")
    assert done.exit_code == 2
    assert done.stderr.startswith("wildwire: error: --dtype is 'float16': use float64,")


def test_the_directory_is_that_of_every_other_process(one_miss):
    cache_place._directory.cache_clear()
    assert warming.warm_up().directory == cache.cache_directory()
