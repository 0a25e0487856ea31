"""Start values: how the unknown numbers of a network are drawn.

Comes in: a network and a seed. Goes out: a vector in which the numbers of the text are kept and the
unknown ones are drawn, in theta's order, from one generator. Called by `Network.initial`.

Weights and biases are drawn as the initialiser says; unknown parameters of activations and transfers start at the
default of their definition, and a number that is divided by starts at 1. Numbers of transfers that are no factors in
a sum are drawn as the transfer asks, whatever the initialiser: see `start_layout.py`. Unknown elements of vector
parameters are drawn last: around what `start` in their definition says, or around 0, with the standard deviation
ELEMENT_DEVIATION. A spline's control values so lie near a straight line: the neuron starts as a weighted sum that is
bent a little, each its own way; its slope is 1 within its range, so that signals and gradients pass as through a tanh
near 0, and nothing is flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.network.naming import suggestion
from wildwire.network.start_layout import BIAS, WEIGHT, WITHIN, Layout, layout

if TYPE_CHECKING:
    from wildwire.network.description import Network

ELEMENT_DEVIATION = 0.1
"""Of drawn elements of vectors: small beside the range -1..1 of a spline, yet no two neurons stay alike."""

TRUNCATED = 0.8796256610342398
"""Standard deviation of a standard normal number that is drawn again beyond 2."""


class Initialiser:
    """Draws start values. A subclass says how wide: `half_width(layout)` or, for normal ones, `deviation(layout)`."""

    biases: bool

    def draw(self, generator: np.random.Generator, made: Layout) -> np.ndarray:
        """One value per number of the layout, whether it is used or not by role."""
        raise NotImplementedError


def truncated_normal(generator: np.random.Generator, size: int) -> np.ndarray:
    """Standard normal numbers, drawn again wherever they lie beyond 2 standard deviations."""
    values = generator.standard_normal(size)
    beyond = np.flatnonzero(np.abs(values) > 2)
    while len(beyond):
        values[beyond] = generator.standard_normal(len(beyond))
        beyond = beyond[np.abs(values[beyond]) > 2]
    return values


@dataclass(frozen=True)
class Uniform(Initialiser):
    """Uniform in [low, high); the lecture's choice is -0.5 and 0.5."""

    low: float = -0.05
    high: float = 0.05
    biases: bool = False

    def __post_init__(self):
        if not self.low < self.high:
            raise SettingError(f"low {self.low} must be below high {self.high}")

    def draw(self, generator, made):
        return generator.uniform(self.low, self.high, len(made.role))


@dataclass(frozen=True)
class Normal(Initialiser):
    """Normal with mean and standard deviation."""

    mean: float = 0.0
    deviation: float = 0.05
    biases: bool = False

    def __post_init__(self):
        if not self.deviation > 0:
            raise SettingError(f"the deviation {self.deviation} must be positive")

    def draw(self, generator, made):
        return self.mean + self.deviation * generator.standard_normal(len(made.role))


@dataclass(frozen=True)
class TruncatedNormal(Normal):
    """Normal, drawn again beyond 2 standard deviations."""

    def draw(self, generator, made):
        return self.mean + self.deviation * truncated_normal(generator, len(made.role))


@dataclass(frozen=True)
class _Scaled(Initialiser):
    """Zero mean, with a variance that follows from the number of links."""

    distribution: str = "uniform"
    biases: bool = False
    distributions: ClassVar = ("uniform", "normal", "truncated_normal")

    def __post_init__(self):
        if self.distribution not in self.distributions:
            known = ", ".join(self.distributions)
            raise SettingError(
                f"unknown distribution {self.distribution!r}: choose from {known}"
            )

    def variance(self, made: Layout) -> np.ndarray:
        raise NotImplementedError

    def draw(self, generator, made):
        deviation = np.sqrt(self.variance(made))
        if self.distribution == "uniform":
            return generator.uniform(-1, 1, len(deviation)) * (np.sqrt(3) * deviation)
        if self.distribution == "normal":
            return generator.standard_normal(len(deviation)) * deviation
        return truncated_normal(generator, len(deviation)) * (deviation / TRUNCATED)


@dataclass(frozen=True)
class Glorot(_Scaled):
    """Variance 2/(fan_in + fan_out) (Glorot and Bengio 2010, eq. 16). For tanh and logistic neurons."""

    def variance(self, made):
        return 2 / (made.fan_in + made.fan_out)


