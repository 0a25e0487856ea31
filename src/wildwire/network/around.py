"""What stands around the neurons of a text: columns, `missing`, `range` and `output` lines.

Comes in: the document and the scope of its names. Goes out: columns with all that is known of them,
and the outputs. Called by `elaborate.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wildwire.errors import DuplicateNameError, NetworkError, UnknownNameError
from wildwire.language.expression import Name
from wildwire.language.tree import Document, InputItem, Missing, Output, Range
from wildwire.network import naming
from wildwire.network.scope import Line, Scope, placed
from wildwire.network.tables import Column, Head


def column_of(item: InputItem) -> Column:
    """The column of one input."""
    if item.categories is not None:
        return Column(item.name, item.column, len(item.categories), item.categories)
    if item.size is not None:
        return Column(item.name, item.column, item.size, indexed=True)
    return Column(item.name, item.column)


def at_line(name: Name, line: int | None) -> Name:
    """The name, with the first column of its line where its own place is not known."""
    if name.position is not None or line is None:
        return name
    return replace(name, position=(line, 1))


def described(
    columns: Sequence[Column], document: Document, scope: Scope
) -> list[Column]:
    """The columns with what `missing` and `range` lines say of them."""
    result = list(columns)
    table = {column.name: place for place, column in enumerate(columns)}
    for statement in document.of((Missing, Range)):
        name = at_line(statement.name, statement.line)
        entry = scope.entry(name)
        if name.name not in table:
            message = f"{name.name!r} is a neuron; this line is about inputs"
            raise placed(NetworkError, message, name.position)
        if isinstance(statement, Missing):
            facts: dict[str, Any] = {"missing": statement.value}
        else:
            facts = {"low": statement.low, "high": statement.high}
        place = table[name.name]
        if name.index is not None:
            members = [node - entry.first for node, _ in Line(scope).expand(name)]
            for key, value in facts.items():
                old = getattr(result[place], key)
                facts[key] = _indexed(old, entry.count, members, value)
        result[place] = replace(result[place], **facts)
    return result


def _indexed(old, count: int, members: list[int], value) -> tuple:
    """One value per element, `value` for the members, for the others what was known of them."""
    values = list(old) if isinstance(old, tuple) else [old] * count
    for member in members:
        values[member] = value
    return tuple(values)


@dataclass
class Outputs:
    """The outputs of a text: nodes, names, heads and class labels (of the first line that has them)."""

    nodes: dict[int, None] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    classes: tuple | None = None


def outputs_of(document: Document, scope: Scope) -> Outputs:
    """The outputs in written order."""
    outputs = Outputs()
    for statement in document.of(Output):
        for item in statement.items:
            first = len(outputs.nodes)
            for source in item.sources:
                _add(outputs, at_line(source, statement.line), scope)
            count, labels = len(outputs.nodes) - first, statement.classes
            if labels is not None:
                _check_labels(labels, count, item.head, statement.line)
                outputs.classes = outputs.classes or labels
            if item.head is not None:
                outputs.heads.append(Head(item.head, first, count, labels))
    return outputs


def _add(outputs: Outputs, name: Name, scope: Scope) -> None:
    if name.name not in scope.entries:
        near = naming.suggestion(name.name, scope.entries)
        message = f"no neuron computes the output {name.name!r}.{near}"
        raise placed(UnknownNameError, message, name.position)
    single = scope.entries[name.name].size is None
    for node, _ in Line(scope).expand(name):
        text = name.name if single else scope.names[node]
        if node in outputs.nodes:
            message = f"{text!r} is an output twice"
            raise placed(DuplicateNameError, message, name.position)
        outputs.nodes[node] = None
        outputs.names.append(text)


def labels_needed(count: int, head: str | None) -> int:
    """Number of class labels of `count` outputs: a single output without head tells two classes apart."""
    return 2 if head is None and count == 1 else count


def _check_labels(labels, count: int, head: str | None, line: int | None) -> None:
    expected = labels_needed(count, head)
    if len(labels) != expected:
        what = f"{count} outputs" if count > 1 else "one output"
        message = f"{what} need {expected} class labels behind `as`, not {len(labels)}"
        raise placed(NetworkError, message, None if line is None else (line, 1))
