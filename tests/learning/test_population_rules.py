"""The rules of single learners, against formulas of the papers, hand computations and SciPy."""

import builtins
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from learning.population_problems import (
    LEARNERS,
    Fake,
    course,
    ellipsoid,
    half_unknown,
    rosenbrock,
    run,
    sphere,
)
from wildwire.errors import SettingError
from wildwire.learning import Reason, learners
from wildwire.learning.population.annealing import first_temperature
from wildwire.learning.population.ants import archive_weights, deviations
from wildwire.learning.population.box import Box
from wildwire.learning.population.evolution import trials_of
from wildwire.learning.population.max_min_ants import trail_limits
from wildwire.learning.population.simplex import Coefficients, crawl, first_simplex
from wildwire.learning.population.swarm import fly

FREE = np.array([[-np.inf, np.inf]] * 2)


# ---- particle swarm ----------------------------------------------------------------------------------------------


class Halves:
    """A generator whose even draws are all one half."""

    def random(self, shape):
        return np.full(shape, 0.5)


def test_particles_fly_as_computed_by_hand():
    box = Box(np.array([[-np.inf, np.inf], [-np.inf, 1.0]]), np.zeros(2), 10)
    points, velocity = fly(
        np.array([[1.0, 0.0]]), np.array([[0.5, 1.0]]), np.array([[2.0, 0.0]]),
        np.array([-1.0, 3.0]), (0.5, 1.0, 2.0), np.array([9.0, 2.0]), box, Halves(),
    )  # fmt: skip
    # v = w v + c1/2 (p - x) + c2/2 (g - x) = (0.25 + 0.5 - 2, 0.5 + 0 + 3 -> 2 at most)
    # x = (1 - 1.25, 2 -> the bound 1, from which it comes back with half its speed)
    np.testing.assert_allclose(points, [[-0.25, 1.0]])
    np.testing.assert_allclose(velocity, [[-1.25, -1.0]])


def test_a_step_of_the_swarm_from_its_draws():
    learner = learners.ParticleSwarm(particles=4)
    made, random = course(learner, Fake(rosenbrock, 2), [0.1, 0.3])
    made.step()
    before = {name: np.array(getattr(made, name)) for name in made.arrays}
    best = made.theta
    twin = np.random.default_rng()
    twin.bit_generator.state = random.bit_generator.state
    made.step()
    r1, r2 = twin.random((2, 4, 2))
    x, v = before["points"], before["velocity"]
    v = 0.7298 * v + 1.49618 * r1 * (before["own_best"] - x) + 1.49618 * r2 * (best - x)
    v = np.clip(v, -1.0, 1.0)  # half of the box, which is 2 wide
    np.testing.assert_allclose(made.velocity, v, atol=1e-15)
    np.testing.assert_allclose(made.points, x + v, atol=1e-15)
    better = rosenbrock(x + v) < before["own_values"]
    np.testing.assert_allclose(made.own_best, np.where(better[:, None], x + v, before["own_best"]))  # fmt: skip


# ---- simplex -----------------------------------------------------------------------------------------------------

SIMPLEX_PROBLEMS = {
    "rosenbrock 2": (rosenbrock, [-1.2, 1.0], None),
    "rosenbrock 4": (rosenbrock, [-1.2, 1.0, 0.3, 0.7], None),
    "ellipsoid": (ellipsoid, [1.0, -2.0, 0.5], None),
    "one number": (sphere, [2.0], None),
    "bounded": (rosenbrock, [-1.2, 1.0, 0.3], [[-2, 0.5], [-0.5, 3], [-np.inf, 0.6]]),
}


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("problem", SIMPLEX_PROBLEMS)
def test_the_simplex_walks_as_scipys(problem, adaptive):
    function, start, bounds = SIMPLEX_PROBLEMS[problem]
    n, start = len(start), np.array(start)
    objective = Fake(function, n, bounds)
    made, _ = course(learners.NelderMead(adaptive=adaptive), objective, start)
    for _ in range(121):
        if made.reason is None:
            made.step()
    assert made.used > 80
    seen = []

    def value(x):
        seen.append(x.copy())
        return function(x[None])[0]

    minimize(
        value, start, method="Nelder-Mead",
        bounds=None if bounds is None else objective.bounds,
        options={
            "initial_simplex": first_simplex(start, objective.bounds, 0.5),
            "maxiter": 120, "maxfev": 10**5, "xatol": 1e-300, "fatol": 1e-300,
            "adaptive": adaptive and n > 1,
        },
    )  # fmt: skip
    count = min(len(seen), made.used, 150)
    np.testing.assert_allclose(objective.all_asked[:count], seen[:count], atol=1e-9)


