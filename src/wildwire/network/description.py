"""The network: a description as read-only arrays, with nothing computed inside.

Comes in: a text (through `elaborate.py`) or arrays (through `arrays.py`). Goes out: `Network`,
which every later layer reads: `program` compiles it, `wiring` makes it, models store it, drawings
and exports show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.network import check, naming
from wildwire.network.tables import Column, Derived, Group, Head, Settle, readonly
from wildwire.network.views import Link, Links, Neuron, Neurons

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer
    from wildwire.language.tree import Document

ARRAYS = {
    "link_source": np.int32,
    "link_target": np.int32,
    "link_delay": np.int32,
    "link_slot": np.int32,
    "link_sign": np.int8,
    "link_value": np.float64,
    "bias_slot": np.int32,
    "bias_sign": np.int8,
    "bias_value": np.float64,
    "activation": np.int32,
    "parameter_offset": np.int32,
    "parameter_slot": np.int32,
    "parameter_sign": np.int8,
    "parameter_value": np.float64,
    "transfer": np.int32,
    "transfer_offset": np.int32,
    "transfer_slot": np.int32,
    "transfer_sign": np.int8,
    "transfer_value": np.float64,
    "past_slot": np.int32,
    "past_sign": np.int8,
    "past_value": np.float64,
    "start": np.float64,
    "output_node": np.int32,
}

NO_OFFSET = readonly(np.zeros(0), np.int32)
"""Stands for zeros, one per neuron and one more: no neuron's transfer has numbers of its own."""

