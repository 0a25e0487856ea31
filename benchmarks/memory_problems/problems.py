"""The problems: data, budgets, networks.

Comes in: a seed. Goes out: sequences to learn from and to test on, and how wrong a prediction is. Called by
`__main__.py` and by the systems.

All systems have the same sequences, batches, epochs, learner (Adam, its rate falling as half a cosine, gradients
clipped at length 1) and loss (half the squared error); and no more learnable numbers than `numbers`. Bits are -1 and 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# 0.01 and 0.03 were tried with all systems; 0.03 was better or as good but for one of PyTorch's GRUs.
RATE, CLIP = 0.03, 1.0

# Wildwire's networks; {h} is the largest size within the numbers allowed, {read} the inputs as the problem lets them
# be read: at once, or one step late.
PLAIN = "input {x}\nh[{h}] ~ tanh({read}, h@1)\noutput_ ~ linear(h)\noutput output_"
GATED = """\
input {x}
update[{h}] ~ logistic({read}, h@1)
reset[{h}] ~ logistic({read}, h@1)
kept[k: {h}] = reset[k]*h[k]@1
new[{h}] ~ tanh({read}, kept)
h[k: {h}] = update[k]*h[k]@1 + ([1] - update[k])*new[k]
output_ ~ linear(h)
output output_"""
DELAYED = "input {x}\nh[{h}] ~ tanh(%s)\noutput_ ~ linear(h, %s)\noutput output_"
QUADRATIC = "input {x}\noutput_ ~ %s\noutput output_"


class Data(NamedTuple):
    """Sequences; targets have one number per step, or one per sequence (n, 1) where only the last step has one."""

    X: np.ndarray  # (n, steps, n_inputs)
    Y: np.ndarray  # (n, steps, 1) or (n, 1)
    X_test: np.ndarray
    Y_test: np.ndarray


def sign_errors(Y, predicted) -> float:
    """Share of wrong signs."""
    return float(np.mean(np.sign(Y) != np.sign(predicted)))


def relative_error(Y, predicted) -> float:
    """Root of the mean squared error, over the targets' standard deviation; 1 is no better than their mean."""
    difference = np.clip(predicted - Y, -1e6, 1e6)
    return float(np.sqrt(np.mean(difference**2)) / np.std(Y))


@dataclass(frozen=True)
class Problem:
    """A problem with its budget.

    Attributes
    ----------
    name, text : str
    make : callable
        Seed -> Data.
    error : callable
        Targets, predictions -> a number, 0 is best; of the steps that count.
    networks : mapping of str to str
        Wildwire's networks, with {x}, {read} and {h} left open.
    numbers : int
        Most learnable numbers of a network.
    epochs, batch : int
    warm_up : int
        Steps at the beginning that have no loss and do not count.
    lags : tuple of int
        Numbers of steps that the linear model may read; it chooses.
    is_closed : bool
        The input is a series, the target its next value; in tests, predictions take the place of the input from
        step `warm_up` on.
    only_last : bool
        Only the last step counts in tests.
    limit : float
        Seconds, after which no further seed is begun.
    """

    name: str
    text: str
    make: Callable[[int], Data]
    error: Callable[[np.ndarray, np.ndarray], float]
    networks: Mapping[str, str]
    numbers: int
    epochs: int
    batch: int
    warm_up: int = 0
    lags: tuple = (1, 2, 4, 8)
    is_closed: bool = False
    only_last: bool = False
    limit: float = 100.0

    def judge(self, Y, predicted) -> float:
        """The error of predictions (n, steps, 1) or (n, 1)."""
        if Y.ndim == 3:
            first = -1 if self.only_last else self.warm_up
            Y, predicted = Y[:, first:], predicted[:, first:]
        return self.error(Y, predicted)


def _bits(rng, n, steps):
    return rng.choice([-1.0, 1.0], (n, steps, 1))


def _split(X, Y, n_test) -> Data:
    return Data(X[:-n_test], Y[:-n_test], X[-n_test:], Y[-n_test:])


