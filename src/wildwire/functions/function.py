"""What a neuron or a loss computes, as data.

Comes in: a definition in the language. Goes out: `Function`, an immutable value that the
network stores, the engine asks for kernels and the exports write out. Called by every
layer below; imports neither Numba nor the parser until one is needed.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from wildwire.errors import FunctionError
from wildwire.language.expression import (
    Binary,
    Call,
    Expression,
    Link,
    Name,
    Number,
    Sum,
    Unary,
)

if TYPE_CHECKING:
    import numpy as np

    from wildwire.language.tree import Definition

__all__ = ["CONVENTION", "Function", "canonical"]

_PARTNERS = {
    "logistic": ("logistic", "logistic_from_z"),
    "poisson": ("exponential", "poisson_from_z"),
    "gamma": ("exponential", "gamma_from_z"),
}

PARTNERS = frozenset(activation for activation, _ in _PARTNERS.values())
"""Activations whose z a loss may read in place of the output."""

_POSITIVE = (math.ulp(0.0), math.inf)
_TARGETS = {
    "logistic_from_z": (0.0, 1.0),
    "poisson": (0.0, math.inf),
    "poisson_from_z": (0.0, math.inf),
    "gamma": _POSITIVE,
    "gamma_from_z": _POSITIVE,
}
"""Targets with which losses of the catalogue have a minimum; others take any."""

CONVENTION = 1
"""Version of the calling convention (docs/design/architecture.md)."""


@dataclass(frozen=True)
class Function:
    """An activation or a loss: a formula with named arguments and parameters.

    Attributes
    ----------
    name : str
        As it is called in network text.
    kind : {"activation", "loss", "penalty", "expression"}
        An activation has one argument, or several if it takes what a transfer with several values returns; a loss
        has the arguments output and target, a penalty the weight of a link, a neuron's own formula its sources.
    arguments : tuple of str
        Names of the arguments in the formula.
    parameters : tuple of (str, float)
        Names and default values of the learnable numbers.
    formula : Expression
        The value.
    slope : Expression or None
        Training slope, used in place of the derivative in the first argument.
    range : tuple of float or None
        Bounds of the value of an activation; for a loss the bounds that its first
        argument must keep.
    uses : tuple of Function
        User functions that the formula calls; those of the catalogue need no mention.
    written : Definition or None
        The definition with its vector parameters, of which `parameters` and `formula`
        are what is written out; None without vectors.
    base : Function or None
        The function as it is defined, where this is a form of it that a call chose.
    choices : tuple of (str, int or str)
        What was chosen: sizes of vectors, a word for the training slope.
    """

    name: str
    kind: str
    arguments: tuple[str, ...]
    parameters: tuple[tuple[str, float], ...]
    formula: Expression
    slope: Expression | None = None
    range: tuple[float, float] | None = None
    uses: tuple[Function, ...] = ()
    written: Definition | None = None
    base: Function | None = None
    choices: tuple[tuple[str, int | str], ...] = ()

    @functools.cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions that the formula may call, by name; they go before primitives."""
        from wildwire.functions.registry import callable_with

        return callable_with(self.uses)

    @functools.cached_property
    def meanings(self) -> frozenset[tuple[str, str]]:
        """Name and meaning of this function and of all that its formula calls."""
        from wildwire.functions.calls import meanings_of

        return meanings_of(self)

    def __hash__(self) -> int:
        # Of the key, not of the whole tree: networks look functions up by the thousand.
        return hash((self.name, self.kind, self.key))

    def __getstate__(self) -> dict:
        # What is cached can be found again, and the catalogue must not travel along.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)

    @functools.cached_property
    def key(self) -> str:
        """Hash of kind, formula and training slope, independent of all names."""
        names = {name: f"x{i}" for i, name in enumerate(self.arguments)}
        names |= {name: f"p{j}" for j, (name, _) in enumerate(self.parameters)}
        parts = [
            str(CONVENTION),
            str(len(self.arguments)),
            str(len(self.parameters)),
            canonical(self.formula, names, self.functions),
            canonical(self.slope, names, self.functions) if self.slope else "",
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    @property
    def from_z(self) -> str | None:
        """Name of the form of this loss that reads z where `partner` makes the output.

        The two together are stable where the output has rounded to 0 or 1.
        """
        return self._partnership[1]

    @property
    def partner(self) -> str | None:
        """Name of the activation whose z the form `from_z` reads."""
        return self._partnership[0]

    @functools.cached_property
    def _partnership(self) -> tuple[str | None, str | None]:
        if self.name not in _PARTNERS or not self._is_built_in:
            return None, None
        return _PARTNERS[self.name]

    @property
    def _is_built_in(self) -> bool:
        """Whether it is the loss of the catalogue whose name it has."""
        if self.kind != "loss":
            return False
        from wildwire.functions.registry import losses

        known = losses().get(self.name)
        return known is not None and known.key == self.key

    @functools.cached_property
    def targets(self) -> tuple[float, float] | None:
        """Lowest and highest target for which a loss has a minimum; None for any."""
        if self.needs_probability:
            return (0.0, 1.0)
        known = self.name in _TARGETS and self._is_built_in
        return _TARGETS[self.name] if known else None

    @property
    def needs_probability(self) -> bool:
        """Whether a loss refuses outputs that can leave [0, 1]."""
        return self.kind == "loss" and self.range == (0.0, 1.0)

    @functools.cached_property
    def vectors(self) -> Mapping[str, slice]:
        """Places of the elements of each vector among the parameters, by its name."""
        from wildwire.functions.choices import vector_places

        return vector_places(self)

    @functools.cached_property
    def elements(self) -> tuple[bool, ...]:
        """For each parameter, whether it is an element of a vector: unknown unless given."""
        found = [False] * self.n_parameters
        for places in self.vectors.values():
            found[places] = [True] * (places.stop - places.start)
        return tuple(found)

    def chosen(self, **choices: int | str) -> Function:
        """The form of this function that a call chooses.

        Parameters
        ----------
        **choices
            Sizes of vectors by their names, `knots=4`; a training slope by a word,
            `slope="triangle"`.

        Raises
        ------
        FunctionError
            No such size or word, or a size out of range.

        Examples
        --------
        >>> from wildwire.functions import find
        >>> find("spline").chosen(knots=4).n_parameters
        6
        """
        from wildwire.functions.choices import choose

        return choose(self, choices)

    @property
    def n_parameters(self) -> int:
        """How many learnable numbers it has."""
        return len(self.parameters)

    @property
    def defaults(self) -> tuple[float, ...]:
        """Default values of the parameters."""
        return tuple(value for _, value in self.parameters)

    @functools.cached_property
    def starts(self) -> tuple[float, ...]:
        """Where each parameter starts: its default, or what `start` says of its vector."""
        if self.written is None:
            return self.defaults
        from wildwire.functions.choices import vector_start

        found = list(self.defaults)
        for vector, places in self.vectors.items():
            for k, place in enumerate(range(places.start, places.stop)):
                found[place] = float(vector_start(self, vector, k, self.defaults))
        return tuple(found)

    def n_tables(self, level: int) -> int:
        """How many result tables a kernel of this level writes."""
        count = len(self.arguments) + len(self.parameters)
        return (1, 1 + count, 1 + count + count * (count + 1) // 2)[level]

    @functools.cached_property
    def smooth(self) -> bool:
        """Whether it has no kink, jump or guard anywhere."""
        from wildwire.functions.derive import tables

        return not tables(self, 0).kinks

    @functools.cached_property
    def guarded(self) -> bool:
        """Whether it has a guard, so that kernels count its activity."""
        from wildwire.functions.derive import tables

        return bool(tables(self, 0).guards)

    @functools.cached_property
    def parity(self) -> str | None:
        """Whether it is "even" or "odd" at default parameters, else None.

        Read off the formula where that decides it, and confirmed by numbers at 40 places.
        """
        from wildwire.functions.reflections import parity

        # With vectors it is whatever their numbers make of it.
        return None if self.vectors else parity(self)

    @functools.cached_property
    def period(self) -> float | None:
        """The smallest period in its argument at default parameters; None if it has none.

        Read off the formula and confirmed by numbers at 40 places.
        """
        from wildwire.functions.periods import period

        return None if self.vectors else period(self)

    def evaluate(
        self,
        level: int,
        arguments: Sequence[np.ndarray],
        parameters: Sequence[np.ndarray | float] | None = None,
    ) -> np.ndarray:
        """Result tables in plain NumPy: the meaning that every kernel is tested on.

        Parameters
        ----------
        level : {0, 1, 2}
            0 the value, 1 also slopes, 2 also second derivatives.
        arguments : sequence of array
            One array per argument; they are broadcast together.
        parameters : sequence of float or array, optional
            One per parameter, broadcast with the arguments; default: `starts`.

        Returns
        -------
        array of shape (n_tables, ...)
            In the order of the calling convention; float32 only if all arguments are.
        """
        from wildwire.functions.evaluate import evaluate

        return evaluate(self, level, arguments, parameters)

    def guards(
        self,
        arguments: Sequence[np.ndarray],
        parameters: Sequence[np.ndarray | float] | None = None,
    ) -> np.ndarray:
        """1 where a guard is active, else 0: what kernels add up per row.

        A guard is active where its argument lies inside, also in a branch that is not taken.
        """
        from wildwire.functions.evaluate import guard_activity

        return guard_activity(self, arguments, parameters)

    def margin(
        self,
        arguments: Sequence[np.ndarray],
        parameters: Sequence[np.ndarray | float] | None = None,
    ) -> np.ndarray:
        """Distance to the nearest kink, jump or guard, in the units of what is compared.

        Infinite where the function is smooth. Finite differences with a step beyond
        the margin straddle a kink and say nothing about the slope.
        """
        from wildwire.functions.evaluate import margin

        return margin(self, arguments, parameters)


def canonical(
    expression: Expression | Link,
    names: Mapping[str, str],
    functions: Mapping[str, Function],
) -> str:
    """A text that is equal for equal formulas, whatever their names are."""

    def text(part: Expression | Link) -> str:
        return canonical(part, names, functions)

    match expression:
        case Number(value=value):
            return "?" if value is None else float(value).hex()
        case Name(name=name):
            return names.get(name, name)
        case Unary(operator=operator, operand=operand):
            return f"({operator} {text(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({text(left)} {operator} {text(right)})"
        case Sum(terms=terms):
            return f"({' + '.join(text(term) for term in terms)})"
        case Call(function=function, arguments=arguments, keywords=keywords):
            used = functions.get(function)
            head = function if used is None else f"{used.key}:{_defaults(used)}"
            inner = [text(argument) for argument in arguments]
            inner += [f"{key}={text(value)}" for key, value in dict(keywords).items()]
            return f"{head}({', '.join(inner)})"
    raise FunctionError(f"a function formula cannot contain {expression!r}")


def _defaults(function: Function) -> str:
    """A called function's parameters: their names and defaults change the caller."""
    return ",".join(f"{name}={value.hex()}" for name, value in function.parameters)
