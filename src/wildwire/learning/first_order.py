"""First-order learners: small values that say how a gradient becomes a step.

Comes in: named hyper-parameters. Goes out: the name of the update rule, how many state vectors it keeps, and its
numbers, which `learning/loop.py` hands to the engine. Users write `ww.learners.Adam(rate=0.01)`.

Each `rate` is a number or a schedule of `ww.learners.schedules`. Formulas stand beside the rules in
`update_rules.py`; where papers and libraries differ, they are those of PyTorch.
"""

import math
from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Learner, check_ranges
from wildwire.learning.schedules import Schedule, as_schedule

__all__ = [
    "AdaDelta", "AdaGrad", "Adam", "AdamW", "FirstOrder", "GradientDescent", "RMSprop",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FirstOrder(Learner):
    """Interface of first-order learners: a `rate` and further hyper-parameters.

    `rule` is a name in `update_rules.RULES`, `n_state` the number of state vectors, `numbers` what the rule reads,
    of which the loop replaces the first by the rate of the step.
    """

    rate: float | Schedule = 0.01

    def first_state(self, weights: np.ndarray) -> np.ndarray:
        """The state vectors before the first step, (n_state, n_theta) in theta's order.

        `weights` (n_theta,) is 1 for weights of links and 0 for all other numbers.
        """
        return np.zeros((self.n_state, len(weights)))

    @property
    def rule(self) -> str:
        raise NotImplementedError

    @property
    def n_state(self) -> int:
        raise NotImplementedError

    @property
    def numbers(self) -> np.ndarray:
        raise NotImplementedError

    @property
    def schedule(self) -> Schedule:
        """The rate as a schedule."""
        return as_schedule(self.rate)


def _check(learner: FirstOrder, **ranges: tuple[float, float]) -> None:
    """Refuse hyper-parameters outside [low, high); the rate is checked by its schedule."""
    as_schedule(learner.rate)
    check_ranges(learner, **ranges)


def _row(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class GradientDescent(FirstOrder):
    """Steepest descent, with classical or Nesterov momentum.

    The plain rule `w <- w - rate*gradient` of the lecture is kept to the last bit.

    Parameters
    ----------
    rate : float or Schedule
        Length of a step per unit of gradient, 0 or more.
    momentum : float
        Part of the last change that is made again, 0 <= momentum < 1.
    nesterov : bool
        Look ahead along the momentum.
    """

    rate: float | Schedule = 0.1
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self):
        _check(self, momentum=(0, 1))
        if self.nesterov and self.momentum == 0:
            raise SettingError("nesterov=True needs a momentum; write momentum=0.9")

    @property
    def rule(self):
        if self.momentum == 0:
            return "gradient_descent"
        return "nesterov" if self.nesterov else "momentum"

    @property
    def n_state(self):
        return 0 if self.momentum == 0 else 1

    @property
    def numbers(self):
        return _row(0.0, self.momentum)


@dataclass(frozen=True, slots=True)
class AdaGrad(FirstOrder):
    """Rates that fall with the sum of squared gradients (Duchi et al. 2011): for sparse inputs.

    Parameters
    ----------
    rate : float or Schedule
        About the size of the first change of every number.
    epsilon : float
        Keeps the division finite, in units of the gradient.
    """

    rate: float | Schedule = 0.01
    epsilon: float = 1e-10

    def __post_init__(self):
        _check(self, epsilon=(0, math.inf))

    rule = property(lambda self: "adagrad")
    n_state = property(lambda self: 1)

    @property
    def numbers(self):
        return _row(0.0, self.epsilon)


@dataclass(frozen=True, slots=True)
class AdaDelta(FirstOrder):
    """Steps in the units of the numbers themselves (Zeiler 2012): no rate to choose, slow to start.

    Parameters
    ----------
    rate : float or Schedule
        Factor on the step; 1 is the paper's rule.
    decay : float
        Weight of the past in the running means, 0 <= decay < 1.
    epsilon : float
        Sets the size of the first steps (about its square root).
    """

    rate: float | Schedule = 1.0
    decay: float = 0.9
    epsilon: float = 1e-6

    def __post_init__(self):
        _check(self, decay=(0, 1), epsilon=(0, math.inf))

    rule = property(lambda self: "adadelta")
    n_state = property(lambda self: 2)

    @property
    def numbers(self):
        return _row(0.0, self.decay, 1 - self.decay, self.epsilon)


@dataclass(frozen=True, slots=True)
class RMSprop(FirstOrder):
    """The gradient over its running root mean square (Tieleman & Hinton 2012), with momentum if asked.

    Parameters
    ----------
    rate : float or Schedule
        About the size of a change.
    decay : float
        Weight of the past in the running mean, 0 <= decay < 1.
    epsilon : float
        Keeps the division finite, in units of the gradient.
    momentum : float
        Part of the last change that is made again, 0 <= momentum < 1.
    """

    rate: float | Schedule = 0.01
    decay: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0

    def __post_init__(self):
        _check(self, decay=(0, 1), epsilon=(0, math.inf), momentum=(0, 1))

    rule = property(lambda self: "rmsprop")
    n_state = property(lambda self: 2)

    @property
    def numbers(self):
        return _row(0.0, self.decay, 1 - self.decay, self.epsilon, self.momentum)


@dataclass(frozen=True, slots=True)
class Adam(FirstOrder):
    """Momentum over root mean square, both corrected for their start (Kingma & Ba 2015): the usual first choice.

    Parameters
    ----------
    rate : float or Schedule
        About the size of a change.
    beta1, beta2 : float
        Weight of the past in the running means of gradient and squared gradient, 0 <= beta < 1.
    epsilon : float
        Keeps the division finite, in units of the gradient.
    """

    rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self):
        _check(self, beta1=(0, 1), beta2=(0, 1), epsilon=(0, math.inf))

    rule = property(lambda self: "adam")
    n_state = property(lambda self: 2)

    @property
    def numbers(self):
        return _row(*_moments(self))


@dataclass(frozen=True, slots=True)
class AdamW(FirstOrder):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019).

    Weights of links shrink by `rate*decay` of themselves at every step, whatever their gradient; biases and
    parameters of functions do not (PyTorch shrinks all numbers unless told otherwise).

    Parameters
    ----------
    rate, beta1, beta2, epsilon
        As for `Adam`.
    decay : float
        Weight decay, 0 or more.
    """

    rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.01

    def __post_init__(self):
        _check(
            self, beta1=(0, 1), beta2=(0, 1), epsilon=(0, math.inf), decay=(0, math.inf)
        )

    rule = property(lambda self: "adamw")
    n_state = property(lambda self: 3)

    def first_state(self, weights):
        return np.stack([0 * weights, 0 * weights, weights])

    @property
    def numbers(self):
        return _row(*_moments(self), self.decay)


def _moments(learner: Adam | AdamW) -> tuple[float, ...]:
    """What both rules read: besides the decays their complements and logarithms, which float32 would round."""
    decays = [
        (beta, 1 - beta, math.log(beta) if beta > 0 else -math.inf)
        for beta in (learner.beta1, learner.beta2)
    ]
    return 0.0, *decays[0], *decays[1], learner.epsilon
