"""The examples of the page of uncertainty run, and print what the page says."""

import re
import runpy
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "uncertainty.md"


def blocks(kind):
    return re.findall(
        rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )


def test_the_examples_print_what_the_page_says(tmp_path, capsys):
    program = tmp_path / "page.py"
    program.write_text("".join(blocks("python")), encoding="utf-8")
    runpy.run_path(str(program))
    assert capsys.readouterr().out == "".join(blocks("text"))
    assert len(blocks("python")) == len(blocks("text")) == 2
