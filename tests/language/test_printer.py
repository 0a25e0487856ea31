"""The canonical form.

Comes in: texts in any form. Goes out: failures. Called by pytest.
"""

import pytest

from wildwire.errors import LanguageError
from wildwire.language import tree
from wildwire.language.expression import Binary, Call, Link, Name, Number, Sum, Unary
from wildwire.language.parser import parse_text
from wildwire.language.printer import (
    print_document,
    print_expression,
    print_label,
    print_name,
    print_number,
    print_statement,
)

# as written, in canonical form
FORMS = [
    ("h=2*x", "h = 2*x"),
    ("  h  ~tanh( a ,b@2 )#why ", "h ~ tanh(a, b@2)  #why"),
    ("h = x + -1.2*y", "h = x - 1.2*y"),
    ("h = x - -y", "h = x + y"),
    ("h = x - - - y", "h = x - y"),
    ("h = x - ?*y", "h = x + ?*y"),
    ("h = -?", "h = ?"),
    ("h = +x", "h = x"),
    ("h = -(2*x)", "h = -2*x"),
    ("h = x - (y)", "h = x - y"),
    ("h = x - (y*z)", "h = x - y*z"),
    ("h = x - (y + z)", "h = x - (y + z)"),
    ("h = (x + y) + z", "h = (x + y) + z"),
    ("h = x + (y - z)", "h = x + (y - z)"),
    ("h = (x*y)*z", "h = x*y*z"),
    ("h = x*(y*z)", "h = x*(y*z)"),
    ("h = x/(y/z)", "h = x/(y/z)"),
    ("h = x*-2", "h = x*-2"),
    ("h = -x**2", "h = -x**2"),
    ("h = (-x)**2", "h = (-x)**2"),
    ("h = (-2)**2", "h = (-2)**2"),
    ("h = -2**2", "h = -2**2"),
    ("h = 2**-x", "h = 2**-x"),
    ("h = (x**y)**z", "h = (x**y)**z"),
    ("h = x**(y**z)", "h = x**y**z"),
    ("h = [ 0.9 ]*x - [-0.5]", "h = [0.9]*x + [0.5]"),
    ("h = x - [0.5]*y", "h = x - [0.5]*y"),
    ("h = - [0.5]*y", "h = [-0.5]*y"),
    ("h = -0*x", "h = -0*x"),
    ("h = x@0 + y@2..2", "h = x + y@2"),
    ("h = x@0..2", "h = x@0..2"),
    ('h = "x" + "a b" + "in"', 'h = x + "a b" + "in"'),
    ("h = x[ 3 ] + x[1 .. 4]", "h = x[3] + x[1..4]"),
    ("r[k : 3] = x[1*k + 0] + x[2 * k - 1]", "r[k: 3] = x[k] + x[2*k-1]"),
    ("h = f(x,k = 3)", "h = f(x, k=3)"),
    ("h = f(x:.5,(x,y):-2,z:(1,2))", "h = f(x: 0.5, (x, y): -2, z: (1, 2))"),
    ("h = where(x<=y,1,0)", "h = where(x <= y, 1, 0)"),
    ("let a = ?", "let a"),
    ("let a in [0,]", "let a in [0, ]"),
    ("let a = 1.50 in [ ,2.0 ]", "let a = 1.5 in [, 2]"),
    ("input  x,y[3]", "input x, y[3]"),
    ('input c="C":1|"b"|false|0.50', 'input c = "C": 1 | "b" | false | 0.5'),
    ("output softmax( z ) as 1 , 2", "output softmax(z) as 1, 2"),
    ("missing x = 3.0", "missing x = 3.0"),
    ("range x -1 .. 2", "range x -1..2"),
    ("settle steps = 5", "settle steps=5"),
    ("loss f(o,t)=o-t,range=..1", "loss f(o, t) = o - t, range = ..1"),
    ("activation f(z) = z + -1*z, slope=1", "activation f(z) = z - 1*z, slope = 1"),
    ("numbers h#a\n1\t2 +3\n\n\n\n# b\n.5 1. ?", "numbers h  #a\n  1 2 3\n\n  # b\n  0.5 1 ?"),
    ("\n\n# a\n\n\nh = x\n\n\n", "# a\n\nh = x"),
    ("#", "#"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("written", "canonical"), FORMS)
def test_canonical_form(written, canonical):
    document = parse_text(written)
    assert print_document(document) == (f"{canonical}\n" if canonical else "")
    assert parse_text(canonical) == document


NUMBERS = [
    (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (-3.0, "-3"), (0.1, "0.1"), (1e-5, "1e-5"),
    (1.5e-7, "1.5e-7"), (1e8, "1e8"), (-2.5e7, "-2.5e7"), (100000.0, "100000"),
    (1e6, "1e6"), (1000001.0, "1000001"), (123456789.0, "123456789"), (1e22, "1e22"),
    (1.7976931348623157e308, "1.7976931348623157e308"), (5e-324, "5e-324"),
    (1 / 3, "0.3333333333333333"), (2, "2"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers_have_the_fewest_digits(value, text):
    assert print_number(value) == text
    assert float(text) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_only_finite_numbers_are_written(value):
    with pytest.raises(LanguageError, match="not a finite number"):
        print_number(value)
    with pytest.raises(LanguageError, match="not a finite number"):
        Number(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "x"),
        ("_x1", "_x1"),
        ("1x", '"1x"'),
        ("a b", '"a b"'),
        ("let", '"let"'),
        ("slope", "slope"),
        ('5" disk', '"5\\" disk"'),
        ("back\\slash", '"back\\\\slash"'),
        ("two\nlines\r\t", '"two\\nlines\\r\\t"'),
        ("\u00e9t\u00e9", '"\u00e9t\u00e9"'),
        ("a\u202eb", '"a\\u202eb"'),
        ("\ud800", '"\\ud800"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("\u2028", '"\\u2028"'),
    ],
)
def test_names(name, text):
    assert print_name(name) == text
    (line,) = parse_text(f"h = {text}").statements
    assert line.expression == Name(name)


def test_labels_keep_their_type():
    labels = ("1", 1.0, 2, True, -0.5, 1e300, -(10**30))
    texts = [print_label(label) for label in labels]
    assert texts == [
        '"1"', "1.0", "2", "true", "-0.5", "1e300", "-1000000000000000000000000000000",
    ]  # fmt: skip
    for label, text in zip(labels, texts, strict=True):
        (line,) = parse_text(f"missing x = {text}").statements
        assert (line.value, type(line.value)) == (label, type(label))


X, Y = Name("x"), Name("y")
UNUSUAL = [
    # trees that the parser does not make, but a layer may build
    (Binary("+", X, Binary("*", Number(-2.0), Y)), "x + -2*y"),
    (Binary("-", Binary("+", X, Y), Binary("-", X, Y)), "x + y - (x - y)"),
    (Unary("-", Number(0.5)), "-0.5"),
    (Unary("-", Binary("*", X, Y)), "-(x*y)"),
    (Sum((Unary("-", X), Unary("-", Sum((X, Y))))), "-x - (x + y)"),
    (Call("f", (Link((X,), (Name("a"),)),)), "f(x: a)"),
]


@pytest.mark.parametrize(("node", "text"), UNUSUAL)
def test_expressions_built_by_hand(node, text):
    assert print_expression(node) == text


def test_a_chain_of_two_operands_has_no_depth_in_the_printer():
    node = X
    for i in range(5000):
        node = Binary("-" if i % 2 else "+", node, Number(float(i)))
    text = print_expression(node)
    assert text.startswith("x + 0 - 1 + 2 - 3")
    assert text.endswith("- 4999")


def test_a_comment_cannot_leave_its_line():
    for text in ("a\nb", "a\rb"):
        with pytest.raises(LanguageError, match="end of its line"):
            tree.Comment(comment=text)


def test_comments_stay_at_their_statements_when_rows_are_replaced():
    from dataclasses import replace

    (table,) = parse_text("numbers h # a\n 1 # b\n # c\n 2").statements
    changed = replace(table, rows=((None, 5.0), (7.0,)))
    assert print_statement(changed) == "numbers h  # a\n  ? 5  # b\n  # c\n  7"


def test_version_line():
    document = parse_text("h = x")
    assert document.version is None
    assert print_document(document.with_version()) == "wire 1\nh = x\n"
    stamped = parse_text("# model\nwire 1\nh = x")
    assert stamped.version == 1
    assert stamped.with_version() is stamped
