"""What is refused, where, and in which words.

Comes in: texts that are not of the language. Goes out: failures. Called by pytest.
"""

import pytest

from wildwire.errors import LanguageError
from wildwire.language.parser import parse_definition, parse_formula, parse_text

# text, line, column, what the message must say
CASES = [
    # `~` lines
    ("y ~ x1 + x2", 1, 5, "commas list sources, `y ~ linear(x1, x2)`; for a literal formula use `=` and `?`"),
    ("y ~ x1", 1, 5, "`y ~ linear(x1)`"),
    ("y ~ 0.5*x1 + x2", 1, 5, "`y ~ linear(x1, x2)`"),
    ("y ~ tanh(x1 + x2)", 1, 10, "`y ~ linear(x1, x2)`"),
    ("y ~ tanh(x, 3)", 1, 13, "`[0]`, which means no bias"),
    ("y ~ tanh(x, [1])", 1, 13, "`[0]`, which means no bias"),
    ("y ~ tanh(x, ?)", 1, 13, "`[0]`, which means no bias"),
    ("y ~ tanh(x: 0.3)", 1, 10, "numbers of a link stand in an `=` line"),
    ("y ~ tanh(linear(x), z)", 1, 5, "holds either sources or one transfer alone"),
    ("y ~ tanh(product(max(x)))", 1, 18, "at most one transfer"),
    ("y ~ bump(x, k=2*3)", 1, 15, "`k=` takes a number"),
    ("y ~ f(k=1, x)", 1, 7, "stand behind all arguments"),
    ("y = f(x, k=1, k=2)", 1, 15, "`k` is given twice"),
    # names and words
    ("inptu x1, x2", 1, 7, "Did you mean `input`?"),
    ("ouput y", 1, 7, "Did you mean `output`?"),
    ("activatoin f(z) = z", 1, 12, "Did you mean `activation`?"),
    ("y = tanh(input)", 1, 10, 'written in quotes: "input"'),
    ("y = 2*let + 1", 1, 7, 'written in quotes: "let"'),
    ("output = 3", 1, 8, 'written in quotes: "output"'),
    ("let let = 3", 1, 5, 'written in quotes: "let"'),
    ("input x, true", 1, 10, 'written in quotes: "true"'),
    ('input ""', 1, 7, "a name cannot be empty"),
    ('y = "a\\q"', 1, 5, "unknown escape \\q"),
    ('y = 2*"abc', 1, 7, "quotes opened here are not closed"),
    ('input x = "\\u12"', 1, 11, "unknown escape"),
    ('input x = "\\Uffffffff"', 1, 11, "unknown escape"),
    # brackets, operators, ends
    ("y = (2*x", 1, 9, "the bracket opened in column 5 is not closed"),
    ("y = 2*x)", 1, 8, "closes a bracket that was not opened"),
    ("y = 2 x", 1, 7, "a product is written with `*`"),
    ("y ~ tanh(x1 x2)", 1, 13, "arguments are parted by `,`"),
    ("y = x [0.9]", 1, 7, "an index touches its name"),
    ("y = x [3]", 1, 7, "an index touches its name"),
    ("y =", 1, 4, "a name, number or bracket should follow"),
    ("y", 1, 2, "`=` or `~` should follow"),
    ("x = 1*y\n\n  y = = 3", 3, 7, "a name, number or bracket should follow"),
    ("let", 1, 4, "a name should follow"),
    ("0.5 0.3", 1, 1, "a statement such as"),
    ("y = x^2", 1, 6, "powers are written `**`"),
    ("y = x.real", 1, 6, "a point stands only inside numbers"),
    ("y = x'", 1, 6, "quotes are double"),
    ("y = {x}", 1, 5, "brackets are `(` and `[`"),
    ("y = x; z = x", 1, 6, "a statement ends with its line"),
    ("y = where(a < b & c, 1, 0)", 1, 17, "conditions are nested"),
    ("y = a < b", 1, 7, "cannot stand here"),
    ("y = f(a < b)", 1, 7, "`where(condition, a, b)`"),
    ("y = where(a, b < c, d)", 1, 14, "`where(condition, a, b)`"),
    ("y = where(a < b < c, 1, 0)", 1, 17, "cannot stand here"),
    ("y = \u2212x", 1, 5, "(minus sign) cannot stand here; write `-`"),
    ("y = \u0445 + 1", 1, 5, "cyrillic small letter ha"),
    ("y = \uff58", 1, 5, "write `x`"),
    ("y = \u201cx\u201d", 1, 5, 'write `"`'),
    ("y = x\x00", 1, 6, "cannot stand here"),
    # numbers
    ("y = 1e999*x", 1, 5, "too large"),
    ("y = [-1e999]", 1, 5, "too large"),
    ("y = [?]", 1, 5, "cannot stand here"),
    ("let a = 1e400", 1, 9, "too large"),
    ("fixed y = 2*x + ?", 1, 17, "holds constants"),
    ("numbers h\n 1 2 1.2.3", 2, 6, "`1.2.3` in a row of numbers"),
    ("numbers h\n 1 1e999", 2, 4, "`1e999` in a row of numbers"),
    ("numbers h\n 1 nan", 2, 2, "cannot stand here"),
    ("numbers h\n 1 1_0", 2, 2, "cannot stand here"),
    # groups, indices, delays
    ("h[0] ~ tanh(x)", 1, 3, "at least one member"),
    ("y = x[5..3]", 1, 5, "the slice 5..3 runs backwards"),
    ("y = x[k+1..k]", 1, 5, "runs backwards"),
    ("y = x@3..1", 1, 7, "the delays 3..1 run backwards"),
    ("y = x[1234567890]", 1, 7, "too large for a size, index or delay"),
    ("y = f(x[1234567890])", 1, 7, "too large for a size, index or delay"),
    ("y = x[-1]", 1, 7, "a whole number"),
    ("y = x[1.5]", 1, 8, "cannot stand here"),
    ("r[k: 3] = x[0*k]", 1, 13, "always the same"),
    ("r[in: 3] = x", 1, 3, "a word of the language"),
    # links
    ("y = f(2*x: 3)", 1, 7, "left of `:` stand sources"),
    ("y = f((x, 2): 3)", 1, 11, "left of `:` stand sources"),
    ("y = f((x, z))", 1, 13, "`:` should follow"),
    # other statements
    ("input x[3]: 1 | 2", 1, 7, "has a size and categories"),
    ('input c: "a" | "a"', 1, 7, "stands twice"),
    ("output y as 1, true", 1, 8, "true stands twice among the labels (1, 1.0 and true are the same)"),
    ('output y as "a", "a"', 1, 8, "stands twice"),
    ("output a, b as 1, 2", 1, 11, "a line of its own"),
    ("output sofmax(z)", 1, 8, "Did you mean `softmax`?"),
    ("output y@1", 1, 9, "cannot stand here"),
    ("output 2*y", 1, 8, "a name should follow"),
    ("let a in [1, 0]", 1, 5, "the lower bound 1 is above the upper 0"),
    ("let a = 3 in [0, 1]", 1, 5, "outside of its bounds"),
    ("start m@1 = 3", 1, 8, "cannot stand here"),
    ("missing x = ?", 1, 13, "cannot stand here"),
    ("range x 3..", 1, 7, "has two ends"),
    ("range x 3..1", 1, 7, "runs backwards"),
    ("settle stepz=3", 1, 8, "Did you mean `steps`?"),
    ("settle steps=0", 1, 8, "a whole number above 0"),
    ("settle steps=1.5", 1, 8, "a whole number above 0"),
    ("settle tolerance=-1", 1, 8, "above 0"),
    # functions
    ("activation f(k=1) = k", 1, 14, "at least one argument"),
    ("activation f() = 3", 1, 14, "a name should follow"),
    ("activation f(z, k=1, w) = k", 1, 22, "arguments come first"),
    ("activation f(z, z) = z", 1, 17, "stands twice"),
    ("activation f(z) = [3]*z", 1, 19, "constants, written plainly"),
    ("activation f(z) = ?*z", 1, 19, "constants, written plainly"),
    ("activation f(z) = z[1]", 1, 19, "no indices and no delays"),
    ("activation f(z) = z@1", 1, 19, "no indices and no delays"),
    ("activation f(z) = g(z, k=1)", 1, 19, "given by place"),
    ("activation f(z) = g(z: 1)", 1, 21, "no links"),
    ("activation f(z) = z, slop = 3", 1, 22, "`range`, `slope` or `start` should follow"),
    ("activation f(z) = z, slope = 1, slope = 2", 1, 12, "`slope` is given twice"),
    ("activation f(z) = z, range = 2..1", 1, 12, "the range 2..1 is empty"),
    # version
    ("wire 2", 1, 1, "version 2 of the language"),
    ("# old\n\nwire 17 of the future!", 3, 1, "Update Wildwire"),
    ("wire 0", 1, 1, "there is no version 0"),
    ("input x\nwire 1", 2, 1, "in front of everything else"),
    ("wire 1\nwire 1", 2, 1, "in front of everything else"),
    ("wire x", 1, 6, "a whole number should follow"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "words"), CASES)
