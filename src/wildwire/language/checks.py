"""What a line may hold beyond the grammar.

Comes in: parts of a line and the builder that reads it. Goes out: nothing, or a `LanguageError` at the place. Called by
`builder.py` and, for depth, by `parser.py`. What names mean, and whether they exist, is checked by `network`
and `functions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wildwire.language.expression import (
    COMPARISONS,
    Binary,
    Call,
    Expression,
    Link,
    Name,
    Number,
    Place,
    Sum,
)
from wildwire.language.expression_printer import print_expression
from wildwire.language.rewrite import parts_of, walk
from wildwire.language.tree import MOST_ELEMENTS, Vector
from wildwire.language.words import nearest, print_name

if TYPE_CHECKING:
    from wildwire.language.expression_builder import ExpressionBuilder
    from wildwire.language.tree import Target

DEEPEST_LINE = 100
"""Levels of an expression in a network; printing and walking by recursion stay far below Python's limit."""

DEEPEST_FORMULA, LARGEST_FORMULA, LONGEST_FORMULA = 30, 200, 1000
"""Levels, nodes and characters of a function's formula: derivatives grow with them."""

MEASURED = 10_000
"""Levels after which nobody counts how deep a formula is."""

CHOOSERS = ("where", "stable")
"""Functions whose first argument is a comparison."""

HEADS = ("softmax",)
SETTINGS = ("steps", "tolerance")


def closest(word: str, known) -> str:
    """` Did you mean X?`, or nothing if no known word is near."""
    near = nearest(word, known, 0.6)
    return f" Did you mean `{near}`?" if near else ""


# ---- depth --------------------------------------------------------------------------


def measure(expression: Expression | Link, deepest: int) -> tuple[int, int]:
    """Levels and nodes of an expression; stops one level below `deepest`.

    A sum is one level, and as many nodes as it has signs, which `binary_form` makes of it.
    """
    level, nodes, depth = [expression], 0, 0
    while level and depth <= deepest:
        sums = (len(node.terms) - 2 for node in level if isinstance(node, Sum))
        depth, nodes = depth + 1, nodes + len(level) + sum(sums)
        level = [part for node in level for part in parts_of(node)]
    return depth, nodes


def check_depth(builder: ExpressionBuilder, expression: Expression, deepest: int):
    """Refuse an expression with more levels than `deepest`."""
    depth, _ = measure(expression, deepest)
    if depth > deepest:
        builder.fail(
            expression,
            f"the expression is nested more than {deepest} levels deep; give parts of "
            "it names of their own",
        )


# ---- calls --------------------------------------------------------------------------


def check_call(builder: ExpressionBuilder, function, given: list, keywords: list):
    """Arguments before keywords, no keyword twice, comparisons only where a choice is made."""
    names = [keyword.name for keyword in keywords]
    for place, keyword in enumerate(keywords):
        if keyword.name in names[:place]:
            builder.fail(keyword.position, f"`{keyword.name}` is given twice")
    if keywords and given[-len(keywords) :] != keywords:
        builder.fail(
            keywords[0].position,
            f"parameters such as `{names[0]}=...` stand behind all arguments",
        )
    for place, argument in enumerate(given):
        compares = isinstance(argument, Binary) and argument.operator in COMPARISONS
        if compares and (place or str(function) not in CHOOSERS):
            builder.fail(
                argument,
                "a comparison stands only as the first argument of "
                "`where(condition, a, b)`",
            )


# ---- lines of neurons ---------------------------------------------------------------


def check_constants(builder: ExpressionBuilder, expression: Expression):
    """No unknown number in a `fixed` line: reading it back trained would freeze it."""
    for node in walk(expression):
        if isinstance(node, Number) and node.value is None:
            builder.fail(
                node,
                "a `fixed` line holds constants; for an unknown number write "
                "`let a` on a line of its own and use its name here",
            )


def check_learnt(builder: ExpressionBuilder, target: Target, expression: Expression):
    """Right of `~` stands one call of sources; see `tree.Learnt`."""
    if not isinstance(expression, Call):
        builder.fail(expression, _sources_sentence(target, expression))
    calls = [expression]
    for argument in expression.arguments:
        if isinstance(argument, Call):
            calls.append(argument)
            if len(expression.arguments) > 1:
                builder.fail(
                    expression,
                    f"`{expression.function}(...)` holds either sources or one "
                    "transfer alone; give what else it reads lines of its own",
                )
    for call in calls:
        for argument in call.arguments:
            if argument is not calls[-1]:
                _check_source(builder, target, argument)
        for name, value in call.keywords:
            _check_parameter(builder, name, value)


def _sources_sentence(target: Target, expression: Expression) -> str:
    names = [n for n in walk(expression) if isinstance(n, Name)]
    sources = ", ".join(dict.fromkeys(print_expression(n) for n in names[:4])) or "x"
    more = ", ..." if len(names) > 4 else ""
    return (
        f"commas list sources, `{print_name(target.name)} ~ linear({sources}{more})`; "
        "for a literal formula use `=` and `?`"
    )


def _check_source(builder: ExpressionBuilder, target: Target, argument):
    if isinstance(argument, Name):
        return
    if isinstance(argument, Call):
        builder.fail(
            argument,
            "right of `~` stand an activation and at most one transfer inside it; "
            "give what is deeper a line of its own",
        )
    if isinstance(argument, Number):
        if argument.frozen and argument.value == 0:
            return
        builder.fail(
            argument,
            "among the sources of a `~` line the only number is `[0]`, which means "
            "no bias",
        )
    if isinstance(argument, Link):
        builder.fail(
            argument, "numbers of a link stand in an `=` line; `~` lists sources only"
        )
    builder.fail(argument, _sources_sentence(target, argument))


