"""`wildwire show` rounds to what the data can tell; `wildwire fit` says what they cannot."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import wildwire as ww
from wildwire.cli import app
from wildwire.procedure.kept_errors import kept_errors

LAW = "wire 1\ninput a, b\nh = 1*a\ny = 1*h + 1*b + 1\noutput y\n"
COMMON = ("--no-compare", "--learner", "adam", "--rate", "0.02", "--epochs", "3000")


def succeed(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("showing")
    random = np.random.default_rng(4)
    a, b = random.normal(size=(2, 100))
    y = 2 * a - 0.5 * b + 0.25 + 0.1 * random.normal(size=100)
    lines = [",".join(map(repr, row)) for row in np.column_stack([a, b, y]).tolist()]
    (place / "t.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    (place / "law.wire").write_text(LAW)
    words = (
        "fit",
        place / "t.csv",
        "-t",
        "y",
        "--network",
        place / "law.wire",
        *COMMON,
    )
    for option in ((), ("--json",)):
        out = place / f"m{len(option)}.wire"
        told = succeed(*words, "-o", out, *option)
        (place / f"told{len(option)}").write_text(told.stdout)
    return place


def test_show_rounds_to_the_standard_errors(place):
    model = ww.load(place / "m0.wire")
    shown = succeed("show", place / "m0.wire").stdout
    kept = kept_errors(model)
    names = model.network.theta_names
    number = model.theta[names.index("b -> y")]
    error = kept.errors[names.index("b -> y")]
    assert 0.009 < error < 0.011
    written = f"{error:.4f}" if error < 0.00995 else f"{error:.3f}"
    assert f"# b -> y = {number:.{len(written) - 2}f} ± {written}" in shown
    again = ww.parse(shown)
    assert again.theta_names == names
    rounded = again.initial(0)
    held = np.isfinite(kept.errors)
    assert not np.array_equal(rounded, model.theta)
    assert np.all(np.abs(rounded - model.theta)[held] <= 0.051 * kept.errors[held])
    assert "# a -> h = " in shown and "undetermined" in shown
    assert "# standard errors:" not in shown
    assert "# noise: 0.1" in shown


def test_digits_are_as_before(place):
    model = ww.load(place / "m0.wire")
    whole = succeed("show", place / "m0.wire", "--digits", "17").stdout
    assert np.array_equal(ww.parse(whole).initial(0), model.theta)
    two = succeed("show", place / "m0.wire", "--digits", "2").stdout
    assert np.allclose(ww.parse(two).initial(0), model.theta, rtol=0.05)


def test_a_model_without_errors_shows_all_digits(place):
    model = ww.load(place / "m0.wire")
    ww.Model(model.network, model.theta).save(place / "bare.wire")
    shown = succeed("show", place / "bare.wire").stdout
    assert np.array_equal(ww.parse(shown).initial(0), model.theta)
    assert "±" not in shown
    content = json.loads(succeed("show", place / "bare.wire", "--json").stdout)
    assert "standard errors" not in content


def test_json_carries_them(place):
    model = ww.load(place / "m0.wire")
    content = json.loads(succeed("show", place / "m0.wire", "--json").stdout)
    assert list(content["numbers"].values()) == model.theta.tolist()
    errors = content["standard errors"]
    assert list(errors) == model.network.theta_names
    assert errors["a -> h"] is errors["h -> y"] is None
    assert errors["b -> y"] == pytest.approx(0.01, rel=0.2)
    assert content["undetermined"] == ["a -> h", "h -> y"]
    assert content["at bound"] == []
    told = json.loads((place / "told1").read_text())
    assert told["standard errors"] == errors
    assert told["undetermined"] == content["undetermined"]


def test_fit_says_what_the_data_leave_open(place):
    told = (place / "told0").read_text()
    assert told.endswith(
        "The data do not determine 2 of 4 numbers (one combination of them is open): a -> h, h -> y.\n"
    )
