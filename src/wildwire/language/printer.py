"""Tree -> text, in the one canonical form; `parser.py` reads it back to an equal tree.

Comes in: documents, statements, expressions, numbers, names. Goes out: text. Called by `network` (`to_text`), by
`functions` (the hash of a formula) and by drawings and reports that show a formula.

Canonical form: one statement per line, not indented; one blank around `=`, `~` and binary `+` and `-`, none around `*`,
`/`, `**`; brackets only where the tree needs them; two blanks before a comment; the fewest digits that read back to the
same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from wildwire.language import tree
from wildwire.language.expression_printer import (
    print_expression,
    print_index,
    print_number,
)
from wildwire.language.words import print_name, print_text

__all__ = [
    "print_definition", "print_document", "print_expression", "print_index",
    "print_label", "print_name", "print_number", "print_statement", "print_text",
]  # fmt: skip


def print_document(document: tree.Document) -> str:
    """The whole text, every line ended; the empty document is the empty text.

    Cost: about 3 microseconds a link.
    """
    return "".join(f"{print_statement(s)}\n" for s in document.statements)


def print_statement(statement: tree.Statement) -> str:
    """One statement with its comment; a line, or several for `numbers`, without the last line end.

    Examples
    --------
    >>> from wildwire.language.parser import parse_text
    >>> print(print_statement(parse_text("h  ~tanh( a,b@2 ) # why").statements[0]))
    h ~ tanh(a, b@2)  # why
    """
    if isinstance(statement, tree.Comment):
        return f"#{(statement.comment or '').rstrip()}"
    if isinstance(statement, tree.Blank):
        return ""
    if isinstance(statement, tree.Numbers):
        return "\n".join(_numbers(statement))
    return _commented(_PRINTERS[type(statement)](statement), statement.comment)


def _commented(code: str, comment: str | None) -> str:
    return code if comment is None else f"{code}  #{comment.rstrip()}"


# ---- parts --------------------------------------------------------------------------


def print_label(label: tree.Label) -> str:
    """A category or class as the language writes it.

    Examples
    --------
    >>> print_label("red"), print_label(3), print_label(0.5), print_label(True)
    ('"red"', '3', '0.5', 'true')
    """
    if isinstance(label, str):
        return print_text(label)
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, float):
        text = print_number(label)
        # 1.0 must not read back as the whole number 1
        return text if any(c in text for c in ".e") else f"{text}.0"
    return str(int(label))


def _labels(labels: Iterable[tree.Label], between: str) -> str:
    return between.join(map(print_label, labels))


def _target(target: tree.Target) -> str:
    name = print_name(target.name)
    if target.size is None:
        return name
    index = "" if target.index is None else f"{target.index}: "
    return f"{name}[{index}{target.size}]"


def _input_item(item: tree.InputItem) -> str:
    text = print_name(item.name)
    if item.size is not None:
        text += f"[{item.size}]"
    if item.column is not None:
        text += f" = {print_text(item.column)}"
    if item.categories is not None:
        text += f": {_labels(item.categories, ' | ')}"
    return text


def _output_item(item: tree.OutputItem) -> str:
    sources = ", ".join(map(print_expression, item.sources))
    return sources if item.head is None else f"{item.head}({sources})"


def _end(value: float) -> str:
    return print_number(value) if math.isfinite(value) else ""


def _span(low: float, high: float) -> str:
    return f"{_end(low)}..{_end(high)}"


# ---- statements ---------------------------------------------------------------------


def _version(line: tree.Version) -> str:
    return f"wire {line.number}"


def _input(line: tree.Input) -> str:
    return f"input {', '.join(map(_input_item, line.items))}"


def _fixed(line: tree.Fixed) -> str:
    return f"fixed {_target(line.target)} = {print_expression(line.expression)}"


def _learnt(line: tree.Learnt) -> str:
    return f"{_target(line.target)} ~ {print_expression(line.call)}"


def _formula(line: tree.Formula) -> str:
    return f"{_target(line.target)} = {print_expression(line.expression)}"


def _let(line: tree.Let) -> str:
    text = f"let {print_name(line.name)}"
    if line.number.value is not None:
        text += f" = {print_expression(line.number)}"
    if line.bounded:
        text += f" in [{_end(line.low)}, {_end(line.high)}]"
    return text


def _output(line: tree.Output) -> str:
    text = f"output {', '.join(map(_output_item, line.items))}"
    return text if line.classes is None else f"{text} as {_labels(line.classes, ', ')}"


def _missing(line: tree.Missing) -> str:
    return f"missing {print_expression(line.name)} = {print_label(line.value)}"


def _start(line: tree.Start) -> str:
    return f"start {print_expression(line.name)} = {print_expression(line.number)}"


def _settle(line: tree.Settle) -> str:
    settings = (f"{name}={print_number(value)}" for name, value in line.settings)
    return f"settle {', '.join(settings)}".rstrip()


def _range(line: tree.Range) -> str:
    return f"range {print_expression(line.name)} {_span(line.low, line.high)}"


def _parameter(name: str, value: float | tree.Vector) -> str:
    if not isinstance(value, tree.Vector):
        return f"{name}={print_number(value)}"
    size = value.size if value.size_name is None else f"{value.size_name}={value.size}"
    return f"{name}[{size}]"


def print_definition(line: tree.Definition) -> str:
    """A definition without its comment: `activation bump(z, k=10) = exp(-k*(1 - z)**2)`."""
    parts = list(line.arguments)
    parts += [_parameter(name, value) for name, value in line.parameters]
    head = f"{line.kind} {print_name(line.name)}({', '.join(parts)})"
    values = [print_expression(value) for value in (line.formula, *line.others)]
    shown = f"({', '.join(values)})" if line.others else values[0]
    text = f"{head} = {shown}"
    for name, value in line.clauses:
        shown = _span(*value) if isinstance(value, tuple) else print_expression(value)
        text += f", {name} = {shown}"
    return text


_PRINTERS: dict[type, Callable] = {
    tree.Version: _version, tree.Input: _input, tree.Fixed: _fixed,
    tree.Learnt: _learnt, tree.Formula: _formula, tree.Let: _let,
    tree.Output: _output, tree.Missing: _missing, tree.Start: _start,
    tree.Settle: _settle, tree.Range: _range, tree.Definition: print_definition,
}  # fmt: skip


# ---- tables -------------------------------------------------------------------------


def _numbers(table: tree.Numbers) -> Iterator[str]:
    """Heading and rows, with the comments that stand before or behind rows."""
    yield _commented(f"numbers {print_name(table.name)}", table.comment)
    behind = dict(table.row_comments)
    before: dict[int, list[str | None]] = {}
    for place, text in table.inner_comments:
        before.setdefault(place, []).append(text)
    for place, row in enumerate(table.rows):
        for text in before.get(place, ()):
            yield "" if text is None else f"  #{text.rstrip()}"
        yield _commented(f"  {' '.join(map(_cell, row))}", behind.get(place))


def _cell(value: float | None) -> str:
    return "?" if value is None else print_number(value)
