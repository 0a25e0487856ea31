"""The examples of the pages of memory run, and print what the pages say."""

import re
import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def blocks(kind, name="memory-generators.md"):
    page = (DOCS / name).read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


def test_the_examples_print_what_the_page_says(tmp_path, capsys):
    program = tmp_path / "page.py"
    program.write_text("".join(blocks("python")), encoding="utf-8")
    runpy.run_path(str(program))
    printed = capsys.readouterr().out
    # A network ends with an end of line of its own, to which print adds one.
    assert printed.replace("\n\n", "\n") == "".join(blocks("text"))
    assert len(blocks("python")) == len(blocks("text")) == 5


def test_the_examples_of_memory_run(tmp_path, capsys):
    program = tmp_path / "page.py"
    program.write_text("".join(blocks("python", "memory.md")), encoding="utf-8")
    runpy.run_path(str(program))
    first, learnt, forecast, *rest = capsys.readouterr().out.splitlines()
    assert first.split() == ["[1.45", "1.305", "0.1745]"]
    assert float(learnt) < 0.02
    assert forecast == "True"
    assert "Lyapunov" in rest[1]
