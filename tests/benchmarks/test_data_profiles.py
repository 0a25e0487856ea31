"""Data profiles: textbook functions have the minima that they state, and shares are counted as Moré & Wild do."""

import numpy as np
import pytest
from benchmarks.data_profiles import (
    ALPHAS,
    EVALUATIONS,
    TOLERANCES,
    Enough,
    Problem,
    evaluations_needed,
    learner,
    profile,
    solvers,
    table,
)
from benchmarks.textbook_functions import FUNCTIONS
from scipy.optimize import minimize

from benchmarks import data_profiles
from wildwire.learning import learners

EACH = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)


def test_there_are_twenty_of_2_to_30_numbers():
    assert len(FUNCTIONS) == len({f.name for f in FUNCTIONS}) == 20
    assert {f.n for f in FUNCTIONS} >= {2, 30}


@EACH
def test_the_least_value_is_where_it_is_stated(function):
    at = function.minimiser
    assert ((at >= function.low) & (at <= function.high)).all()
    value = function.value(at[None])[0]
    scale = 1 + abs(function.minimum)
    assert value == pytest.approx(function.minimum, abs=1e-8 * scale)
    random = np.random.default_rng(0)
    near = at + 1e-3 * (function.high - function.low) * random.normal(size=(500, len(at)))  # fmt: skip
    anywhere = random.uniform(function.low, function.high, (2000, function.n))
    for points in (near, anywhere):
        assert function.value(points).min() >= function.minimum - 1e-8 * scale
    down = minimize(lambda x: function.value(x[None])[0], at, method="Nelder-Mead")
    assert down.fun >= function.minimum - 1e-8 * scale


@EACH
def test_a_moved_minimum_stays_in_the_box(function):
    for seed in range(20):
        problem = Problem.of(function, seed)
        at = function.minimiser + problem.shift
        assert ((at >= function.low) & (at <= function.high)).all()
        assert problem.value(at) == pytest.approx(function.minimum, abs=1e-7)
        assert bool(problem.shift.any()) == function.moved


def test_a_problem_counts_and_ends():
    problem = Problem.of(FUNCTIONS[0], 0)
    points = np.tile(problem.start, (EVALUATIONS - 1, 1))
    points[7] = (problem.start + [3.0, 0.5]) / 2
    found = problem.values(points)
    assert problem.falls == [(1, found[0]), (8, found[7])]
    # The last one counts, what is beyond it does not.
    problem.values(np.array([[0.0, 0.0], [3.0, 0.5]]))
    assert problem.falls[-1][0] <= EVALUATIONS and problem.falls[-1][1] > 0
    with pytest.raises(Enough):
        problem.value(problem.start)


def test_solved_is_a_share_of_the_way_down():
    problem = Problem.of(FUNCTIONS[1], 3)
    start = problem.value(problem.start)
    least = problem.function.minimum
    for i, part in enumerate((0.5, 0.1, 0.0009)):
        problem.falls.append((10 * i + 2, least + part * (start - least)))
    assert problem.solved_after(0.6) == 2
    assert problem.solved_after(0.1000001) == 12
    assert problem.solved_after(1e-3) == 22
    assert problem.solved_after(1e-4) == np.inf


def test_a_profile_counts_problems():
    needed = np.full((4, len(TOLERANCES)), np.inf)
    needed[:, 0] = [5.0, 10.0, 29.0, 1000.0]
    found = profile(needed)
    assert found.shape == (len(TOLERANCES), len(ALPHAS))
    np.testing.assert_array_equal(found[0], [0.5, 0.75, 0.75, 0.75])
    assert (found[1:] == 0).all()
    text = table({"a": found, "b": found + 0.1})
    assert text.splitlines()[2].startswith("| b | 60 | 85 |")


def test_solvers_solve_a_small_problem_the_same_way_twice():
    function = (FUNCTIONS[4],)
    for name, solver in solvers().items():
        first = evaluations_needed(solver, 2, function)
        np.testing.assert_array_equal(first, evaluations_needed(solver, 2, function))
        assert np.isfinite(first[:, 0]).all(), name


def test_names_choose_solvers(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(data_profiles, "FUNCTIONS", FUNCTIONS[:1])
    data_profiles.main(["RandomSearch", "--seeds", "1", "--output", str(tmp_path / "t.md")])  # fmt: skip
    told = capsys.readouterr().out
    assert "| RandomSearch |" in told and "CMAES" not in told
    assert (tmp_path / "t.md").read_text(encoding="utf-8") in told


def test_a_learner_that_starts_at_the_minimum_has_solved_it():
    problem = Problem(FUNCTIONS[0], np.zeros(2), np.array([3.0, 0.5]))
    learner(learners.RandomSearch(evaluations=5))(problem, 0)
    assert problem.solved_after(1e-5) == 1