@dataclass(frozen=True)
class He(_Scaled):
    """Variance 2/fan_in (He et al. 2015, eq. 10). For relu neurons."""

    def variance(self, made):
        return 2 / made.fan_in


@dataclass(frozen=True)
class LeCun(_Scaled):
    """Variance 1/fan_in (LeCun et al. 1998, eq. 16). For tanh and selu neurons."""

    def variance(self, made):
        return 1 / made.fan_in


INITIALISERS = {
    # As scikit-learn's MLP: biases are drawn too, which spreads the neurons over a table of few columns.
    "default": Glorot(biases=True),
    "uniform": Uniform(),
    "normal": Normal(),
    "truncated_normal": TruncatedNormal(),
    "glorot_uniform": Glorot(),
    "glorot_normal": Glorot("truncated_normal"),
    "he_uniform": He(),
    "he_normal": He("truncated_normal"),
    "lecun_uniform": LeCun(),
    "lecun_normal": LeCun("truncated_normal"),
}


def find_initialiser(chosen: str | Initialiser) -> Initialiser:
    """An initialiser by name, or the object itself.

    Raises
    ------
    SettingError
        No initialiser has the name.
    """
    if isinstance(chosen, Initialiser):
        return chosen
    if not isinstance(chosen, str) or chosen not in INITIALISERS:
        raise SettingError(
            f"unknown initialiser {chosen!r}.{suggestion(chosen, INITIALISERS)} "
            f"Known: {', '.join(INITIALISERS)}"
        )
    return INITIALISERS[chosen]


def start_values(network: Network, seed, chosen: str | Initialiser) -> np.ndarray:
    """The numbers of the text, and drawn ones where they are unknown; shape (n_theta,).

    Only the unknown weights (and biases, if the initialiser draws them) consume random numbers, in theta's
    order; after them those that their transfer wants in a range, such as the centres of a distance, and the vectors of
    activations. A start outside the number's bounds is drawn again, uniformly between them, after all others: on the
    edge it would be a special case that training rarely leaves. With one bound it is moved to that bound.
    """
    initialiser = find_initialiser(chosen)
    theta = np.array(network.start)
    unknown = np.isnan(theta)
    made = layout(network)
    drawn = unknown & (
        (made.role == WEIGHT) | (initialiser.biases & (made.role == BIAS))
    )
    theta[unknown & ~drawn] = made.default[unknown & ~drawn]
    random = generator(seed)
    theta[drawn] = initialiser.draw(random, made.part(drawn))
    within = np.flatnonzero(unknown & (made.role == WITHIN))
    if len(within):
        share = random.random(len(within))
        # Not low + (high - low)*u: the difference of two large ends may overflow.
        theta[within] = made.low[within] * (1 - share) + made.high[within] * share
    if any(function.vectors for function in network.functions):
        _draw_elements(network, theta, unknown, random)
    if network.bounds is not None:
        low, high = network.bounds.T
        again = unknown & ((theta < low) | (theta > high))
        theta[again] = np.clip(theta, low, high)[again]
        again &= np.isfinite(low) & np.isfinite(high)
        share = random.random(int(again.sum()))
        theta[again] = low[again] * (1 - share) + high[again] * share
        theta[again] = np.clip(theta, low, high)[again]
    return theta


def _draw_elements(network: Network, theta, unknown, random) -> None:
    """Draw the unknown elements of vectors, where all other numbers have their values."""
    from wildwire.functions.choices import vector_start
    from wildwire.network.numbers import all_values

    values = all_values(network, "parameter", theta)
    for number, function in enumerate(network.functions):
        members = np.flatnonzero(network.activation == number)
        offset = network.parameter_offset[members]
        parameters = [values[offset + i] for i in range(function.n_parameters)]
        for vector, places in function.vectors.items():
            for k, place in enumerate(range(places.start, places.stop)):
                start = vector_start(function, vector, k, parameters)
                noise = ELEMENT_DEVIATION * random.standard_normal(len(members))
                slot = network.parameter_slot[offset + place]
                drawn = (slot >= 0) & unknown[slot]
                theta[slot[drawn]] = (start + noise)[drawn]


def generator(seed) -> np.random.Generator:
    """The random generator of a seed.

    Raises
    ------
    SettingError
        It is none that NumPy knows.
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise SettingError(
            "seed must be a whole number, 0 or more, None, a SeedSequence or a "
            f"Generator; it is {seed!r}"
        ) from None
