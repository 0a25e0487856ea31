"""Problems that need memory: their targets by definition, the linear model, the table, and a tiny run of all of it.

No rivals are needed: without PyTorch its lines say so.
"""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from benchmarks.memory_problems import linear, problems, torch_networks
from benchmarks.memory_problems.__main__ import main, measure, models_of
from benchmarks.memory_problems.problems import PROBLEMS, Data
from benchmarks.memory_problems.table import Line, interval, markdown
from benchmarks.memory_problems.wildwire_networks import network_of

BY_NAME = {problem.name: problem for problem in PROBLEMS}


def _bits(data):
    """Inputs and targets, 0 and 1."""
    return (data.X[:, :, 0] > 0).astype(int), (data.Y[:, :, 0] > 0).astype(int)


def test_xor_and_parity_by_counting():
    x, y = _bits(problems.temporal_xor(0))
    assert (y[:, 2:] == x[:, 2:] ^ x[:, :-2]).all()
    x, y = _bits(problems.running_parity(0))
    assert (y == np.cumsum(x, axis=1) % 2).all()


def test_echo_and_adding():
    data = problems.echo(0)
    np.testing.assert_array_equal(data.Y[:, 5:], data.X[:, :-5])
    data = problems.adding(0)
    assert data.X.shape[1:] == (50, 2)
    assert (data.X[:, :25, 1].sum(axis=1) == 1).all()
    assert (data.X[:, 25:, 1].sum(axis=1) == 1).all()
    sums = [x[x[:, 1] == 1, 0].sum() for x in data.X]
    np.testing.assert_allclose(data.Y[:, 0], sums)


def test_mackey_glass_follows_its_equation():
    """A series of finer steps is the same; x' by differences is what the equation says."""
    coarse, fine = (problems.mackey_glass_series(50, 0, parts=n) for n in (10, 20))
    np.testing.assert_allclose(coarse, fine, rtol=1e-3)
    x = problems.mackey_glass_series(300, 1)
    slope = (x[18:] - x[16:-2]) / 2
    late = x[: len(slope)]
    expected = 0.2 * late / (1 + late**10) - 0.1 * x[17:-1]
    assert np.abs(slope - expected).max() < 0.02
    assert x.std() > 0.1


def test_logistic_map_is_scaled_only():
    x = problems.logistic_map(0).X[0, :, 0]
    # Any scaling of a parabola is a parabola.
    coefficients = np.polyfit(x[:-1], x[1:], 2)
    np.testing.assert_allclose(np.polyval(coefficients, x[:-1]), x[1:], atol=1e-8)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_data_are_seeded_and_forecasts_are_of_later_steps(problem):
    first, again, other = problem.make(0), problem.make(0), problem.make(1)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first.X[:3] != other.X[:3]).any()
    if problem.is_closed:
        learnt = _stretches(first.X)
        assert learnt and not learnt & _stretches(first.X_test[:, problem.warm_up :])


def _stretches(X, length=4):
    """All stretches of some steps: single values may come back in another year."""
    stacked = [X[:, i : X.shape[1] - length + 1 + i, 0] for i in range(length)]
    return set(zip(*(part.ravel().tolist() for part in stacked), strict=True))


def test_errors():
    Y = np.array([[[1.0], [-1.0], [1.0], [1.0]]])
    off = np.array([[[9.0], [-2.0], [3.0], [-1.0]]])
    assert BY_NAME["xor"].judge(Y, off) == 0.5  # two steps of warm-up
    assert BY_NAME["parity"].judge(Y, off) == 1.0  # the last step alone
    assert problems.relative_error(Y, np.full_like(Y, Y.mean())) == pytest.approx(1)
    assert problems.relative_error(Y, Y) == 0


def test_the_linear_model_finds_a_linear_recurrence():
    """x(t) = 1.8 cos(0.5) x(t-1) - 0.81 x(t-2), whose forecasts in closed loop are exact."""
    x = np.empty((40, 30))
    x[:, :2] = np.random.default_rng(0).normal(size=(40, 2))
    for t in range(2, 30):
        x[:, t] = 1.8 * np.cos(0.5) * x[:, t - 1] - 0.81 * x[:, t - 2]
    X = x[:, :, None]
    problem = replace(BY_NAME["mackey-glass"], warm_up=6, lags=(1, 2, 4))
    fitted = linear.fit(problem, Data(X, X, X, X))
    hidden = X.copy()
    hidden[:, 6:] = np.nan  # must not be read
    predicted = fitted.predict(hidden)
    np.testing.assert_allclose(predicted[:, 6:], X[:, 6:], atol=1e-5)


def test_the_linear_model_is_an_echo():
    problem = BY_NAME["echo"]
    data = problem.make(0)
    fitted = linear.fit(problem, data)
    assert problem.judge(data.Y_test, fitted.predict(data.X_test)) < 1e-6


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_no_network_has_more_numbers_than_allowed(problem):
    n_inputs = 2 if problem.name == "adding" else 1
    for text in problem.networks.values():
        network = network_of(problem, text, n_inputs)
        assert network.n_delays >= 1
        assert network.n_theta <= problem.numbers
        if "{h}" in text:
            assert network.n_theta > 0.7 * problem.numbers
    for kind in torch_networks.GATES:
        _, numbers = torch_networks.size_of(kind, problem, n_inputs)
        assert 0.7 * problem.numbers < numbers <= problem.numbers


def test_interval_covers_the_median():
    """Of 1,000 normal samples of ten, as many intervals hold the true median as is said."""
    values = np.random.default_rng(0).normal(NormalDist().mean, 1, (1000, 10))
    found = [interval(row) for row in values]
    coverage = found[0][2]
    assert coverage == pytest.approx(0.9785, abs=1e-4)
    hits = np.mean([low <= 0 <= high for low, high, _ in found])
    assert abs(hits - coverage) < 0.02
    assert interval([3.0, 1.0, 2.0]) == (1.0, 3.0, 0.75)


def test_table_says_why_a_line_is_empty():
    text = markdown(
        [Line("a", 7, [0.5, 0.1, 0.3], [1.0, 2.0, 3.0]), Line("b", 0, [], [], "absent")]
    )
    assert "| a | 7 | 0.3 [0.1, 0.5] | 3 | 2 |" in text
    assert "| b | | absent | 0 | |" in text


def test_limit_ends_the_seeds():
    problem = replace(BY_NAME["xor"], limit=0.0)
    lines = measure(problem, 5, only="linear")
    assert [len(line.errors) for line in lines] == [1]
    assert len(models_of(problem)) == 5


@pytest.mark.parametrize("name", ["xor", "logistic-map"])
def test_tiny_run(name, capsys):
    """Every step of a run: data, training, forecasts in closed loop, table."""
    assert main(["--problem", name, "--seeds", "1", "--epochs", "2"]) == 0
    text = capsys.readouterr().out
    for model in models_of(BY_NAME[name]):
        assert f"| {model} | " in text
    for line in text.splitlines():
        if line.startswith("| Wildwire"):
            assert float(line.split("|")[3].split()[0]) < 5


def test_training_lowers_the_error():
    """Exclusive or is learnt: from chance to next to no errors within 20 epochs."""
    problem = replace(BY_NAME["xor"], epochs=20)
    lines = measure(problem, 1, only="delays")
    assert len(lines) == 1
    assert lines[0].errors[0] < 0.05
