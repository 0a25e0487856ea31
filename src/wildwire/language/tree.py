"""The statements of a text: one frozen dataclass per kind of line, and the document that holds them in order.

Comes in: what `parser.py` has read, or what `network` builds itself. Goes out: immutable trees, which
`printer.py` turns into text. Called by parser and printer, by `functions` (definitions) and by `network` (the rest).

Every statement has `comment`, the text after `#` at the end of its line (None: no comment), and `line`, its line in the
text (None when built; not compared). To print a line with other numbers, replace them first: `rewrite.replace_numbers`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from wildwire.errors import LanguageError
from wildwire.language.expression import Call, Expression, Name, Number

Label = str | bool | int | float
"""A category or class: text in quotes, a whole or other number, `true`, `false`; the type is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    comment: str | None = None
    line: int | None = field(default=None, compare=False, repr=False)

    def __post_init__(self):
        if self.comment is not None and ("\n" in self.comment or "\r" in self.comment):
            raise LanguageError("a comment cannot go over the end of its line")


@dataclass(frozen=True, slots=True)
class Blank(_Line):
    """One or more empty lines (printed as one)."""


@dataclass(frozen=True, slots=True)
class Comment(_Line):
    """A line that is only a comment; its text is in `comment`, without the `#`."""


@dataclass(frozen=True, slots=True)
class Version(_Line):
    """`wire 1`: version of the language; the first statement if it is there."""

    number: int


