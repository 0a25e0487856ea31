"""A network of the user's own, made to fit a table without changing what it computes.

Comes in: the network, the table, the target. Goes out: the same network with the ranges of
its inputs, rules for missing values and class labels written into it where the user wrote
none, and targets in the order of its outputs. Called by `prepare.py`.
"""

import difflib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wildwire.errors import DataError, UnsupportedError
from wildwire.language.expression import Name
from wildwire.language.tree import Document, Missing, Output, Range, Statement
from wildwire.network import Network
from wildwire.network.tables import Column
from wildwire.preparation.encode import find_columns
from wildwire.preparation.inputs import check_finite
from wildwire.preparation.statistics import moments
from wildwire.preparation.targets import Target
from wildwire.tables import Table, TableColumn


def match_targets(network: Network, targets: Sequence[Target]) -> list[Target]:
    """The targets in the order of the network's outputs, checked against them.

    Raises
    ------
    DataError
        Numbers for outputs that are classes, classes for a plain output, too many or too
        few targets, classes that the network does not have.
    """
    first = targets[0]
    if first.task == "classification":
        return [_match_classes(network, first)]
    if network.classes is not None or network.heads:
        raise DataError(
            f"the network's output is classes, and target '{first.name}' is a number; "
            f"choose classification, or an output that is a number"
        )
    if len(targets) != network.n_outputs:
        names = ", ".join(network.output_names[:8])
        raise DataError(
            f"{len(targets)} target(s) for a network of {network.n_outputs} output(s) "
            f"({names})"
        )
    by_name = {target.name: target for target in targets}
    if set(by_name) == set(network.output_names):
        return [by_name[name] for name in network.output_names]
    return list(targets)


def adapt_network(
    network: Network, inputs: Table, target: Target, weight: np.ndarray
) -> tuple[Network, list[str]]:
    """Write ranges, rules for missing values and class labels into the network.

    Lines that the user wrote stand; the numbers and the wiring are untouched. A network
    made from arrays has no text to keep: its records are replaced.

    Raises
    ------
    DataError
        A column of the network is not in the table, or of another kind.
    """
    if network.n_delays:
        raise UnsupportedError(
            f"the network looks {network.n_delays} steps back, and rows of a table in random folds have no "
            "order: use NetworkForecaster (`wildwire fit --horizon`) for a series, or wildwire.fit with sequences"
        )
    found = find_columns(network.columns, inputs)
    columns, notes = [], []
    for column, parts in zip(network.columns, found, strict=True):
        new, note = _complete(column, parts, inputs, weight)
        columns.append(new)
        notes += note
    labels = target.classes or None
    wants_labels = labels is not None and network.classes is None
    if network.document is None:
        return _replace_records(
            network, columns, labels if wants_labels else None
        ), notes
    lines = [
        line
        for new, old in zip(columns, network.columns, strict=True)
        for line in _lines(new, old)
    ]
    statements = list(network.document.statements)
    if wants_labels:
        statements = [_with_labels(statement, labels) for statement in statements]
    if lines or wants_labels:
        network = Network.from_document(Document((*statements, *lines)))
    return network, notes


# ---- classes ------------------------------------------------------------------


def _match_classes(network: Network, target: Target) -> Target:
    """The target with its codes in the order of the network's classes."""
    count = len(target.classes)
    if network.classes is None:
        fits = network.n_outputs == count if count > 2 else network.n_outputs in (1, 2)
        if not fits or (network.n_outputs > 1 and not network.heads):
            wanted = "one logistic output" if count == 2 else f"softmax over {count}"
            raise DataError(
                f"target '{target.name}' has {count} classes, and the network has "
                f"{network.n_outputs} output(s); it needs {wanted}"
            )
        return target
    known = {_comparable(label): i for i, label in enumerate(network.classes)}
    unknown = [label for label in target.classes if _comparable(label) not in known]
    if unknown:
        have = ", ".join(map(str, network.classes[:8]))
        near = difflib.get_close_matches(
            str(unknown[0]), [str(label) for label in network.classes], n=1
        )
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise DataError(
            f"target '{target.name}' has the class '{unknown[0]}', and the network's "
            f"classes are {have}{hint}"
        )
    order = np.array([known[_comparable(label)] for label in target.classes])
    return replace(target, values=order[target.values], classes=network.classes)


def _comparable(label: object) -> str:
    # 1, 1.0 and "1" are one class: a table of texts may hold the numbers of another.
    try:
        return repr(float(str(label)))
    except ValueError:
        return str(label)


def _with_labels(statement: Statement, labels: tuple | None) -> Statement:
    if isinstance(statement, Output) and len(statement.items) == 1:
        return replace(statement, classes=labels)
    return statement


# ---- inputs -------------------------------------------------------------------


def _complete(
    column: Column, parts: Sequence[TableColumn], table: Table, weight: np.ndarray
) -> tuple[Column, list[str]]:
    """The column with what the rows say where the network's text says nothing."""
    if column.categories is not None:
        return _complete_category(column, parts[0], weight)
    for part in parts:
        if part.kind in ("category", "date"):
            return column, []  # refused, with its row, when it is encoded
        check_finite(table, part, weight > 0)
    values = np.concatenate([part.values for part in parts])
    weights = np.tile(weight, len(parts))
    gone = int(np.isnan(values).sum())
    if gone == len(values):
        return column, []
    found, new, notes = moments(values, weights), column, []
    if column.low is None and column.high is None:
        new = replace(new, low=found.low, high=found.high)
    if gone and column.missing is None:
        new = replace(new, missing=found.mean)
        notes.append(
            f"'{column.header}': {gone} missing value(s) filled in with the mean "
            f"{found.mean:g}"
        )
    return new, notes


def _complete_category(
    column: Column, part: TableColumn, weight: np.ndarray
) -> tuple[Column, list[str]]:
    gone = int(part.missing.sum())
    if not gone or column.missing is not None or gone == len(part.values):
        return column, []
    codes, counts = np.unique(part.values[~part.missing], return_inverse=True)
    total = np.bincount(counts, weights=weight[~part.missing])
    code = codes[int(np.argmax(total))]
    common = part.levels[code] if part.levels else part.values[~part.missing][0]
    by_key = {_comparable(label): label for label in column.categories or ()}
    label = by_key.get(_comparable(common))
    if label is None:
        return column, []  # a category never seen: refused when it is encoded
    note = f"'{column.header}': {gone} missing value(s) taken as '{label}', the most common"
    return replace(column, missing=label), [note]


def _lines(new: Column, old: Column) -> list[Statement]:
    lines: list[Statement] = []
    if new.missing is not None and old.missing is None:
        lines.append(Missing(name=Name(new.name), value=new.missing))
    if new.low is not None and old.low is None and new.high is not None:
        lines.append(Range(name=Name(new.name), low=new.low, high=new.high))
    return lines


def _replace_records(
    network: Network, columns: Sequence[Column], labels: tuple | None
) -> Network:
    if labels is None:
        return replace(network, columns=tuple(columns))
    heads = network.heads
    if heads:
        heads = (replace(heads[0], labels=labels), *heads[1:])
    return replace(network, columns=tuple(columns), classes=labels, heads=heads)