def test_refused_at_the_place_with_a_reason(text, line, column, words):
    with pytest.raises(LanguageError) as caught:
        parse_text(text)
    error = caught.value
    assert words in error.message
    assert (error.line, error.column) == (line, column)
    assert error.source == text.split("\n")[line - 1].rstrip()


@pytest.mark.parametrize(("text", "line", "column", "words"), CASES)
def test_messages_speak_no_parser(text, line, column, words):
    with pytest.raises(LanguageError) as caught:
        parse_text(text)
    for token in (
        "Token",
        "LPAR",
        "NAME",
        "$END",
        "UNKNOWN",
        "expected_",
        "Unexpected",
    ):
        assert token not in caught.value.message


def test_caret_stands_under_the_place():
    with pytest.raises(LanguageError) as caught:
        parse_text("input x\nh = 2*x + * 3  # why")
    shown = str(caught.value).split("\n")
    assert shown[0].startswith("line 2, column 11: ")
    assert shown[1][shown[2].index("^")] == "*"
    assert shown[1] == "  h = 2*x + * 3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the text of the formula is empty"),
        ("# only this", "the text of the formula is empty"),
        ("z\nz", "a formula stands on one line"),
        ("z +", "should follow"),
        ("z = 3", "cannot stand here"),
        ("[3]*z", "constants"),
        ("z" + "+z" * 499 + " + z", "at most 1,000 characters"),
        ("+".join("z" * 150), "at most 200"),
        ("(-" * 40 + "z" + ")" * 40 + "**2" * 40, "30 levels"),
        ("z**" * 40 + "z", "30 levels"),
        ("sin(" * 40 + "z" + ")" * 40, "30 levels"),
    ],
)
def test_formulas_refused(text, words):
    with pytest.raises(LanguageError, match=None) as caught:
        parse_formula(text)
    assert words in caught.value.message


def test_a_definition_is_no_other_statement():
    with pytest.raises(LanguageError, match="a definition begins with"):
        parse_definition("h = 2*z")
    with pytest.raises(LanguageError, match="at most 1,000 characters"):
        parse_definition("activation f(z) = z" + " " * 1000)


@pytest.mark.parametrize("value", [None, 3, b"input x", ["input x"]])
def test_only_text_is_read(value):
    for read in (parse_text, parse_formula, parse_definition):
        with pytest.raises(LanguageError, match="text"):
            read(value)


def test_a_text_that_is_too_long_is_refused_unread(monkeypatch):
    monkeypatch.setattr("wildwire.language.lines.LONGEST_TEXT", 10)
    with pytest.raises(LanguageError, match="at most 10 characters, this one has 11"):
        parse_text("x" * 11)
