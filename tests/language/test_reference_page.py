"""The reference page is true: its examples are read, its refusals are made.

Comes in: `docs/language.md`. Goes out: failures. Called by pytest.
"""

import re
from pathlib import Path

import pytest

from wildwire.errors import LanguageError
from wildwire.language import parser, tree
from wildwire.language.parser import parse_text
from wildwire.language.printer import print_document
from wildwire.language.words import WORDS
from wildwire.network import Network

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


EXAMPLES = blocks("text")
NETWORKS = [text for text in EXAMPLES if "output " in text]
REFUSED = [
    re.split(r" {3,}", line) for text in blocks("none") for line in text.splitlines()
]


def test_the_page_has_its_examples():
    assert len(EXAMPLES) >= 14
    assert len(NETWORKS) >= 12
    assert len(REFUSED) >= 15


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_read_and_come_back(text):
    document = parse_text(text)
    assert document.statements
    again = parse_text(print_document(document))
    assert again == document


@pytest.mark.parametrize("text", NETWORKS)
def test_whole_examples_are_networks(text):
    network = Network.parse(text)
    assert network.n_outputs >= 1
    assert Network.parse(network.to_text()) == network


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_refusals_are_made_with_their_words(text, words):
    with pytest.raises(LanguageError) as caught:
        parse_text(text)
    assert words in caught.value.message


def test_every_kind_of_statement_has_an_example():
    shown = {type(s) for text in EXAMPLES for s in parse_text(text).statements}
    assert {kind.__name__ for kind in shown} >= {
        "Version", "Input", "Fixed", "Learnt", "Formula", "Let", "Output", "Missing",
        "Start", "Settle", "Range", "Definition", "Numbers",
    }  # fmt: skip
    assert tree.Comment not in shown  # between rows they belong to the table


def test_every_word_and_the_grammar_file_are_named():
    sentence = re.search(r"word of the language: (.*?)\.\n", PAGE, flags=re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence.group(1))) == WORDS
    path = parser.GRAMMAR.relative_to(ROOT).as_posix()
    assert f"`{path}`" in PAGE
    assert (ROOT / "src" / "wildwire" / "functions" / "catalogue.wire").is_file()


def test_operators_group_as_the_page_says():
    for one, other in (
        ("2**3**2", "2**(3**2)"),
        ("-x**2", "-(x**2)"),
        ("x/y*z", "(x/y)*z"),
        ("x - y*z", "x - (y*z)"),
    ):
        assert parse_text(f"h = {one}") == parse_text(f"h = {other}")
