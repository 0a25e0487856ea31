"""The registry `ww.functions`: the package itself, indexed by names of functions.

Comes in: a name. Goes out: an `Entry`, made when it is first asked for. `functions/__init__.py` gives this class to
its own module, so that `ww.functions["tanh"]` and `from wildwire.functions import catalogue` are one object's work.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wildwire.errors import FunctionError
from wildwire.functions.define_transfer import transfers
from wildwire.functions.registry import catalogue, losses

if TYPE_CHECKING:
    from wildwire.functions.entry import Entry

__all__ = ["KINDS", "Listing"]

KINDS: dict[str, Callable[[], Mapping[str, Any]]] = {
    "activation": catalogue,
    "transfer": transfers,
    "loss": losses,
}
"""Kind of function -> all of that kind by name. A plain name means the first kind that has it."""

LONGEST_CELL = 38


class Listing(ModuleType):
    """The built-in functions in the order of the catalogue, by name.

    Examples
    --------
    >>> import wildwire as ww
    >>> ww.functions["tanh"].slope
    'sech2(z)'
    >>> ww.functions["loss logistic"].domain.split(";")[0]
    'o from 0 to 1'
    >>> "relu" in ww.functions, "loss relu" in ww.functions
    (True, False)
    """

    def __getitem__(self, name: str) -> Entry:
        """The entry of a function: its name, or kind and name where two kinds share it.

        Raises
        ------
        FunctionError
            Nobody defines it; the message suggests the nearest name.
        """
        if not isinstance(name, str):
            raise FunctionError(f"functions are found by name, not by {name!r}")
        found = _found(name)
        if found is None:
            raise FunctionError(_unknown(name))
        return _entry(*found)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _found(name) is not None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __len__(self) -> int:
        return sum(len(known()) for known in KINDS.values())

    def __bool__(self) -> bool:
        return True  # a module is true, and nobody is counted for that

    def entries(self, kind: str | None = None) -> tuple[Entry, ...]:
        """The entries of one kind, or all of them.

        Parameters
        ----------
        kind : {"activation", "transfer", "loss"}, optional

        Raises
        ------
        FunctionError
            No such kind.
        """
        if kind is not None and kind not in KINDS:
            raise FunctionError(
                f"there is no kind {kind!r}; kinds are {', '.join(KINDS)}"
            )
        wanted = KINDS if kind is None else (kind,)
        return tuple(_entry(of, name) for of in wanted for name in KINDS[of]())

    def __repr__(self) -> str:
        return _table(self.entries())


def _found(name: str) -> tuple[str, str] | None:
    """Kind and plain name."""
    kind, _, rest = name.strip().partition(" ")
    if kind in KINDS and rest:
        rest = rest.strip()
        return (kind, rest) if rest in KINDS[kind]() else None
    return next(((of, kind) for of in KINDS if name.strip() in KINDS[of]()), None)


def _unknown(name: str) -> str:
    from wildwire.functions.reader import suggestion

    known = [one for names in KINDS.values() for one in names()]
    kind, _, rest = name.strip().partition(" ")
    if kind in KINDS and rest:
        known = list(KINDS[kind]())
        return f"unknown {kind} {rest.strip()!r}{suggestion(rest.strip(), known)}"
    return f"unknown function {name!r}{suggestion(name.strip(), known)}"


@functools.cache
def _entry(kind: str, name: str) -> Entry:
    from wildwire.functions.entry import entry_of
    from wildwire.functions.generated.catalogue_index import REFERENCES

    return entry_of(KINDS[kind]()[name], REFERENCES.get(f"{kind} {name}", ""))


def _table(entries: tuple[Entry, ...]) -> str:
    rows = [("function", "formula", "slope", "parity")]
    rows += [
        (
            entry.signature
            if entry.kind == "activation"
            else f"{entry.kind} {entry.signature}",
            _cell(entry.meaning),
            _cell(entry.slope or "..."),
            entry.parity or "",
        )
        for entry in entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cell(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 3]}..."
