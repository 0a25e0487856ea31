"""Learners that are local rules: what a number changes by, from what stands at its ends.

Comes in: hyper-parameters, or a formula. Goes out: learners for `ww.fit`; `rule_course.py` runs them. The formulas of
the named rules stand in `functions/rules.wire`.

A local rule is no descent of a loss: it is a formula for the change of a weight w of a neuron, over its source x, the
neuron's output y, its sum z, its slope dy/dz, its error e = t - y, its target t, the step n and the last change d.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.errors import FormulaError, SettingError
from wildwire.functions.rule import (
    SIGNALS,
    RuleFormula,
    built_in_rules,
    named_formula,
    read_formula,
    rule_formula,
)
from wildwire.language.expression import Name
from wildwire.language.rewrite import walk
from wildwire.learning.learner import Stepwise, check_ranges

if TYPE_CHECKING:
    from wildwire.learning.rule_course import RuleCourse

__all__ = [
    "BlameRule", "DeltaRule", "HebbRule", "LocalRule", "OjaRule", "PerceptronRule", "Rule",
]  # fmt: skip

SHARED_BY = ("weight", "output", "slope")
ALPHA = ("e", "x", "n")
"""What the rate of a perceptron may be a formula of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRule(Stepwise):
    """Interface of local rules.

    Parameters
    ----------
    online : bool
        Whether theta changes after every row; else once an epoch, by the sum over all rows.
    shuffle : bool
        Rows in a new random order in every epoch; else in their order. Where not `online` it does not matter.
    neurons : sequence of str or None
        Neurons whose numbers change; None is all that have free numbers.

    Notes
    -----
    *What is x.* The output that a link reads. A bias is a link from the constant 1, so x is 1; the threshold of the
    literature is a weight on -1, which is the negative of the bias and changes by the same rule. Where a neuron's
    transfer is no weighted sum, x is dz/dw of the number; for numbers of an activation, and of neurons with a formula
    of their own, x is dy/dw and the slope 1. `slope*x` is dy/dw everywhere.

    *Errors.* e is t - o, where o is the output, behind a softmax if it has one. A rule that reads e or t changes
    output neurons; elsewhere it is refused, unless errors are shared back (`BlameRule`).

    *Numbers that are shared* change by the sum of the changes at all their places; bounds hold by clipping; the weight
    of a row multiplies its changes.

    *The end.* An epoch in which nothing has changed ends the run with the reason "converged".

    Cost: O(numbers) a row and epoch, in machine code; the formula is compiled once.
    """

    default_epochs: ClassVar[int] = 100

    online: bool = True
    shuffle: bool = True
    neurons: tuple[str, ...] | None = None

    def __post_init__(self):
        _check_switches(self)
        self.formula_of()

    def formula_of(self) -> RuleFormula:
        """The rule as checked functions."""
        raise NotImplementedError

    @property
    def shared_by(self) -> tuple[str, ...]:
        """What errors are shared back by; empty where they are not."""
        return ()

    def begin(self, objective, theta, random) -> "RuleCourse":
        """A run that starts at `theta`; see `Stepwise`."""
        from wildwire.learning.rule_course import RuleCourse

        return RuleCourse(
            objective, theta, random, self.formula_of(), neurons=self.neurons,
            by=self.shared_by, online=self.online, shuffle=self.shuffle,
        )  # fmt: skip


def _check_switches(learner: LocalRule) -> None:
    name = type(learner).__name__
    for switch in ("online", "shuffle"):
        value = getattr(learner, switch)
        if not isinstance(value, bool | np.bool_):
            raise SettingError(
                f"{switch} of {name} must be True or False, not {value!r}"
            )
    neurons = learner.neurons
    if neurons is None:
        return
    if isinstance(neurons, str):
        neurons = (neurons,)
    try:
        names = tuple(neurons)
    except TypeError:
        names = (None,)
    if not names or not all(isinstance(one, str) for one in names):
        raise SettingError(
            f"neurons of {name} must be names of neurons, such as ('y',), not {neurons!r}"
        )
    object.__setattr__(learner, "neurons", names)


def _named(name: str, numbers: Mapping[str, float]) -> RuleFormula:
    return rule_formula(named_formula(name), numbers)


