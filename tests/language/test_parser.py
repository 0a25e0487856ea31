"""What lines mean: the trees that the parser makes.

Comes in: texts. Goes out: failures. Called by pytest.
"""

import copy
import math
import pickle

import pytest

from wildwire.language import tree
from wildwire.language.expression import (
    Binary,
    Call,
    Category,
    Link,
    Name,
    Number,
    Place,
    Slice,
    Sum,
    Unary,
)
from wildwire.language.parser import parse_definition, parse_formula, parse_text


def first(text):
    (statement,) = parse_text(text).statements
    return statement


def expression(text):
    return first(f"h = {text}").expression


X, Y, Z = Name("x"), Name("y"), Name("z")

EXPRESSIONS = [
    ("x", X),
    ("0.5", Number(0.5)),
    ("[0.5]", Number(0.5, frozen=True)),
    ("[-5e-1]", Number(-0.5, frozen=True)),
    ("?", Number(None)),
    ("-0.5", Number(-0.5)),
    ("x + y - z", Sum((X, Y, Unary("-", Z)))),
    ("x - 2*y", Sum((X, Binary("*", Number(-2.0), Y)))),
    ("x - 2/y*z", Sum((X, Binary("*", Binary("/", Number(-2.0), Y), Z)))),
    ("(x + y) + z", Sum((Sum((X, Y)), Z))),
    ("x*y/z", Binary("/", Binary("*", X, Y), Z)),
    ("x**y**z", Binary("**", X, Binary("**", Y, Z))),
    ("-x**2", Unary("-", Binary("**", X, Number(2.0)))),
    ("-x*y", Binary("*", Unary("-", X), Y)),
    ("2**-1", Binary("**", Number(2.0), Number(-1.0))),
    ("x@2", Name("x", delay=2)),
    ("x@1..3", Name("x", delay=(1, 3))),
    ("x[3]@1", Name("x", Place(3), 1)),
    ("x[3..7]", Name("x", Slice(Place(3), Place(7)))),
    ("x[k]", Name("x", Place(0, "k"))),
    ("x[k+1]", Name("x", Place(1, "k"))),
    ("x[k - 1]", Name("x", Place(-1, "k"))),
    ("x[2*k+1]", Name("x", Place(1, "k", 2))),
    ("x[k..k+2]", Name("x", Slice(Place(0, "k"), Place(2, "k")))),
    ('colour["red"]', Name("colour", Category("red"))),
    ('"a b"[3]@2', Name("a b", Place(3), 2)),
    ("f()", Call("f", ())),
    ("f(x, 2)", Call("f", (X, Number(2.0)))),
    ("f (x)", Call("f", (X,))),
    ("f(x, k=[3])", Call("f", (X,), (("k", Number(3.0, True)),))),
    ('"my f"(x)', Call("my f", (X,))),
    ("range(x)", Call("range", (X,))),
    ("f(x: 0.3)", Call("f", (Link((X,), (Number(0.3),)),))),
    ("f(x: a)", Call("f", (Link((X,), (Name("a"),)),))),
    ("f((x, y): -2)", Call("f", (Link((X, Y), (Number(-2.0),)),))),
    ("f(x: (1, 2))", Call("f", (Link((X,), (Number(1.0), Number(2.0))),))),
    ("f((x + y)*2)", Call("f", (Binary("*", Sum((X, Y)), Number(2.0)),))),
    (
        "where(x >= 0, x, y)",
        Call("where", (Binary(">=", X, Number(0.0)), X, Y)),
    ),
    ("f(2*x)", Call("f", (Binary("*", Number(2.0), X),))),
    ("f(2*x(y))", Call("f", (Binary("*", Number(2.0), Call("x", (Y,))),))),
    ("f(2*x**y)", Call("f", (Binary("*", Number(2.0), Binary("**", X, Y)),))),
    ("1/2*x", Binary("*", Binary("/", Number(1.0), Number(2.0)), X)),
    ("2**3*x", Binary("*", Binary("**", Number(2.0), Number(3.0)), X)),
    ("-3*x", Binary("*", Number(-3.0), X)),
    (".5", Number(0.5)),
    ("5.", Number(5.0)),
    ("1e3", Number(1000.0)),
    ("1.5E-3", Number(0.0015)),
]


@pytest.mark.parametrize(("text", "node"), EXPRESSIONS)
def test_expressions(text, node):
    assert repr(expression(text)) == repr(node)


