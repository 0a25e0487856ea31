"""The examples of the page of landscapes run, and print what the page says."""

import re
import runpy
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "landscape.md"


def blocks(kind):
    return re.findall(
        rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )


@pytest.mark.slow
def test_the_examples_print_what_the_page_says(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "page.py"
    program.write_text("".join(blocks("python")), encoding="utf-8")
    runpy.run_path(str(program))
    assert capsys.readouterr().out == "".join(blocks("text"))
    assert len(blocks("python")) == len(blocks("text")) == 3
    drawn = {path.name for path in tmp_path.iterdir()} - {"page.py"}
    assert drawn == {"path.png", "two.svg", "spectrum.png", "starts.png"}