# ---- rules with a teacher -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PerceptronRule(LocalRule):
    """Rosenblatt's error correction: w <- w + rate*x*e, e = t - y.

    For single neurons and layers of them, whatever their activation; with step neurons it is the classical
    perceptron, which finds weights that make no error if there are any.

    Parameters
    ----------
    rate : float, sequence of float or str
        A number: rate*x*e. A list a: an odd power series of the error, x*(a[0]*e + a[1]*e**3 + ...). A formula
        alpha of the error `e`, the sources `x` and the step `n`: alpha*x*e, `"0.1/(1 + sum(x*x))"`; `x` alone is the
        source of the weight that changes, sum, prod, mean, max and min of one argument run over all links of the
        neuron. No rate is negative: numbers are checked here, formulas whenever they are evaluated.
    online, shuffle, neurons
        See `LocalRule`.

    References
    ----------
    F. Rosenblatt: The perceptron, Psychological Review 65 (1958) 386-408; Principles of Neurodynamics (1962), ch. 5.
    A. B. J. Novikoff: On convergence proofs for perceptrons, Symposium on the Mathematical Theory of Automata (1962).

    Examples
    --------
    >>> import wildwire as ww
    >>> gate = ww.parse("input x1, x2\\ny ~ step(x1, x2)\\noutput y")
    >>> X, y = ww.datasets.and_()[:2]
    >>> result = ww.fit(gate, X, y, learner=ww.learners.PerceptronRule(0.1), seed=0)
    >>> str(result.reason), ww.run(gate, result.theta, X).ravel().tolist()
    ('converged', [0.0, 0.0, 0.0, 1.0])
    """

    rate: float | tuple[float, ...] | str = 0.1

    def __post_init__(self):
        if isinstance(self.rate, list | np.ndarray):
            object.__setattr__(self, "rate", tuple(np.asarray(self.rate).tolist()))
        _check_switches(self)
        self.formula_of()

    def formula_of(self) -> RuleFormula:
        rate = self.rate
        if isinstance(rate, str):
            alpha = read_formula(rate, "rate of PerceptronRule")
            _check_alpha(alpha, rate)
            return rule_formula(
                named_formula("perceptron"), rates={"rate": alpha}, source=rate
            )
        if isinstance(rate, tuple):
            return rule_formula(
                named_formula("odd_series", len(rate)), _checked_series(rate)
            )
        check_ranges(self, rate=(0, math.inf))
        return _named("perceptron", {"rate": float(rate)})


def _checked_series(rate: tuple) -> dict[str, float]:
    from wildwire.language.tree import MOST_ELEMENTS

    if not 1 <= len(rate) <= MOST_ELEMENTS:
        raise SettingError(
            f"rate of PerceptronRule is a list of {len(rate)} numbers; 1 to {MOST_ELEMENTS} are needed"
        )
    for value in rate:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value < 0:
            raise SettingError(
                f"the numbers of a series of rates must not be negative; there is {value!r}"
            )
    return {f"a{i}": float(value) for i, value in enumerate(rate)}


