"""Learners that compare candidates: what all of them owe, as a table of problems and learners."""

from dataclasses import replace

import numpy as np
import pytest

import wildwire as ww
from learning.population_problems import (
    LEARNERS,
    Downhill,
    Fake,
    course,
    ellipsoid,
    half_unknown,
    rastrigin,
    rosenbrock,
    run,
    sphere,
    steps,
)
from wildwire.errors import SettingError
from wildwire.learning import Objective, Reason, learners
from wildwire.learning.population.box import Box
from wildwire.learning.population.refining import Metered

ALL = pytest.mark.parametrize("name", LEARNERS)
EXACT = set(LEARNERS) - {"random-search"}

# function, numbers, least value to fall below within 4,000 evaluations, and by whom it is not expected
PROBLEMS = {
    "sphere": (sphere, 3, 1e-6, {"random-search"}),
    "ellipsoid": (ellipsoid, 3, 1e-3, {"random-search"}),
    "rosenbrock": (rosenbrock, 2, 1e-2, {"max-min-ant-system", "random-search"}),
    "rastrigin": (rastrigin, 2, 1e-2, {"random-search", "nelder-mead", "cma-es"}),
    "steps": (steps, 3, 0.5, set()),
    "one number": (sphere, 1, 1e-6, set()),
    "half unknown": (half_unknown, 2, 1e-4, {"random-search"}),
}
MANY = {"random-search": 0.2}  # how low random search comes on a sphere


@pytest.mark.parametrize("problem", PROBLEMS)
@ALL
def test_problems_are_solved(name, problem):
    function, n, least, excused = PROBLEMS[problem]
    learner, losses = replace(LEARNERS[name], evaluations=4000), []
    for seed in range(3):
        objective = Fake(function, n)
        made = run(learner, objective, np.full(n, 0.9), seed)
        values = function(objective.all_asked)
        assert made.loss == values[np.isfinite(values)].min()
        assert made.loss == function(made.theta[None])[0]
        losses.append(made.loss)
    assert min(losses) < (MANY.get(name, 2.5) if name in excused else least)


@ALL
def test_same_seed_same_run_and_another_seed_another(name):
    def asked(seed):
        objective = Fake(rosenbrock, 3)
        run(LEARNERS[name], objective, [0.1, 0.2, 0.3], seed, steps=12)
        return objective.all_asked

    np.testing.assert_array_equal(asked(1), asked(1))
    if name != "nelder-mead":  # which draws nothing
        assert not np.array_equal(asked(1)[:20], asked(2)[:20])


@pytest.mark.parametrize("after", [0, 1, 2, 30])
@ALL
def test_a_run_goes_on_from_its_state_bit_for_bit(name, after):
    learner, start = LEARNERS[name], [0.4, -0.2, 0.1]
    bounds = [[-1, 2], [-np.inf, np.inf], [-0.5, np.inf]]
    whole, random = course(learner, Fake(rosenbrock, 3, bounds), start)
    for _ in range(after):
        whole.step()
    arrays, facts = whole.state()
    kept = random.bit_generator.state
    # Another start and other draws before: everything must come from the state.
    begun = np.add(start, 0.05)
    again, other = course(learner, Fake(rosenbrock, 3, bounds), begun, seed=9)
    for _ in range(3):
        again.step()
    again.restore(arrays, facts)
    other.bit_generator.state = kept
    for _ in range(25):
        if whole.reason is None:
            whole.step()
            again.step()
        assert again.reason == whole.reason and again.loss == whole.loss
        np.testing.assert_array_equal(again.theta, whole.theta)
    for mine, its in zip(whole.state(), again.state(), strict=True):
        assert mine.keys() == its.keys()
        assert all(np.array_equal(mine[key], its[key]) for key in mine)


