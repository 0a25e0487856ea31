"""A transfer with its numbers behind its sources, as `=` lines write it.

Comes in: a call such as `quadratic(x: 1, z: 1, (x, z): -2, bias=-0.5)` and the resolver of its line. Goes out:
`TransferCall`, its sources and the trees of its numbers in the order of the arrays. Called by `formulas.py` for
neurons with a transfer, and by `general.py` for transfers inside expressions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from wildwire.errors import FunctionError, NetworkError, UnknownNameError
from wildwire.language.expression import Call, Link, Name, Number
from wildwire.network.affine import Monomial, NotAffine, constant
from wildwire.network.naming import suggestion
from wildwire.network.scope import LINEAR, REDUCTIONS, Line, Scope, placed

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

BIAS = "bias"


@dataclass
class TransferCall:
    """What a call says.

    Attributes
    ----------
    transfer : Transfer or None
        None is the weighted sum.
    sources : list of (int, int)
        Node and delay of every link.
    weights : list of expression
        One number, or product of numbers, per link.
    numbers : list of expression
        The transfer's other numbers, in the order of `Network.transfer_offset`.
    bias : expression or None
    """

    transfer: Transfer | None
    sources: list[tuple[int, int]] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)
    numbers: list[Any] = field(default_factory=list)
    bias: Any = None


def is_transfer(tree, scope: Scope) -> TypeGuard[Call]:
    """Whether a part of an `=` line is a call of a transfer.

    A call with numbers behind its sources is one; so is a call by a transfer's name, but for `max` and `min`, which
    without such numbers reduce what stands in their brackets.
    """
    if not isinstance(tree, Call):
        return False
    if any(isinstance(argument, Link) for argument in tree.arguments):
        if tree.function == LINEAR or scope.transfer(tree.function) is not None:
            return True
        raise scope.unknown_transfer(tree.function, tree.position)
    transfer = scope.transfer(tree.function)
    return transfer is not None and tree.function not in REDUCTIONS


def n_values(tree, scope: Scope) -> int:
    """How many numbers a part of an expression is: several only for some transfers."""
    transfer = scope.transfer(tree.function) if is_transfer(tree, scope) else None
    return 1 if transfer is None else transfer.n_values


def read_call(call: Call, line: Line) -> TransferCall:
    """Sources and numbers of a call.

    Raises
    ------
    NetworkError
        Too few or too many numbers behind a source or pair, a pair of what the call does not list, a bias that the
        transfer does not know, an unknown keyword; each with its place.
    """
    transfer = line.scope.transfer(call.function)
    read, of_links, pairs = TransferCall(transfer), [], []
    for argument in call.arguments:
        if isinstance(argument, Link) and len(argument.sources) > 1:
            pairs.append(argument)
        else:
            found, numbers = _linked(argument, call, transfer, line)
            read.sources += found
            read.weights += numbers[:1] * len(found)
            of_links += numbers[1:] * len(found)
    written = dict(call.keywords)
    read.bias = _bias(written, call, transfer, line)
    own = _parameters(written, call, transfer, line)
    if transfer is not None:
        n = len(read.sources)
        try:
            transfer.check_links(n)
        except FunctionError as error:
            raise placed(NetworkError, str(error), call.position) from None
        line.scope.spend(transfer.n_numbers(n), call.position)
    of_pairs = _Pairs(call, transfer, read.sources, line).numbers(pairs)
    read.numbers = [*own, *of_links, *of_pairs]
    return read


def monomial(tree, line: Line, position) -> Monomial:
    """A number or product of numbers."""
    try:
        return constant(tree, line)
    except NotAffine:
        message = "here stands a number or a product of numbers"
        raise placed(NetworkError, message, position) from None


def _linked(argument, call: Call, transfer: Transfer | None, line: Line):
    """The sources that an argument stands for, and the numbers of each."""
    further = () if transfer is None else transfer.link_numbers
    if isinstance(argument, Name):
        found = line.expand(argument)
        if further:
            wanted = _listed([call.function, *further], "weight")
            message = f"{call.function} has {1 + len(further)} numbers per source: write {_shown(argument)}: ({wanted})"
            raise placed(NetworkError, message, argument.position)
        return found, [Number(1.0, frozen=True)]
    if not isinstance(argument, Link):
        message = f"{call.function} takes sources, each with its number: `x: 0.5`"
        raise placed(NetworkError, message, call.position)
    source, numbers = argument.sources[0], list(argument.numbers)
    if len(numbers) != 1 + len(further):
        wanted = _listed([call.function, *further], "weight")
        shown = f"({wanted})" if further else wanted
        message = (
            f"{call.function} has {1 + len(further)} number{'s' if further else ''} per source, not {len(numbers)}: "
            f"write {_shown(source)}: {shown}"
        )
        raise placed(NetworkError, message, argument.position)
    _check_numbers(argument, line)
    return line.expand(source), numbers


def _listed(names: list[str], first: str) -> str:
    return ", ".join([first, *names[1:]])


def _shown(name: Name) -> str:
    from wildwire.language.printer import print_expression

    return print_expression(name)


def _check_numbers(link: Link, line: Line) -> None:
    for number in link.numbers:
        monomial(number, line, link.position)


def _bias(written: dict, call: Call, transfer: Transfer | None, line: Line):
    """The tree of the bias, which is taken out of the keywords."""
    bias = written.pop(BIAS, None)
    if bias is None:
        return None
    if transfer is not None and not transfer.has_bias:
        message = f"{call.function} has no bias: leave `bias=` out"
        raise placed(NetworkError, message, call.position)
    monomial(bias, line, call.position)
    return bias


def _parameters(
    written: dict, call: Call, transfer: Transfer | None, line: Line
) -> list:
    """The trees of the transfer's parameters; those not written are the defaults of its definition."""
    known = {} if transfer is None else dict(transfer.parameters)
    for name, value in written.items():
        if name not in known:
            has_bias = transfer is None or transfer.has_bias
            names = [*known, BIAS] if has_bias else list(known)
            has = f" It has {', '.join(names)}." if names else " It has none."
            message = f"{call.function} has no parameter {name!r}.{suggestion(name, names) or has}"
            raise placed(UnknownNameError, message, call.position)
        monomial(value, line, call.position)
    return [
        written.get(name, Number(default, frozen=True))
        for name, default in known.items()
    ]


