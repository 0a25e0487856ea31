"""What one line of a text adds to the arrays.

Comes in: the sources of a `~` line, or the weighted sums of an `=` line. Goes out: one `Chunk` per
line, whose slots count from 0 (shared numbers as SHARED + i). Called by `learnt.py` and `formulas.py`;
`assemble.py` puts chunks together. A `~` line of a wide group is made by whole arrays; only `=` lines are
made number by number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.network.affine import Monomial, Term

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

SHARED = 1 << 29
"""Local slot of the first shared number; far above any count of numbers in a line."""


@dataclass
class Numbers:
    """Numbers as three columns, lists or arrays: slot (local), sign, value if frozen."""

    slot: Any = field(default_factory=list)
    sign: Any = field(default_factory=list)
    value: Any = field(default_factory=list)

    def add(self, slot: int, sign: int = 1, value: float = 0.0) -> None:
        self.slot.append(slot)
        self.sign.append(sign)
        self.value.append(value)


@dataclass
class Chunk:
    """What one line adds: `count` neurons that share their activation and transfer.

    Neurons of general expressions may each have a function of their own: `activation` is then a list.

    `names` are pairs of local slot and name of numbers with no place of their own; `derived` are sums of
    products of local
    slots; `written` are, of an `=` line, the local slots of each neuron's own numbers in written order;
    `number` are the numbers of the transfer, `n_numbers` of each neuron.
    """

    count: int
    activation: Function | Sequence[Function]
    transfer: Transfer | None = None
    source: Any = field(default_factory=list)
    target: Any = field(default_factory=list)
    delay: Any = field(default_factory=list)
    link: Numbers = field(default_factory=Numbers)
    bias: Numbers = field(default_factory=Numbers)
    parameter: Numbers = field(default_factory=Numbers)
    n_parameters: int = 0
    number: Numbers = field(default_factory=Numbers)
    n_numbers: list[int] = field(default_factory=list)
    starts: Any = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    derived: list[list[Monomial]] = field(default_factory=list)
    written: list[list[int]] = field(default_factory=list)

    def functions(self) -> Sequence[Function]:
        """The function of every neuron."""
        if isinstance(self.activation, Sequence):
            return self.activation
        return [self.activation] * self.count

    def rows(self) -> np.ndarray:
        """The local slots of each neuron's own numbers, (count, numbers per neuron)."""
        size = len(self.starts) // self.count
        return np.arange(self.count * size).reshape(self.count, size)


@dataclass
class Draft:
    """One neuron of an `=` line: factors of its monomials are keys (int: its own numbers; str: shared ones).

    `numbers` are those of its transfer, in the order of `Network.transfer_offset`. `names` are names of numbers
    that belong to no link, bias or parameter, by key; where there is none they are numbered.
    """

    name: str
    terms: list[Term]
    bias: list[Monomial]
    parameters: list[Monomial]
    starts: list[float]
    names: dict[int, str] = field(default_factory=dict)
    numbers: list[Monomial] = field(default_factory=list)


@dataclass
class Written:
    """The parameters that a `~` line says: a monomial for each, and the start values of its own numbers."""

    monomials: Sequence[Monomial] = ()
    starts: Sequence[float] = ()


def free_chunk(sources, delays, biased: bool, use, written, lets) -> Chunk:
    """The chunk of a `~` line, whose neurons are all alike.

    A neuron's own numbers, all unknown but for those that are written: one per source; then those that its
    transfer has for links and pairs of links; its transfer's parameters; its bias; its activation's parameters.

    Parameters
    ----------
    sources, delays : arrays (n_neurons, n_sources)
    biased : bool
    use : Use
        The two functions.
    written : (Written, Written)
        Parameters of the transfer and of the activation.
    lets : dict of str to int
        Slots of the shared numbers.
    """
    of_transfer, of_activation = written
    count, n = sources.shape
    chunk = Chunk(count, use.activation, use.transfer)
    n_unknown = 0 if use.transfer is None else _n_unknown(use.transfer, n)
    bias = n + n_unknown + len(of_transfer.starts)
    size = bias + biased + len(of_activation.starts)
    first = np.arange(count)[:, None] * size
    chunk.source, chunk.delay = sources.ravel(), delays.ravel()
    chunk.target = np.repeat(np.arange(count), n)
    chunk.link = _alike(first, Numbers(np.arange(n), np.ones(n), np.zeros(n)))
    chunk.bias = _alike(first, Numbers([bias if biased else -1], [1], [0.0]))
    own = _entered(of_transfer, n + n_unknown, lets)
    unknown = range(n, n + n_unknown)
    own.slot += unknown
    own.sign += [1] * n_unknown
    own.value += [0.0] * n_unknown
    chunk.number = _alike(first, own)
    chunk.n_numbers = [len(own.slot)] * count
    chunk.parameter = _alike(first, _entered(of_activation, bias + biased, lets))
    chunk.n_parameters = len(of_activation.monomials)
    starts = [math.nan] * (n + n_unknown) + list(of_transfer.starts)
    starts += [math.nan] * biased + list(of_activation.starts)
    chunk.starts = np.tile(starts, count)
    return chunk


