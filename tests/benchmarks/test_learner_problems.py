"""Problems for learners: rows by definition, networks against NumPy, budgets, intervals, and a tiny run of each script.

No rivals are needed: without pyrenn its columns say so.
"""

import math

import numpy as np
import pytest
from benchmarks.learners import ants, data, fits, parity, saddle, simplex_swarm, tables
from benchmarks.learners.__main__ import SCRIPTS, main
from benchmarks.learners.networks import LOSSES, error, layered, wrong
from benchmarks.learners.paired import cell, difference, share
from benchmarks.learners.spending import cost, spend

import wildwire as ww
from wildwire.learning.learners import (
    AntColony,
    GradientDescent,
    LevenbergMarquardt,
    SimplexSwarm,
)

BY_NAME = {table.name: table for table in data.TABLES}


@pytest.mark.parametrize("table", data.TABLES, ids=lambda t: t.name)
def test_rows_are_scaled_and_apart(table):
    rows = table.make(0)
    assert np.isfinite(rows.X_test).all()
    np.testing.assert_allclose(rows.X.mean(axis=0), 0, atol=1e-9)
    deviation = rows.X.std(axis=0)
    assert ((np.abs(deviation - 1) < 1e-9) | (deviation < 1e-9)).all()
    if table.kind == "linear":
        np.testing.assert_allclose([rows.Y.mean(), rows.Y.std()], [0, 1], atol=1e-9)
    else:
        assert set(np.unique(rows.Y)) == {0.0, 1.0}
    if table.kind == "softmax":
        assert (rows.Y.sum(axis=1) == 1).all()
    assert not (rows.X[:, None] == rows.X_test[None, :50]).all(axis=2).any()
    assert not np.array_equal(table.make(1).X, rows.X)


def test_functions_by_hand():
    assert data.valley(1.0, 1.0) == 0
    assert data.valley(2.0, 0.0) == 1 + 160
    assert data.sinc(np.array(0.0), np.array(0.0)) == 1
    assert data.sinc(3.0, 4.0) == pytest.approx(math.sin(5) / 5)
    assert data.franke(0.0, 0.0) == pytest.approx(0.7664205, abs=1e-6)


@pytest.mark.parametrize("kind", LOSSES)
def test_layers_by_numpy(kind):
    """The order of theta does not matter: all weights are equal, all biases too."""
    n_outputs = 1 if kind == "logistic" else 3
    network = layered(4, 5, n_outputs, kind)
    assert network.n_theta == 5 * 5 + 6 * n_outputs
    x = np.array([[0.3, -0.1, 0.2, 0.5]])
    z = 0.2 + 5 * 0.2 * np.tanh(0.2 + 0.2 * x.sum())
    expected = {"linear": z, "logistic": 1 / (1 + np.exp(-z)), "softmax": 1 / 3}[kind]
    found = ww.run(network, np.full(network.n_theta, 0.2), x)
    np.testing.assert_allclose(found, np.full((1, n_outputs), expected))


def test_errors():
    Y = np.array([[1.0, 0], [0, 1], [1, 0], [1, 0]])
    assert wrong(Y, Y) == 0
    assert wrong(1 - Y[:1], Y[:1]) == 1
    assert wrong(np.array([[0.4], [0.6]]), np.array([[1.0], [1.0]])) == 0.5
    y = np.random.default_rng(0).normal(size=(100, 1))
    sine = BY_NAME["sine"]
    assert error(sine, y, np.full_like(y, y.mean())) == pytest.approx(1)
    assert error(sine, y, np.full_like(y, np.nan)) > 1e5


def test_parity_network_by_numpy():
    """What SciPy minimises is the network."""
    network, (X, Y) = ww.parse(parity.TEXT), parity.rows()
    assert network.n_theta == 21
    assert X.shape == (32, 5)
    np.testing.assert_array_equal(Y[:, 0], np.prod(X, axis=1))
    theta = network.initial(3, parity.DRAWN)
    assert (np.abs(theta) < 0.5).all()
    assert (theta != 0).all()
    found = parity.residuals(theta, X, Y)
    np.testing.assert_allclose(found, (ww.run(network, theta, X) - Y)[:, 0], atol=1e-12)


def test_one_wrong_sign_is_above_the_goal():
    """An output of 0 for one row, all others exact: the least that a wrong sign loses."""
    assert parity.GOAL < 0.5 / 32 < 1.02 * parity.GOAL


def _objective():
    rows = BY_NAME["sine"].make(0)
    network = layered(1, 3, 1, "linear")
    return network.initial(0), ww.learning.Objective(network, rows.X, rows.Y)


