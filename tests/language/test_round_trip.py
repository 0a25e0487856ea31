"""Reading and printing are inverse, to the last bit of every number.

Comes in: random trees and texts. Goes out: failures. Called by pytest.
"""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.strategies import FLOATS, documents, expressions, formulas, statements
from wildwire.language import tree
from wildwire.language.expression import Name, Number
from wildwire.language.parser import parse_definition, parse_formula, parse_text
from wildwire.language.printer import (
    print_definition,
    print_document,
    print_expression,
    print_number,
    print_statement,
)

MANY = settings(max_examples=150, deadline=None, derandomize=True)
SOME = settings(max_examples=40, deadline=None, derandomize=True)

DESIGN = """\
wire 1  # version of the language
input sl = "sepal length (mm)", colour: "red" | "green", x2, mass
fixed s = (sl - 145.3)/46.9
h ~ tanh(s, x2)  # structure only
g = tanh(0.53*s - 1.2*x2 + 0.1)
m = [0.9]*m@1 + ?*x2
p ~ product(mass, sl)
k = quadratic(x2: 1, g: 1, (x2, g): -2, bias=-0.5)
d = gaussian(distance(s: 0.3, x2: 0.7), width=2)
q = exp(-a*h)/([1] + g*g)
let a = 0.3
let b
let c = [0.3]
let f = 0.3 in [0, 1]
y ~ logistic(h, g, m, p, d, k, q, colour["red"])
output y

activation bump(z, k=10) = exp(-k*(1 - z)**2)
transfer contrast(w, x) = sum(w*x)/sum(abs(w))
activation hard(z) = where(z > 0, 1, 0), slope = 1/(1 + z**2), range = 0..1
# groups
input x[784]
h[128] ~ relu(x)
r[k: 128] = relu(h2[k] + h[k])
c[k: 8] = f[k]*c[k]@1 + i[2*k+1]*g[k-1]
n ~ tanh(u@1..3, v@1..2, x[3..7], [0])
w ~ gaussian(distance(s, x2), width=[2])
output softmax(z) as "setosa", "versicolor", "virginica"
output softmax(a, b), "input"
missing sl = 5.8
missing colour = "red"
start m = 0.5
settle
range sl 4.3..7.9
numbers h
  0.1 -2e-5 ?
  # between
  1 2 3  # behind
"""


def assert_same(one, other):
    """Equal trees, and equal numbers to the bit (-0.0 is not 0.0, 1 is not true)."""
    assert one == other
    assert repr(one) == repr(other)


def test_design_is_canonical_and_comes_back():
    document = parse_text(DESIGN)
    assert print_document(document) == DESIGN
    assert_same(parse_text(print_document(document)), document)


@MANY
@given(documents())
def test_documents(document):
    text = print_document(document)
    assert_same(parse_text(text), document)
    assert print_document(parse_text(text)) == text


@MANY
@given(statements())
def test_statements(statement):
    assert_same(parse_text(print_statement(statement)), tree.Document((statement,)))


@MANY
@given(expressions())
def test_expressions_of_networks(expression):
    line = tree.Formula(tree.Target("h"), expression)
    (found,) = parse_text(print_statement(line)).statements
    assert_same(found, line)


@MANY
@given(formulas())
def test_formulas_of_functions(formula):
    assert_same(parse_formula(print_expression(formula)), formula)


@SOME
@given(formulas())
def test_definitions(formula):
    definition = tree.Definition("loss", "f", ("z",), (("k", 1.5),), formula)
    assert_same(parse_definition(print_definition(definition)), definition)


@MANY
@given(FLOATS)
def test_numbers_keep_their_bits(value):
    (line,) = parse_text(f"a = {print_number(value)}*x").statements
    number = line.expression.left
    assert struct.pack("d", number.value) == struct.pack("d", value)


@pytest.mark.parametrize("value", [math.ulp(0.0), 1.7976931348623157e308, -0.0, 2**53])
def test_extreme_numbers_keep_their_bits_in_a_table(value):
    table = tree.Numbers("h", ((float(value), None), (-float(value), 1.0)))
    (found,) = parse_text(print_statement(table)).statements
    assert_same(found, table)


@SOME
@given(documents(), st.sampled_from(["\r\n", "\r"]))
def test_line_ends_of_other_systems(document, end):
    text = print_document(document)
    assert_same(parse_text("\ufeff" + text.replace("\n", end)), document)


@SOME
@given(documents(), st.integers(1, 3), st.sampled_from([" ", "\t"]))
def test_indents_and_empty_lines_mean_nothing(document, count, blank):
    lines = print_document(document).split("\n")
    text = "\n".join(
        "\n" * count if line == "" else blank * count + line for line in lines
    )
    assert_same(parse_text(text), document)


def test_a_sum_of_many_terms_has_no_depth():
    terms = " ".join(f"{'+-'[i % 2]} {i + 0.5}*x[{i}]" for i in range(20_000))
    text = f"h = 1*y {terms}\n"
    document = parse_text(text)
    assert print_document(document) == text.replace("1*y", "1*y")
    assert len(document.statements[0].expression.terms) == 20_001


def test_nothing_is_kept_of_the_input_text():
    (line,) = parse_text("h = 0.5*x").statements
    assert type(line.expression.right.name) is str
    assert line.expression.right == Name("x")
    assert line.expression.left == Number(0.5)
