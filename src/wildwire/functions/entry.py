"""What there is to say about one function, as data.

Comes in: a `Function`. Goes out: an `Entry`: formula and slope as text, domain, range, kinks, parity and source.
Called by the registry `ww.functions` (`listing.py`) and by the command `wildwire functions`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from wildwire.functions.as_formula import formula_text, names_of
from wildwire.functions.definitions import from_parts
from wildwire.functions.derive import tables
from wildwire.functions.domain import guard_texts, undefined
from wildwire.functions.function import Function
from wildwire.functions.guarding import guards_in_words, without_guards
from wildwire.functions.places import Place, not_smooth
from wildwire.functions.plain import plain_formula
from wildwire.functions.tidy import tidy
from wildwire.functions.transfer import Transfer
from wildwire.functions.transfer_symmetry import invariance_of
from wildwire.language.expression import Name, Number
from wildwire.language.expression_printer import print_expression, print_number
from wildwire.language.printer import print_definition
from wildwire.language.rewrite import substituted

__all__ = ["Entry", "drawn_form", "entry_of"]

TRAINED = "training slope, not the derivative"


@dataclass(frozen=True)
class Entry:
    """One function of the registry; all texts are in the language of formulas.

    Attributes
    ----------
    name, kind : str
        Name in a network's text; "activation", "transfer" or "loss".
    arguments : tuple of str
    parameters : tuple of (str, float)
        Learnable numbers with their defaults.
    formula : str
        The formula as it is computed; reads back to the same function.
    meaning : str
        The same without the forms that keep it exact at any size: `sin(z)/z`.
    slope : str or None
        Derivative of `meaning` in the first argument, or the training slope where one is
        set; None where it is too long to be read.
    trained : bool
        Whether `slope` is a training slope, not the derivative.
    domain : str
        Where there is a finite value, and where guards hold the formula.
    range : tuple of float, or None
        Lowest and highest value, if stated; for a loss the outputs that it takes.
    kinks : tuple of Place
        Where value, slope or curvature jump, at default parameters.
    parity : str or None
        "even" or "odd".
    reference : str
        What it is and where it comes from, in one line; "" for users' functions.
    function : Function or Transfer
        What the entry describes.
    """

    name: str
    kind: str
    arguments: tuple[str, ...]
    parameters: tuple[tuple[str, float], ...]
    formula: str
    meaning: str
    slope: str | None
    trained: bool
    domain: str
    range: tuple[float, float] | None
    kinks: tuple[Place, ...]
    parity: str | None
    reference: str
    function: Any = field(repr=False)

    @property
    def signature(self) -> str:
        """`bump(z, k=10)`; of a function with vectors, what may be chosen: `spline(z, v[knots=8], ...)`."""
        written = getattr(self.function, "written", None)
        if written is not None:
            return print_definition(written).partition(" = ")[0].partition(" ")[2]
        given = [f"{name}={print_number(value)}" for name, value in self.parameters]
        return f"{self.name}({', '.join([*self.arguments, *given])})"

    def facts(self) -> dict[str, str]:
        """Everything as pairs of words, in the order in which it is shown."""
        slope = self.slope or "too long to be read"
        first = self.arguments[0]
        facts = {"kind": self.kind, "formula": self.meaning}
        if self.formula != self.meaning:
            facts["computed as"] = self.formula
        if self.kind == "transfer":
            facts["bias"] = "one" if self.function.has_bias else "none"
            facts["domain"] = self.domain
            facts["unchanged by"] = str(invariance_of(self.function))
            return facts | ({"source": self.reference} if self.reference else {})
        name = "training slope" if self.trained else f"slope in {first}"
        facts[name] = f"{slope}   ({TRAINED})" if self.trained else slope
        facts["domain"] = self.domain
        if self.kind != "loss":
            facts["range"] = _span(self.range)
        facts["not smooth"] = "; ".join(map(str, self.kinks)) or "nowhere"
        facts["parity"] = self.parity or "neither even nor odd"
        if len(self.arguments) > 1:
            del facts["parity"]
        if self.reference:
            facts["source"] = self.reference
        return facts

    def __str__(self) -> str:
        """A block of lines, one for each fact."""
        facts = self.facts()
        width = max(map(len, facts))
        lines = [f"  {name:<{width}}  {text}" for name, text in facts.items()]
        return "\n".join([self.signature, *lines])


def entry_of(function: Function | Transfer, reference: str = "") -> Entry:
    """Describe a function, of the catalogue or of the user's own.

    Parameters
    ----------
    function : Function or Transfer
    reference : str
        One line on what it is and where it comes from.

    Returns
    -------
    Entry
        Made in milliseconds: kinks and domain are found by evaluating.
    """
    if isinstance(function, Transfer):
        return _of_transfer(function, reference)
    if function.written is not None:
        return _of_vectors(function, reference)
    meaning = plain_formula(function)
    trained = function.slope is not None
    plain = replace(function, formula=meaning, slope=None)
    slope = formula_text(tables(plain, 1).outputs[1], names_of(function), tidy)
    if function.slope is not None:
        slope = print_expression(function.slope)
    return Entry(
        name=function.name,
        kind=function.kind,
        arguments=function.arguments,
        parameters=function.parameters,
        formula=print_expression(function.formula),
        meaning=print_expression(meaning),
        slope=slope,
        trained=trained,
        domain=_domain(function),
        range=function.range,
        kinks=not_smooth(function),
        parity=function.parity,
        reference=reference,
        function=function,
    )


def _of_vectors(function: Function, reference: str) -> Entry:
    """A function of any size: its formula is that of the definition."""
    assert function.written is not None, "asked for only with vectors"
    formula = print_expression(function.written.formula)
    return Entry(
        name=function.name, kind=function.kind, arguments=function.arguments,
        parameters=function.parameters, formula=formula, meaning=formula, slope=None,
        trained=False, domain="all numbers", range=function.range, kinks=(), parity=None,
        reference=reference, function=function,
    )  # fmt: skip


def _of_transfer(transfer: Transfer, reference: str) -> Entry:
    """A transfer: its slopes are formed over the links and are no one formula."""
    formula = ", ".join(map(print_expression, transfer.formulas))
    if len(transfer.formulas) > 1:
        formula = f"({formula})"
    words = guards_in_words(transfer)
    return Entry(
        name=transfer.name, kind="transfer", arguments=transfer.arguments,
        parameters=transfer.parameters, formula=formula,
        meaning=without_guards(transfer, whole=True), slope=None, trained=False,
        domain="; ".join(["all numbers", *words]), range=None, kinks=(), parity=None,
        reference=reference, function=transfer,
    )  # fmt: skip


def drawn_form(entry: Entry) -> Entry:
    """The entry as a function of one number, for drawings; a transfer as that of one of two sources.

    The first source varies, with weight 1; the second is 0.6, with weight 0.7.
    """
    transfer = entry.function
    if not isinstance(transfer, Transfer):
        return entry
    function = transfer.unrolled(2)
    numbers = dict.fromkeys((name for name, _ in function.parameters), 0.5)
    numbers |= {"w0": 1.0, "w1": 0.7, "bias": 0.0, "x1": 0.6}
    numbers |= {f"p_{name}": value for name, value in transfer.parameters}
    values = {name: Number(value) for name, value in numbers.items()}
    formula = substituted(function.formula, {**values, "x0": Name("x")})
    one = from_parts(
        "activation", f"{transfer.name} of x", ("x",), (), formula,
        known={used.name: used for used in transfer.uses},
    )  # fmt: skip
    shown = entry_of(one)
    return replace(
        shown, name=entry.name, kind=entry.kind, parameters=(), formula=entry.formula,
        meaning=entry.meaning, reference=entry.reference,
    )  # fmt: skip


def _domain(function: Function) -> str:
    text = "all numbers"
    if function.kind == "loss" and function.range is not None:
        text = f"{function.arguments[0]} {_span(function.range)}"
    missing = undefined(function)
    parts = [f"{text} except {missing}" if missing else text]
    return "; ".join([*parts, *guard_texts(function)])


def _span(limits: tuple[float, float] | None) -> str:
    """`from 0 to 1`, `from 0`, `not stated`."""
    if limits is None:
        return "not stated"
    low, high = limits
    parts = [f"from {_short(low)}"] if low > -math.inf else []
    parts += [f"to {_short(high)}"] if high < math.inf else []
    return " ".join(parts) or "all numbers"


def _short(value: float) -> str:
    """A bound as one reads it: pi/2 where it is that."""
    for number, word in ((math.pi / 2, "pi/2"), (-math.pi / 2, "-pi/2")):
        if value == number:
            return word
    return print_expression(Number(float(f"{value:.6g}")))