@ALL
def test_state_is_plain_and_a_copy(name):
    made, _ = course(LEARNERS[name], Fake(sphere, 2), [0.5, 0.5])
    for _ in range(3):
        made.step()
    arrays, facts = made.state()
    assert all(array.dtype != object for array in arrays.values())
    assert all(
        isinstance(fact, (int, float, str, type(None))) for fact in facts.values()
    )
    before = {key: array.copy() for key, array in arrays.items()}
    for _ in range(5):
        made.step()
    assert all(np.array_equal(before[key], arrays[key]) for key in arrays)


@pytest.mark.parametrize("most", [1, 2, 7, 50, 123])
@ALL
def test_budgets_are_used_and_never_exceeded(name, most):
    objective = Fake(rastrigin, 3)
    made = run(replace(LEARNERS[name], evaluations=most), objective, [0.9, 0.1, 0.5])
    assert made.reason is Reason.EVALUATIONS
    assert objective.evaluations == most == made.used


@pytest.mark.parametrize("steps_of_run", [1, 4])
@pytest.mark.parametrize(
    "name", ["particle-swarm", "ant-colony", "differential-evolution"]
)
def test_refined_candidates_are_better_and_counted(name, steps_of_run):
    refined = Fake(rosenbrock, 4)
    learner, start = LEARNERS[name], [-0.5, 0.2, 0.5, 0.1]
    local = replace(
        learner, refine=Downhill(), refine_steps=steps_of_run, refine_share=0.5
    )
    made = run(replace(local, evaluations=300), refined, start, steps=10**6)
    assert made.reason is Reason.EVALUATIONS
    assert made.used == refined.evaluations <= 300
    assert refined.gradients > 20
    assert made.loss == rosenbrock(made.theta[None])[0]
    better = 0
    for seed in range(10):
        alone = run(learner, Fake(rosenbrock, 4), start, seed, steps=4)
        again = run(local, Fake(rosenbrock, 4), start, seed, steps=4)
        better += again.loss < alone.loss
    assert better >= 8


def test_refining_stops_where_the_evaluations_end():
    learner = learners.ParticleSwarm(
        particles=5, refine=Downhill(), refine_steps=100, evaluations=60
    )
    objective = Fake(sphere, 2)
    made = run(learner, objective, [0.9, 0.9])
    assert made.used == objective.evaluations == 60
    assert made.reason is Reason.EVALUATIONS


def test_refining_by_a_simplex():
    learner = learners.AntColony(
        archive=4, ants=2, refine=learners.NelderMead(), refine_steps=60
    )
    made = run(learner, Fake(rosenbrock, 2), [-0.5, 0.2], steps=2)
    assert made.loss < 1e-8


def test_what_an_allowance_refuses_is_not_asked():
    objective = Fake(sphere, 2)
    metered = Metered(objective, 3)
    metered.values(np.zeros((2, 2)))
    with pytest.raises(Exception, match=r"^$"):
        metered.values(np.zeros((2, 2)))
    assert metered.value(np.zeros(2)) == sphere(np.zeros((1, 2)))[0]
    assert objective.evaluations == metered.taken == 3
    assert metered.n_theta == 2


BOUNDS = np.array([[-0.2, 0.4], [0.0, np.inf], [-np.inf, 0.5], [0.3, 0.3]])


@ALL
def test_bounds_are_never_left(name):
    objective = Fake(lambda x: ((x - 2) ** 2).sum(axis=1), 4, BOUNDS)
    start = np.array([0.4, 0.0, 0.5, 0.3])
    made = run(replace(LEARNERS[name], evaluations=1500), objective, start)
    low, high = BOUNDS.T
    asked = objective.all_asked
    assert (asked >= low).all() and (asked <= high).all()
    np.testing.assert_array_equal(asked[0], start)
    if name in EXACT:
        assert made.loss < objective.value(np.array([0.35, 0.9, 0.45, 0.3]))


@ALL
def test_no_number_is_no_work(name):
    objective = Fake(lambda x: np.full(len(x), 3.0), 0)
    made, _ = course(LEARNERS[name], objective, [])
    assert made.reason is Reason.CONVERGED and made.loss == 3


