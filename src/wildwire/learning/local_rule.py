"""What all local rules are, and the rule that is any formula.

Comes in: a formula, numbers, how it goes through the rows. Goes out: a learner for `ww.fit`; `rule_course.py` runs it.
The rules with names stand in `rules.py`.

A local rule is no descent of a loss: it is a formula for the change of a weight w of a neuron, over its source x, the
neuron's output y, its sum z, its slope dy/dz, its error e = t - y, its target t, the step n and the last change d.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.functions.definitions import plain_parameters
from wildwire.functions.rule import (
    RuleFormula,
    built_in_rules,
    named_formula,
    read_formula,
    rule_formula,
)
from wildwire.learning.learner import Stepwise

if TYPE_CHECKING:
    from wildwire.learning.rule_course import RuleCourse

__all__ = ["LocalRule", "Rule", "check_switches", "checked_shares"]

SHARED_BY = ("weight", "output", "slope")
"""What errors can be shared back by."""


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
        check_switches(self)
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


def check_switches(learner: LocalRule) -> None:
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


def checked_shares(by, what: str) -> tuple[str, ...]:
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
    numbers: tuple[tuple[str, float], ...] = ()

    def __init__(
        self, formula, *, online=True, shuffle=True, neurons=None, blame=None, **numbers
    ):
        if blame is not None:
            blame = checked_shares(blame, "blame of Rule")
        # A frozen dataclass sets its fields so.
        for name, value in (
            ("formula", formula), ("online", online), ("shuffle", shuffle), ("neurons", neurons),
            ("blame", blame), ("numbers", tuple(numbers.items())),
        ):  # fmt: skip
            object.__setattr__(self, name, value)
        check_switches(self)
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
            numbers = {**dict(plain_parameters(definition)), **dict(self.numbers)}
            return rule_formula(named_formula(text.strip()), numbers)
        return rule_formula(read_formula(text), dict(self.numbers), source=text)

    def __repr__(self) -> str:
        given = [repr(self.formula)]
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name not in ("formula", "numbers") and value != one.default:
                given.append(f"{one.name}={value!r}")
        given += [f"{name}={value!r}" for name, value in self.numbers]
        return f"Rule({', '.join(given)})"
