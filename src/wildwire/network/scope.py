"""What the names of a text stand for.

Comes in: the statements of a document. Goes out: `Scope`, with a number for every node and the
functions by name, and `Line`, which resolves the names of one line, with an index where it is
element-wise. Called by `lines.py` and `elaborate.py`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import (
    DuplicateNameError,
    FunctionError,
    NetworkError,
    UnknownNameError,
)
from wildwire.functions.primitives import REDUCTIONS
from wildwire.language.expression import Category, Name, Place, Slice
from wildwire.network.affine import Monomial
from wildwire.network.naming import category_text, suggestion

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

MOST_LINKS = 20_000_000
"""Links that a text may describe: a short line can ask for any number, and loading a file must not."""

MOST_NODES = 2_000_000
"""Inputs and neurons that a text may describe."""

ALIASES = {"linear": "identity", "exp": "exponential"}
"""Names of activations that the catalogue has under another name."""

LINEAR = "linear"
"""The weighted sum, written as a transfer; every other one is in the catalogue or defined by the text."""


def placed(error: type[NetworkError], message: str, position) -> NetworkError:
    """An error that knows its place in the text: a (line, column) pair or None."""
    made = error(message)
    vars(made)["position"] = position
    return made


@dataclass(frozen=True)
class Entry:
    """An input, neuron or group: its first node, its size (None: a single one), its categories, what it is called."""

    first: int
    size: int | None
    what: str
    categories: tuple | None = None

    @property
    def count(self) -> int:
        return 1 if self.size is None else self.size


@dataclass
class Scope:
    """All names of a document.

    Attributes
    ----------
    entries : dict of str to Entry
        Inputs, neurons and groups.
    lets : dict of str to Monomial
        Shared numbers (a factor of their own name) and frozen ones.
    functions : dict of str to Function
        Activations that the document defines.
    transfers : dict of str to Transfer
        Transfers that the document defines.
    slots : dict of str to int
        Local slots of the shared numbers (see `chunks.SHARED`).
    make_names : callable
        Makes the names of all nodes, which few texts need.
    expanded : int
        How many sources the names of the text stood for so far; limited by `MOST_LINKS`.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    lets: dict[str, Monomial] = field(default_factory=dict)
    functions: Mapping = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    make_names: Callable[[], Sequence[str]] = tuple
    expanded: int = 0

    def define(self, name: str, entry: Entry | Monomial, position=None) -> None:
        """Enter an input, neuron or `let` number; they share one name space."""
        if name in self.entries or name in self.lets:
            raise placed(
                DuplicateNameError,
                f"the name {name!r} is defined twice; inputs, neurons and let numbers "
                "share one name space: rename one of them",
                position,
            )
        if isinstance(entry, Entry):
            self.entries[name] = entry
        else:
            self.lets[name] = entry

    def entry(self, name: Name) -> Entry:
        """The input, neuron or group of that name."""
        if name.name in self.entries:
            return self.entries[name.name]
        if name.name in self.lets:
            message = f"{name.name!r} is a number (let), not an input or neuron to read"
            raise placed(NetworkError, message, name.position)
        near = suggestion(name.name, [*self.entries, *self.lets])
        message = f"nothing here is called {name.name!r}.{near}"
        raise placed(UnknownNameError, message, name.position)

    @property
    def identity(self) -> Function:
        """The activation of a line that has none, whatever the document calls by that name."""
        from wildwire.functions import catalogue

        return catalogue()["identity"]

    def activation(self, name: str) -> Function | None:
        """The activation of that name, or None: the document's own, then the catalogue's."""
        if name in self.functions:
            return self.functions[name]
        if name in self.transfers:
            return None
        from wildwire.functions import catalogue

        return catalogue().get(ALIASES.get(name, name))

    def transfer(self, name: str) -> Transfer | None:
        """The transfer of that name, or None; linear is None, too. What the document defines comes first."""
        if name in self.transfers:
            return self.transfers[name]
        if name in self.functions:
            return None
        from wildwire.functions import transfers

        return transfers().get(name)

    def all_transfers(self) -> list[str]:
        """Names of all transfers."""
        from wildwire.functions import transfers

        return [LINEAR, *transfers(), *self.transfers]

    def is_function(self, name: str) -> bool:
        """Whether a formula may call it."""
        from wildwire.functions.primitives import CALLS

        if name in REDUCTIONS or name in CALLS:
            return True
        return self.activation(name) is not None or self.transfer(name) is not None

    def source_name(self, node: int, delay: int) -> str:
        """A source as it is named in theta: `x1`, `h[2]`, `x1@2`."""
        return f"{self.names[node]}@{delay}" if delay else self.names[node]

    @functools.cached_property
    def names(self) -> Sequence[str]:
        """Names of all nodes."""
        return self.make_names()

    def spend(self, count: int, position) -> None:
        """Count sources before their memory is taken."""
        self.expanded += count
        if self.expanded > MOST_LINKS:
            message = f"a text may describe at most {MOST_LINKS:,} links; build larger networks from arrays"
            raise placed(NetworkError, message, position)

    def unknown_function(self, name: str, position) -> NetworkError:
        """The error for a function that nobody defines."""
        from wildwire.functions import catalogue
        from wildwire.functions.reader import alternatives

        known = [
            *self.functions,
            *self.all_transfers(),
            *REDUCTIONS,
            *catalogue(),
        ]
        meant = alternatives(name, known)
        near = suggestion(name, known)
        if meant:
            near = f" Did you mean {' or '.join(map(repr, meant))}?"
        if name == "softmax":
            near = " It is computed over outputs: write `output softmax(...)`."
        message = f"there is no function {name!r}.{near}"
        if name in self.transfers:
            message = (
                f"{name!r} is a transfer that this text defines, and no activation: "
                "give it another name if you mean the built-in one"
            )
        return placed(UnknownNameError, message, position)

    def unknown_transfer(self, name: str, position) -> NetworkError:
        """The error for what stands where a transfer should: inside an activation, or in front of numbered sources."""
        if self.activation(name) is None:
            return self.unknown_function(name, position)
        known = ", ".join(self.all_transfers())
        message = (
            f"here only a transfer may stand ({known}); {name!r} is an activation: "
            "give it a neuron of its own"
        )
        return placed(NetworkError, message, position)