class _Pairs:
    """Finds the places of written pairs; what is not written is 0, frozen."""

    def __init__(self, call: Call, transfer: Transfer | None, sources: list, line):
        self.call, self.transfer, self.line = call, transfer, line
        self.sources = sources
        self.size = 0 if transfer is None else len(transfer.pair_numbers)

    def numbers(self, links: list[Link]) -> list:
        """The trees of all pairs' numbers, in order."""
        if not self.size and links:
            message = f"{self.call.function} has no numbers of pairs: give every source one of its own, `x: 0.5`"
            raise placed(NetworkError, message, links[0].position)
        if self.transfer is None or not self.size:
            return []
        pairs = self.transfer.pairs(len(self.sources))
        numbers: list[Any] = [Number(0.0, frozen=True)] * (len(pairs) * self.size)
        table: dict[tuple, list[int]] = {}
        for place, (i, j) in enumerate(pairs) if links else ():
            key = tuple(sorted((self.sources[i], self.sources[j])))
            table.setdefault(key, []).append(place)
        for link in links:
            first = self.place(link, table) * self.size
            numbers[first : first + self.size] = link.numbers
        return numbers

    def place(self, link: Link, table: dict[tuple, list[int]]) -> int:
        """The next free place of a pair: where a source stands twice in the call, there are several."""
        shown = f"({', '.join(map(_shown, link.sources))})"
        assert self.transfer is not None
        if len(link.numbers) != self.size:
            wanted = ", ".join(self.transfer.pair_numbers)
            wanted = f"({wanted})" if self.size > 1 else wanted
            plural = "s" if self.size > 1 else ""
            message = (
                f"{self.call.function} has {self.size} number{plural} per pair, not {len(link.numbers)}: "
                f"write {shown}: {wanted}"
            )
            raise placed(NetworkError, message, link.position)
        if len(link.sources) != 2:
            message = f"{shown}: a pair is of two sources"
            raise placed(NetworkError, message, link.position)
        _check_numbers(link, self.line)
        key = tuple(sorted(self.member(source) for source in link.sources))
        if key not in table:
            message = f"{self.call.function} has numbers of two different sources, not of {shown}"
            raise placed(NetworkError, message, link.position)
        if not table[key]:
            message = f"the pair {shown} is written twice"
            raise placed(NetworkError, message, link.position)
        return table[key].pop(0)

    def member(self, source: Name) -> tuple[int, int]:
        found = self.line.expand(source)
        if len(found) != 1:
            message = f"{_shown(source)} stands for {len(found)} sources; a pair is of two single ones"
            raise placed(NetworkError, message, source.position)
        if found[0] not in self.sources:
            shown = _shown(source)
            message = f"{shown} is not among the sources of {self.call.function}: list it, too, `{shown}: 1`"
            raise placed(NetworkError, message, source.position)
        return found[0]
