"""Every hostile string of `hostile.json` is refused with one type of error, at once, wherever a formula is taken.

Comes in: `hostile.json`: formulas of one variable z, definitions, pieces to be repeated (prefix, piece, count, suffix)
and whole networks. Goes out: failures. Called by pytest.
"""

import json
import re
import time
from pathlib import Path

import pytest

import wildwire as ww
from wildwire.errors import FormulaError, FunctionError, LanguageError, WildwireError
from wildwire.functions import find_loss
from wildwire.language.checks import DEEPEST_FORMULA, LARGEST_FORMULA, LONGEST_FORMULA

CORPUS = json.loads(
    Path(__file__).with_name("hostile.json").read_text(encoding="utf-8")
)
FORMULAS = CORPUS["formulas"]
DEFINITIONS = CORPUS["definitions"]
AT_ONCE = 0.05
"""Seconds; the best of some runs has to keep it, so that a busy machine is no failure."""

OF_LINKS = {"w", "sum(z)", "prod(z)", "mean(z)", "max(z)", "min(z)"}
"""Formulas that say something over links: the weight, and reductions inside of a sum."""

TRIES = 5
LONGEST_MESSAGE = 1500


def repeated(piece):
    prefix, text, count, suffix = piece
    return prefix + text * count + suffix


def refused(read, text, kind):
    """Assert that `read(text)` raises `kind`, in a moment, and with a message that can be shown."""
    for _ in range(TRIES):
        start = time.perf_counter()
        try:
            read(text)
        except kind as error:
            took, message = time.perf_counter() - start, str(error)
        else:
            pytest.fail(f"accepted: {text[:200]!r}")
        assert len(message) < LONGEST_MESSAGE
        if took < AT_ONCE:
            return
    pytest.fail(f"not once in {TRIES} tries under {AT_ONCE} s: {text[:200]!r}")


def as_loss(text):
    """The formula of a loss without a head: its output is called o."""
    return re.sub(r"\bz\b", "o", text, flags=re.ASCII)


@pytest.fixture(scope="module", autouse=True)
def grammar():
    ww.parse("input x\ny = x\noutput y")


def test_the_corpus_is_large_and_without_doubles():
    texts = [text for texts in FORMULAS.values() for text in texts]
    assert len(texts) >= 450
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("subject", FORMULAS)
def test_a_hostile_formula_is_no_function(subject):
    for text in FORMULAS[subject]:
        refused(ww.activation, f"f(z) = {text}", FunctionError)
        refused(ww.loss, f"f(z, t) = {text}", FunctionError)
        refused(ww.loss, as_loss(text), FunctionError)
        refused(find_loss, as_loss(text), FunctionError)
        if text not in OF_LINKS:
            refused(ww.transfer, f"f(w, z) = sum({text})", FunctionError)


@pytest.mark.parametrize("subject", [name for name in FORMULAS if "alone" not in name])
def test_a_hostile_formula_is_no_neuron(subject):
    for text in FORMULAS[subject]:
        refused(ww.parse, f"input z\ny = {text}\noutput y", WildwireError)


@pytest.mark.parametrize("subject", DEFINITIONS)
def test_a_hostile_definition_is_refused(subject):
    for text in DEFINITIONS[subject]:
        refused(ww.activation, text, FunctionError)
        refused(ww.loss, text, FunctionError)
        refused(ww.parse, f"activation {text}\ninput x\ny = x\noutput y", WildwireError)


@pytest.mark.parametrize(
    "piece", CORPUS["repeated"], ids=lambda piece: ascii(piece[1])[:12]
)
def test_ten_megabytes_are_refused_by_their_length(piece):
    text = repeated(piece)
    for wrapped in (text, f"f(z) = {text}", f"f(o, t) = {text}"):
        refused(ww.activation, wrapped, FunctionError)
        refused(ww.loss, wrapped, FunctionError)
        refused(ww.transfer, wrapped, FunctionError)
        refused(find_loss, wrapped, FunctionError)