def _late(X, steps):
    """The values so many steps ago, 0 before."""
    return np.concatenate((np.zeros_like(X[:, :steps]), X[:, :-steps]), axis=1)


def temporal_xor(seed) -> Data:
    """Exclusive or of this bit and the one two steps ago."""
    X = _bits(np.random.default_rng(seed), 400, 20)
    return _split(X, -X * _late(X, 2), 200)


def running_parity(seed) -> Data:
    """Whether the ones until now are odd in number."""
    X = _bits(np.random.default_rng(seed), 700, 12)
    return _split(X, -np.cumprod(-X, axis=1), 300)


ECHO = 5


def echo(seed) -> Data:
    """The input five steps ago."""
    X = np.random.default_rng(seed).uniform(-1, 1, (300, 40, 1))
    return _split(X, _late(X, ECHO), 100)


def adding(seed, steps=50) -> Data:
    """The sum of the two numbers that are marked, one in each half (Hochreiter & Schmidhuber 1997, section 5.4)."""
    rng = np.random.default_rng(seed)
    n, half = 1500, steps // 2
    X = np.zeros((n, steps, 2))
    X[:, :, 0] = rng.uniform(0, 1, (n, steps))
    rows = np.arange(n)
    for start, stop in ((0, half), (half, steps)):
        X[rows, rng.integers(start, stop, n), 1] = 1
    return _split(X, X.prod(axis=2).sum(axis=1, keepdims=True), 500)


def _windows(series, steps, starts):
    """(n, steps, 1), beginning at the given places."""
    return series[np.asarray(starts)[:, None] + np.arange(steps)][:, :, None]


def _of_series(series, n_learn, steps, n, test_steps, n_test, rng) -> Data:
    """Random windows of the first part to learn from, even ones of the rest to forecast; scaled by the first part.

    In the order of time, so that the last fifth, by which the linear model chooses, is the latest.
    """
    series = (series - series[:n_learn].mean()) / series[:n_learn].std()
    starts = np.sort(rng.integers(0, n_learn - steps + 1, n))
    X = _windows(series, steps, starts)
    last = len(series) - test_steps
    X_test = _windows(
        series, test_steps, np.linspace(n_learn, last, n_test).astype(int)
    )
    return Data(X, X, X_test, X_test)


def mackey_glass_series(n, seed, tau=17, parts=10) -> np.ndarray:
    """x' = 0.2 x(t - tau) / (1 + x(t - tau)**10) - 0.1 x, one value per unit of time (Mackey & Glass 1977).

    Runge-Kutta of order 4 with steps of 1/parts; the delayed value within a step is the mean of its neighbours.
    """
    rng = np.random.default_rng(seed)
    before, skip = tau * parts, 300 * parts
    x = np.empty(before + skip + n * parts)
    x[: before + 1] = 1.2 + 0.2 * rng.uniform(-1, 1)
    h = 1 / parts
    for i in range(before, len(x) - 1):
        late = x[i - before], (x[i - before] + x[i - before + 1]) / 2, x[i - before + 1]
        gain = [0.2 * value / (1 + value**10) for value in late]
        k1 = gain[0] - 0.1 * x[i]
        k2 = gain[1] - 0.1 * (x[i] + h / 2 * k1)
        k3 = gain[1] - 0.1 * (x[i] + h / 2 * k2)
        k4 = gain[2] - 0.1 * (x[i] + h * k3)
        x[i + 1] = x[i] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x[before + skip :: parts]


GLASS_WARM_UP, GLASS_HORIZON = 40, 84


def mackey_glass(seed) -> Data:
    """Windows of 1,500 values; forecasts of 84 steps after 40 that are given."""
    series = mackey_glass_series(3000, seed)
    steps, test_steps = GLASS_WARM_UP + 40, GLASS_WARM_UP + GLASS_HORIZON
    rng = np.random.default_rng(seed)
    return _of_series(series, 1500, steps, 128, test_steps, 50, rng)


LOGISTIC_WARM_UP, LOGISTIC_HORIZON = 4, 8