NO_SLOTS, NO_SIGNS, NO_VALUES = (
    readonly(np.zeros(0), dtype) for dtype in (np.int32, np.int8, np.float64)
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Network:
    """A directed graph of neurons: inputs, neurons, links, outputs.

    Made by `Network.parse`, `Network.from_arrays` and the generators of `wildwire.wiring`. Immutable: every array is
    read-only. Two networks are equal when their structure, functions, names and start values are; comments do
    not count.

    Nodes are numbered inputs first (0 .. n_inputs-1), then the neurons in text order. A *slot* says where a number
    comes from: i >= 0 is theta[i], -1 is frozen at the value beside it, -2-d is derived number d. The number
    used is sign * that.

    Attributes
    ----------
    columns : tuple of Column
        What the inputs are called in a table.
    groups : tuple of Group
        The neurons' names, in order.
    link_source, link_target, link_delay, link_slot : ndarray of int32, (n_links,)
        Source node; target neuron (a neuron number, non-decreasing); steps into the past; slot.
    link_sign : ndarray of int8, (n_links,)
    link_value : ndarray of float64, (n_links,)
        The frozen weight where the slot is -1, else 0.
    bias_slot, bias_sign, bias_value : ndarray, (n_neurons,)
        The same code; slot -1 with value 0 is no bias.
    activation : ndarray of int32, (n_neurons,)
        Index into `functions`.
    functions : tuple of Function
    parameter_offset : ndarray of int32, (n_neurons+1,)
        The activation's parameters of neuron i are the entries parameter_offset[i] .. parameter_offset[i+1]-1 of
        `parameter_slot`, `parameter_sign`, `parameter_value`.
    transfer : ndarray of int32, (n_neurons,)
        Index into `transfers`; 0 is linear.
    transfers : tuple of Transfer or None
        The first is None: linear.
    transfer_offset : ndarray of int32, (n_neurons+1,)
        The numbers of neuron i's transfer, besides the weights of its links and its bias, are the entries
        transfer_offset[i] .. transfer_offset[i+1]-1 of `transfer_slot`, `transfer_sign`, `transfer_value`: first the
        transfer's parameters; then, link by link, the further numbers of a link; then, pair by pair, the numbers of a
        pair of links, in the order of `Transfer.pairs`. A linear neuron has none.
    past_slot, past_sign, past_value : ndarray, (n_neurons,) or (0,)
        The neurons' values before the first step, in the same code; slot -1 with value 0 is 0, and so are all
        where the arrays are empty.
    derived : Derived
    start : ndarray of float64, (n_theta,)
        The numbers of the text; NaN is unknown.
    bounds : ndarray of float64, (n_theta, 2), or None
    output_node : ndarray of int32, (n_outputs,)
    output_names : tuple of str
    heads : tuple of Head
    classes : tuple or None
        Labels of the first output or head that has them.
    slot_names : tuple of (int, str)
        Names of numbers that are not named after their first place: `let` names and numbers of general expressions.
    lets : tuple of (str, int)
        The `let` names that are in theta, with their slots.
    settle : Settle or None
        Links without delay may form loops, and every sample runs until its values stand still.
    refusals : tuple of (str, str)
        What this version can parse but not run: name of the neuron, reason as a sentence.
    document : Document or None
        The tree it was read from.
    """

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    link_source: np.ndarray
    link_target: np.ndarray
    link_delay: np.ndarray
    link_slot: np.ndarray
    link_sign: np.ndarray
    link_value: np.ndarray
    bias_slot: np.ndarray
    bias_sign: np.ndarray
    bias_value: np.ndarray
    activation: np.ndarray
    functions: tuple[Function, ...]
    parameter_offset: np.ndarray
    parameter_slot: np.ndarray
    parameter_sign: np.ndarray
    parameter_value: np.ndarray
    transfer: np.ndarray
    start: np.ndarray
    output_node: np.ndarray
    output_names: tuple[str, ...]
    transfers: tuple[Transfer | None, ...] = (None,)
    transfer_offset: np.ndarray = field(default_factory=lambda: NO_OFFSET)
    transfer_slot: np.ndarray = field(default_factory=lambda: NO_SLOTS)
    transfer_sign: np.ndarray = field(default_factory=lambda: NO_SIGNS)
    transfer_value: np.ndarray = field(default_factory=lambda: NO_VALUES)
    past_slot: np.ndarray = field(default_factory=lambda: NO_SLOTS)
    past_sign: np.ndarray = field(default_factory=lambda: NO_SIGNS)
    past_value: np.ndarray = field(default_factory=lambda: NO_VALUES)
    derived: Derived = field(default_factory=Derived)
    bounds: np.ndarray | None = None
    heads: tuple[Head, ...] = ()
    classes: tuple | None = None
    slot_names: tuple[tuple[int, str], ...] = ()
    lets: tuple[tuple[str, int], ...] = ()
    settle: Settle | None = None
    refusals: tuple[tuple[str, str], ...] = ()
    document: Document | None = None
    _memo: dict = field(default_factory=dict, init=False)

    def __post_init__(self):
        self._freeze()
        check.check_network(self)
        object.__setattr__(self, "refusals", tuple(dict.fromkeys(self.refusals)))

    def _freeze(self):
        """Give every array its type and make it read-only; an array of the right type is not copied."""
        if not len(self.transfer_offset):
            offset = np.zeros(self.n_neurons + 1, np.int32)
            object.__setattr__(self, "transfer_offset", offset)
        for name, dtype in ARRAYS.items():
            object.__setattr__(self, name, readonly(getattr(self, name), dtype))
        if self.bounds is not None:
            object.__setattr__(self, "bounds", readonly(self.bounds, np.float64))

    @classmethod
    def _of_checked(cls, n_inputs: int, arrays: dict, **records) -> Network:
        """A network of read-only arrays that `quick.py` has checked: they are not looked at again."""
        network = object.__new__(cls)
        # The fields of a frozen dataclass one by one would take longer than the rest of a small network.
        memo = {"n_inputs": n_inputs}
        vars(network).update(_DEFAULTS, _memo=memo, **arrays, **records)
        return network

    # ---- made from ------------------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, text: str) -> Network:
        """Read a network from its text.

        Parameters
        ----------
        text : str
            A network in the language of the reference page.

        Returns
        -------
        Network

        Raises
        ------
        LanguageError
            The text is not of the language; line, column and a caret say where.
        LoopError, UnknownNameError, DuplicateNameError, NetworkError
            The text cannot be a network.

        Notes
        -----
        10,000 links take less than a second. No text can run code.
        """
        from wildwire.network.elaborate import network_from_text

        return network_from_text(text)

    @classmethod
    def from_document(cls, document: Document) -> Network:
        """Make the network that a parsed text describes; errors as in `parse`."""
        from wildwire.network.elaborate import network_from_document

        return network_from_document(document)

    @classmethod
    def from_arrays(cls, inputs, source, target, **options) -> Network:
        """Make a network from link arrays: see `wildwire.network.arrays.from_arrays`, which has the same arguments."""
        from wildwire.network.arrays import from_arrays

        return from_arrays(inputs, source, target, **options)

    # ---- sizes and names ------------------------------------------------------------------------------------------

    @property
    def n_inputs(self) -> int:
        """Number of input nodes (a category counts once per value)."""
        return self._remember("n_inputs", lambda: sum(c.size for c in self.columns))

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.activation)

    @property
    def n_links(self) -> int:
        """Number of links; biases are not links."""
        return len(self.link_source)

    @property
    def n_delays(self) -> int:
        """The longest delay of a link: how many steps of the past the network reads; 0 without memory."""
        return self._remember("n_delays", lambda: int(self.link_delay.max(initial=0)))

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return len(self.output_node)

    @property
    def n_theta(self) -> int:
        """Number of learnable numbers."""
        return len(self.start)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all nodes as they stand in the text, inputs first."""
        return self._remember(
            "names", lambda: naming.node_names(self.columns, self.groups)
        )

    @property
    def theta_names(self) -> list[str]:
        """Names of the learnable numbers, in theta's order.

        Neurons stand in text order; per neuron its links in written order, then the other numbers of its transfer
        (of links, of pairs of links, of the neuron), then its bias, then the parameters of its activation; the `let`
        names that learn come last.
        """
        names = self._remember("theta_names", lambda: naming.theta_names(self))
        return list(names)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the input nodes."""
        return self.names[: self.n_inputs]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.output_names

    @property
    def neurons(self) -> Neurons:
        """The neurons, by name or number: `network.neurons["h"]`."""
        return Neurons(self)

    @property
    def links(self) -> Links:
        """The links, by number, as `Link` views."""
        return Links(self)

    def node(self, name: str) -> int:
        """Number of a node by its name.

        Raises
        ------
        UnknownNameError
            No node has the name; the nearest is suggested.
        """
        return naming.look_up(self._node_table(), name, "node")

    def function_of(self, neuron: int) -> Function:
        """The activation of a neuron, by neuron number."""
        return self.functions[self.activation[neuron]]

    def transfer_of(self, neuron: int) -> Transfer | None:
        """The transfer of a neuron, by neuron number; None is the weighted sum."""
        return self.transfers[self.transfer[neuron]]

    def __len__(self) -> int:
        return self.n_neurons

    def __iter__(self) -> Iterator[Neuron]:
        return iter(self.neurons)

    def __bool__(self) -> bool:
        return True

    # ---- numbers --------------------------------------------------------------------------------------------------

    def initial(self, seed=0, initialiser="default") -> np.ndarray:
        """A start vector: the numbers of the text, and random ones where they are unknown.

        Parameters
        ----------
        seed : int, SeedSequence, Generator or None
        initialiser : str or Initialiser
            How the unknown numbers are drawn, in theta's order; see `wildwire.network.initialisers`. Numbers of
            transfers that are no factors in a sum, such as the centres of a distance, are drawn as the transfer asks.

        Returns
        -------
        ndarray of float64, (n_theta,)
        """
        from wildwire.network.initialisers import start_values

        return start_values(self, seed, initialiser)

    def numbers(self, theta) -> dict[str, float]:
        """The learnable numbers by name, in theta's order."""
        from wildwire.network.numbers import numbers

        return numbers(self, theta)

    def theta(self, numbers: Mapping[str, float]) -> np.ndarray:
        """The vector of numbers given by name; those not given keep their start value (NaN where unknown).

        Raises
        ------
        UnknownNameError
            A name that theta does not have; the nearest is suggested.
        """
        from wildwire.network.numbers import vector

        return vector(self, numbers)

    def matrix(self, theta, name: str):
        """The weights into a neuron or group as a matrix: see `wildwire.network.numbers.matrix`."""
        from wildwire.network.numbers import matrix

        return matrix(self, theta, name)

    # ---- text -----------------------------------------------------------------------------------------------------

    def to_text(self, theta=None) -> str:
        """The text of the network with the numbers of theta in their places.

        Parameters
        ----------
        theta : array_like of float, (n_theta,), or None
            None prints the text as it was read. NaN prints as `?`.

        Returns
        -------
        str
            A text whose network has exactly these numbers as its start, bit for bit, and prints the same text.

        Raises
        ------
        SettingError
            theta has the wrong shape, or holds what no text can say: an infinity, a `let` number outside of its bounds.

        Notes
        -----
        The form is canonical: spaces, number formats and signs are set anew, several empty lines become one, and with
        theta a `~` line of one neuron becomes an `=` line or gets a table `numbers` below it. Statements, their order
        and comments stay.
        """
        from wildwire.network.express import network_text

        return network_text(self, theta)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return (
            f"<Network: {self.n_inputs} inputs, {self.n_neurons} neurons, "
            f"{self.n_links} links, {self.n_outputs} outputs, {self.n_theta} numbers>"
        )

    def to_networkx(self, theta=None):
        """The network as a graph of NetworkX; a MultiDiGraph where links are parallel.

        See `wildwire.network.graphs.to_networkx`; `wildwire.wiring.from_networkx` is the way back.
        """
        from wildwire.network.graphs import to_networkx

        return to_networkx(self, theta)

    def _repr_svg_(self) -> str:
        from importlib import import_module

        # by name: drawing stands below this layer
        return import_module("wildwire.drawing.svg").draw(self, theta=None)

    # ---- identity -------------------------------------------------------------------------------------------------

    def __eq__(self, other) -> bool:
        if self is other:
            return True
        if not isinstance(other, Network):
            return NotImplemented
        arrays = (*ARRAYS, "bounds")
        return (
            self._records() == other._records()
            and all(_same(getattr(self, n), getattr(other, n)) for n in arrays)
            and (self.groups == other.groups or self.names == other.names)
        )

    def __hash__(self) -> int:
        return self._remember("hash", self._content_hash)

    def _content_hash(self) -> int:
        tables = (self.link_source, self.link_target, self.bias_slot)
        return hash((self.columns, *(t.tobytes() for t in tables)))

    def _records(self) -> tuple:
        keys = [None if f is None else f.key for f in self.functions + self.transfers]
        return (
            self.columns, keys, self.output_names, self.heads, self.classes,
            self.slot_names, self.lets, self.derived, self.settle, self.refusals,
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}

    def __setstate__(self, state: dict[str, Any]):
        vars(self).update(state, _memo={})
        self._freeze()

    # ---- private --------------------------------------------------------------------------------------------------

    def _remember(self, key, make):
        """The value kept under a key, made when first asked for (also used for the compiled program)."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]

    def _node_table(self) -> dict[str, int]:
        return self._remember("nodes", lambda: _table(self))


_DEFAULTS = {
    "transfers": (None,), "transfer_slot": NO_SLOTS, "transfer_sign": NO_SIGNS,
    "transfer_value": NO_VALUES, "past_slot": NO_SLOTS, "past_sign": NO_SIGNS,
    "past_value": NO_VALUES, "derived": Derived(), "bounds": None, "settle": None,
    "refusals": (), "document": None,
}  # fmt: skip
"""Fields that no network from arrays changes."""


def _table(network: Network) -> dict[str, int]:
    table = {name: node for node, name in enumerate(network.names)}
    node = 0
    for record in (*network.columns, *network.groups):
        count = record.size if isinstance(record, Column) else record.count
        if count == 1:
            table.setdefault(record.name, node)
        node += count
    return table


def _same(one, other) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


__all__ = ["Column", "Derived", "Group", "Head", "Link", "Network", "Neuron"]