STATEMENTS = [
    ("wire 1", tree.Version(1)),
    (
        'input sl = "sepal length (mm)", colour: "red" | 2, x[784]',
        tree.Input(
            (
                tree.InputItem("sl", None, "sepal length (mm)"),
                tree.InputItem("colour", None, None, ("red", 2)),
                tree.InputItem("x", 784),
            )
        ),
    ),
    (
        'input c = "C": "a" | "b"',
        tree.Input((tree.InputItem("c", None, "C", ("a", "b")),)),
    ),
    ("fixed s = x/2", tree.Fixed(tree.Target("s"), Binary("/", X, Number(2.0)))),
    ("h ~ tanh(x, y)", tree.Learnt(tree.Target("h"), Call("tanh", (X, Y)))),
    (
        "h[8] ~ tanh(x, [0])",
        tree.Learnt(tree.Target("h", 8), Call("tanh", (X, Number(0.0, True)))),
    ),
    (
        "h ~ gaussian(distance(x, y), width=[2])",
        tree.Learnt(
            tree.Target("h"),
            Call(
                "gaussian",
                (Call("distance", (X, Y)),),
                (("width", Number(2.0, True)),),
            ),
        ),
    ),
    ("r[k: 8] = x", tree.Formula(tree.Target("r", 8, "k"), X)),
    ("let a", tree.Let("a", Number(None))),
    ("let a = [3]", tree.Let("a", Number(3.0, True))),
    ("let a = -3 in [-4, 1e3]", tree.Let("a", Number(-3.0), -4.0, 1000.0)),
    ("let a in [0, ]", tree.Let("a", Number(None), 0.0, math.inf)),
    ("output y", tree.Output((tree.OutputItem((Y,)),))),
    (
        "output x, softmax(y, z[0..1])",
        tree.Output(
            (
                tree.OutputItem((X,)),
                tree.OutputItem((Y, Name("z", Slice(Place(0), Place(1)))), "softmax"),
            )
        ),
    ),
    (
        'output softmax(z) as "a", 1, false, 0.5',
        tree.Output((tree.OutputItem((Z,), "softmax"),), ("a", 1, False, 0.5)),
    ),
    ("output softmax", tree.Output((tree.OutputItem((Name("softmax"),)),))),
    ("missing x = -5.8", tree.Missing(X, -5.8)),
    ('missing x = "red"', tree.Missing(X, "red")),
    ("start x[3] = ?", tree.Start(Name("x", Place(3)), Number(None))),
    ("settle", tree.Settle()),
    ("settle steps=9", tree.Settle((("steps", 9.0),))),
    ("range x 4.3..7.9", tree.Range(X, 4.3, 7.9)),
    ("range x -1..-.5", tree.Range(X, -1.0, -0.5)),
    ("numbers h", tree.Numbers("h", ())),
    ("numbers h\n 1 -2\n ? .5", tree.Numbers("h", ((1.0, -2.0), (None, 0.5)))),
    (
        "loss l(o, t, p=2) = o, range = 0..1, slope = t",
        tree.Definition(
            "loss", "l", ("o", "t"), (("p", 2.0),), Name("o"),
            (("range", (0.0, 1.0)), ("slope", Name("t"))),
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "statement"), STATEMENTS)
def test_statements(text, statement):
    assert repr(first(text)) == repr(statement)


@pytest.mark.parametrize(("text", "statement"), STATEMENTS)
def test_statements_keep_their_comment_and_line(text, statement):
    line, *rows = text.split("\n")
    found = first("\n".join(["\n" + line + '  # a "quote', *rows]))
    assert found.comment == ' a "quote'
    assert found.line == 2
    assert type(found) is type(statement)


def test_positions_are_lines_and_columns():
    document = parse_text("input x\n  h[3] = f(2*x, y[1]@2) - z")
    line = document.statements[1]
    assert line.target.position == (2, 3)
    call, last = line.expression.terms
    assert call.position == (2, 10)
    assert call.arguments[0].right.position == (2, 14)
    assert call.arguments[1].position == (2, 17)
    assert last.operand.position == (2, 27)
    assert document.statements[0].items[0].position == (1, 7)


def test_a_hash_in_quotes_is_no_comment():
    line = first('input a = "# 1" # "2"')
    assert line.items[0].column == "# 1"
    assert line.comment == ' "2"'


def test_a_table_ends_with_the_first_line_that_is_no_row():
    text = "numbers h\n 1\n\n # in\n 2 # behind\n\n# out\nh = x\n"
    table, blank, comment, line = parse_text(text).statements
    assert table.rows == ((1.0,), (2.0,))
    assert table.inner_comments == ((1, None), (1, " in"))
    assert table.row_comments == ((1, " behind"),)
    assert isinstance(blank, tree.Blank)
    assert comment.comment == " out"
    assert isinstance(line, tree.Formula)


def test_tables_follow_each_other():
    one, two = parse_text("numbers g\n1 2\nnumbers h\n3").statements
    assert (one.rows, two.rows) == (((1.0, 2.0),), ((3.0,),))


def test_trees_are_values():
    text = "h = tanh(0.5*x + 1)  # c\nnumbers h\n 1\n"
    one, two = parse_text(text), parse_text("\n\n" + text)
    assert one == two
    assert hash(one) == hash(two)
    assert copy.deepcopy(one) == one
    # Network is sent to other processes with its document
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(AttributeError):
        one.statements[0].comment = "other"


def test_formulas_and_definitions():
    assert parse_formula(" 2*z  # twice") == Binary("*", Number(2.0), Z)
    bump = parse_definition(
        "activation bump(z, k=10) = exp(-k*(1 - z)**2), range = 0.."
    )
    assert (bump.kind, bump.name, bump.arguments) == ("activation", "bump", ("z",))
    assert bump.parameters == (("k", 10.0),)
    assert bump.slope is None
    assert bump.range == (0.0, math.inf)
    power = Binary("**", Binary("-", Number(1.0), Z), Number(2.0))
    inside = Binary("*", Unary("-", Name("k")), power)
    assert bump.formula == Call("exp", (inside,))


def test_lets_are_bounded_or_not():
    assert not first("let a = 3").bounded
    assert first("let a in [0, ]").bounded
    assert first("let a in [, 0]").bounded


def test_documents_find_their_statements():
    document = parse_text("input x\ninput y\nlet a\noutput h")
    assert [item.items[0].name for item in document.of(tree.Input)] == ["x", "y"]
    assert len(document.of((tree.Input, tree.Let))) == 3