@dataclass(frozen=True, slots=True)
class InputItem:
    """One input of an `input` line.

    Parameters
    ----------
    name : str
    size : int or None
        `x[784]` is 784 inputs `x[0]` .. `x[783]`; None is a single input.
    column : str or None
        `sl = "sepal length (mm)"`: what the table calls it; None is the name itself.
    categories : tuple of Label or None
        `colour: "red" | "green"`: a categorical column, one input per value, `colour["red"]`. Not together with size.
    """

    name: str
    size: int | None = None
    column: str | None = None
    categories: tuple[Label, ...] | None = None
    position: tuple[int, int] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Input(_Line):
    """`input sl = "sepal length (mm)", colour: "red" | "green", x[784]`; several such lines add up."""

    items: tuple[InputItem, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What stands on the left of `~` or `=`.

    Parameters
    ----------
    name : str
    size : int or None
        `h[128]`: a group of 128 neurons; None is one neuron.
    index : str or None
        `r[k: 128]`: name of the index that runs over 0..127 on the right (element by element); None without one.
    """

    name: str
    size: int | None = None
    index: str | None = None
    position: tuple[int, int] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fixed(_Line):
    """`fixed s = (sl - 145.3)/46.9`: every number in it is a constant, written plainly (no `?`)."""

    target: Target
    expression: Expression


@dataclass(frozen=True, slots=True)
class Learnt(_Line):
    """`h ~ tanh(s, x2)`: structure only, a number per link and a bias, all unknown.

    Parameters
    ----------
    target : Target
    call : Call
        Its arguments are sources (`Name`), possibly the frozen number 0 (`[0]`: no bias), or, alone, one more call of
        the same form: the transfer. Its keywords hold numbers (or `let` names) for parameters of the function.
        Checked by the parser: nothing else stands there, and names in a nested call are sources likewise.
    """

    target: Target
    call: Call


@dataclass(frozen=True, slots=True)
class Formula(_Line):
    """`g = tanh(0.53*s - 1.2*x2 + 0.1)`: exactly this; plain numbers learn, nothing is added that is not written."""

    target: Target
    expression: Expression


@dataclass(frozen=True, slots=True)
class Let(_Line):
    """`let a = 0.3 in [0, 1]`: one number, shared wherever its name stands.

    Parameters
    ----------
    name : str
    number : Number
        `let a` is `Number(None)`, `let a = [0.3]` is frozen.
    low, high : float
        Bounds; minus or plus infinity where that side is open (`let a in [0, ]`), and when none are written.
    """

    name: str
    number: Number
    low: float = -math.inf
    high: float = math.inf

    @property
    def bounded(self) -> bool:
        """Whether it has a bound on any side."""
        return self.low > -math.inf or self.high < math.inf


@dataclass(frozen=True, slots=True)
class OutputItem:
    """One output, or one head over several neurons.

    Parameters
    ----------
    sources : tuple of Name
        Without a head exactly one: a neuron, a group (each neuron is an output), `z[0]`, `z[0..2]`. No delays.
    head : str or None
        `"softmax"` for `softmax(z)` or `softmax(a, b, c)`.
    """

    sources: tuple[Name, ...]
    head: str | None = None


@dataclass(frozen=True, slots=True)
class Output(_Line):
    """`output y`, `output u, z[0..2]`, `output softmax(z) as "setosa", "versicolor"`; several such lines add up.

    Parameters
    ----------
    items : tuple of OutputItem
    classes : tuple of Label or None
        Class labels behind `as`; then the line has exactly one item.
    """

    items: tuple[OutputItem, ...]
    classes: tuple[Label, ...] | None = None


@dataclass(frozen=True, slots=True)
class Missing(_Line):
    """`missing sl = 5.8`, `missing colour = "red"`: what stands in for an empty cell of an input.

    Parameters
    ----------
    name : Name
        Possibly with an index; no delay.
    value : Label
        Whole numbers stay `int`: they may be a category.
    """

    name: Name
    value: Label


@dataclass(frozen=True, slots=True)
class Start(_Line):
    """`start m = 0.5`: value of a neuron before the first step. Plain learns, `[0.5]` is given, `?` is unknown."""

    name: Name
    number: Number


@dataclass(frozen=True, slots=True)
class Settle(_Line):
    """`settle` or `settle steps=50, tolerance=1e-6`: each sample runs until its values stand still.

    Parameters
    ----------
    settings : tuple of (str, float)
        In written order; `steps` and `tolerance` are known.
    """

    settings: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Range(_Line):
    """`range sl 4.3..7.9`: what an input was seen to span while learning."""

    name: Name
    low: float
    high: float


MOST_ELEMENTS = 64
"""Elements of a vector parameter: each is a number of every neuron, with a derivative of its own."""


@dataclass(frozen=True, slots=True)
class Vector:
    """What stands in place of a default for a vector parameter: `v[8]`, `v[knots=8]`.

    Parameters
    ----------
    size : int
        Number of elements, 1 to `MOST_ELEMENTS`.
    size_name : str or None
        Keyword with which a call chooses another size; None: the size is fixed.
    """

    size: int
    size_name: str | None = None


@dataclass(frozen=True, slots=True)
class Definition(_Line):
    """`activation bump(z, k=10) = exp(-k*(1 - z)**2)`, possibly with clauses behind it.

    Parameters
    ----------
    kind : str
        "activation", "transfer" or "loss".
    name : str
    arguments : tuple of str
        `z`; `w, x`; `o, t`.
    parameters : tuple of (str, float or Vector)
        Name and default, in written order; a `Vector` for several numbers under one name, which have no default.
    formula : Expression
        In binary form: no `Sum`. Its numbers are constants.
    clauses : tuple of (str, Expression or (low, high))
        ("slope", expression in binary form), ("range", (low, high)) with an infinity for an open end (`0..`),
        ("start v", expression in binary form) for a vector v; in written order, each at most once.
    others : tuple of Expression
        Of a transfer that returns several numbers, `= (sum(w*x), max(x))`: the formulas behind the first.
    """

    kind: str
    name: str
    arguments: tuple[str, ...]
    parameters: tuple[tuple[str, float | Vector], ...]
    formula: Expression
    clauses: tuple[tuple[str, Expression | tuple], ...] = ()
    others: tuple[Expression, ...] = ()

    @property
    def slope(self) -> Expression | None:
        """The training slope, or None: the derivative of the formula."""
        return _clause(self, "slope")

    @property
    def range(self) -> tuple[float, float] | None:
        """Lower and upper end of the values, an infinity for an open end; None when not written."""
        return _clause(self, "range")

    @property
    def vectors(self) -> dict[str, Vector]:
        """The vector parameters by name."""
        return {n: value for n, value in self.parameters if isinstance(value, Vector)}

    def start(self, vector: str) -> Expression | None:
        """Where the elements of a vector start, or None when that is not written."""
        return _clause(self, f"start {vector}")


def _clause(definition: Definition, name: str) -> Any:
    return dict(definition.clauses).get(name)


@dataclass(frozen=True, slots=True)
class Numbers(_Line):
    """`numbers h` and below it one row per neuron: the numbers of a group that learns.

    Parameters
    ----------
    name : str
        The neuron or group.
    rows : tuple of tuple of (float or None)
        One per neuron, in order of the index; in a row theta's order. None is `?`.
    row_comments : tuple of (int, str)
        Comments at the end of rows, by number of the row; kept in place while rows are replaced.
    inner_comments : tuple of (int, str or None)
        Lines of comment (None: an empty line) that stand before the row of that number.
    """

    name: str
    rows: tuple[tuple[float | None, ...], ...]
    row_comments: tuple[tuple[int, str], ...] = ()
    inner_comments: tuple[tuple[int, str | None], ...] = ()


Statement = (
    Blank | Comment | Version | Input | Fixed | Learnt | Formula | Let | Output
    | Missing | Start | Settle | Range | Definition | Numbers
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text: its statements in written order, comments and empty lines among them."""

    statements: tuple[Statement, ...]

    def of(self, kind: type | tuple[type, ...]) -> tuple:
        """The statements of one kind (or several), in written order."""
        return tuple(s for s in self.statements if isinstance(s, kind))

    @property
    def version(self) -> int | None:
        """The version written in the text, or None."""
        written = self.of(Version)
        return written[0].number if written else None

    def with_version(self, number: int = 1) -> Document:
        """The document with its version line, as files need it; added in front if it is not there."""
        if self.version is not None:
            return self
        return Document((Version(number), *self.statements))


__all__ = [
    "Blank", "Comment", "Definition", "Document", "Fixed", "Formula", "Input",
    "InputItem", "Label", "Learnt", "Let", "Missing", "Numbers", "Output",
    "OutputItem", "Range", "Settle", "Start", "Statement", "Target", "Vector",
    "Version",
]  # fmt: skip
