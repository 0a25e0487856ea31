"""The grammar file: LALR(1) without conflicts, and its shortcuts change nothing.

Comes in: `grammar.lark`. Goes out: failures. Called by pytest.
"""

import logging
import re
import subprocess
import sys
import time

import lark
import pytest

from language.test_round_trip import DESIGN
from wildwire.language import lines, parser, words
from wildwire.language.builder import Builder
from wildwire.language.parser import parse_text
from wildwire.language.printer import print_document

TEXT = parser.GRAMMAR.read_text(encoding="utf-8")
STARTS = ["statement", "formula"]


def build(grammar, **options):
    return lark.Lark(grammar, parser="lalr", lexer="contextual", **options)


def conflicts_of(grammar, caplog, **options):
    # Lark resolves a conflict of shift and reduce in silence, unless it is asked to tell
    with caplog.at_level(logging.DEBUG, logger="lark"):
        build(grammar, debug=True, **options)
    return [r.message for r in caplog.records if "onflict" in r.message]


def test_grammar_has_no_conflicts(caplog):
    assert conflicts_of(TEXT, caplog, start=STARTS) == []


def test_the_search_for_conflicts_finds_one(caplog):
    dangling = 'start: "i" start | "i" start "e" start | "x"'
    assert conflicts_of(dangling, caplog)


def test_rows_of_tables_have_the_form_that_the_grammar_gives():
    (pattern,) = re.findall(r"^ROW: /(.*)/$", TEXT, flags=re.MULTILINE)
    assert pattern == lines.ROW.pattern


def test_words_of_the_language_are_those_of_the_grammar():
    body = TEXT[: TEXT.index("// ---- terminals")]
    first = body[body.index("?statement") : body.index("target:")]
    literals = set(re.findall(r'[:|] "([a-z]+)"', first))
    assert literals == set(words.FIRST_WORDS)
    others = set(re.findall(r'"([a-z]+)"', body)) - literals
    # `slope` stands behind a comma and a formula, where no name can stand
    assert others - {"slope"} == words.WORDS - set(words.FIRST_WORDS)


def callbacks():
    """Names of the callbacks that Lark asks for: of rules that are more than another name of their one part."""
    rules = build(TEXT, start=STARTS).rules
    return {
        rule.alias or rule.origin.name
        for rule in rules
        if not rule.origin.name.startswith("_")
        and not (rule.options.expand1 and not rule.alias)
    }


def test_every_rule_has_its_callback():
    assert [name for name in callbacks() if not hasattr(Builder, name)] == []


def test_every_callback_has_its_rule():
    helpers = {
        "at", "fail", "text_of", "refuse_word", "integer", "float_of", "indexed_name",
        "read_source", "check_slice", "function_name", "size", "distinct", "line",
        "source",
    }  # fmt: skip
    public = {name for name in dir(Builder) if not name.startswith("_")}
    assert public - helpers - callbacks() == set()


WIDE = """\
h = 0.5*x + 2.5e-3 * y[3] - 1*z@2 + 4*w[12]@3
h = f(0.5*x, 2*y) + 3*x**2 + 2*f(x) + 2*x[k] - 2*x@1..3
h ~ tanh(a, b[3], c@2, d[4]@5, "a b", e[k], f@1..2)
h = sum(a)/mean(b, c)*2*x
h = 2*x/3 + 4/2*x - 2*x*y
"""


def test_shortcuts_change_no_tree(monkeypatch):
    without = re.sub(r"^    \| (WEIGHTED|SOURCE) .*\n", "", TEXT, flags=re.MULTILINE)
    assert without.count("\n") == TEXT.count("\n") - 2
    found = parse_text(DESIGN + WIDE)
    plain = parser._Grammar()
    plain.lark = build(without, start=STARTS, transformer=plain.builder)
    monkeypatch.setattr(parser, "_grammar", lambda: plain)
    expected = parse_text(DESIGN + WIDE)
    assert found == expected
    assert [positions(s) for s in found.statements] == [
        positions(s) for s in expected.statements
    ]


def positions(node):
    """All positions below a node, in order of its fields."""
    if isinstance(node, tuple):
        return [positions(part) for part in node]
    slots = [n for cls in type(node).__mro__ for n in getattr(cls, "__slots__", ())]
    return [
        getattr(node, "position", None),
        *(positions(getattr(node, s)) for s in slots),
    ]


# ---- speed --------------------------------------------------------------------------


def seconds(task, repeats=3):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(
            f"h{i} = tanh({' + '.join(f'0.{i}{j}1234567890123*x{j}' for j in range(100))})"
            for i in range(100)
        ),
        "\n".join(
            f"h{i} ~ tanh({', '.join(f'x{j}' for j in range(100))})" for i in range(100)
        ),
        "numbers h\n"
        + "\n".join(" ".join(["-0.12345678901234567"] * 100) for _ in range(1000)),
    ],
    ids=["10,000 links", "10,000 sources", "table of 100,000"],
)
def test_large_texts_are_read_and_printed_within_a_second(text):
    parse_text("x = 1*y")
    assert seconds(lambda: parse_text(text)) < 1.0
    document = parse_text(text)
    assert seconds(lambda: print_document(document)) < 1.0


def test_reading_imports_the_parser_only_when_it_is_needed():
    code = (
        "import sys, wildwire.language.parser as p; early = 'lark' in sys.modules;"
        "p.parse_text('h = x'); print(early, 'lark' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]