def logistic_map(seed) -> Data:
    """x -> 4 x (1 - x) from a random value; forecasts of 8 steps after 4 that are given."""
    rng = np.random.default_rng(seed)
    series = np.empty(2100)
    series[0] = rng.uniform(0.1, 0.9)
    for i in range(1, len(series)):
        series[i] = 4 * series[i - 1] * (1 - series[i - 1])
    test_steps = LOGISTIC_WARM_UP + LOGISTIC_HORIZON
    return _of_series(series[100:], 1000, 20, 128, test_steps, 80, rng)


SUN_WARM_UP, SUN_HORIZON, SUN_LAST_YEAR = 30, 10, 1920


def sunspots(seed) -> Data:
    """Yearly numbers until 1920 to learn from; forecasts of 10 years after 30 that are given, all later than 1920."""
    import wildwire as ww

    series = np.asarray(ww.datasets.sunspots().y, float)
    rng = np.random.default_rng(seed)
    known = SUN_LAST_YEAR - 1700 + 1
    scaled = (series - series[:known].mean()) / series[:known].std()
    X = _windows(scaled, 60, np.sort(rng.integers(0, known - 60 + 1, 64)))
    first, last = known - SUN_WARM_UP, len(series) - SUN_WARM_UP - SUN_HORIZON
    X_test = _windows(scaled, SUN_WARM_UP + SUN_HORIZON, np.arange(first, last + 1))
    return Data(X, X, X_test, X_test)


def _delayed(sources):
    return DELAYED % (sources, sources)


PROBLEMS = (
    Problem(
        "xor", "exclusive or of this bit and the one two steps ago: share of wrong bits",
        temporal_xor, sign_errors,
        {"Elman": PLAIN, "links at delays 0 to 2": _delayed("{x}, {x}@1..2")},
        numbers=100, epochs=40, batch=20, warm_up=2,
    ),
    Problem(
        "parity", "parity of all bits until now, 12 steps: share of wrong bits at the last step",
        running_parity, sign_errors,
        {"Elman": PLAIN,
         "one quadratic neuron": QUADRATIC % "tanh(quadratic({read}, output_@1))\nstart output_ = ?"},
        numbers=100, epochs=40, batch=20, only_last=True,
    ),
    Problem(
        "echo", f"the input {ECHO} steps ago: relative error",
        echo, relative_error,
        {"Elman": PLAIN, "links at delays 1 to 8": _delayed("{x}@1..8")},
        numbers=150, epochs=60, batch=20, warm_up=ECHO,
    ),
    Problem(
        "adding", "the sum of two marked numbers among 50: relative error",
        adding, relative_error, {"Elman": PLAIN, "GRU, written as formulas": GATED},
        numbers=250, epochs=40, batch=50, lags=(50,), limit=180,
    ),
    Problem(
        "mackey-glass", f"forecast of {GLASS_HORIZON} steps in closed loop: relative error",
        mackey_glass, relative_error,
        {"Elman": PLAIN, "links at delays 1, 2, 6, 12, 17, 18":
            _delayed("{x}@1..2, {x}@6, {x}@12, {x}@17..18")},
        numbers=200, epochs=80, batch=16, warm_up=GLASS_WARM_UP, lags=(1, 2, 6, 12, 18, 25, 39),
        is_closed=True, limit=180,
    ),
    Problem(
        "logistic-map", f"forecast of {LOGISTIC_HORIZON} steps in closed loop: relative error",
        logistic_map, relative_error,
        {"Elman": PLAIN, "links at delay 1": _delayed("{read}"),
         "one quadratic neuron": QUADRATIC % "quadratic({read})"},
        numbers=60, epochs=150, batch=16, warm_up=LOGISTIC_WARM_UP, lags=(1, 2, 4),
        is_closed=True, limit=130,
    ),
    Problem(
        "sunspots", f"forecast of {SUN_HORIZON} years in closed loop: relative error",
        sunspots, relative_error,
        {"Elman": PLAIN, "links at delays 1 to 11": _delayed("{x}@1..11")},
        numbers=60, epochs=100, batch=16, warm_up=SUN_WARM_UP, lags=(1, 2, 3, 9, 11, 20),
        is_closed=True,
    ),
)  # fmt: skip
