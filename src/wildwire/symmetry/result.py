"""What was found, as small records and as text.

Comes in: the findings of `inputs.py` and `hidden.py`. Goes out: `Symmetries`, which prints itself. Called by
`find.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

STRUCTURAL, NUMERICAL = "structural", "numerical"


@dataclass(frozen=True)
class FunctionSymmetry:
    """An activation in use.

    Attributes
    ----------
    name : str
        Of the function; of the neuron where it has a formula of its own.
    parity : {"odd", "even"} or None
        At the parameters that the neurons have.
    period : float or None
    neurons : tuple of str
        Which neurons it holds for.
    """

    name: str
    parity: str | None
    period: float | None
    neurons: tuple[str, ...]


@dataclass(frozen=True)
class Permutation:
    """Inputs that change places together without changing the outputs.

    Attributes
    ----------
    swaps : dict of str to str
        Input `a` gets the value that input `swaps[a]` had.
    evidence : {"structural", "numerical"}
    """

    swaps: dict[str, str]
    evidence: str

    def __str__(self) -> str:
        """In cycles: `(x1 x2)(x3 x4)`."""
        left, text = dict(self.swaps), ""
        while left:
            first = next(iter(left))
            cycle, node = [], first
            while node in left:
                cycle.append(node)
                node = left.pop(node)
            text += f"({' '.join(cycle)})"
        return text


@dataclass(frozen=True)
class Flip:
    """Inputs whose signs turn together.

    Attributes
    ----------
    inputs : tuple of str
    effect : {"unchanged", "negated"}
        What becomes of the outputs.
    evidence : {"structural", "numerical"}
    """

    inputs: tuple[str, ...]
    effect: str
    evidence: str


@dataclass(frozen=True)
class InputSymmetry:
    """What may be done to the inputs.

    Attributes
    ----------
    classes : tuple of tuple of str
        Inputs of which any two may be exchanged alone.
    swaps : tuple of Permutation
        Exchanges of two inputs that generate all of these.
    permutations : tuple of Permutation
        Further ones, in which several inputs move at once.
    orbits : tuple of tuple of str
        Inputs that can take each other's place under all of these.
    flips : tuple of Flip
        Sets of inputs as small as they were found. Unions of sets that do not overlap follow from them.
    parity : {"even", "odd"} or None
        Of the network: the signs of all inputs turned together.
    parity_evidence : str or None
    unused : tuple of str
        Inputs that change nothing; they are in no other list.
    """

    classes: tuple[tuple[str, ...], ...] = ()
    swaps: tuple[Permutation, ...] = ()
    permutations: tuple[Permutation, ...] = ()
    orbits: tuple[tuple[str, ...], ...] = ()
    flips: tuple[Flip, ...] = ()
    parity: str | None = None
    parity_evidence: str | None = None
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Redundant:
    """A hidden neuron that could be done without.

    Attributes
    ----------
    neuron : str
    kind : {"dead", "constant", "duplicate"}
    reason : str
        `the negative of h1 (odd activation, negated weights)`
    evidence : {"structural", "numerical"}
    of : str or None
        Of a duplicate: the neuron with which its value is factor * value + shift.
    factor, shift : float
        Of a constant, shift is its value.
    """

    neuron: str
    kind: str
    reason: str
    evidence: str
    of: str | None = None
    factor: float = 0.0
    shift: float = 0.0


@dataclass(frozen=True)
class Symmetries:
    """The symmetries of a network under one theta; prints as a report.

    Attributes
    ----------
    functions : tuple of FunctionSymmetry
    inputs : InputSymmetry
    interchangeable : tuple of tuple of str
        Hidden neurons that may change places together with all their numbers, whatever these are.
    redundant : tuple of Redundant
    signs : dict of str to str
        Hidden neurons by parity: of an "odd" one the signs of all numbers into it and out of it may be turned
        together, of an "even" one those of all numbers into it.
    notes : tuple of str
        What was not searched, and why.
    """

    functions: tuple[FunctionSymmetry, ...]
    inputs: InputSymmetry
    interchangeable: tuple[tuple[str, ...], ...]
    redundant: tuple[Redundant, ...]
    signs: dict[str, str]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        sections = [
            ("functions", _functions(self.functions)),
            ("inputs", _inputs(self.inputs)),
            ("hidden neurons", _hidden(self)),
            ("not searched", self.notes),
        ]
        lines: list[str] = []
        for title, found in sections:
            body = [f"  {line}" for line in found]
            if body or title in ("inputs", "hidden neurons"):
                lines += [title, *(body or ["  no symmetry found"])]
        return "\n".join(lines)


def _functions(functions) -> Iterator[str]:
    width = max((len(function.name) for function in functions), default=0)
    for function in functions:
        facts = [function.parity] if function.parity else []
        if function.period is not None:
            facts.append(f"period {function.period:.6g}")
        yield f"{function.name.ljust(width)}  {', '.join(facts) or 'neither odd nor even nor periodic'}"


def _inputs(inputs: InputSymmetry) -> Iterator[str]:
    swap_of = {name: s.evidence for s in inputs.swaps for name in s.swaps}
    for group in inputs.classes:
        worst = {swap_of[name] for name in group}
        evidence = NUMERICAL if NUMERICAL in worst else STRUCTURAL
        yield f"may be exchanged: {listed(group)} ({evidence})"
    for permutation in inputs.permutations:
        yield f"may be exchanged together: {permutation} ({permutation.evidence})"
    for flip in inputs.flips:
        yield f"signs turned of {listed(flip.inputs)}: outputs {flip.effect} ({flip.evidence})"
    if inputs.parity:
        yield f"signs of all inputs turned: the network is {inputs.parity} ({inputs.parity_evidence})"
    if inputs.unused:
        yield f"without effect: {listed(inputs.unused)}"


def _hidden(found: Symmetries) -> Iterator[str]:
    for group in found.interchangeable:
        yield f"may change places with their numbers: {listed(group)}"
    for parity, text in (("odd", "into it and out of it"), ("even", "into it")):
        names = [name for name, kind in found.signs.items() if kind == parity]
        if names:
            yield f"signs of all numbers {text} may be turned ({parity}): {listed(names)}"
    for redundant in found.redundant:
        yield f"{redundant.neuron}: {redundant.reason} ({redundant.evidence})"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names with commas, the middle of long lists left out."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 2])}, ... {names[-1]} ({len(names)})"