def _n_unknown(transfer: Transfer, n: int) -> int:
    """Numbers of links and pairs of links, besides weights."""
    return transfer.n_numbers(n) - transfer.n_parameters


def _entered(written: Written, begin: int, lets) -> Numbers:
    """The written parameters of one neuron, whose own numbers begin at a local slot."""
    scratch = Chunk(1, [])
    keys = {key: begin + key for key in range(len(written.starts))}
    for monomial in written.monomials:
        _enter(scratch, scratch.parameter, [monomial], keys, lets)
    assert not scratch.derived  # in a `~` line stand numbers and names, no products
    return scratch.parameter


def _alike(first: np.ndarray, one: Numbers) -> Numbers:
    """The numbers of all neurons from those of the first; `first` is a column of their first slots."""
    slot = np.asarray(one.slot, np.int64)
    own = (slot >= 0) & (slot < SHARED)
    slots = (slot + np.where(own, first, 0)).ravel()
    return Numbers(slots, np.tile(one.sign, len(first)), np.tile(one.value, len(first)))


def drafted_chunk(drafts: Sequence[Draft], activation, transfer, lets) -> Chunk:
    """The chunk of an `=` line from one draft per neuron."""
    chunk = Chunk(len(drafts), activation, transfer)
    chunk.n_parameters = len(drafts[0].parameters)
    for number, draft in enumerate(drafts):
        order = _theta_order(draft) if transfer is None else _places(draft, transfer)
        keys = {key: len(chunk.starts) + place for place, key in enumerate(order)}
        chunk.written.append([keys[key] for key in range(len(order))])
        chunk.starts += [draft.starts[key] for key in order]
        for term in draft.terms:
            chunk.source.append(term.node)
            chunk.target.append(number)
            chunk.delay.append(term.delay)
            _enter(chunk, chunk.link, [term.weight], keys, lets)
        _enter(chunk, chunk.bias, draft.bias, keys, lets)
        for monomial in draft.parameters:
            _enter(chunk, chunk.parameter, [monomial], keys, lets)
        for monomial in draft.numbers:
            _enter(chunk, chunk.number, [monomial], keys, lets)
        chunk.n_numbers.append(len(draft.numbers))
        _name_others(chunk, draft, keys)
    return chunk


def _plain(monomials: Sequence[Monomial]) -> object | None:
    """The key of a number that is used as it is or with its sign turned, else None."""
    if len(monomials) != 1 or abs(monomials[0].coefficient) != 1:
        return None
    factors = monomials[0].factors
    return factors[0][0] if len(factors) == 1 and factors[0][1] == 1 else None


def _theta_order(draft: Draft) -> list[int]:
    """Own keys in theta's order: those of links (and of products) as written, then the bias, then the parameters."""
    in_links = {key for term in draft.terms for key, _ in term.weight.factors}
    bias = {_plain(draft.bias)} - in_links
    in_parameters = {key for m in draft.parameters for key, _ in m.factors}
    last = in_parameters - in_links - bias
    rank = dict.fromkeys(bias, 1) | dict.fromkeys(last, 2)
    return sorted(range(len(draft.starts)), key=lambda key: rank.get(key, 0))


def _places(draft: Draft, transfer: Transfer) -> list[int]:
    """Own keys of a neuron with a transfer in theta's order: by the first place where each stands.

    Weights of links as written; the transfer's other numbers, its parameters last; the bias; the activation's
    parameters.
    """
    first, n = {}, transfer.n_parameters
    weights = [term.weight for term in draft.terms]
    numbers = [*draft.numbers[n:], *draft.numbers[:n]]
    for monomial in (*weights, *numbers, *draft.bias, *draft.parameters):
        for key, _ in monomial.factors:
            first.setdefault(key, len(first))
    return sorted(range(len(draft.starts)), key=lambda key: first.get(key, len(first)))


def _name_others(chunk: Chunk, draft: Draft, keys: dict[int, int]) -> None:
    """Name the numbers that are neither a weight nor the bias nor a parameter as they stand: `h w0`, `h w1`, ..."""
    named = {_plain([term.weight]) for term in draft.terms} | {_plain(draft.bias)}
    named |= {_plain([m]) for m in (*draft.parameters, *draft.numbers)}
    for key, name in draft.names.items():
        chunk.names.append((keys[key], name))
    named |= set(draft.names)
    others = [key for key in range(len(draft.starts)) if key not in named]
    for place, key in enumerate(others):
        chunk.names.append((keys[key], f"{draft.name} w{place}"))


def _enter(chunk: Chunk, column: Numbers, monomials, keys, lets) -> None:
    """Add a sum of products to a column as frozen, plain or derived number."""
    if not monomials:
        column.add(-1)
    elif all(not monomial.factors for monomial in monomials):
        column.add(-1, 1, math.fsum(m.coefficient for m in monomials))
    elif (key := _plain(monomials)) is not None:
        slot = keys[key] if isinstance(key, int) else lets[key]
        column.add(slot, int(monomials[0].coefficient))
    else:
        column.add(-2 - len(chunk.derived))
        chunk.derived.append(
            [
                Monomial(
                    m.coefficient,
                    tuple((keys[k] if isinstance(k, int) else lets[k], p) for k, p in m.factors),
                )
                for m in monomials
            ]
        )  # fmt: skip