@pytest.mark.parametrize(
    "piece",
    # A network may be long: what is refused at its first character only.
    [p for p in CORPUS["repeated"] if p[2] > 1_000_000],
    ids=lambda piece: ascii(piece[1])[:12],
)
def test_megabytes_in_a_network_are_refused_where_they_begin(piece):
    prefix, text, count, suffix = piece
    text = repeated((prefix, text, count // 2, suffix))
    refused(ww.parse, f"input z\ny = {text}\noutput y", LanguageError)


@pytest.mark.parametrize("text", CORPUS["networks"])
def test_a_hostile_network_is_refused(text):
    refused(ww.parse, text, WildwireError)


@pytest.mark.parametrize("value", [None, 3, b"f(z) = z", ["f(z) = z"], object()])
def test_what_is_no_text_is_refused(value):
    for read in (ww.activation, ww.loss, find_loss):
        refused(read, value, FunctionError)
    refused(ww.parse, value, LanguageError)


# ---- the limits ---------------------------------------------------------------------


def deep(levels):
    """A formula of so many levels: calls around one name."""
    return "exp(" * (levels - 1) + "z" + ")" * (levels - 1)


def of_parts(count):
    """A formula of so many parts, an odd number: a sum of numbers."""
    return "+".join(["1"] * (count // 2) + ["z"])


def padded(head, length):
    return head + "z" + " " * (length - len(head) - 2) + " "


LIMITS = [
    (deep, DEEPEST_FORMULA, DEEPEST_FORMULA + 1, "31 levels deep; at most 30"),
    (deep, DEEPEST_FORMULA, 45, "45 levels deep; at most 30"),
    (of_parts, LARGEST_FORMULA - 1, LARGEST_FORMULA + 1, "201 parts; at most 200"),
    (of_parts, LARGEST_FORMULA - 1, 401, "401 parts; at most 200"),
    (lambda power: f"z**{power}", 1024, 1025, "exponent 1025 is too large; at most 1,024"),
    (lambda power: f"z**-{power}", 1024, 1025, "exponent -1025 is too large"),
    (lambda power: f"power(z, {power})", 1024, 1025, "exponent 1025 is too large"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "allowed", "beyond", "words"), LIMITS)
def test_limits_are_exact_and_said(formula, allowed, beyond, words):
    ww.activation(f"f(z) = {formula(allowed)}")
    ww.loss(f"f(z, t) = {formula(allowed)}")
    ww.loss(as_loss(formula(allowed)))
    for read, text in (
        (ww.activation, f"f(z) = {formula(beyond)}"),
        (ww.activation, f"f(z) = z, slope = {formula(beyond)}"),
        (ww.loss, f"f(z, t) = {formula(beyond)}"),
        (ww.loss, as_loss(formula(beyond))),
    ):
        with pytest.raises(FunctionError, match=re.escape(words)):
            read(text)


@pytest.mark.parametrize(
    ("read", "head"),
    [(ww.activation, "f(z) = "), (ww.loss, "f(z, t) = "), (find_loss, "f(z, t) = ")],
)
def test_the_length_is_limited_before_anything_is_read(read, head):
    read(padded(head, LONGEST_FORMULA))
    with pytest.raises(
        FormulaError, match="at most 1,000 characters, this text has 1,001"
    ):
        read(padded(head, LONGEST_FORMULA + 1))


def test_definitions_in_a_network_keep_the_limits_of_size_and_depth():
    frame = "activation f(z) = {}\ninput x\ny ~ f(x)\noutput y"
    for formula, allowed, beyond, words in LIMITS:
        ww.parse(frame.format(formula(allowed)))
        with pytest.raises(WildwireError, match=re.escape(words)):
            ww.parse(frame.format(formula(beyond)))


def test_text_that_cannot_be_read_is_both_kinds_of_error():
    for read, text, column in (
        (ww.activation, "f(z) = z.real", 9),
        (ww.loss, "o.real - t", 2),
        (ww.loss, "f(o, t) = o.real", 12),
    ):
        with pytest.raises(FormulaError) as caught:
            read(text)
        assert isinstance(caught.value, FunctionError)
        assert isinstance(caught.value, LanguageError)
        assert (caught.value.line, caught.value.column) == (1, column)
        assert str(caught.value).endswith("^")


# ---- what a text may do, and to whom --------------------------------------------------


def test_a_name_of_the_catalogue_is_hidden_in_its_network_alone():
    before = ww.activation("tanh").key
    network = ww.parse("activation tanh(z) = 7*z\ninput x\ny ~ tanh(x)\noutput y")
    assert network.function_of(0).evaluate(0, [[1.0]]).tolist() == [[7.0]]
    assert ww.activation("tanh").key == before
    other = ww.parse("input x\ny ~ tanh(x)\noutput y")
    assert other.function_of(0).key == before


def test_a_function_with_the_name_of_a_primitive_is_meant_by_the_text_and_by_nothing_else():
    exp = ww.activation("exp(z) = 7*exp(z)")  # in its own definition the built-in one
    assert exp.evaluate(0, [[0.0]]).tolist() == [[7.0]]
    text = "activation exp(z) = 7*exp(z)\nactivation f(z) = exp(z)\ninput x\ny ~ f(x)\noutput y"
    assert ww.parse(text).function_of(0).evaluate(0, [[0.0]]).tolist() == [[7.0]]
    built_in = ww.activation("g(z) = exp(z)")
    assert built_in.evaluate(0, [[0.0]]).tolist() == [[1.0]]
