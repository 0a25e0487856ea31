"""Whatever stands in a text: it is read, or refused with a `LanguageError`, soon.

Comes in: hostile, damaged and random texts. Goes out: failures. Called by pytest.
"""

import random
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.test_round_trip import DESIGN
from wildwire.errors import LanguageError
from wildwire.language.parser import parse_definition, parse_formula, parse_text
from wildwire.language.printer import print_document

MANY = 100_000

HOSTILE = {
    "brackets": "h = " + "(" * MANY,
    "closed brackets": "h = " + "(" * MANY + "x" + ")" * MANY,
    "closing brackets": "h = " + ")" * MANY,
    "square brackets": "h = " + "[" * MANY,
    "calls": "h = " + "f(" * MANY,
    "minus signs": "h = " + "-" * MANY + "x",
    "minus signs with blanks": "h = " + "- " * MANY + "x",
    "plus signs": "h = " + "+" * MANY + "x",
    "quotes": "h = " + '"' * MANY,
    "open quotes": 'h = "' + "a" * MANY,
    "backslashes": 'h = "' + "\\" * MANY,
    "digits": "h = " + "9" * MANY,
    "digits of an index": "h = x[" + "9" * MANY + "]",
    "digits of a version": "wire " + "9" * MANY,
    "digits of a row": "numbers h\n" + "9" * MANY,
    "points": "h = " + "." * MANY,
    "signs of a row": "numbers h\n" + "-" * MANY,
    "one long name": "h = f(" + "a" * MANY + "!",
    "blanks": "h = 2*x" + " " * MANY + "!",
    "nul characters": "h = " + "\x00" * MANY,
    "homoglyph": "h = t\u0430nh(x)",
    "full width": "h = \uff54\uff41\uff4e\uff48(x)",
    "attribute": "h = x.__class__.__mro__",
    "lambda": "h = (lambda: x)()",
    "f-string": 'h = f"{x}"',
    "walrus": "h = (y := x)",
    "import": "h = __import__('os').system('x')",
    "subscript": "h = x['a']",
    "dictionary": "h = {x: 1}",
    "list": "h = [x for x in y]",
    "star": "h = f(*x)",
    "await": "h = await x",
    "decorator": "@x\nh = x",
    "semicolon": "h = x; import os",
    "continued": "h = x \\\n + y",
    "condition": "h = x if y else z",
    "logic": "h = x and y",
    "matrix": "h = x @ y",
    "percent": "h = x % 2",
    "shift": "h = x >> 2",
    "hexadecimal": "h = 0x10",
    "underscores": "h = 1_000",
    "imaginary": "h = 1j",
    "not a number": "let a = nan",
    "infinity": "start m = -inf",
    "direction mark": "h = x \u202e+ y",
    "lone surrogate": "h = \ud800",
    "line separator": "h = x \u2028 g = y",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_at_once(text):
    parse_text("h = x")
    took = []
    for _ in range(3):
        start = time.perf_counter()
        with pytest.raises(LanguageError) as caught:
            parse_text(text)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_formula_is_refused_at_once(text):
    formula = text.removeprefix("h = ")
    for read, prefix in ((parse_formula, ""), (parse_definition, "activation f(x) = ")):
        start = time.perf_counter()
        with pytest.raises(LanguageError):
            read(prefix + formula + " ?")
        assert time.perf_counter() - start < 0.2


def nested(count):
    return {
        "brackets": "(x + " * count + "y" + ")" * count,
        "powers": "x**" * count + "y",
        "products": "x*" * count + "y",
        "quotients": "x/" * count + "y",
        "calls": "f(" * count + "y" + ")" * count,
        "links": "f(x: " * count + "y" + ")" * count,
        "signs": "-(x + " * count + "y" + ")" * count,
    }


@pytest.mark.parametrize("kind", nested(1))
def test_depth_is_limited_long_before_the_stack(kind):
    # a hundred levels read, print and compare with little of the stack left
    text = f"h = {nested(45)[kind]}\n"
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(depth_now() + 500)
    try:
        document = parse_text(text)
        assert parse_text(print_document(document)) == document
    finally:
        sys.setrecursionlimit(limit)
    for count in (101, 5000):
        with pytest.raises(LanguageError, match="100 levels deep"):
            parse_text(f"h = {nested(count)[kind]}")


def depth_now():
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


# ---- damaged texts ------------------------------------------------------------------

SCRAPS = [
    "(", ")", "[", "]", "@", "..", "~", "=", ":", ",", "|", "?", "#", '"', "\\", "\n",
    " ", "\t", "**", "*", "-", "+", "/", "<=", "1e9", "1e999", ".5", "3", "[0]", "x",
    "let ", "in ", " as ", "wire 9", "numbers h\n", "\x00", "\u00e9", "\u2212", "\ufeff",
    "true", "{", "^", "%", "input", "softmax(", "x[k+1]", "@1..3",
]  # fmt: skip


def damaged(text, random_numbers):
    """The text with a few characters dropped, doubled, moved or replaced by scraps."""
    characters = list(text)
    for _ in range(random_numbers.randint(1, 4)):
        place = random_numbers.randrange(len(characters))
        kind = random_numbers.randrange(4)
        if kind == 0:
            del characters[place : place + random_numbers.randint(1, 6)]
        elif kind == 1:
            characters.insert(place, random_numbers.choice(SCRAPS))
        elif kind == 2:
            characters[place] = random_numbers.choice(SCRAPS)
        else:
            other = random_numbers.randrange(len(characters))
            piece = characters[other : other + random_numbers.randint(1, 20)]
            characters[place:place] = piece
    return "".join(characters)


def test_damaged_texts_are_read_or_refused():
    random_numbers = random.Random(1)
    lines = DESIGN.splitlines(keepends=True)
    refused = 0
    for _ in range(2000):
        first = random_numbers.randrange(len(lines))
        text = damaged("".join(lines[first : first + 4]), random_numbers)
        try:
            document = parse_text(text)
        except LanguageError as error:
            refused += 1
            assert error.line is not None
            assert 1 <= error.column <= len(error.source) + 1
        else:
            assert parse_text(print_document(document)) == document
    assert 500 < refused < 1900


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([*SCRAPS, "y", "tanh(", "h"]), max_size=12))
def test_scraps_are_read_or_refused(scraps):
    try:
        document = parse_text("".join(scraps))
    except LanguageError:
        return
    assert parse_text(print_document(document)) == document


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=30))
def test_any_formula_is_read_or_refused(text):
    for read in (parse_formula, parse_definition):
        try:
            read(text)
        except LanguageError:
            continue


def test_several_threads_read_at_the_same_time():
    # each thread's line has another number, which the callbacks keep between tokens
    texts = ["\n" * i + f"h = {i}*x + tanh({i}*y + z)" for i in range(4)]
    found = [[] for _ in texts]

    def read(text, lines):
        for _ in range(60):
            (line,) = parse_text(text).statements
            lines.append((line.line, line.expression.terms[1].position[0]))

    threads = [
        threading.Thread(target=read, args=pair)
        for pair in zip(texts, found, strict=True)
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert found == [[(i + 1, i + 1)] * 60 for i in range(4)]


def test_an_error_leaves_the_parser_usable():
    for _ in range(3):
        with pytest.raises(LanguageError):
            parse_text("h = (")
        assert len(parse_text("h = x\ng = y").statements) == 2
