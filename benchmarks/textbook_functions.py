"""Twenty textbook functions to minimise, of 2 to 30 numbers, with their boxes and minima.

Comes in: points (m, n). Goes out: values (m,). Used by `data_profiles.py`.

Where the minimum lies in the middle of the box, which some methods find without searching, it is moved at random by up
to a fifth of the width for each run.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["FUNCTIONS", "Textbook"]


@dataclass(frozen=True)
class Textbook:
    """A function of n numbers on a box, with its least value and where it is.

    Attributes
    ----------
    value : callable
        (m, n) -> (m,)
    low, high : float
        Of all numbers.
    minimum : float
    at : tuple of float
        A minimiser; one number stands for all.
    moved : bool
        The minimum may be moved.
    """

    name: str
    n: int
    value: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float
    minimum: float = 0.0
    at: tuple[float, ...] = (0.0,)
    moved: bool = False

    @property
    def minimiser(self) -> np.ndarray:
        """Where the least value is, (n,)."""
        return np.broadcast_to(np.array(self.at), (self.n,)).copy()


def sphere(x):
    return (x**2).sum(axis=1)


def ellipsoid(x):
    return (10.0 ** (6 * np.arange(x.shape[1]) / (x.shape[1] - 1)) * x**2).sum(axis=1)


def cigar(x):
    return x[:, 0] ** 2 + 1e4 * (x[:, 1:] ** 2).sum(axis=1)


def rosenbrock(x):
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(axis=1)


def rastrigin(x):
    return (x**2 - 10 * np.cos(2 * np.pi * x) + 10).sum(axis=1)


def ackley(x):
    return (
        20 - 20 * np.exp(-0.2 * np.sqrt((x**2).mean(axis=1)))
        + np.e - np.exp(np.cos(2 * np.pi * x).mean(axis=1))
    )  # fmt: skip


def griewank(x):
    root = np.sqrt(np.arange(1, x.shape[1] + 1))
    return 1 + (x**2).sum(axis=1) / 4000 - np.cos(x / root).prod(axis=1)


def schwefel(x):
    return 418.9828872724338 * x.shape[1] - (x * np.sin(np.sqrt(np.abs(x)))).sum(axis=1)


def levy(x):
    w = 1 + (x - 1) / 4
    middle = (w[:, :-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:, :-1] + 1) ** 2)
    last = (w[:, -1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[:, -1]) ** 2)
    return np.sin(np.pi * w[:, 0]) ** 2 + middle.sum(axis=1) + last


def beale(x):
    a, b = x.T
    return (
        (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2
        + (2.625 - a + a * b**3) ** 2
    )  # fmt: skip


def branin(x):
    """Over 0..1 twice, which are -5..10 and 0..15."""
    a, b = 15 * x[:, 0] - 5, 15 * x[:, 1]
    bent = b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6
    return bent**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10


def goldstein_price(x):
    a, b = x.T
    first = 19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2
    second = 18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2
    return (1 + (a + b + 1) ** 2 * first) * (30 + (2 * a - 3 * b) ** 2 * second)


def camel(x):
    a, b = x.T
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (4 * b**2 - 4) * b**2


_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
     [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)  # fmt: skip
_P = 1e-4 * np.array(
    [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
     [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]
)  # fmt: skip


def hartmann(x):
    inner = (_A * (x[:, None] - _P) ** 2).sum(axis=2)
    return -(_ALPHA * np.exp(-inner)).sum(axis=1)


def powell(x):
    a, b, c, d = (x[:, i::4] for i in range(4))
    terms = (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4
    return terms.sum(axis=1)


def zakharov(x):
    slope = (0.5 * np.arange(1, x.shape[1] + 1) * x).sum(axis=1)
    return (x**2).sum(axis=1) + slope**2 + slope**4


def styblinski(x):
    return (x**4 - 16 * x**2 + 5 * x).sum(axis=1) / 2


def dixon_price(x):
    i = np.arange(2, x.shape[1] + 1)
    rest = i * (2 * x[:, 1:] ** 2 - x[:, :-1]) ** 2
    return (x[:, 0] - 1) ** 2 + rest.sum(axis=1)


def steps(x):
    """De Jong's third: flat nearly everywhere."""
    return (np.floor(x + 0.5) ** 2).sum(axis=1)


def michalewicz(x):
    i = np.arange(1, x.shape[1] + 1)
    return -(np.sin(x) * np.sin(i * x**2 / np.pi) ** 20).sum(axis=1)


_VALLEY = tuple(2 ** -((2**i - 2) / 2**i) for i in range(1, 11))
_HARTMANN = (0.20168951, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730053)
_MICHALEWICZ = (2.20290552, 1.57079633, 1.28499157, 1.92305847, 1.72046977)

FUNCTIONS = (
    Textbook("beale", 2, beale, -4.5, 4.5, at=(3.0, 0.5)),
    Textbook("branin", 2, branin, 0.0, 1.0, 0.39788735772973816, (0.5427728435726529, 0.1516666666666667)),
    Textbook("goldstein-price", 2, goldstein_price, -2.0, 2.0, 3.0, (0.0, -1.0)),
    Textbook("camel", 2, camel, -3.0, 3.0, -1.0316284534898774, (0.0898420131, -0.7126564030)),
    Textbook("rosenbrock 2", 2, rosenbrock, -2.0, 2.0, at=(1.0,)),
    Textbook("rastrigin", 3, rastrigin, -5.12, 5.12, moved=True),
    Textbook("schwefel", 4, schwefel, -500.0, 500.0, at=(420.9687462275036,)),
    Textbook("griewank", 5, griewank, -600.0, 600.0, moved=True),
    Textbook("styblinski", 5, styblinski, -5.0, 5.0, -195.83082851886, (-2.903534027771178,)),
    Textbook("michalewicz", 5, michalewicz, 0.0, np.pi, -4.687658179, _MICHALEWICZ),
    Textbook("steps", 5, steps, -5.0, 5.0, moved=True),
    Textbook("hartmann", 6, hartmann, 0.0, 1.0, -3.32236801141551, _HARTMANN),
    Textbook("powell", 8, powell, -4.0, 5.0),
    Textbook("zakharov", 8, zakharov, -5.0, 10.0),
    Textbook("levy", 10, levy, -10.0, 10.0, at=(1.0,)),
    Textbook("ellipsoid", 10, ellipsoid, -5.0, 5.0, moved=True),
    Textbook("dixon-price", 10, dixon_price, -10.0, 10.0, at=_VALLEY),
    Textbook("rosenbrock 12", 12, rosenbrock, -2.0, 2.0, at=(1.0,)),
    Textbook("ackley", 20, ackley, -32.0, 32.0, moved=True),
    Textbook("cigar", 30, cigar, -5.0, 5.0, moved=True),
)  # fmt: skip