def test_single_moves_of_the_simplex():
    def moved(values_at):
        """The simplex (0,0) (1,0) (0,1) after a step, the worst being the last."""
        asked = []

        def evaluate(points):
            asked.extend(points.tolist())
            return np.array([values_at(tuple(np.round(x, 12))) for x in points])

        points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        result = crawl(
            points, np.array([1.0, 2.0, 3.0]), Coefficients(1, 2, 0.5, 0.5), evaluate,
            lambda x: x,
        )  # fmt: skip
        return *result, asked

    reflected, expanded = (1.0, -1.0), (1.5, -2.0)
    outside, inside = (0.75, -0.5), (0.25, 0.5)
    for values_at, last, asked in (
        (lambda x: 1.5, reflected, [reflected]),
        (lambda x: 0.5 if x == reflected else 0.2, expanded, [reflected, expanded]),
        (lambda x: 0.5 if x == reflected else 0.7, reflected, [reflected, expanded]),
        (lambda x: 2.5 if x == reflected else 2.4, outside, [reflected, outside]),
        (lambda x: np.inf if x == reflected else 2.4, inside, [reflected, inside]),
    ):
        points, _, found = moved(values_at)
        np.testing.assert_allclose(points[:2], [[0, 0], [1, 0]])
        np.testing.assert_allclose(points[2], last)
        np.testing.assert_allclose(found, asked)
    points, values, found = moved(lambda x: 9.0)  # nothing helps: all shrink
    np.testing.assert_allclose(points, [[0, 0], [0.5, 0], [0, 0.5]])
    np.testing.assert_allclose(values, [1, 9, 9])
    np.testing.assert_allclose(found, [reflected, inside, [0.5, 0], [0, 0.5]])


def test_a_simplex_that_lies_in_a_plane_begins_anew():
    def flat_start(restarts):
        made, _ = course(
            learners.NelderMead(restarts=restarts), Fake(sphere, 2), [2.0, 2.0]
        )
        made.step()
        made.points = np.array([[2.0, 2.0], [2.0, 2.5], [2.0, 3.0]])
        made.vertex_values = sphere(made.points)
        for _ in range(2000):
            if made.reason is None:
                made.step()
        assert made.reason is Reason.CONVERGED
        return made

    assert flat_start(0).theta[0] == 2.0
    again = flat_start(3)
    assert again.loss < 1e-12 and again.restarted == 3


def test_the_first_simplex_stays_within_bounds():
    bounds = np.array([[0.0, 0.2], [-np.inf, 1.0], [0.0, 9.0]])
    points = first_simplex(np.array([0.15, 0.9, 3.0]), bounds, 0.5)
    np.testing.assert_allclose(points[1:].diagonal(), [0.05, 0.4, 3.5])


@pytest.mark.parametrize("in_order", [False, True])
def test_the_swarm_goes_through_its_simplex(in_order):
    learner = learners.SimplexSwarm(particles=9, simplex_steps=4, sorted_simplex=in_order)  # fmt: skip
    made, random = course(learner, Fake(rosenbrock, 3), [0.1, 0.3, -0.2])
    made.step()
    points, values = made.points.copy(), made.values_there.copy()
    velocity, own_best = made.velocity, made.own_best
    twin = np.random.default_rng()
    twin.bit_generator.state = random.bit_generator.state
    made.step()
    if in_order:
        chosen = np.argsort(values)[:4]
    else:
        chosen = twin.choice(9, 4, replace=False)
        assert (chosen != np.sort(chosen)).any()
    mine, its = points[chosen], values[chosen]
    for _ in range(4):
        mine, its = crawl(mine, its, Coefficients(1, 2, 0.5, 0.5), rosenbrock, np.array)
    better = its < rosenbrock(own_best[chosen])
    own_best = own_best.copy()
    own_best[chosen[better]] = mine[better]
    points[chosen] = mine
    best = own_best[np.argmin(rosenbrock(own_best))]
    box = Box(np.array([[-np.inf, np.inf]] * 3), np.array([0.1, 0.3, -0.2]), 1.0)
    pull = (learner.inertia, learner.cognitive, learner.social)
    flown, _ = fly(points, velocity, own_best, best, pull, 0.5 * box.width, box, twin)
    np.testing.assert_allclose(made.points, flown, rtol=1e-14)