LEARNERS = {
    "ants": AntColony(),
    "ants + gradients": AntColony(refine=GradientDescent(0.1)),
    "ants + LM": AntColony(refine=LevenbergMarquardt()),
    "gradients": GradientDescent(0.1),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_no_run_costs_more_than_its_budget(name):
    """But for the candidates of one call, or one gradient; and a run uses it."""
    theta, objective = _objective()
    trace = spend(LEARNERS[name], objective, theta, 0, most=2000)
    assert trace.costs[-1] >= 1700
    assert cost(objective) < 2000 + 30
    assert trace.reason == "budget"
    assert trace.loss == pytest.approx(objective.value(trace.theta), rel=1e-9)
    assert trace.loss < trace.losses[0]
    assert len(trace.losses) == len(trace.costs) == len(trace.seconds)


def test_trace_at_a_limit():
    theta, objective = _objective()
    trace = spend(GradientDescent(0.1), objective, theta, 0, steps=5, keep=True)
    assert trace.reason == "steps"
    assert trace.gradients == [0, 1, 2, 3, 4, 5]
    assert len(trace.thetas) == 6
    assert trace.at("gradients", 2) == min(trace.losses[:3])
    assert math.isnan(trace.at("seconds", -1.0))


def test_index_counts_negative_curvature():
    """Of w1*w2 around 0 the eigenvalues are t and -t; a fit without error has none below 0."""
    network = ww.parse("input x\nh ~ linear(x, [0])\ny ~ linear(h, [0])\noutput y")
    objective = ww.learning.Objective(network, [[1.0]], [[1.0]])
    assert saddle.index(objective, np.zeros(2)) == 0.5
    assert saddle.index(objective, np.array([2.0, 0.5])) == 0.0


def test_differences_are_paired():
    a = np.arange(20.0)
    found = difference(a, a + 1)
    assert found == (-1, -1, -1)
    assert found.verdict == "lower"
    assert difference(a, a).verdict == "same"
    assert difference(a, a[::-1]).verdict == "same"
    assert cell([1.0, 2.0, 3.0]) == "2 [1, 3]"
    assert share(5, 10) == "50.0 % [23.7, 76.3]"


def test_chosen_penalty_is_the_one_with_least_error():
    """A fit whose predictions are only right for one penalty."""
    table = BY_NAME["sine"]
    rows = table.make(0)

    def fit(table, X, Y, seed, alpha):
        return lambda X: np.full((len(X), 1), alpha)

    rows = rows._replace(Y=np.full_like(rows.Y, 1.0) + 1e-6 * rows.Y)
    assert (fits._chosen(fit, table, rows, 0) == 1.0).all()


@pytest.mark.parametrize("name", [n for n in fits.METHODS if n != "pyrenn"])
def test_methods_learn_a_sine(name):
    table = BY_NAME["sine"]
    rows = table.make(0)
    predicted = fits.METHODS[name](table, rows, 0)
    assert error(table, rows.Y_test, predicted) < 0.05


def test_pyrenn_ends_by_itself(monkeypatch):
    """Cut off at once, it still gives weights."""
    pytest.importorskip("pyrenn")
    monkeypatch.setattr(fits, "SECONDS", 0.0)
    table = BY_NAME["digits"]
    rows = table.make(0)
    assert fits.pyrenn_lm(table, rows, 0).shape == rows.Y_test.shape


def test_simplex_swarm_has_room_for_its_simplex():
    for make in simplex_swarm.TASKS.values():
        task = make(0)
        found = simplex_swarm.methods(task.network.n_theta, 300)
        scores = [simplex_swarm.score(task, each, 0, 300) for each in found.values()]
        assert any(isinstance(each, SimplexSwarm) for each in found.values())
        assert all(0 < score.evaluations <= 300 for score in scores)


TINY = {
    "parity": (parity.main, ["--starts", "2", "--seeds", "2"]),
    "tables": (tables.main, ["--seeds", "1", "sine", "breast"]),
    "saddle": (
        saddle.main,
        ["--seeds", "1", "--scale", "0.01", "--epochs", "1", "--part", "race", "width"],
    ),
    "ants": (ants.main, ["--seeds", "1", "--budget", "60"]),
    "simplex_swarm": (simplex_swarm.main, ["--seeds", "2", "--evaluations", "100"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_tiny_run(name, capsys, monkeypatch):
    """Every step of a script, and that its tables have as many cells as heads."""
    monkeypatch.setattr(fits, "SECONDS", 0.1)
    script, arguments = TINY[name]
    assert script(arguments) == 0
    parts = capsys.readouterr().out.split("\n\n")
    tables_found = [part.splitlines() for part in parts if part.startswith("|")]
    assert tables_found
    for lines in tables_found:
        assert lines[1].startswith("| --- |")
        assert len(lines) >= 3
        assert {line.count("|") for line in lines if "|" in line} == {
            lines[0].count("|")
        }


def test_unknown_scripts_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["pairty"])
    assert "pairty" in capsys.readouterr().err
