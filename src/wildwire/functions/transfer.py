"""What a neuron makes of its links, as data: the formula of a transfer function.

Comes in: a definition in the language. Goes out: `Transfer`, an immutable value that the network stores, and
from which `transfer_text.py` writes kernels and `unrolled.py` the formula for one number of links. Called by
the network, the program, the engine and its twin.

The numbers of a neuron's transfer stand in this order: the parameters; then, link by link, the numbers that
a link has besides its weight; then, pair by pair, the numbers of pairs. The weights and the bias stand apart.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from wildwire.errors import FunctionError
from wildwire.functions.function import Function
from wildwire.language.expression import Expression

if TYPE_CHECKING:
    import numpy as np

    from wildwire.functions.reductions import Reduced
    from wildwire.functions.transfer_slopes import Slopes

__all__ = ["BIAS", "MOST_PAIRED", "MOST_VALUES", "Transfer"]

TRANSFER_CONVENTION = 1
"""Version of the calling convention of transfers (docs/design/transfers.md)."""

BIAS = "bias"
"""The name that stands for the neuron's bias in a formula."""

MOST_VALUES = 4
"""Numbers that a transfer may return."""

MOST_PAIRED = 1000
"""Links of a neuron whose transfer has `pairs`: half a million pairs."""


@dataclass(frozen=True)
class Transfer:
    """A transfer function: formulas over the links of a neuron.

    Attributes
    ----------
    name : str
        As it is called in network text.
    arguments : tuple of str
        Names in the formula: the weight of a link, its source, then further numbers of a link or of a pair.
        An argument that stands only inside `pairs`, and never with an apostrophe, is a number of the pair.
    parameters : tuple of (str, float)
        Names and default values of the numbers of the neuron.
    formulas : tuple of Expression
        One to four: what the activation takes as its arguments.
    uses : tuple of Function
        The user's own functions that the formulas call.
    """

    name: str
    arguments: tuple[str, ...]
    parameters: tuple[tuple[str, float], ...]
    formulas: tuple[Expression, ...]
    uses: tuple[Function, ...] = ()

    kind = "transfer"

    @functools.cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions that the formulas may call, by name; they go before primitives."""
        from wildwire.functions.registry import callable_with

        return callable_with(self.uses)

    @functools.cached_property
    def meanings(self) -> frozenset[tuple[str, str]]:
        """Name and meaning of this transfer and of all that its formulas call."""
        from wildwire.functions.calls import meanings_of

        return meanings_of(self)

    def __hash__(self) -> int:
        return hash((self.name, self.key))

    def __getstate__(self) -> dict:
        # What is cached can be found again, and the catalogue must not travel along.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)

    @functools.cached_property
    def key(self) -> str:
        """Hash of the formulas, independent of all names but those of parameters."""
        from wildwire.functions.function import canonical

        names = {name: f"a{i}" for i, name in enumerate(self.arguments)}
        names |= {name: f"p{j}" for j, (name, _) in enumerate(self.parameters)}
        parts = [f"transfer {TRANSFER_CONVENTION}", str(len(self.arguments))]
        parts += [name for name, _ in self.parameters]
        parts += [canonical(f, names, self.functions) for f in self.formulas]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    @functools.cached_property
    def reduced(self) -> Reduced:
        """Its reductions and what is made of them, as terms of one graph."""
        from wildwire.functions.reductions import reduce_transfer

        return reduce_transfer(self)

    @functools.cached_property
    def slopes(self) -> Slopes:
        """The slopes of its values, as terms of the same graph."""
        from wildwire.functions.transfer_slopes import slopes_of

        return slopes_of(self)

    @property
    def link_numbers(self) -> tuple[str, ...]:
        """Names of the numbers that a link has besides its weight."""
        return self.reduced.link_numbers

    @property
    def pair_numbers(self) -> tuple[str, ...]:
        """Names of the numbers of a pair of links."""
        return self.reduced.pair_numbers

    @property
    def distinct(self) -> bool:
        """Whether the numbers of pairs are of two different links only, without squares."""
        return self.reduced.distinct

    @property
    def paired(self) -> bool:
        """Whether a formula runs over pairs of links."""
        return any(r.is_paired for r in self.reduced.reductions)

    @property
    def has_bias(self) -> bool:
        """Whether a formula names `bias`: only then the neuron may have one."""
        return self.reduced.has_bias

    @functools.cached_property
    def guarded(self) -> bool:
        """Whether it has a guard, so that kernels count its activity."""
        return bool(self.reduced.guards(self.reduced.terms()))

    @property
    def n_parameters(self) -> int:
        """How many numbers a neuron has besides those of its links."""
        return len(self.parameters)

    @property
    def n_values(self) -> int:
        """How many numbers it returns: the arguments of the activation."""
        return len(self.formulas)

    @property
    def defaults(self) -> tuple[float, ...]:
        """Default values of the parameters."""
        return tuple(value for _, value in self.parameters)

    def pairs(self, n_links: int) -> list[tuple[int, int]]:
        """The pairs of links that have numbers, in their order: (0, 0), (0, 1), ... (1, 1), ...

        Raises
        ------
        FunctionError
            More than `MOST_PAIRED` links.
        """
        if not self.pair_numbers:
            return []
        self.check_links(n_links)
        first = 1 if self.distinct else 0
        return [(i, j) for i in range(n_links) for j in range(i + first, n_links)]

    def n_numbers(self, n_links: int) -> int:
        """How many numbers a neuron with so many links has besides its weights and bias."""
        pairs = 0
        if self.pair_numbers:
            shift = -1 if self.distinct else 1
            pairs = n_links * (n_links + shift) // 2
        own = self.n_parameters + n_links * len(self.link_numbers)
        return own + pairs * len(self.pair_numbers)

    def check_links(self, n_links: int) -> None:
        """FunctionError where a neuron has more links than `pairs` allows."""
        if self.paired and n_links > MOST_PAIRED:
            raise FunctionError(
                f"the transfer {self.name} runs over pairs of links, and {n_links} links are more "
                f"than {MOST_PAIRED}: use another transfer, or fewer sources"
            )

    def unrolled(self, n_links: int, place: int = 0) -> Function:
        """The formula for a number of links, written out.

        Parameters
        ----------
        n_links : int
        place : int
            Which of its values.

        Returns
        -------
        Function
            Of kind "expression": its arguments are the sources; its parameters are the weights, the bias if
            there is one, then the numbers in their order.
        """
        from wildwire.functions.unrolled import unrolled

        return unrolled(self, n_links, place)

    def evaluate(
        self,
        level: int,
        sources: Sequence[np.ndarray],
        weights: Sequence[float],
        numbers: Sequence[float] = (),
        bias: float = 0.0,
    ) -> np.ndarray:
        """Value and derivatives in plain NumPy, from the formula written out.

        Parameters
        ----------
        level : {0, 1, 2}
            0 the value, 1 also slopes, 2 also second derivatives.
        sources : sequence of array
            One per link.
        weights : sequence of float
            One per link.
        numbers : sequence of float
            As they stand in the order of this file's first lines; default: the defaults of the parameters.
        bias : float
            Only for transfers that have one.

        Returns
        -------
        array of shape (n_tables, ...)
            The value; with level 1 the slopes in the sources, the weights, the bias if there is one, the
            numbers; with level 2 the upper triangle of second derivatives in the same order, row by row.

        Notes
        -----
        O(links**2) operations with slopes, O(links**3) with second derivatives: kernels need O(links).
        """
        function = self.unrolled(len(sources))
        given = list(numbers) if len(numbers) else list(self.defaults)
        own = [bias] if self.has_bias else []
        return function.evaluate(level, sources, [*weights, *own, *given])
