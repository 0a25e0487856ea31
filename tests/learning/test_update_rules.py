"""Compiled update rules against their twins in NumPy."""

import ctypes

import numpy as np
import pytest

from learning.rule_twins import LEARNERS, twin_step
from wildwire.errors import SettingError
from wildwire.learning.learners import Quickprop, Rprop
from wildwire.learning.update_rules import RULES, rule_address

COUNTS = (1, 7, 64, 333)


def call(address, x, gradient, free, state, numbers, step):
    """Call a rule by its address, as the engine does."""
    kernel = ctypes.CFUNCTYPE(
        None, *[ctypes.c_void_p] * 5, ctypes.c_int64, ctypes.c_int64
    )(address)
    arrays = (x, gradient, free, state, numbers)
    kernel(*[a.ctypes.data for a in arrays], len(x), step)


def run(learner, dtype, count, steps, free, weights):
    """x after some steps with random gradients: of the kernel and of the twin (in float64)."""
    random = np.random.default_rng(count)
    x = random.normal(size=count).astype(dtype)
    twin, memory = x.astype(float), {}
    state = learner.first_state(weights).astype(dtype)
    numbers = learner.numbers.astype(dtype)
    address = rule_address(learner.rule, dtype)
    for step in range(1, steps + 1):
        gradient = random.normal(size=count).astype(dtype)
        numbers[0] = rate = learner.rate / step**0.25
        call(address, x, gradient, free.astype(dtype), state, numbers, step)
        moved = twin_step(
            learner, twin, gradient.astype(float), memory, step, rate, weights
        )
        twin = np.where(free == 1, moved, twin)
    return x, twin


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-13), ("float32", 3e-5)]
)
def test_kernel_is_its_twin(learner, dtype, tolerance):
    for count in COUNTS:
        random = np.random.default_rng(7)
        weights = (random.random(count) < 0.5).astype(float)
        free = (random.random(count) < 0.8).astype(float)
        x, twin = run(learner, dtype, count, 12, free, weights)
        np.testing.assert_allclose(x, twin, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_what_is_not_free_keeps_its_bits(learner):
    free, weights = np.zeros(9), np.ones(9)
    x, _ = run(learner, "float64", 9, 3, free, weights)
    start = np.random.default_rng(9).normal(size=9)
    assert x.tobytes() == start.tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradient_descent_rounds_twice(dtype):
    """w - rate*g to the last bit: product and difference each rounded, never fused."""
    random = np.random.default_rng(0)
    x, gradient = random.normal(size=(2, 1001)).astype(dtype)
    rate = np.dtype(dtype).type(0.1)
    expected = x - rate * gradient
    call(
        rule_address("gradient_descent", dtype), x, gradient, np.ones_like(x),
        np.zeros(0, dtype), np.array([rate]), 1,
    )  # fmt: skip
    assert x.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "learner", [Rprop(), Rprop(largest=0.15, smallest=0.04), Quickprop()], ids=repr
)
def test_rules_of_full_batches_have_the_bits_of_their_twins(learner):
    """Gradients of a bowl, so that slopes keep and turn their signs as in learning; some are 0."""
    random, free = np.random.default_rng(5), np.ones(257)
    x, bend = random.normal(size=257), np.geomspace(0.01, 8, 257)
    bend[::10] = 0.0
    twin, memory = x.copy(), {}
    state, numbers = learner.first_state(free), learner.numbers
    numbers[0] = learner.rate
    turned = 0
    for step in range(1, 40):
        before = bend * twin
        call(rule_address(learner.rule, "float64"), x, bend * x, free, state, numbers, step)  # fmt: skip
        twin = twin_step(learner, twin, before, memory, step, learner.rate, free)
        assert x.tobytes() == twin.tobytes()
        turned += int((before * bend * twin < 0).sum())
    assert turned > 300


@pytest.mark.parametrize("step", [1, 2, 1000])
def test_adam_in_float32_keeps_its_correction(step):
    """Constant gradients: the corrected means are the gradient itself, so each change is the rate."""
    from wildwire.learning.learners import Adam

    learner = Adam(rate=0.001)
    numbers = learner.numbers.astype(np.float32)
    numbers[0] = learner.rate
    gradient = np.full(5, 3.0, np.float32)
    mean = (1 - learner.beta1**step) * 3.0
    square = (1 - learner.beta2**step) * 9.0
    before = [1 - learner.beta1 ** (step - 1), 1 - learner.beta2 ** (step - 1)]
    state = np.array([[3.0 * before[0]] * 5, [9.0 * before[1]] * 5], np.float32)
    x = np.zeros(5, np.float32)
    call(
        rule_address("adam", "float32"),
        x,
        gradient,
        np.ones_like(x),
        state,
        numbers,
        step,
    )
    np.testing.assert_allclose(state, [[mean] * 5, [square] * 5], rtol=1e-5)
    np.testing.assert_allclose(x, -0.001, rtol=1e-5)


def test_every_rule_is_some_learners():
    assert {learner.rule for learner in LEARNERS} == set(RULES)


def test_unknown_rule():
    with pytest.raises(SettingError, match="no update rule 'adm'"):
        rule_address("adm", "float64")