def _check_parameter(builder: ExpressionBuilder, name: str, value: Expression):
    if isinstance(value, Number):
        return
    if isinstance(value, Name) and value.index is None and value.delay is None:
        return
    builder.fail(
        value,
        f"in a `~` line `{name}=` takes a number, `[number]`, `?` or a `let` name",
    )


# ---- other statements ---------------------------------------------------------------


def check_head(builder: ExpressionBuilder, token):
    """The heads that an output can have."""
    if token not in HEADS:
        builder.fail(
            token,
            "outputs are names of neurons, or `softmax(...)` of them, not "
            f"`{token}(...)`; a function stands in a line of its own."
            f"{closest(token, HEADS)}",
        )


def check_setting(builder: ExpressionBuilder, token, value: float):
    """Names and values of `settle`."""
    if token not in SETTINGS:
        builder.fail(
            token,
            f"`settle` knows `steps` and `tolerance`, not `{token}`."
            f"{closest(token, SETTINGS)}",
        )
    whole = value == int(value)
    if value <= 0 or (token == "steps" and not whole):
        kind = "a whole number above 0" if token == "steps" else "above 0"
        builder.fail(token, f"`{token}` must be {kind}")


# ---- functions ----------------------------------------------------------------------


def check_formula(builder: ExpressionBuilder, expression: Expression):
    """A formula of a function: sizes, and nothing in it that only a network has."""
    depth, nodes = measure(expression, MEASURED)
    if depth > DEEPEST_FORMULA:
        builder.fail(
            expression,
            f"the formula is nested {depth} levels deep; at most {DEEPEST_FORMULA} "
            "levels are allowed",
        )
    if nodes > LARGEST_FORMULA:
        builder.fail(
            expression,
            f"the formula has {nodes} parts; at most {LARGEST_FORMULA} are allowed",
        )
    for node in walk(expression):
        reason = _not_of_formulas(node)
        if reason:
            builder.fail(node, reason)


def _not_of_formulas(node) -> str | None:
    if isinstance(node, Number) and (node.frozen or node.value is None):
        return "numbers in the formula of a function are constants, written plainly"
    if isinstance(node, Name) and node.delay is not None:
        return _NO_INDICES
    if isinstance(node, Link):
        return "the formula of a function knows no links: `:` does not stand there"
    if isinstance(node, Call) and node.keywords:
        return "in the formula of a function, arguments are given by place, without `=`"
    return None


_NO_INDICES = "the formula of a function knows no indices and no delays"


def check_elements(builder: ExpressionBuilder, expression: Expression, vectors):
    """An index is that of one element of a vector parameter: `v[0]`, `v[knots-1]`."""
    for node in walk(expression):
        if not isinstance(node, Name) or node.index is None:
            continue
        if node.name not in vectors:
            builder.fail(node, _NO_INDICES)
        if not isinstance(node.index, Place):
            builder.fail(
                node,
                f"one element of the vector `{node.name}` is written `{node.name}[0]`; "
                f"all of them stand inside a reduction, `sum({node.name})`",
            )


def check_signature(builder: ExpressionBuilder, parameters: list):
    """Arguments first, then parameters with defaults; no name twice."""
    names: list[str] = []
    with_default = False
    for name, default, position in parameters:
        if name in names:
            builder.fail(position, f"`{name}` stands twice in the brackets")
        names.append(name)
        if default is None and with_default:
            builder.fail(
                position,
                f"the argument `{name}` stands behind a parameter with a default; "
                "arguments come first",
            )
        with_default = with_default or default is not None
    for _, default, position in parameters:
        if isinstance(default, Vector) and default.size_name in names:
            builder.fail(
                position, f"`{default.size_name}` stands twice in the brackets"
            )
    if parameters[0][1] is not None:
        builder.fail(
            parameters[0][2], "a function has at least one argument, without a default"
        )


def check_vectors(
    builder: ExpressionBuilder, vectors: dict[str, Vector], clauses: list, position
):
    """Sizes within bounds, one size for one name of a size, starts of vectors only."""
    sizes: dict[str, int] = {}
    for name, vector in vectors.items():
        if not 1 <= vector.size <= MOST_ELEMENTS:
            builder.fail(
                position,
                f"the vector `{name}` has {vector.size} elements; a vector has 1 to "
                f"{MOST_ELEMENTS}",
            )
        known = sizes.setdefault(vector.size_name or name, vector.size)
        if known != vector.size:
            builder.fail(
                position, f"`{vector.size_name}` is {known} and {vector.size}: one size"
            )
    for clause, _ in clauses:
        word, _, name = clause.partition(" ")
        if word == "start" and name not in vectors:
            builder.fail(
                position,
                f"`start {name}` is for a vector parameter, `{name}[8]`; other "
                "parameters start at their default",
            )


def check_clauses(builder: ExpressionBuilder, clauses: list, position):
    """No clause twice, and a range that is not empty."""
    names = [name for name, _ in clauses]
    for name in set(names):
        if names.count(name) > 1:
            builder.fail(position, f"`{name}` is given twice")
    low, high = dict(clauses).get("range", (0.0, 1.0))
    if not low < high:
        builder.fail(position, f"the range {low:g}..{high:g} is empty")
