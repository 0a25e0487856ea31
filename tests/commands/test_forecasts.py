"""`wildwire fit --horizon` and `wildwire predict` of series: what is printed and written, what is refused."""

import csv
import io
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import wildwire as ww
from wildwire.cli import app
from wildwire.commands import forecast_fit
from wildwire.commands.forecast_fit import lags_of
from wildwire.errors import SettingError
from wildwire.evaluation.rolling import compare
from wildwire.evaluation.rolling.plain import plain_forecasts
from wildwire.forecasting import forecast

N = 72
Y = 10 + np.sin(np.arange(N) * np.pi / 6)
HEAT = np.cos(np.arange(N + 4) * 0.7)
MONTHS = [f"{2015 + k // 12}-{k % 12 + 1:02d}-01" for k in range(N + 4)]
FAST = ["--horizon", 4, "--lags", 2, "--hidden", 2, "--epochs", 3, "--no-compare"]


def lines(*rows) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory with two series."""
    monkeypatch.chdir(tmp_path)
    rows = [("month", "sales"), *zip(MONTHS, Y.round(4), strict=False)]
    (tmp_path / "series.csv").write_text(lines(*rows))
    sales = [*(Y + HEAT[:N]).round(4), "", "", "", ""]
    rows = [("t", "sales", "heat"), *zip(range(N + 4), sales, HEAT, strict=True)]
    (tmp_path / "heat.csv").write_text(lines(*rows))
    return tmp_path


def wildwire(*words):
    arguments = [str(word) for word in words]
    return CliRunner().invoke(app, arguments, prog_name="wildwire")


def succeed(*words):
    result = wildwire(*words)
    assert result.exit_code == 0, result.stderr
    return result


def table(text):
    return list(csv.reader(io.StringIO(text)))


def test_fit_and_predict(place):
    fit = ["fit", "series.csv", "--target", "sales", "--time-column", "month"]
    result = succeed(*fit, *FAST)
    assert "model saved to model.wire" in result.stderr
    assert "lags 1..2; 72 values of 'sales'" in result.stdout
    model = ww.load("model.wire")
    assert model.provenance["time column"] == "month"
    rows = table(succeed("predict", "model.wire", "series.csv").stdout)
    assert rows[0] == ["month", "sales_forecast"]
    assert [row[0] for row in rows[1:]] == MONTHS[N:]
    expected = forecast(model, Y.round(4), horizon=4)
    assert np.array_equal([float(row[1]) for row in rows[1:]], expected)
    longer = succeed("predict", "model.wire", "series.csv", "--horizon", 6)
    assert len(table(longer.stdout)) == 7
    assert table(longer.stdout)[:5] == rows


def test_columns_that_are_known_ahead(place):
    fit = ["fit", "heat.csv", "--target", "sales", "--time-column", "t"]
    succeed(*fit, "--known", "heat", *FAST, "--quiet", "--output", "heat.wire")
    rows = table(succeed("predict", "heat.wire", "heat.csv", "--horizon", 4).stdout)
    assert [row[0] for row in rows] == ["t", "72", "73", "74", "75"]
    refused = wildwire("predict", "heat.wire", "heat.csv", "--horizon", 5)
    assert refused.exit_code == 2
    assert "needs 5 rows of 'heat'" in refused.stderr
    assert "there are 4" in refused.stderr
    unknown = wildwire("predict", "heat.wire", "series.csv", "--horizon", 2)
    assert unknown.exit_code == 2 and "no column 'heat'" in unknown.stderr


def test_other_columns_are_not_read_and_told(place):
    result = succeed("fit", "heat.csv", "--target", "sales", *FAST, "--ignore", "t")
    assert "note: not used: 'heat'" in result.stderr
    assert ww.load("model.wire").columns == ("sales",)
    rows = table(succeed("predict", "model.wire", "heat.csv").stdout)
    assert [row[0] for row in rows] == ["step", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "memory"),
    [
        ("m ~ tanh(u, m@1)\nz = m + 10", ", a state; 72 values"),
        ("m ~ tanh(u)\nz = m + 10", ", 1 step back; 72 values"),
        ("m ~ tanh(u, u@3)\nz = m + 10", ", 4 steps back; 72 values"),
    ],
)
def test_a_network_of_ones_own(place, text, memory):
    (place / "own.wire").write_text(
        f"input sales\nu = sales@1 - 10\n{text}\noutput z\n"
    )
    fit = ["fit", "series.csv", "--target", "sales", "--network", "own.wire"]
    result = succeed(*fit, "--horizon", 3, "--epochs", 2, "--no-compare")
    assert memory in result.stdout and "'sales'" in result.stdout
    assert len(table(succeed("predict", "model.wire", "series.csv").stdout)) == 4


def test_a_network_may_call_the_series_otherwise_than_the_table(place):
    (place / "own.wire").write_text("input s\nz = ?*s@1 + ?\noutput z\n")
    fit = ["fit", "series.csv", "--target", "sales", "--network", "own.wire"]
    succeed(*fit, "--horizon", 3, "--epochs", 2, "--no-compare")
    rows = table(succeed("predict", "model.wire", "series.csv").stdout)
    model = ww.load("model.wire")
    expected = forecast(model, Y.round(4), horizon=3)
    assert np.array_equal([float(row[1]) for row in rows[1:]], expected)
    (place / "s.csv").write_text("s\n1\n2\n")
    assert len(table(succeed("predict", "model.wire", "s.csv").stdout)) == 4
    (place / "z.csv").write_text("z\n1\n2\n")
    refused = wildwire("predict", "model.wire", "z.csv")
    assert refused.exit_code == 2 and "no column 's'" in refused.stderr


@pytest.fixture
def few_rivals(monkeypatch):
    monkeypatch.setattr(
        compare, "plain_forecasts", lambda *words: plain_forecasts(*words)[:-1]
    )


def test_the_comparison(place, few_rivals):
    fit = ["fit", "series.csv", "--target", "sales", "--season", 12]
    result = succeed(*fit, *FAST[:-1])
    first = result.stdout.splitlines()[0]
    assert first.startswith(("Better", "No difference", "Worse"))
    for row in ("last value", "seasonal naive", "linear autoregression"):
        assert row in result.stdout
    told = json.loads(succeed(*fit, *FAST[:-1], "--json", "--force", "-q").stdout)
    assert told["task"] == "forecast" and told["lags"] == [1, 2]
    assert told["comparison"]["verdict"]["sentence"] == first
    assert told["comparison"]["horizon"] == 4


def test_a_series_that_stays_as_it_is_has_no_r2(place, few_rivals):
    rows = [["y"], *[[k % 5 if k < 20 else 5] for k in range(60)]]
    (place / "still.csv").write_text(lines(*rows))
    fit = ["fit", "still.csv", "--target", "y", *FAST[:-1], "--json"]
    models = json.loads(succeed(*fit).stdout)["comparison"]["models"]
    assert {model["r2"] for model in models} == {None}


def test_a_short_series_is_saved_and_not_compared(place):
    rows = [["y"], *[[k % 5] for k in range(16)]]
    (place / "short.csv").write_text(lines(*rows))
    short = ["fit", "short.csv", "--target", "y", "--horizon", 9, "--lags", 2]
    result = succeed(*short, "--epochs", 2)
    assert "note: no comparison: 16 values are too few to judge" in result.stderr
    assert (place / "model.wire").exists()


def test_interruption_keeps_the_best_so_far(place, monkeypatch):
    from wildwire.forecasting import descent

    class Stopped(descent._Run):
        def step(self, theta):
            super().step(theta)
            raise KeyboardInterrupt

    monkeypatch.setattr(descent, "_Run", Stopped)
    fit = ["fit", "series.csv", "--target", "sales", *FAST[:-1]]
    result = wildwire(*fit)
    assert result.exit_code == 130
    assert "the best so far is saved, and not compared" in result.stderr
    assert np.isfinite(ww.load("model.wire").theta).all()


def test_an_interrupted_comparison_shows_what_is_done(place, few_rivals, monkeypatch):
    whole = forecast_fit.compare_forecasts

    def stopped(*words, progress, **more):
        def told(done, planned):
            progress(done, planned)
            if done == 2:
                raise KeyboardInterrupt

        return whole(*words, progress=told, **more)

    monkeypatch.setattr(forecast_fit, "compare_forecasts", stopped)
    result = wildwire("fit", "series.csv", "--target", "sales", *FAST[:-1])
    assert result.exit_code == 130
    assert "Stopped by an interruption after 2 of" in result.stdout


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_comparison_that_is_interrupted_at_once_leaves_the_fit(
    place, monkeypatch, words
):
    def stopped(*given, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(forecast_fit, "compare_forecasts", stopped)
    fit = ["fit", "series.csv", "--target", "sales", *FAST[:-1]]
    result = wildwire(*fit, *words)
    assert result.exit_code == 130
    assert "the model is saved, and not compared: no block was done" in result.stderr
    if words:
        told = json.loads(result.stdout)
        assert told["model"] == "model.wire" and told["comparison"] is None
    else:
        assert result.stdout.startswith("model.wire: ")


BAD_SERIES = [
    ("t,y\n1,1\n2,\n3,3\n4,4\n", ["line 3", "'y' is missing", "fill in"]),
    ("t,y\n1,1\n3,2\n2,3\n4,4\n", ["line 4", "earlier than 3", "sort the rows"]),
    ("t,y\n1,1\n2,2\n2,3\n3,4\n", ["line 4", "one row for each time"]),
    ("t,y\n1,1\n2,2\n4,3\n5,4\n6,5\n", ["line 4", "usual step is 1"]),
    ("t,y\n1,1\n,2\n3,3\n4,4\n", ["line 3", "'t' is missing"]),
    ("t,y\nsoon,1\nlate,2\nnow,3\nx,4\n", ["line 2", "'soon'", "number or a date"]),
    ("t,y\n1,a\n2,b\n3,c\n4,d\n", ["line 2", "'a'", "numbers"]),
    ("t,y\n" + "".join(f"{k},{k % 3}\n" for k in range(5)), ["5 values are too few"]),
]


@pytest.mark.parametrize(("text", "words"), BAD_SERIES)
def test_series_that_are_refused(place, text, words):
    (place / "bad.csv").write_text(text)
    fit = ["fit", "bad.csv", "--target", "y", "--time-column", "t"]
    result = wildwire(*fit, *FAST)
    assert result.exit_code == 2
    assert result.stderr.startswith("wildwire: error: bad.csv")
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert not (place / "model.wire").exists()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--horizon", 60, "--lags", 20], "too few"),
        (["--horizon", 4, "--season", 40], "season"),
        (["--horizon", 4, "--lags", "few"], "--lags is 'few'"),
        (["--horizon", 4, "--task", "regression"], "--task has no meaning"),
        (["--horizon", 4, "--weight", "sales"], "--weight has no meaning"),
        (["--horizon", 4, "--target", "month"], "--target is given 2 times"),
        (["--horizon", 4, "--known", "heat"], "no column 'heat'"),
        (["--horizon", 4, "--known", "month"], "numbers are needed"),
        (["--horizon", 4, "--time-column", "year"], "no column 'year'"),
        (["--horizon", 4, "--out", "model.txt"], "must end in .wire"),
        (["--season", 12], "--season is for series: give --horizon"),
        (["--time-column", "month"], "--time-column is for series"),
        (["--horizon", 0], "--horizon"),
    ],
)
def test_options_that_are_refused(place, options, word):
    result = wildwire("fit", "series.csv", "--target", "sales", *options)
    assert result.exit_code == 2, result.stdout
    assert word in result.stderr


@pytest.mark.parametrize("second", ["--known", "--ignore"])
def test_a_known_column_is_named_once(place, second):
    fit = ["fit", "heat.csv", "--target", "sales", "--known", "heat"]
    result = wildwire(*fit, second, "heat", *FAST)
    assert result.exit_code == 2
    assert "'heat' is" in result.stderr
    assert not (place / "model.wire").exists()


def test_predictions_that_are_refused(place):
    (place / "plain.wire").write_text("input x\ny = 2*x\noutput y\n")
    result = wildwire("predict", "plain.wire", "series.csv", "--horizon", 3)
    assert result.exit_code == 2 and "does not forecast" in result.stderr
    (place / "new.wire").write_text("input y\nz ~ linear(y@1)\noutput z\n")
    (place / "y.csv").write_text("y\n1\n2\n3\n")
    result = wildwire("predict", "new.wire", "y.csv", "--horizon", 3)
    assert result.exit_code == 2 and "'y@1 -> z' is unknown" in result.stderr
    (place / "long.wire").write_text("input y\nz = 0.5*y@9\noutput z\n")
    result = wildwire("predict", "long.wire", "y.csv", "--horizon", 3)
    assert result.exit_code == 2
    assert "y.csv: 3 values are too few: the network looks 9 steps" in result.stderr


def test_lags_as_words():
    assert lags_of("12") == 12
    assert lags_of("1..3,12") == [1, 2, 3, 12]
    for bad in ("", "0,1", "a", "3..1", "1,,2"):
        with pytest.raises(SettingError, match="--lags is"):
            lags_of(bad)
