"""The examples of docs/memory-generators.md run and print what the page says."""

import re
import runpy
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "memory-generators.md"


def blocks(kind):
    page = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


def test_the_examples_print_what_the_page_says(tmp_path, capsys):
    program = tmp_path / "page.py"
    program.write_text("".join(blocks("python")), encoding="utf-8")
    runpy.run_path(str(program))
    printed = capsys.readouterr().out
    # A network ends with an end of line of its own, to which print adds one.
    assert printed.replace("\n\n", "\n") == "".join(blocks("text"))
    assert len(blocks("python")) == len(blocks("text")) == 5