# ---- ants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "q"), [(2, 0.5), (50, 1e-4), (30, 0.1)])
def test_weights_of_an_archive_are_those_of_the_paper(k, q):
    weights = archive_weights(k, q)
    for place in range(1, k + 1):
        paper = math.exp(-((place - 1) ** 2) / (2 * q**2 * k**2)) / (
            q * k * math.sqrt(2 * math.pi)
        )
        assert weights[place - 1] == pytest.approx(paper, rel=1e-13, abs=1e-300)


def test_deviations_are_mean_distances():
    archive = np.array([[0.0, 1.0], [2.0, 1.0], [5.0, 4.0]])
    found = deviations(archive, np.array([1, 0]), 0.5)
    # number 0 around 2: (2 + 0 + 3)/2 * 0.5
    np.testing.assert_allclose(found, [[1.25, 0.75], [1.75, 0.75]])


def test_ants_follow_the_archive():
    learner = learners.AntColony(archive=5, ants=400, q=0.4, xi=0.7)
    objective = Fake(sphere, 2)
    made, random = course(learner, objective, [0.1, 0.3])
    made.step()
    archive, values = made.archive, made.archive_values
    assert (np.diff(values) >= 0).all() and len(archive) == 5
    twin = np.random.default_rng()
    twin.bit_generator.state = random.bit_generator.state
    made.step()
    weights = archive_weights(5, 0.4)
    chosen = twin.choice(5, 400, p=weights / weights.sum())
    sigma = deviations(archive, chosen, 0.7)
    ants = archive[chosen] + sigma * twin.standard_normal((400, 2))
    np.testing.assert_allclose(objective.asked[-1], ants)
    kept = np.sort(np.concatenate((values, sphere(ants))))[:5]
    np.testing.assert_allclose(made.archive_values, kept)


def test_limits_of_trails_are_those_of_the_paper():
    low, high = trail_limits(bins=20, n=50, evaporation=0.02, p_best=0.05)
    p = 0.05 ** (1 / 50)
    assert high == pytest.approx(50)
    assert low == pytest.approx(50 * (1 - p) / ((20 / 2 - 1) * p))
    # With all trails at their limits the best solution is made with p_best, bins/2 for their mean number.
    chance = high / (high + (20 / 2 - 1) * low)
    assert chance**50 == pytest.approx(0.05, rel=1e-6)
    low, high = trail_limits(bins=3, n=1, evaporation=0.5, p_best=0.01)
    assert low == high == 2


def test_trails_evaporate_and_grow_under_the_best_ant():
    learner = learners.MaxMinAntSystem(ants=6, bins=4, evaporation=0.25)
    objective = Fake(sphere, 3)
    made, _ = course(learner, objective, [0.0, 0.0, 0.0])
    low, high = trail_limits(4, 3, 0.25, 0.5)
    np.testing.assert_array_equal(made.trail, np.full((3, 4), 4.0))
    made.step()
    points = objective.asked[-1]
    np.testing.assert_allclose(np.unique(points), [-0.75, -0.25, 0.25, 0.75])
    best = points[np.argmin(sphere(points))]
    expected = np.full((3, 4), 3.0)
    expected[np.arange(3), ((best + 1) / 0.5).astype(int)] += 1
    np.testing.assert_allclose(made.trail, np.clip(expected, low, high))
    for _ in range(300):
        if made.reason is None:
            made.step()
        assert (made.trail >= low).all() and (made.trail <= high).all()
    assert made.width[0] < 0.01 and made.loss < 1e-5


# ---- differential evolution --------------------------------------------------------------------------------------


@pytest.mark.parametrize("best", [None, 3])
def test_trials_are_differences_of_three_others(best):
    random = np.random.default_rng(0)
    points = random.normal(size=(6, 5))
    seen = set()
    for _ in range(200):
        trials = trials_of(points, best, 0.6, 1.0, random)
        for i, trial in enumerate(trials):
            found = [
                (a, b, c)
                for a in (range(6) if best is None else [best])
                for b in range(6)
                for c in range(6)
                if b != c
                and np.allclose(trial, points[a] + 0.6 * (points[b] - points[c]))
            ]
            assert len(found) == 1
            a, b, c = found[0]
            assert i not in (b, c) and (best is not None or len({a, b, c, i}) == 4)
            seen.add((i, b, c))
    assert len(seen) == 6 * 5 * 4


def test_crossover_takes_one_number_at_least():
    random = np.random.default_rng(1)
    points = random.normal(size=(8, 20))
    for share in (0.0, 0.3):
        changed = np.concatenate(
            [trials_of(points, None, 0.5, share, random) != points for _ in range(300)]
        ).sum(axis=1)
        assert changed.min() >= 1
        assert changed.mean() == pytest.approx(1 + share * 19, rel=0.03)


