"""Local rules with a name: the perceptron's, the delta rule, Hebb's, Oja's, and blame.

Comes in: hyper-parameters. Goes out: learners for `ww.fit`. The formulas stand in `functions/rules.wire`;
`local_rule.py` says what they have in common.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wildwire.errors import FormulaError, SettingError
from wildwire.functions.rule import (
    SIGNALS,
    RuleFormula,
    named_formula,
    read_formula,
    rule_formula,
)
from wildwire.language.expression import Name
from wildwire.language.rewrite import walk
from wildwire.learning.learner import check_ranges
from wildwire.learning.local_rule import (
    SHARED_BY,
    LocalRule,
    check_switches,
    checked_shares,
)

__all__ = ["BlameRule", "DeltaRule", "HebbRule", "OjaRule", "PerceptronRule"]

ALPHA = ("e", "x", "n")
"""What the rate of a perceptron may be a formula of."""


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
        check_switches(self)
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
            numbers = _checked_series(rate)
            return rule_formula(named_formula("odd_series", len(rate)), numbers)
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

    the sign saying in which direction its output should go. With `by=("weight",)` that is W^T e with the rows of
    ``|W|`` scaled to the sum 1. An output neuron has its own error only.
    """

    rate: float = 0.1
    by: tuple[str, ...] = SHARED_BY

    def __post_init__(self):
        object.__setattr__(self, "by", checked_shares(self.by, "by of BlameRule"))
        check_switches(self)
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
