"""From a document to a network.

Comes in: a text or the tree that the parser made of it. Goes out: a `Network` that remembers its
document; or an error with line, column and a caret. Called by `Network.parse`, and by `express.py`,
which must know where every number of theta stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.errors import (
    DuplicateNameError,
    FunctionError,
    LanguageError,
    NetworkError,
    UnknownNameError,
)
from wildwire.language.tree import (
    Definition,
    Document,
    Fixed,
    Formula,
    Input,
    Learnt,
    Let,
    Numbers,
    Start,
)
from wildwire.network import naming
from wildwire.network.affine import Monomial
from wildwire.network.around import at_line, column_of, described, outputs_of
from wildwire.network.assemble import assemble
from wildwire.network.choices import explicit
from wildwire.network.chunks import SHARED, Chunk
from wildwire.network.description import Network
from wildwire.network.formulas import formula_chunk
from wildwire.network.learnt import learnt_chunk
from wildwire.network.lines import count_of
from wildwire.network.scope import MOST_NODES, Entry, Line, Scope, placed
from wildwire.network.settle import settle_of
from wildwire.network.tables import Column, Group


def network_from_text(text: str) -> Network:
    """Read a network; see `Network.parse`."""
    from wildwire.language.parser import parse_text

    document = parse_text(text)
    try:
        return network_from_document(document)
    except (NetworkError, FunctionError) as error:
        position = getattr(error, "position", None)
        if position is None:
            raise
        line, column = position
        shown = LanguageError(str(error), line, column, text.splitlines()[line - 1])
        raise type(error)(str(shown)) from None


def network_from_document(document: Document) -> Network:
    """Make the network of a document; errors carry their `position` where it is known."""
    return Elaboration(document).network()


@dataclass
class Places:
    """Where the numbers of theta stand: for every statement of the document, by its place in it.

    Attributes
    ----------
    rows : dict of int to ndarray of int, (n_neurons, n_numbers)
        Of a neuron line: slots of each neuron's own numbers, in theta's order.
    written : dict of int to list of int
        Of an `=` line of one neuron: slots in written order.
    shared : dict of int to int
        Of a `let` or `start` line: its slot.
    explicit : dict of int to statement
        Of a neuron line with vectors or choices: the line with all its numbers; see `choices.py`.
    """

    rows: dict[int, np.ndarray] = field(default_factory=dict)
    written: dict[int, list[int]] = field(default_factory=dict)
    shared: dict[int, int] = field(default_factory=dict)
    explicit: dict[int, Any] = field(default_factory=dict)


class Elaboration:
    """The passes over a document: names first, then the lines, then what stands around them."""

    def __init__(self, document: Document):
        self.document = document
        self.scope = Scope()
        self.columns: list[Column] = []
        self.groups: list[Group] = []
        self.targets: list = []  # the target of each group, for the place of an error
        self.chunks: dict[int, Chunk] = {}
        self.explicit: dict[int, Any] = {}
        self.shared: list[tuple[int, str, float, tuple[float, float]]] = []
        self.lets: list[str] = []
        self.pasts: list[
            tuple[list[int], int, float]
        ] = []  # nodes, shared number, value
        self.refusals: list[tuple[str, str]] = []

    def network(self) -> Network:
        """All passes."""
        self._define_functions()
        self._define_columns()
        self._define_neurons()
        self._define_shared()
        self.scope.make_names = lambda: naming.node_names(self.columns, self.groups)
        self._make_chunks()
        self._fill_tables()
        self.columns = described(self.columns, self.document, self.scope)
        outputs = outputs_of(self.document, self.scope)
        chunks = list(self.chunks.values())
        fields = assemble(chunks, [start for _, _, start, _ in self.shared])
        n_own = len(fields["start"]) - len(self.shared)
        fields["slot_names"] += tuple(
            (n_own + i, name) for i, (_, name, _, _) in enumerate(self.shared)
        )
        fields |= self._past(n_own)
        places = self._places(n_own)
        first_let = n_own + len(self.shared) - len(self.lets)
        try:
            network = Network(
                columns=tuple(self.columns), groups=tuple(self.groups), **fields,
                output_node=np.array(list(outputs.nodes), np.int32), output_names=tuple(outputs.names),
                heads=tuple(outputs.heads), classes=outputs.classes,
                lets=tuple((name, first_let + i) for i, name in enumerate(self.lets)),
                bounds=self._bounds(n_own), settle=settle_of(self.document),
                refusals=tuple(self.refusals),
                document=self.document,
            )  # fmt: skip
        except NetworkError as error:
            self._place(error)
            raise
        network._memo["places"] = places
        return network

    # ---- names ---------------------------------------------------------------------------

    def _statements(self, kind) -> Iterator[tuple[int, Any]]:
        for place, statement in enumerate(self.document.statements):
            if isinstance(statement, kind):
                yield place, statement

    def _define_functions(self) -> None:
        definitions = self.document.of(Definition)
        seen = set()
        for definition in definitions:
            if definition.name in seen:
                message = f"the function {definition.name!r} is defined twice"
                raise placed(DuplicateNameError, message, (definition.line, 1))
            seen.add(definition.name)
        if not definitions:
            return
        from wildwire.functions import from_definitions, transfer_from_definition

        try:
            made = from_definitions(definitions)
            known = {k: f for k, f in made.items() if f.kind == "activation"}
            self.scope.functions = known
            self.scope.transfers = {
                definition.name: transfer_from_definition(definition, known)
                for definition in definitions
                if definition.kind == "transfer"
            }
        except FunctionError as error:
            _place_definition(error, definitions)
            raise

    def _define_columns(self) -> None:
        node = 0
        for _, statement in self._statements(Input):
            for item in statement.items:
                column = column_of(item)
                size = column.size if column.indexed or item.categories else None
                entry = Entry(node, size, "input", column.categories)
                self.scope.define(item.name, entry, item.position)
                self.columns.append(column)
                node += column.size
                _check_size(node, item.position)
        self.n_inputs = node

    def _define_neurons(self) -> None:
        node = self.n_inputs
        for _, statement in self._statements((Learnt, Formula, Fixed)):
            target = statement.target
            count = count_of(target)
            if count < 1:
                message = f"the group {target.name!r} needs at least one neuron"
                raise placed(NetworkError, message, target.position)
            entry = Entry(node, target.size, "neuron")
            self.scope.define(target.name, entry, target.position)
            self.groups.append(Group(target.name, target.size))
            self.targets.append(target)
            node += count
            _check_size(node, target.position)

    def _define_shared(self) -> None:
        """Number the learnable `start` values, then the `let` numbers; they follow all others in theta."""
        open_bounds = (-math.inf, math.inf)
        for place, statement in self._statements(Start):
            name, nodes = self._stated(statement)
            if statement.number.frozen:
                self.pasts.append((nodes, -1, float(statement.number.value)))
                continue
            self.pasts.append((nodes, len(self.shared), 0.0))
            start = _start(statement.number)
            self.shared.append((place, f"{name} start", start, open_bounds))
        for place, statement in self._statements(Let):
            name, number = statement.name, statement.number
            if number.frozen:
                self.scope.define(name, Monomial(number.value), (statement.line, 1))
                continue
            self.scope.define(name, Monomial(1.0, ((name, 1),)), (statement.line, 1))
            self.scope.slots[name] = SHARED + len(self.shared)
            bounds = (statement.low, statement.high)
            start = _start(number)
            self.shared.append((place, naming.print_name(name), start, bounds))
            self.lets.append(name)

    def _stated(self, statement) -> tuple[str, list[int]]:
        """The name and nodes that a `start` line is about: a neuron, or a group, or one of a group."""
        name = at_line(statement.name, statement.line)
        if self.scope.entry(name).what != "neuron":
            message = f"{name.name!r} is an input; only neurons have a start value"
            raise placed(NetworkError, message, name.position)
        nodes = [node for node, _ in Line(self.scope).expand(name)]
        if len(nodes) > 1:
            return naming.print_name(name.name), nodes
        return naming.node_names(self.columns, self.groups)[nodes[0]], nodes

    # ---- lines ---------------------------------------------------------------------------

    def _make_chunks(self) -> None:
        for place, read in self._statements((Learnt, Formula, Fixed)):
            statement = explicit(read, self.scope)
            if statement is not read:
                self.explicit[place] = statement
            if isinstance(statement, Learnt):
                self.chunks[place] = learnt_chunk(statement, self.scope)
                continue
            self.chunks[place] = formula_chunk(statement, self.scope)

    def _fill_tables(self) -> None:
        """Put the rows of `numbers` tables into the start values."""
        places = {
            s.target.name: p for p, s in self._statements((Learnt, Formula, Fixed))
        }
        seen = set()
        for _, table in self._statements(Numbers):
            position = (table.line, 1)
            if table.name not in places:
                message = (
                    f"`numbers {table.name}` belongs to no neuron line."
                    f"{naming.suggestion(table.name, places)}"
                )
                raise placed(UnknownNameError, message, position)
            if table.name in seen:
                message = f"there are two tables `numbers {table.name}`"
                raise placed(DuplicateNameError, message, position)
            seen.add(table.name)
            chunk = self.chunks[places[table.name]]
            expected = chunk.rows().shape
            sizes = {len(row) for row in table.rows}
            if len(table.rows) != expected[0] or sizes != {expected[1]}:
                message = (
                    f"the table of {table.name} must have {expected[0]} rows of {expected[1]} "
                    f"numbers; it has {len(table.rows)} rows of {_sizes(sizes)}"
                )
                raise placed(NetworkError, message, position)
            rows = [[math.nan if v is None else v for v in row] for row in table.rows]
            chunk.starts = np.array(rows, dtype=np.float64).ravel()

    def _places(self, n_own: int) -> Places:
        places, first = Places(explicit=self.explicit), 0
        for place, chunk in self.chunks.items():
            if len(chunk.starts):
                places.rows[place] = chunk.rows() + first
                if chunk.written and chunk.count == 1:
                    places.written[place] = [first + slot for slot in chunk.written[0]]
            first += len(chunk.starts)
        for i, (place, _, _, _) in enumerate(self.shared):
            places.shared[place] = n_own + i
        return places

    def _past(self, n_own: int) -> dict:
        """The arrays of values before the first step, empty where no line states one."""
        if not self.pasts:
            return {}
        count = sum(group.count for group in self.groups)
        slot, value = np.full(count, -1), np.zeros(count)
        for nodes, shared, number in self.pasts:
            neurons = np.array(nodes) - self.n_inputs
            slot[neurons] = -1 if shared < 0 else n_own + shared
            value[neurons] = number
        sign = np.ones(count, np.int8)
        return {"past_slot": slot, "past_sign": sign, "past_value": value}

    def _bounds(self, n_own: int) -> np.ndarray | None:
        own = [bounds for _, _, _, bounds in self.shared]
        if not any(math.isfinite(low) or math.isfinite(high) for low, high in own):
            return None
        bounds = np.tile([-np.inf, np.inf], (n_own + len(own), 1))
        bounds[n_own:] = own
        return bounds

    def _place(self, error: NetworkError) -> None:
        """Give an error about a neuron the place of its line."""
        neuron = getattr(error, "neuron", None)
        if neuron is None:
            return
        for group, target in zip(self.groups, self.targets, strict=True):
            if neuron < group.count:
                vars(error)["position"] = target.position
                return
            neuron -= group.count


def _place_definition(error: FunctionError, definitions) -> None:
    """Give an error about a definition, which begins with its kind and name, the place of its line."""
    for definition in definitions:
        begin = f"{definition.kind} {definition.name}"
        if str(error).startswith((f"{begin}:", f"{begin} ")):
            vars(error)["position"] = (definition.line, 1)


def _check_size(nodes: int, position) -> None:
    if nodes > MOST_NODES:
        message = f"a text may describe at most {MOST_NODES:,} inputs and neurons; build larger networks from arrays"
        raise placed(NetworkError, message, position)


def _start(number) -> float:
    return math.nan if number.value is None else float(number.value)


def _sizes(sizes: set[int]) -> str:
    return " or ".join(str(size) for size in sorted(sizes)) if sizes else "0"
