"""Learners: small values that say how a gradient becomes a step.

Comes in: named hyper-parameters. Goes out: the name of the update rule, how many state vectors it keeps, and its
numbers, which `learning/loop.py` hands to the engine. Users write `ww.learners.Adam(rate=0.01)`; the command line
uses `by_name`.

Each `rate` is a number or a schedule of `ww.learners.schedules`. Formulas stand beside the rules in
`update_rules.py`; where papers and libraries differ, they are those of PyTorch.
"""

import difflib
import math
from dataclasses import dataclass, fields

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning import schedules
from wildwire.learning.schedules import Schedule, as_schedule

__all__ = [
    "AdaDelta", "AdaGrad", "Adam", "AdamW", "GradientDescent", "Learner", "RMSprop",
    "by_name", "names", "schedules",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learner:
    """Interface of all learners: frozen dataclasses with a `rate` and further hyper-parameters.

    `rule` is a name in `update_rules.RULES`, `n_state` the number of state vectors, `numbers` what the rule reads,
    of which the loop replaces the first by the rate of the step. `weights_state` is the index of a state vector
    that the loop fills with 1 for weights of links and 0 for all other numbers, or None.
    """

    rate: float | Schedule = 0.01

    @property
    def weights_state(self) -> int | None:
        return None

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


def _check(learner: Learner, **ranges: tuple[float, float]) -> None:
    """Refuse hyper-parameters outside [low, high); the rate is checked by its schedule."""
    as_schedule(learner.rate)
    for name, (low, high) in ranges.items():
        value = getattr(learner, name)
        number = isinstance(value, (int, float, np.number)) and not isinstance(
            value, bool
        )
        if not number or not math.isfinite(value) or not low <= value < high:
            above = f" and below {high:g}" if math.isfinite(high) else ""
            raise SettingError(
                f"{name} of {type(learner).__name__} must be at least {low:g}{above}, not {value!r}"
            )


def _row(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class GradientDescent(Learner):
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
class AdaGrad(Learner):
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
class AdaDelta(Learner):
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
class RMSprop(Learner):
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
class Adam(Learner):
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
class AdamW(Learner):
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
    weights_state = property(lambda self: 2)

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


_BY_NAME: dict[str, type[Learner]] = {
    "gradient-descent": GradientDescent,
    "adagrad": AdaGrad,
    "adadelta": AdaDelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
_ALIASES = {"gd": "gradient-descent", "sgd": "gradient-descent"}


def names() -> tuple[str, ...]:
    """Names that `by_name` knows, without aliases."""
    return tuple(_BY_NAME)


def by_name(name: str, **hyper_parameters) -> Learner:
    """The learner called `name` ("adam", "gradient-descent" or "sgd", ...), for the command line.

    Case, blanks, `_` and `-` do not matter.

    Raises
    ------
    SettingError
        No learner has that name (the nearest is suggested), or it has no such hyper-parameter.
    """
    plain = {key.replace("-", ""): key for key in (*_BY_NAME, *_ALIASES)}
    wanted = str(name).lower().replace("-", "").replace("_", "").replace(" ", "")
    if wanted not in plain:
        raise SettingError(_unknown("learner", str(name), wanted, plain))
    key = plain[wanted]
    learner = _BY_NAME[_ALIASES.get(key, key)]
    known = {field.name: field.name for field in fields(learner)}
    for parameter in hyper_parameters:
        if parameter not in known:
            what = f"hyper-parameter of {learner.__name__}"
            raise SettingError(_unknown(what, parameter, parameter, known))
    return learner(**hyper_parameters)


def _unknown(what: str, shown: str, wanted: str, known: dict[str, str]) -> str:
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f"did you mean {known[close[0]]!r}?" if close else "there are"
    listed = "" if close else " " + ", ".join(sorted(set(known.values())))
    return f"there is no {what} {shown!r}; {hint}{listed}"