@dataclass(frozen=True, eq=False)
class Line:
    """Resolves the names of one line; `index` and `element` are set in an element-wise one."""

    scope: Scope
    index: str | None = None
    element: int = 0
    _known: dict[Name, list] = field(default_factory=dict)

    def let(self, name: str) -> Monomial | None:
        return self.scope.lets.get(name)

    def length(self, name: Name) -> int | None:
        """How many values the name stands for; None for one (also of `x[3]`)."""
        if name.name in self.scope.lets:
            return None
        entry = self.scope.entry(name)
        several = isinstance(name.index, Slice) or isinstance(name.delay, tuple)
        if several or (name.index is None and entry.size is not None):
            return len(self._group(name))
        return None

    def source(self, name: Name, element: int | None) -> tuple[int, int]:
        """Node and delay of a single source, or of one element of a group inside a reduction."""
        if self.length(name) is None:
            return self.expand(name)[0]
        found = self._group(name)
        if element is None:
            message = (
                f"{name.name!r} is a group of {len(found)}: in a formula it stands inside "
                f"{', '.join(REDUCTIONS[:-1])} or {REDUCTIONS[-1]}, or with an index, "
                f"{name.name}[0]"
            )
            raise placed(NetworkError, message, name.position)
        return found[element]

    def _group(self, name: Name) -> list[tuple[int, int]]:
        """What a group stands for, remembered: a reduction asks once per element."""
        if name not in self._known:
            self._known[name] = self.expand(name)
        return self._known[name]

    def expand(self, name: Name) -> list[tuple[int, int]]:
        """All (node, delay) that a name stands for, delays outermost."""
        entry = self.scope.entry(name)
        if name.index is None:
            nodes = range(entry.first, entry.first + entry.count)
        else:
            nodes = [entry.first + i for i in self._indices(name, entry, name.index)]
        delay = 0 if name.delay is None else name.delay
        first, last = delay if isinstance(delay, tuple) else (delay, delay)
        self.scope.spend(len(nodes) * (last + 1 - first), name.position)
        return [(node, lag) for lag in range(first, last + 1) for node in nodes]

    def _indices(self, name: Name, entry: Entry, index) -> range | list[int]:
        if entry.size is None:
            message = f"{name.name!r} is a single {entry.what} and has no index"
            raise placed(NetworkError, message, name.position)
        if isinstance(index, Category):
            return [self._category(name, entry, index.label)]
        if isinstance(index, Slice):
            first = self._place(name, entry, index.first)
            last = self._place(name, entry, index.last)
            if last < first:
                message = f"{name.name}[{first}..{last}] is empty"
                raise placed(NetworkError, message, name.position)
            return range(first, last + 1)
        return [self._place(name, entry, index)]

    def _place(self, name: Name, entry: Entry, place: Place) -> int:
        value = place.offset
        if place.variable is not None:
            if place.variable != self.index:
                message = (
                    f"the index {place.variable!r} is not declared left of this line"
                )
                raise placed(UnknownNameError, message, name.position)
            value += place.factor * self.element
        if not 0 <= value < entry.count:
            where = f" (for {self.index} = {self.element})" if place.variable else ""
            message = (
                f"index {value}{where} is out of range: {name.name} has "
                f"{entry.count} elements, 0 to {entry.count - 1}"
            )
            raise placed(NetworkError, message, name.position)
        return value

    def _category(self, name: Name, entry: Entry, label: str) -> int:
        if entry.categories is None:
            message = f"{name.name!r} has no categories; its index is a number"
            raise placed(NetworkError, message, name.position)
        if label not in entry.categories:
            texts = [str(c) for c in entry.categories]
            message = (
                f"{name.name} has no category {category_text(label)}."
                f"{suggestion(label, texts)}"
            )
            raise placed(UnknownNameError, message, name.position)
        return entry.categories.index(label)

    def fold(self, function: str, *arguments: float) -> float | None:
        """A function of frozen numbers; None where it is none of ours or the result is not finite."""
        try:
            value = self._evaluate(function, arguments)
        except (ArithmeticError, FunctionError, ValueError):
            return None
        return value if value is not None and math.isfinite(value) else None

    def _evaluate(self, function: str, arguments) -> float | None:
        if function == "**":
            value = arguments[0] ** arguments[1]
            return value if isinstance(value, float) else None
        found = self.scope.activation(function)
        if found is None or len(arguments) != len(found.arguments):
            return None
        return float(found.evaluate(0, [np.array(a) for a in arguments])[0])
