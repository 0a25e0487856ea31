"""Sums over things that are known to differ, and the table of these things.

Comes in: a function or an operation with the sums that it is of. Goes out: `Form`, c0 + c1*a1 + c2*a2 + ... over
*atoms*. Called by `forms.py` and `formula.py`.

An atom is an input, or what a function or an operation makes of sums. The table gives the same atom whenever the
same is made of the same; where the function is odd or even, also when it is made of the negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

CANCELLED = 1e-13
"""Terms that cancel to less than this of what was added up are gone."""


@dataclass(frozen=True, slots=True)
class Form:
    """constant + sum of coefficients[i] * atoms[i], atoms rising."""

    atoms: tuple[int, ...] = ()
    coefficients: tuple[float, ...] = ()
    constant: float = 0.0

    def scaled(self, factor: float, shift: float = 0.0) -> Form:
        """factor * this + shift."""
        if factor == 0:
            return Form(constant=shift)
        scaled = tuple(factor * c for c in self.coefficients)
        return Form(self.atoms, scaled, factor * self.constant + shift)


def same(one: Form, other: Form, tolerance: float, sign: int = 1) -> bool:
    """Whether one form is sign times the other, up to `tolerance` of the largest number in them."""
    if one.atoms != other.atoms:
        return False
    numbers = (*one.coefficients, one.constant, other.constant)
    size = tolerance * max(abs(number) for number in numbers)
    pairs = zip(one.coefficients, other.coefficients, strict=True)
    return abs(one.constant - sign * other.constant) <= size and all(
        abs(a - sign * b) <= size for a, b in pairs
    )


def added(terms: Iterable[tuple[Form, float]], constant: float = 0.0) -> Form:
    """The sum of forms times numbers."""
    total: dict[int, float] = {}
    size: dict[int, float] = {}
    constant_size = abs(constant)
    for form, weight in terms:
        constant += weight * form.constant
        constant_size += abs(weight * form.constant)
        for atom, coefficient in zip(form.atoms, form.coefficients, strict=True):
            part = weight * coefficient
            total[atom] = total.get(atom, 0.0) + part
            size[atom] = size.get(atom, 0.0) + abs(part)
    atoms = tuple(sorted(a for a, c in total.items() if abs(c) > CANCELLED * size[a]))
    if abs(constant) <= CANCELLED * constant_size:
        constant = 0.0
    return Form(atoms, tuple(total[atom] for atom in atoms), constant)


Turning = Callable[[], "tuple[float, float] | None"]
"""What becomes of the value when all parts are negated: factor and shift, or None."""


def no_rule() -> None:
    """Of what follows no rule when its parts are negated."""
    return


@dataclass(frozen=True, slots=True)
class _Entry:
    atom: int
    parts: tuple[Form, ...]
    numbers: tuple[float, ...]


class Atoms:
    """The table: atoms 0 to n_inputs - 1 are the inputs."""

    def __init__(self, n_inputs: int, tolerance: float):
        self.count, self.tolerance = n_inputs, tolerance
        self._known: dict[tuple, list[_Entry]] = {}
        self._factors: dict[int, tuple[Form, ...]] = {}

    def made(
        self,
        what: tuple,
        parts: Sequence[Form],
        numbers: Sequence[float] = (),
        turning: Turning = no_rule,
    ) -> Form:
        """The value of `what` of these parts, in their order, and of fixed numbers."""
        parts, numbers = tuple(parts), tuple(numbers)
        entries = self._known.setdefault((*what, *(part.atoms for part in parts)), [])
        for entry in entries:
            if not self._close(entry.numbers, numbers):
                continue
            if self._same(entry.parts, parts, 1):
                return Form((entry.atom,), (1.0,))
            if self._same(entry.parts, parts, -1):
                rule = turning()
                if rule is not None:
                    return Form((entry.atom,), (rule[0],), rule[1])
        entries.append(_Entry(self.count, parts, numbers))
        self.count += 1
        return Form((self.count - 1,), (1.0,))

    def product(self, parts: Iterable[Form]) -> Form:
        """The product, whatever the order and brackets of its factors."""
        number, factors = 1.0, []
        for part in parts:
            if not part.atoms:
                number *= part.constant
            elif len(part.atoms) == 1 and part.constant == 0:
                number *= part.coefficients[0]
                whole = Form(part.atoms, (1.0,))
                factors += self._factors.get(part.atoms[0], (whole,))
            else:
                factors.append(part)
        if number == 0 or not factors:
            return Form(constant=number)
        if len(factors) == 1:
            return factors[0].scaled(number)
        factors.sort(key=lambda factor: factor.atoms)
        found, sign = self._known_product(factors)
        return Form((found,), (sign * number,))

    def _known_product(self, factors: list[Form]) -> tuple[int, float]:
        key = ("product", *(factor.atoms for factor in factors))
        entries = self._known.setdefault(key, [])
        for entry in entries:
            sign = self._paired(entry.parts, factors)
            if sign is not None:
                return entry.atom, sign
        entries.append(_Entry(self.count, tuple(factors), ()))
        self._factors[self.count] = tuple(factors)
        self.count += 1
        return self.count - 1, 1.0

    def _paired(self, known: Sequence[Form], factors: Sequence[Form]) -> float | None:
        """The sign between two products whose factors are the same up to order and sign, else None."""
        left, total = list(factors), 1.0
        for wanted in known:
            for sign in (1, -1):
                match = next(
                    (f for f in left if same(f, wanted, self.tolerance, sign)), None
                )
                if match is not None:
                    left.remove(match)
                    total *= sign
                    break
            else:
                return None
        return total

    def _same(self, one, other, sign: int) -> bool:
        pairs = zip(one, other, strict=True)
        return all(same(a, b, self.tolerance, sign) for a, b in pairs)

    def _close(self, one, other) -> bool:
        return len(one) == len(other) and all(
            abs(a - b) <= self.tolerance * max(abs(a), abs(b))
            for a, b in zip(one, other, strict=True)
        )
