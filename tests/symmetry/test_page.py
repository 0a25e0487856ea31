"""The examples of docs/symmetry.md print what the page says."""

import re
from pathlib import Path

import wildwire as ww

PAGE = Path(__file__).parents[2] / "docs" / "symmetry.md"
CODE, TEXT = (
    re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for kind in ("python", "text")
)


def test_the_report_of_the_page():
    network = ww.parse(re.search(r'"""(.*?)"""', CODE[0], re.DOTALL)[1])
    assert str(ww.symmetries(network, network.start)) == TEXT[0].rstrip("\n")


def test_the_symmetric_network_of_the_page():
    text = re.search(r'parse\("(.*?)"\)', CODE[1])[1].replace("\\n", "\n")
    wish = {"swap": ("x1", "x2"), "flip": "x3"}
    assert 'swap=("x1", "x2"), flip="x3"' in CODE[1]
    assert str(ww.symmetrize(ww.parse(text), **wish)) == TEXT[1]
    assert len(CODE) == len(TEXT) == 2
