"""The examples of docs/forecasting.md run, and print what the page says."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "forecasting.md"


def test_the_examples_run(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
    printed = capsys.readouterr().out
    assert len(blocks) >= 5
    assert "fixed y_last = (y@1 - 47.733)/38.67" in printed
    assert "y_forecast = 3.9*y@1*([1] - y@1)" in printed
    assert "m[2] ~ tanh(u, m@1)" in printed
    assert names["forecaster"].score(names["y"][280:]) > 0.7
