"""What the grammar's rules for statements make.

Comes in: tokens and the trees of the parts. Goes out: statements. Called by Lark while `parser.py` reads a line; a
callback has the name of its rule and takes the list of the rule's parts.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from wildwire.language import checks, tree
from wildwire.language.expression import Expression, Number, Position
from wildwire.language.expression_builder import ExpressionBuilder
from wildwire.language.printer import print_label
from wildwire.language.rewrite import binary_form


class Builder(ExpressionBuilder):
    """All callbacks of Lark's parser."""

    # ---- lines of neurons -----------------------------------------------------------

    def target(self, parts) -> tree.Target:
        if isinstance(parts[0], tuple):
            name, position = parts[0]
            return tree.Target(name, None, None, position)
        token = parts[0]
        name, size = self.indexed_name(token), self.size(parts[1])
        return tree.Target(name, size, None, self.at(token))

    def element_target(self, parts) -> tree.Target:
        token, index, size = parts
        name, variable = self.indexed_name(token), self.text_of(index)
        return tree.Target(name, self.size(size), variable, self.at(token))

    def size(self, token) -> int:
        return self.integer(token) or self.fail(
            token, "a group has at least one member"
        )

    def fixed(self, parts) -> tree.Fixed:
        checks.check_depth(self, parts[1], checks.DEEPEST_LINE)
        checks.check_constants(self, parts[1])
        return tree.Fixed(*parts, line=self.line)

    def learnt(self, parts) -> tree.Learnt:
        checks.check_learnt(self, *parts)
        return tree.Learnt(*parts, line=self.line)

    def equation(self, parts) -> tree.Formula:
        checks.check_depth(self, parts[1], checks.DEEPEST_LINE)
        return tree.Formula(*parts, line=self.line)

    # ---- other statements -----------------------------------------------------------

    def version(self, parts) -> tree.Version:
        return tree.Version(self.integer(parts[0]), line=self.line)

    def input_name(self, parts) -> tuple[str, int | None, Position]:
        if isinstance(parts[0], tuple):
            return parts[0][0], None, parts[0][1]
        return self.indexed_name(parts[0]), self.size(parts[1]), self.at(parts[0])

    def input_item(self, parts) -> tree.InputItem:
        (name, size, position), column, categories = parts
        if column is not None:
            column = self.text_label([column])
        if size is not None and categories is not None:
            self.fail(position, f"{name} has a size and categories; it can have one")
        if categories is not None:
            self.distinct(categories, position)
        return tree.InputItem(name, size, column, categories, position)

    def distinct(self, labels, position: Position):
        """Refuse a label that stands twice; 1, 1.0 and true are one entry of a Python table."""
        seen = set()
        for label in labels:
            if label in seen:
                shown = print_label(label)
                also = (
                    "" if isinstance(label, str) else " (1, 1.0 and true are the same)"
                )
                self.fail(position, f"{shown} stands twice among the labels{also}")
            seen.add(label)

    def categories(self, parts) -> tuple:
        return tuple(parts)

    labels = categories

    def input(self, parts) -> tree.Input:
        return tree.Input(tuple(parts), line=self.line)

    def let(self, parts) -> tree.Let:
        (name, position), number, bounds = parts
        number = Number(None) if number is None else number
        low, high = (-math.inf, math.inf) if bounds is None else bounds
        if not low <= high:
            self.fail(position, f"the lower bound {low:g} is above the upper {high:g}")
        if number.value is not None and not low <= number.value <= high:
            self.fail(position, f"{name} = {number.value!r} is outside of its bounds")
        return tree.Let(name, number, low, high, line=self.line)

    def bounds(self, parts) -> tuple[float, float]:
        low, high = parts
        return (-math.inf if low is None else low, math.inf if high is None else high)

    span = bounds

    def output_item(self, parts) -> tree.OutputItem:
        return tree.OutputItem((parts[0],))

    def head(self, parts) -> tree.OutputItem:
        checks.check_head(self, parts[0])
        return tree.OutputItem(tuple(parts[1:]), str(parts[0]))

    def output(self, parts) -> tree.Output:
        *items, classes = parts
        if classes is not None:
            position = items[-1].sources[0].position
            self.distinct(classes, position)
            if len(items) > 1:
                self.fail(
                    position,
                    "with class labels an output has a line of its own; several "
                    "`output` lines add up",
                )
        return tree.Output(tuple(items), classes, line=self.line)

    def missing(self, parts) -> tree.Missing:
        return tree.Missing(*parts, line=self.line)

    def start(self, parts) -> tree.Start:
        return tree.Start(*parts, line=self.line)

    def setting(self, parts) -> tuple[str, float]:
        checks.check_setting(self, *parts)
        return str(parts[0]), parts[1]

    def settle(self, parts) -> tree.Settle:
        settings = tuple(part for part in parts if part is not None)
        return tree.Settle(settings, line=self.line)

    def span_of(self, parts) -> tree.Range:
        name, (low, high) = parts
        if math.isinf(low) or math.isinf(high):
            self.fail(name, "a range has two ends, as in `range x 4.3..7.9`")
        if low > high:
            self.fail(name, f"the range {low:g}..{high:g} runs backwards")
        return tree.Range(name, low, high, line=self.line)

    def numbers(self, parts) -> tree.Numbers:
        return tree.Numbers(parts[0][0], (), line=self.line)

    # ---- functions ------------------------------------------------------------------

    def parameter(self, parts) -> tuple[str, float | None, Position]:
        return self.text_of(parts[0]), parts[1], self.at(parts[0])

    def vector(self, parts) -> tuple[str, tree.Vector, Position]:
        token, size_name, size = parts
        if token[0] == '"':
            self.fail(token, "the name of a parameter is written without quotes")
        name, position = self.indexed_name(token), self.at(token)
        if size_name is not None:
            size_name = self.text_of(size_name)
        return name, tree.Vector(self.integer(size), size_name), position

    def slope(self, parts) -> tuple[str, Any]:
        return "slope", self._body(parts[0])

    def starts(self, parts) -> tuple[str, Any]:
        return f"start {self.text_of(parts[0])}", self._body(parts[1])

    def reach(self, parts) -> tuple[str, Any]:
        return "range", parts[0]

    def formula(self, parts) -> Expression:
        """The formula of a function: checked, and in binary form."""
        checks.check_elements(self, parts[0], {})
        return self._body(parts[0])

    def _body(self, expression: Expression) -> Expression:
        """A formula whose names may still be elements of vectors."""
        checks.check_formula(self, expression)
        return binary_form(expression)

    def definition(self, parts) -> tree.Definition:
        name, position = parts[0]
        parameters = [p for p in parts[1:] if isinstance(p, tuple) and len(p) == 3]
        formula, *clauses = parts[1 + len(parameters) :]
        checks.check_signature(self, parameters)
        checks.check_clauses(self, clauses, position)
        others: tuple = ()
        if isinstance(formula, list):
            formula, *rest = formula
            others = tuple(self.formula([other]) for other in rest)
        vectors = {n: v for n, v, _ in parameters if isinstance(v, tree.Vector)}
        checks.check_vectors(self, vectors, clauses, position)
        bodies = [body for _, body in clauses if not isinstance(body, tuple)]
        for body in (formula, *bodies):
            checks.check_elements(self, body, vectors)
        arguments = tuple(key for key, value, _ in parameters if value is None)
        pairs = tuple((key, value) for key, value, _ in parameters if value is not None)
        return tree.Definition(
            "", name, arguments, pairs, self._body(formula), tuple(clauses), others,
            line=self.line,
        )  # fmt: skip

    def activation(self, parts) -> tree.Definition:
        return replace(parts[0], kind="activation")

    def transfer(self, parts) -> tree.Definition:
        return replace(parts[0], kind="transfer")

    def loss(self, parts) -> tree.Definition:
        return replace(parts[0], kind="loss")