@ALL
def test_numbers_that_cannot_move(name):
    objective = Fake(sphere, 2, [[0.5, 0.5], [0.2, 0.2]])
    made = run(LEARNERS[name], objective, [0.5, 0.2], steps=500)
    np.testing.assert_array_equal(made.theta, [0.5, 0.2])
    assert np.isfinite(made.loss)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@ALL
def test_no_finite_value_anywhere(name, value):
    made = run(LEARNERS[name], Fake(lambda x: np.full(len(x), value), 2), [1.0, 2.0], steps=40)  # fmt: skip
    np.testing.assert_array_equal(made.theta, [1.0, 2.0])
    assert made.loss == np.inf


@ALL
def test_a_start_without_a_value_is_left(name):
    made = run(LEARNERS[name], Fake(half_unknown, 2), [-0.3, 0.0], steps=60)
    assert made.loss < 1 and made.theta[0] > 0.1


@pytest.mark.parametrize(
    "name", sorted(set(LEARNERS) - {"random-search", "ant-colony"})
)
def test_a_population_that_has_collapsed_ends_the_run(name):
    learner = LEARNERS[name]
    if name == "particle-swarm":
        learner = replace(learner, particles=12)
    made = run(learner, Fake(sphere, 2), [0.9, 0.8], steps=20_000)
    assert made.reason is Reason.CONVERGED
    assert made.loss < 1e-13


@ALL
def test_the_first_candidates_lie_in_the_box(name):
    if name in ("nelder-mead", "cma-es"):
        return  # one begins with edges, the other with a distribution
    objective = Fake(sphere, 3, [[-np.inf, np.inf], [-9, 9], [-np.inf, 5.1]])
    made, _ = course(replace(LEARNERS[name], spread=0.25), objective, [5.0, 5.0, 5.0])
    made.step()
    first = objective.all_asked[1:]
    assert (np.abs(first[:, 0] - 5) <= 0.25).all() and np.ptp(first[:, 1]) > 2
    assert (first[:, 2] <= 5.1).all() and (first[:, 2] >= 4.75).all()
    objective = Fake(sphere, 1)
    made, _ = course(replace(LEARNERS[name], low=7.0, high=8.0), objective, [0.0])
    made.step()
    first = objective.all_asked[1:]
    assert (first >= 7).all() and (first <= 8).all()


def test_folding_reflects_as_often_as_it_takes():
    bounds = np.array([[0.0, 1.0], [2.0, np.inf], [-np.inf, -1.0], [3.0, 3.0], [-np.inf, np.inf]])  # fmt: skip
    box = Box(bounds, np.array([0.5, 2.0, -1.0, 3.0, 0.0]), 1.0)
    points = np.array([[1.25, 1.0, 0.5, 9.0, 77.0], [-2.25, 5.0, -7.0, 3.0, -1.0]])
    np.testing.assert_allclose(
        box.folded(points), [[0.75, 3.0, -2.5, 3.0, 77.0], [0.25, 5.0, -7.0, 3.0, -1.0]]
    )
    np.testing.assert_array_equal(box.low, [0.0, 2.0, -2.0, 3.0, -1.0])
    np.testing.assert_array_equal(box.high, [1.0, 3.0, -1.0, 3.0, 1.0])


def test_a_box_beyond_a_bound_is_the_bound():
    box = Box(
        np.array([[0.0, np.inf], [-np.inf, 1.0]]), np.array([0.5, 0.5]), 1, -9, -8
    )
    assert (box.low <= box.high).all()
    drawn = box.draw(np.random.default_rng(0), 5)
    np.testing.assert_array_equal(drawn[:, 0], 0)
    assert (drawn[:, 1] <= -8).all() and (drawn[:, 1] >= -9).all()


# ---- on networks -------------------------------------------------------------------------------------------------


XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@ALL
def test_steps_learn_xor_without_slopes(name):
    """Perceptrons with a step, that no gradient can teach."""
    network = ww.parse("input a, b\nh[2] ~ step(a, b)\ny ~ step(h)\noutput y")
    objective = Objective(network, XOR, [0.0, 1.0, 1.0, 0.0], loss="(o - t)**2")
    random = np.random.default_rng(2)
    start = random.uniform(-0.5, 0.5, network.n_theta)
    learner = replace(LEARNERS[name], evaluations=3000)
    found = [run(learner, objective, start, seed) for seed in range(6)]
    made = min(found, key=lambda each: each.loss)
    assert made.loss == 0 or (name == "nelder-mead" and made.loss < 1)
    assert objective.value(made.theta) == made.loss


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_penalties(threads):
    network = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny ~ linear(h)\noutput y")
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 2))
    Y = np.sin(X[:, 0]) - X[:, 1]
    objective = Objective(network, X, Y, l2=1e-3, threads=threads)
    made = run(learners.CMAES(), objective, network.initial(0), steps=60)
    assert made.loss < 0.1
    value, _ = objective.value_and_gradient(made.theta)
    assert value == pytest.approx(made.loss, rel=1e-13)
    one = Objective(network, X, Y, l2=1e-3)
    again = run(learners.CMAES(), one, network.initial(0), steps=60)
    np.testing.assert_array_equal(again.theta, made.theta)


# ---- settings ----------------------------------------------------------------------------------------------------


@ALL
def test_names_and_shared_settings(name):
    made = learners.by_name(name.replace("-", " "), evaluations=7, spread=2.0)
    assert type(made) is type(LEARNERS[name]) and made.evaluations == 7
    assert type(made).__name__ in learners.__all__
    for wrong in (
        {"evaluations": 0}, {"evaluations": 2.5}, {"spread": 0}, {"spread": np.nan},
        {"low": "a"}, {"low": 2.0, "high": 1.0},
    ):  # fmt: skip
        with pytest.raises(SettingError, match=f"{next(iter(wrong))}.*{type(made).__name__}"):  # fmt: skip
            replace(LEARNERS[name], **wrong)


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("random-search", {"candidates": 0}, "candidates"),
        ("particle-swarm", {"particles": 1}, "particles"),
        ("particle-swarm", {"inertia": 1}, "inertia"),
        ("particle-swarm", {"refine": "adam"}, "refine .* must be a learner"),
        ("particle-swarm", {"refine_share": 0}, "refine_share"),
        ("ant-colony", {"refine_steps": 0}, "refine_steps"),
        ("ant-colony", {"archive": 1}, "archive"),
        ("ant-colony", {"q": 0}, "q of"),
        ("max-min-ant-system", {"evaporation": 1}, "evaporation"),
        ("max-min-ant-system", {"bins": 2}, "bins"),
        ("differential-evolution", {"strategy": "best"}, "'rand/1/bin' or"),
        ("differential-evolution", {"weight": 2.5}, "weight .* from .* to 2"),
        ("differential-evolution", {"crossover": True}, "crossover"),
        ("nelder-mead", {"expansion": 1.0}, "expansion"),
        ("nelder-mead", {"shrink": 1.0}, "shrink"),
        ("simplex-swarm", {"sorted_simplex": 1}, "True or False"),
        ("cma-es", {"learning_rates": "yes"}, "True or False"),
        ("cma-es", {"candidates": 3}, "candidates"),
        ("simulated-annealing", {"cooling": 1.0}, "cooling"),
    ],
)
def test_settings_that_are_refused(name, wrong, words):
    with pytest.raises(SettingError, match=words):
        replace(LEARNERS[name], **wrong)


def test_a_swarm_too_small_for_its_simplex():
    with pytest.raises(SettingError, match="5 numbers need more than 6"):
        course(learners.SimplexSwarm(particles=6), Fake(sphere, 5), np.zeros(5))
    run(learners.SimplexSwarm(particles=7), Fake(sphere, 5), np.zeros(5), steps=3)