def _check_alpha(alpha, source: str) -> None:
    for node in walk(alpha):
        if isinstance(node, Name) and node.name in SIGNALS and node.name not in ALPHA:
            line, column = node.position or (None, None)
            raise FormulaError(
                f"the rate of a perceptron is a formula of {', '.join(ALPHA)}; it reads {node.name!r}: "
                "ww.learners.Rule takes any formula",
                line, column, source,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeltaRule(LocalRule):
    """The delta rule: w <- w + rate*slope*e*x, gradient descent of the squared error of one layer.

    Parameters
    ----------
    rate : float
    online, shuffle, neurons
        See `LocalRule`; with `online=False` the changes are summed over all rows.

    References
    ----------
    B. Widrow, M. E. Hoff: Adaptive switching circuits. IRE WESCON Convention Record 4 (1960) 96-104.
    """

    rate: float = 0.1

    def formula_of(self) -> RuleFormula:
        check_ranges(self, rate=(0, math.inf))
        return _named("delta", {"rate": float(self.rate)})


# ---- rules without a teacher ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HebbRule(LocalRule):
    """Hebb's rule: w <- w + rate*x*y. Targets are not read; weights grow without end.

    Parameters
    ----------
    rate : float
        A negative one unlearns.
    online, shuffle, neurons
        See `LocalRule`.

    References
    ----------
    D. O. Hebb: The Organization of Behavior (1949).
    """

    rate: float = 0.01

    def formula_of(self) -> RuleFormula:
        check_ranges(self, rate=(-math.inf, math.inf))
        return _named("hebb", {"rate": float(self.rate)})


@dataclass(frozen=True, slots=True)
class OjaRule(LocalRule):
    """Oja's rule: w <- w + rate*y*(x - y*w). Targets are not read.

    The weights of a linear neuron without bias tend to the first principal component of its sources, of length 1, for
    centred sources and a small rate. Several neurons all tend to the same one.

    Parameters
    ----------
    rate : float
    online, shuffle, neurons
        See `LocalRule`.

    References
    ----------
    E. Oja: A simplified neuron model as a principal component analyzer. J. Math. Biology 15 (1982) 267-273.
    """

    rate: float = 0.01

    def formula_of(self) -> RuleFormula:
        check_ranges(self, rate=(0, math.inf))
        return _named("oja", {"rate": float(self.rate)})


# ---- errors shared back ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BlameRule(LocalRule):
    """Errors shared back among the links of a neuron: w <- w + rate*slope*e*x, with an error for hidden neurons.

    A heuristic, NOT the gradient: back-propagation multiplies by derivatives, this rule shares. It may raise the loss,
    and need not stand still where the loss is least.

    Parameters
    ----------
    rate : float
    by : sequence of "weight", "output", "slope"
        What makes a link share more of the blame: the size of its weight, of its source's output, and of its source's
        slope (1 for inputs and biases).
    online, shuffle, neurons
        See `LocalRule`.

    Notes
    -----
    The link from i to k has the share s_ik = c_ik / sum over the links into k of c, c being the product of the sizes
    named in `by`; biases are links. All shares are positive and sum to 1 for every neuron (equal parts where all c are
    0). A hidden neuron's error is

        e_i = sum over k that it feeds of sign(w_ik) * s_ik * e_k,

    the sign saying in which direction its output should go. With `by=("weight",)` that is W^T e with the rows of |W|
    scaled to the sum 1. An output neuron has its own error only.
    """

    rate: float = 0.1
    by: tuple[str, ...] = SHARED_BY

    def __post_init__(self):
        object.__setattr__(self, "by", _checked_shares(self.by, "by of BlameRule"))
        _check_switches(self)
        self.formula_of()

    @property
    def shared_by(self) -> tuple[str, ...]:
        return self.by

    def formula_of(self) -> RuleFormula:
        check_ranges(self, rate=(0, math.inf))
        return _named("blame", {"rate": float(self.rate)})

    def shares(self, network, theta, x) -> dict[str, dict[str, float]]:
        """Each link's part of the blame of its neuron, for one sample.

        Parameters
        ----------
        network : Network
        theta : array (n_theta,)
        x : array (n_inputs,)

        Returns
        -------
        dict of str to dict of str to float
            For each neuron that is a weighted sum, its links by name (`x1 -> h`, `h bias`); they sum to 1.
        """
        from wildwire.learning.blame import shares_of

        return shares_of(network, theta, x, self.by)


def _checked_shares(by, what: str) -> tuple[str, ...]:
    words = (by,) if isinstance(by, str) else by
    try:
        words = tuple(words)
    except TypeError:
        words = ()
    if not words or any(word not in SHARED_BY for word in words):
        raise SettingError(
            f"{what} must be one or several of {', '.join(map(repr, SHARED_BY))}, not {by!r}"
        )
    return words


# ---- any formula ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Rule(LocalRule):
    """A local rule by its formula: what is added to a weight.

    Parameters
    ----------
    formula : str
        Over `w` (the number itself), `x` (its source), `y`, `z`, `slope` (output, sum, dy/dz of its neuron), `e`, `t`
        (error t - y, target), `n` (number of the step, from 1), `d` (the last change of w), and the numbers given by
        name; with all functions of formulas. `sum`, `prod`, `mean`, `max`, `min` of one argument run over the links
        of the neuron, its bias not among them: `sum(x*x)`. A name alone is a rule of the library, `"oja"`.
    online, shuffle, neurons
        See `LocalRule`.
    blame : sequence of "weight", "output", "slope", or None
        Share errors back to hidden neurons, as `BlameRule` does.
    **numbers : float
        Hyper-parameters of the formula.

    Raises
    ------
    FormulaError
        The formula cannot be read, or reads what nobody gives; with line and column.
    SettingError
        A number that is not finite, or that the formula does not read.

    Examples
    --------
    >>> import wildwire as ww
    >>> ww.learners.Rule("rate*x*e - decay*w", rate=0.1, decay=0.001)
    Rule('rate*x*e - decay*w', rate=0.1, decay=0.001)
    """

    formula: str
    blame: tuple[str, ...] | None = None
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __init__(
        self, formula, *, online=True, shuffle=True, neurons=None, blame=None, **numbers
    ):
        if blame is not None:
            blame = _checked_shares(blame, "blame of Rule")
        # A frozen dataclass sets its fields so.
        for name, value in (
            ("formula", formula), ("online", online), ("shuffle", shuffle), ("neurons", neurons),
            ("blame", blame), ("numbers", MappingProxyType(dict(numbers))),
        ):  # fmt: skip
            object.__setattr__(self, name, value)
        _check_switches(self)
        self.formula_of()

    @property
    def shared_by(self) -> tuple[str, ...]:
        return self.blame or ()

    def formula_of(self) -> RuleFormula:
        text = self.formula
        known = built_in_rules() if isinstance(text, str) else {}
        if isinstance(text, str) and text.strip() in known:
            definition = known[text.strip()]
            if definition.vectors:
                raise SettingError(
                    f"the rule {text.strip()!r} has a list of rates: write PerceptronRule([0.1, 0.01])"
                )
            numbers = {**dict(definition.parameters), **self.numbers}
            return _named(text.strip(), numbers)
        return rule_formula(read_formula(text), self.numbers, source=text)

    def __repr__(self) -> str:
        given = [repr(self.formula)]
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name not in ("formula", "numbers") and value != one.default:
                given.append(f"{one.name}={value!r}")
        given += [f"{name}={value!r}" for name, value in self.numbers.items()]
        return f"Rule({', '.join(given)})"
