"""A local learning rule as data: the formula of a number's change, as functions that kernels can be made of.

Comes in: a formula over the signals of a neuron, numbers that it reads. Goes out: `RuleFormula`. Called by
`learning/rules.py`; `engine/rule_walk.py` runs it. The built-in rules stand in `rules.wire`.

What runs over the links of a neuron (`sum(x*x)`), and a rate whose sign is checked, are functions of their own that
are evaluated before the formula: stages. All functions of a rule have the same arguments (the signals that any of them
reads, then the stages) and the same parameters, so that a kernel fills one table for all.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from wildwire.errors import FormulaError, FunctionError, LanguageError, SettingError
from wildwire.functions.function import Function
from wildwire.functions.primitives import CALLS, CONSTANTS, REDUCTIONS
from wildwire.language.expression import Call, Expression, Name
from wildwire.language.rewrite import rebuild, substituted, walk
from wildwire.language.words import nearest

if TYPE_CHECKING:
    from wildwire.language.tree import Definition

__all__ = [
    "RATE", "SIGNALS", "RuleFormula", "Stage", "built_in_rules", "named_formula", "read_formula",
    "rule_formula",
]  # fmt: skip

SIGNALS = ("w", "x", "y", "z", "slope", "e", "t", "n", "d")
"""What a rule may read of a number and its neuron; see `rules.wire`."""

RATE = "rate"
"""Kind of a stage that must not be negative."""


@dataclass(frozen=True)
class Stage:
    """What is evaluated before the formula: a value for each number, or one for all links of the neuron.

    Attributes
    ----------
    kind : str
        "sum", "prod", "mean", "max", "min" over the links, or "rate".
    function : Function
    """

    kind: str
    function: Function


@dataclass(frozen=True)
class RuleFormula:
    """A rule, checked.

    Attributes
    ----------
    signals : tuple of str
        Those that are read, in the order of `SIGNALS`: the first arguments of every function.
    stages : tuple of Stage
        Each an argument behind the signals; a stage may read those before it.
    function : Function
        The change.
    numbers : tuple of float
        Values of the parameters of every function.
    """

    signals: tuple[str, ...]
    stages: tuple[Stage, ...]
    function: Function
    numbers: tuple[float, ...]

    @property
    def reduces(self) -> bool:
        """Whether it runs over the links of a neuron."""
        return any(stage.kind != RATE for stage in self.stages)


# ---- the built-in rules ---------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def built_in_rules() -> Mapping[str, Definition]:
    """The rules of `rules.wire` by name (read-only)."""
    from wildwire.language.parser import parse_rules

    text = (Path(__file__).with_name("rules.wire")).read_text(encoding="utf-8")
    return MappingProxyType({rule.name: rule for rule in parse_rules(text)})


def named_formula(name: str, n_terms: int | None = None) -> Expression:
    """The formula of a built-in rule; with `n_terms` its vector a[...] is written out as `a0`, `a1`, ..."""
    from wildwire.functions.vectors import write_out

    definition = built_in_rules()[name]
    if n_terms is None:
        return definition.formula
    return write_out(definition, {"terms": n_terms}).formula


# ---- a formula checked ----------------------------------------------------------------


def read_formula(text: str, what: str = "a rule") -> Expression:
    """The tree of a text, within the limits of the language.

    Raises
    ------
    FormulaError
        It cannot be read; with line and column.
    """
    from wildwire.language.parser import parse_formula

    if not isinstance(text, str):
        raise FunctionError(
            f"{what} is a formula as text, such as 'rate*x*e', not {type(text).__name__}"
        )
    try:
        return parse_formula(text)
    except LanguageError as error:
        raise FormulaError(
            error.message, error.line, error.column, error.source
        ) from None


def rule_formula(
    formula: Expression,
    numbers: Mapping[str, float] = MappingProxyType({}),
    rates: Mapping[str, Expression] = MappingProxyType({}),
    source: str | None = None,
) -> RuleFormula:
    """Check a formula and take its stages out.

    Parameters
    ----------
    formula : Expression
        Over signals, `numbers` and `rates`.
    numbers : mapping of str to float
        Hyper-parameters.
    rates : mapping of str to Expression
        Names that stand for formulas which must not be negative.
    source : str, optional
        The text, to be shown in errors.

    Raises
    ------
    FormulaError, SettingError
        A name that nobody gives (the nearest is suggested), a function that does not exist, a number that is given
        and not read.
    """
    _check_numbers(numbers)
    known = (*SIGNALS, *numbers, *CONSTANTS)
    for tree in (formula, *rates.values()):
        _check_names(tree, known if tree is not formula else (*known, *rates), source)
    taking = _Taking()
    for name, rate in rates.items():
        taking.names[name] = taking.stage(RATE, taking.tree(rate))
    change = taking.tree(substituted(formula, taking.names))
    made = [tree for _, tree in taking.found]
    read = {
        node.name
        for tree in (*made, change)
        for node in walk(tree)
        if isinstance(node, Name)
    }
    unread = [name for name in numbers if name not in read]
    if unread:
        raise SettingError(
            f"{unread[0]}={numbers[unread[0]]!r} is given, and the formula of the rule does not read it"
        )
    signals = tuple(name for name in SIGNALS if name in read) or ("w",)
    arguments = signals + tuple(_stage_name(i) for i in range(len(made)))

    def function(tree: Expression) -> Function:
        return _function(tree, arguments, numbers, source)

    return RuleFormula(
        signals,
        tuple(Stage(kind, function(tree)) for kind, tree in taking.found),
        function(change),
        tuple(float(value) for value in numbers.values()),
    )


def _function(tree, arguments, numbers, source) -> Function:
    from wildwire.functions.derive import tables

    parameters = tuple((name, float(value)) for name, value in numbers.items())
    made = Function("rule", "rule", arguments, parameters, tree)
    try:
        tables(made, 0)
    except FunctionError as error:
        raise FormulaError(f"the rule: {error}", source=source) from None
    except RecursionError:
        raise FormulaError("the rule is nested too deeply", source=source) from None
    return made


@dataclass
class _Taking:
    """Reductions over links taken out of a formula, the inner ones first."""

    names: dict[str, Expression] = field(default_factory=dict)
    found: list[tuple[str, Expression]] = field(default_factory=list)

    def stage(self, kind: str, tree) -> Name:
        """The name that stands for a stage; the same for the same."""
        if (kind, tree) not in self.found:
            self.found.append((kind, tree))
        return Name(_stage_name(self.found.index((kind, tree))))

    def tree(self, node):
        """The node with names of stages in place of reductions."""
        changed = rebuild(node, self.tree)
        if (
            isinstance(changed, Call)
            and changed.function in REDUCTIONS
            and len(changed.arguments) == 1
        ):
            return self.stage(changed.function, changed.arguments[0])
        return changed


def _stage_name(number: int) -> str:
    """No text can write it."""
    return f"stage {number}"


def _check_names(tree, known: tuple[str, ...], source: str | None) -> None:
    from wildwire.functions.registry import callable_with

    calls = {*CALLS, *REDUCTIONS, *callable_with(())}
    for node in walk(tree):
        if isinstance(node, Call) and node.function not in calls:
            near = nearest(node.function, calls, 0.6)
            hint = f"; did you mean {near!r}?" if near else ""
            raise _at(
                node, f"the rule calls {node.function!r}, which nobody defines{hint}", source
            )  # fmt: skip
        if not isinstance(node, Name) or node.name in known:
            continue
        near = nearest(node.name, known, 0.6)
        hint = f"did you mean {near!r}? " if near else ""
        raise _at(
            node,
            f"the rule reads {node.name!r}, which is no signal and not given as a number; {hint}"
            f"there are {', '.join(known)}, and another number is given by its name, as in "
            f"Rule(..., {node.name}=0.1)",
            source,
        )


def _at(node, message: str, source: str | None) -> FormulaError:
    line, column = node.position or (None, None)
    return FormulaError(message, line, column, source if node.position else None)


def _check_numbers(numbers: Mapping[str, float]) -> None:
    for name, value in numbers.items():
        if name in SIGNALS or name in CONSTANTS:
            raise SettingError(
                f"{name} is what a rule reads of a neuron and cannot be a number of the rule; choose another name"
            )
        fits = isinstance(value, int | float) or hasattr(value, "dtype")
        try:
            fits = fits and not isinstance(value, bool) and math.isfinite(value)
        except TypeError:
            fits = False
        if not fits:
            raise SettingError(
                f"{name} of a rule must be a finite number, not {value!r}"
            )