def test_a_trial_that_is_no_worse_replaces_its_parent():
    made, _ = course(learners.DifferentialEvolution(candidates=8), Fake(rosenbrock, 3), [0.1, 0.2, 0.3])  # fmt: skip
    made.step()
    for _ in range(20):
        points, values = made.points, made.values_there
        made.step()
        trials = made.objective.asked[-1]
        better = rosenbrock(trials) <= values
        np.testing.assert_array_equal(made.points, np.where(better[:, None], trials, points))  # fmt: skip


# ---- annealing ---------------------------------------------------------------------------------------------------


def test_the_first_temperature_takes_a_typical_rise_as_often_as_asked():
    values = np.array([1.0, 2.0, 4.0, np.inf])
    temperature = first_temperature(values, 0.3)
    assert math.exp(-2.0 / temperature) == pytest.approx(0.3)
    assert first_temperature(np.array([1.0, 1.0, np.inf]), 0.3) == 0


def test_steps_uphill_are_taken_by_chance_and_less_and_less():
    made, _ = course(learners.SimulatedAnnealing(chains=4000), Fake(sphere, 1), [0.3])
    made.step()
    made.temperature, here = 0.5, made.values_there
    rise = np.linspace(0, 2, 4000)
    chance = np.random.default_rng(0).random(4000)
    taken = made._is_taken(here + rise, chance)
    np.testing.assert_array_equal(taken, chance < np.exp(-rise / 0.5))
    made.temperature = 0.0
    np.testing.assert_array_equal(made._is_taken(here + rise, chance), rise == 0)
    made.temperature = 0.5
    bad = np.full(4000, np.inf)
    assert not made._is_taken(bad, 0 * chance).any()
    made.values_there = bad
    assert made._is_taken(here, chance).all()


def test_temperature_falls_by_its_factor():
    made = run(learners.SimulatedAnnealing(cooling=0.5), Fake(sphere, 2), [0.0, 0.0], steps=1)  # fmt: skip
    first = made.temperature
    made.step()
    made.step()
    assert made.temperature == first / 4


# ---- cma-es ------------------------------------------------------------------------------------------------------


def test_cma_adapts_to_a_valley():
    def valley(x):
        return (x[:, 0] - x[:, 1]) ** 2 + 1e-6 * (x[:, 0] + x[:, 1] - 1) ** 2

    made = run(learners.CMAES(), Fake(valley, 2), [0.9, -0.7])
    assert made.reason is Reason.CONVERGED and made.loss < 1e-12


@pytest.mark.parametrize("factor", [1e-20, 1e15])
def test_cma_does_not_mind_the_unit_of_the_loss(factor):
    def scaled(x):
        return factor * rosenbrock(x)

    made = run(learners.CMAES(), Fake(scaled, 2), [0.1, 0.2])
    plain = run(learners.CMAES(), Fake(rosenbrock, 2), [0.1, 0.2])
    assert made.loss < 1e-9 * factor
    assert made.used == pytest.approx(plain.used, rel=0.1)


def test_cma_with_rates_that_adapt_goes_on_from_its_state():
    learner = learners.CMAES(learning_rates=True, candidates=7)
    whole, random = course(learner, Fake(half_unknown, 2), [0.5, 0.2])
    for _ in range(9):
        whole.step()
    again, other = course(learner, Fake(half_unknown, 2), [0.5, 0.2], seed=5)
    again.restore(*whole.state())
    other.bit_generator.state = random.bit_generator.state
    for _ in range(30):
        whole.step()
        again.step()
        np.testing.assert_array_equal(again.covariance, whole.covariance)
        np.testing.assert_array_equal(again.theta, whole.theta)


def test_cma_without_its_package(monkeypatch):
    known = builtins.__import__

    def refuse(name, *arguments, **keywords):
        if name == "cmaes":
            raise ImportError(name)
        return known(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SettingError, match=r"pip install wildwire\[search\]"):
        course(learners.CMAES(), Fake(sphere, 2), [0.5, 0.5])


def test_random_search_draws_evenly():
    objective = Fake(sphere, 2)
    run(replace(LEARNERS["random-search"], spread=2.0), objective, [1.0, 0.0], steps=100)  # fmt: skip
    drawn = objective.all_asked[1:]
    assert drawn.shape == (5000, 2)
    np.testing.assert_allclose(drawn.mean(axis=0), [1, 0], atol=0.08)
    np.testing.assert_allclose(drawn.std(axis=0), 4 / math.sqrt(12), rtol=0.03)
