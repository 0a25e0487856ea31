"""The text of a network, with any numbers in their places.

Comes in: a network and theta. Goes out: a text that reads back to exactly these numbers. Called by
`Network.to_text` and `str`.

The statements of the document are kept in order with their comments; only numbers change. A `~`
line of a single neuron becomes an `=` line with its numbers; groups and neurons of many links keep
their line and get a table `numbers h` below it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.language.expression import Binary, Call, Name, add
from wildwire.language.tree import (
    Document,
    Fixed,
    Formula,
    Learnt,
    Let,
    Numbers,
    Start,
)
from wildwire.network.generate import generated_document
from wildwire.network.numbers import as_theta
from wildwire.network.prepare import Learnable, number, prepare, put_back, walk
from wildwire.network.write_neurons import WIDEST_LINE, table
from wildwire.network.write_transfers import transfer_call
from wildwire.network.written_names import node_name

if TYPE_CHECKING:
    from wildwire.network.description import Network
    from wildwire.network.elaborate import Places


def network_text(network: Network, theta=None) -> str:
    """The text of a network; see `Network.to_text`."""
    from wildwire.language.printer import print_document

    return print_document(network_document(network, theta))


def network_document(network: Network, theta=None) -> Document:
    """The document with the numbers of theta (None: as it was read, or as it was made).

    Raises
    ------
    SettingError
        theta has the wrong shape, holds an infinity, or leaves the bounds of a `let` number.
    """
    if theta is None and network.document is not None:
        return network.document
    theta = as_theta(network, network.start if theta is None else theta)
    if np.isinf(theta).any():
        name = network.theta_names[int(np.argmax(np.isinf(theta)))]
        raise SettingError(
            f"{name!r} is infinite; only finite numbers are written (NaN for unknown)"
        )
    _check_bounds(network, theta)
    if network.document is None:
        return generated_document(network, theta)
    return _Rewriter(network, network.document, theta).document()


def _check_bounds(network: Network, theta: np.ndarray) -> None:
    """Refuse what the text could not say: a `let` number outside of its own bounds."""
    if network.bounds is None:
        return
    low, high = network.bounds.T
    outside = (theta < low) | (theta > high)
    if outside.any():
        slot = int(np.argmax(outside))
        raise SettingError(
            f"{network.theta_names[slot]!r} is {theta[slot]!r}, outside of its bounds "
            f"{low[slot]:g} to {high[slot]:g}"
        )


class _Rewriter:
    """Walks the statements of a document and puts theta's numbers into them."""

    def __init__(self, network: Network, read: Document, theta: np.ndarray):
        self.network, self.theta = network, theta
        self.places: Places = network._remember("places", lambda: _places(read))
        self.read = read
        self.tables = {t.name: t for t in read.of(Numbers)}
        self.slots: dict[str, np.ndarray] = {}

    def document(self) -> Document:
        neuron, done = 0, []
        for place, statement in enumerate(self.read.statements):
            if isinstance(statement, Learnt | Formula | Fixed):
                done += self._line(place, statement, neuron)
                neuron += statement.target.size or 1
            elif isinstance(statement, Let | Start) and place in self.places.shared:
                value = number(float(self.theta[self.places.shared[place]]))
                done.append(replace(statement, number=value))
            else:
                done.append(statement)
        return Document(tuple(self._table(statement) for statement in done))

    def _line(self, place: int, statement, neuron: int) -> list:
        """The line of a neuron or group, changed or followed by its table."""
        rows = self.places.rows.get(place)
        if rows is None:
            return [statement]
        explicit = self.places.explicit.get(place, statement)
        name = statement.target.name
        values = self.theta[rows]
        if name in self.tables:  # its rows are replaced where they stand
            self.slots[name] = rows
            return [statement]
        if np.isnan(values).all() and isinstance(statement, Learnt):
            return [statement]
        if statement.target.size is not None:
            return [statement, table(name, values)]
        if isinstance(statement, Learnt):
            if self._n_links(neuron) > WIDEST_LINE:
                return [statement, table(name, values)]
            return [self._closed(explicit, neuron, values[0])]
        written = self.theta[self.places.written[place]]
        tree = prepare(explicit.expression, isinstance(statement, Formula)).tree
        _check_divisors(tree, written, name)
        return [replace(statement, expression=put_back(tree, written.tolist()))]

    def _table(self, statement):
        if not isinstance(statement, Numbers) or statement.name not in self.slots:
            return statement
        return table(statement.name, self.theta[self.slots[statement.name]], statement)

    def _n_links(self, neuron: int) -> int:
        ends = np.searchsorted(self.network.link_target, [neuron, neuron + 1])
        return int(ends[1] - ends[0])

    def _closed(self, statement: Learnt, neuron: int, values: np.ndarray) -> Formula:
        """The `=` line of a `~` line's neuron, whose numbers are `values` in theta's order."""
        call, network = statement.call, self.network
        nested = len(call.arguments) == 1 and isinstance(call.arguments[0], Call)
        inner: Any = call.arguments[0] if nested else call
        first, last = np.searchsorted(network.link_target, [neuron, neuron + 1])
        names = [
            node_name(network, int(network.link_source[i]), int(network.link_delay[i]))
            for i in range(first, last)
        ]
        numbers = [number(float(value)) for value in values]
        transfer = network.transfer_of(neuron)
        if transfer is None:
            keywords = _filled(call.keywords, numbers)
            body = Call(call.function, (_weighted(names, numbers),), keywords)
        else:
            keywords = _filled(call.keywords, numbers) if nested else ()
            bias = ()
            if network.bias_slot[neuron] != -1:
                bias = (("bias", numbers.pop()),)
            own = _filled(inner.keywords, numbers)
            weights, rest = numbers[: len(names)], numbers[len(names) :]
            body = transfer_call(transfer, names, weights, rest, (*own, *bias))
            if nested:
                body = Call(call.function, (body,), keywords)
        return Formula(
            statement.target, body, comment=statement.comment, line=statement.line
        )


def _check_divisors(tree, written: np.ndarray, name: str) -> None:
    """Refuse a 0 that is divided by, which the reader of the text would refuse."""
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator == "/":
            key = node.right.key if isinstance(node.right, Learnable) else None
            if key is not None and written[key] == 0:
                raise SettingError(
                    f"a number by which the line of {name!r} divides is 0 in theta"
                )


def _places(document: Document) -> Places:
    from wildwire.network.elaborate import network_from_document

    return network_from_document(document)._memo["places"]


def _filled(keywords, numbers: list) -> tuple:
    """The keywords with their learnable numbers, the last ones of the neuron, which are taken off the list."""
    prepared = prepare(Call("", (), keywords))
    own = len(prepared.starts)
    first = len(numbers) - own
    values = [math.nan if n.value is None else n.value for n in numbers[first:]]
    del numbers[first:]
    return put_back(prepared.tree, values).keywords


def _weighted(names: list[Name], numbers: list):
    """number*name + ... + bias, where there is one number more than names if there is a bias."""
    pairs = zip(numbers, names, strict=False)
    terms = [Binary("*", factor, name) for factor, name in pairs]
    return add([*terms, *numbers[len(names) :]])
