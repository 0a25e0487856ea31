"""Numbers of statements taken out and put in; binary form.

Comes in: texts. Goes out: failures. Called by pytest.
"""

import math

import pytest
from hypothesis import given, settings

from language.strategies import expressions, statements
from wildwire.language.expression import Binary, Name, Number, Sum, add, negate
from wildwire.language.parser import parse_formula, parse_text
from wildwire.language.printer import print_expression, print_statement
from wildwire.language.rewrite import (
    binary_form,
    learnable_numbers,
    replace_numbers,
    walk,
)

SOME = settings(max_examples=100, deadline=None, derandomize=True)

NUMBERS = [
    ("m = [0.9]*m@1 - 1.2*a + ?*b + 3", [-1.2, None, 3.0]),
    ("h = f(x: 0.5, (x, y): (1, -2), k=[3], bias=4)", [0.5, 1.0, -2.0, 4.0]),
    ("h = 2**x/(3 - 4*y)", [2.0, 3.0, -4.0]),
    ("h ~ bump(x, y, [0], k=10)", [10.0]),
    ("h ~ gaussian(distance(x, p=1), width=?)", [1.0, None]),
    ("fixed s = (x - 3)/4", []),
    ("let a = 0.3 in [0, 1]", [0.3]),
    ("let a", [None]),
    ("let a = [0.3]", []),
    ("start m = 0.5", [0.5]),
    ("start m = [0.5]", []),
    ("numbers h\n 1 ?\n 3 4", [1.0, None, 3.0, 4.0]),
    ("activation f(z, k=3) = 2*z", []),
    ("input x", []),
    ("range x 1..2", []),
]


def first(text):
    return parse_text(text).statements[0]


@pytest.mark.parametrize(("text", "numbers"), NUMBERS)
def test_learnable_numbers_in_written_order(text, numbers):
    assert learnable_numbers(first(text)) == numbers


@pytest.mark.parametrize(("text", "numbers"), NUMBERS)
def test_other_numbers_stand_in_the_same_places(text, numbers):
    line = first(text)
    assert replace_numbers(line, numbers) == line
    other = [-0.5 * (i + 1) for i in range(len(numbers))]
    changed = replace_numbers(line, other)
    assert learnable_numbers(changed) == other
    assert replace_numbers(changed, numbers) == line


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1.5, 2), "h = 1.5*x + 2*y  # c"),
        ((-1.5, -2), "h = -1.5*x - 2*y  # c"),
        ((math.nan, None), "h = ?*x + ?*y  # c"),
    ],
)
def test_signs_are_printed_where_people_write_them(values, text):
    assert print_statement(replace_numbers(first("h = ?*x - ?*y # c"), values)) == text


@pytest.mark.parametrize("text", ["let a = 1", "h = 2*x", "numbers h\n 1"])
def test_the_count_of_numbers_must_fit(text):
    for values, words in (([], "fewer"), ([1.0, 2.0], "more")):
        with pytest.raises(ValueError, match=words):
            replace_numbers(first(text), values)


@SOME
@given(statements())
def test_replacing_by_the_same_numbers_changes_nothing(statement):
    numbers = learnable_numbers(statement)
    assert repr(replace_numbers(statement, numbers)) == repr(statement)


# ---- forms --------------------------------------------------------------------------


def test_binary_form_nests_to_the_left():
    assert print_expression(parse_formula("a - b*c + d - 2")) == "a - b*c + d - 2"
    a, b = Name("a"), Name("b")
    assert parse_formula("a - b + 3") == Binary("+", Binary("-", a, b), Number(3.0))
    assert binary_form(Sum((a, Number(-0.0)))) == Binary("-", a, Number(0.0))


@SOME
@given(expressions(2, linked=False))
def test_binary_form_prints_the_same_text(expression):
    formula = binary_form(expression)
    assert not any(isinstance(node, Sum) for node in walk(formula))
    again = parse_formula(print_expression(expression))
    assert print_expression(again) == print_expression(formula)


@SOME
@given(expressions())
def test_two_minus_signs_cancel(expression):
    assert repr(negate(negate(expression))) == repr(expression)


def test_walk_goes_in_written_order_without_recursion():
    node = first("h = f(a, b: 1, k=c) + d*e").expression
    names = [part.name for part in walk(node) if isinstance(part, Name)]
    assert names == ["a", "b", "c", "d", "e"]
    deep = Name("x")
    for _ in range(5000):
        deep = Binary("*", deep, Name("y"))
    assert sum(isinstance(part, Name) for part in walk(deep)) == 5001
    assert len([*walk(negate(deep))]) == 10_002


def test_sums_of_none_and_one():
    assert add([]) == Number(0.0, frozen=True)
    assert add([Name("x")]) == Name("x")
    assert add((Name("x"), Number(1.0))) == Sum((Name("x"), Number(1.0)))
