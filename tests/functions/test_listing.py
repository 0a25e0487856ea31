"""The registry `ww.functions`: every built-in function described, in words that are true.

Comes in: the catalogue, and formulas with kinks, poles and guards. Goes out: failures. Called by pytest.
"""

import subprocess
import sys

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import FunctionError
from wildwire.functions import activation, catalogue, generate, loss, losses, transfers
from wildwire.functions.entry import entry_of
from wildwire.functions.plain import sample_places

ENTRIES = list(ww.functions)
IDS = [f"{entry.kind} {entry.name}" for entry in ENTRIES]


def test_it_holds_the_catalogue_in_its_order():
    kinds = {"activation": catalogue(), "transfer": transfers(), "loss": losses()}
    names = [(kind, name) for kind, known in kinds.items() for name in known]
    assert [(entry.kind, entry.name) for entry in ww.functions] == names
    assert len(ww.functions) == len(names)
    assert ww.functions
    assert [e.name for e in ww.functions.entries("loss")] == list(losses())


def test_a_name_of_two_kinds_means_the_activation():
    assert ww.functions["logistic"].function is catalogue()["logistic"]
    assert ww.functions["activation logistic"] is ww.functions["logistic"]
    assert ww.functions["loss logistic"].function is losses()["logistic"]
    assert ww.functions["huber"] is ww.functions["loss huber"]
    assert ww.functions[" loss  huber "] is ww.functions["huber"]


@pytest.mark.parametrize(
    ("name", "there"),
    [("tanh", True), ("huber", True), ("loss huber", True), ("activation huber", False),
     ("tahn", False), ("loss", False), ("", False), (3, False), (None, False)],
)  # fmt: skip
def test_in(name, there):
    assert (name in ww.functions) is there


@pytest.mark.parametrize(
    ("name", "words"),
    [("tahn", "did you mean 'tanh'"), ("sigmoid", "did you mean 'logistic'"),
     ("loss hubr", "unknown loss 'hubr'; did you mean 'huber'"),
     ("loss relu", "unknown loss 'relu'"), ("mse", "did you mean 'squared'"), (3, "not by 3")],
)  # fmt: skip
def test_what_is_not_there_is_named(name, words):
    with pytest.raises(FunctionError, match=words):
        ww.functions[name]


def test_kinds_that_do_not_exist_are_refused():
    with pytest.raises(FunctionError, match="kinds are activation, transfer, loss"):
        ww.functions.entries("learner")


def test_the_table_names_everything_and_fits_a_page():
    lines = repr(ww.functions).splitlines()
    assert len(lines) == 1 + len(ww.functions)
    assert max(map(len, lines)) <= 140
    for entry, line in zip(ww.functions, lines[1:], strict=True):
        assert entry.signature in line
    assert str(ww.functions) == repr(ww.functions)


def test_nothing_is_described_before_it_is_asked_for():
    program = (
        "import sys, wildwire as ww; ww.functions; 'tanh' in ww.functions; "
        "late = {'numpy', 'numba', 'lark', 'wildwire.functions.entry'}; "
        "print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_transfers_say_what_they_do_not_notice():
    entry = ww.functions["distance"]
    assert entry.kind == "transfer"
    assert entry.signature == "distance(w, x)"
    assert entry.meaning == "sqrt(sum((x - w)**2))"
    assert "exchange of links, a sign of source and weight" in str(entry)
    assert "held at 1e-24" in entry.domain
    assert ww.functions["max"].kind == "transfer"


# ---- what an entry says --------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_every_function_says_where_it_comes_from(entry):
    assert 20 < len(entry.reference) < 120
    assert entry.reference.endswith(".")
    assert "\n" not in entry.reference
    assert entry.reference in str(entry)


def test_a_definition_without_its_line_is_refused(tmp_path, monkeypatch):
    text = "# Known from everywhere.\nactivation a(z) = z\n\nactivation b(z) = z\n"
    (tmp_path / "catalogue.wire").write_text(text)
    monkeypatch.setattr(generate, "HERE", tmp_path)
    with pytest.raises(ValueError, match="b needs a line above it"):
        generate.read_references()


def define(entry, formula):
    given = [f"{name}={value!r}" for name, value in entry.parameters]
    make = activation if entry.kind == "activation" else loss
    return make(f"f({', '.join([*entry.arguments, *given])}) = {formula}")


FORMULAS = [e for e in ENTRIES if e.kind != "transfer" and not e.function.vectors]


@pytest.mark.parametrize("entry", FORMULAS, ids=lambda e: f"{e.kind} {e.name}")
def test_the_texts_of_formula_and_slope_are_true(entry):
    function, places = entry.function, sample_places(entry.function)
    assert define(entry, entry.formula).key == function.key
    usable = function.margin(places) > 0.01
    value, slope = function.evaluate(1, places)[:2, usable]
    near = [place[usable] for place in places]
    meaning = define(entry, entry.meaning).evaluate(0, near)[0]
    np.testing.assert_allclose(meaning, value, rtol=1e-9, atol=1e-12)
    assert not entry.trained
    if entry.slope is None:
        assert entry.name.startswith("cubic_")  # choices inside choices
        return
    text = define(entry, entry.slope).evaluate(0, near)[0]
    np.testing.assert_allclose(text, slope, rtol=1e-9, atol=1e-12)


def test_a_training_slope_is_called_that():
    hard = entry_of(activation("hard(z) = where(z > 0, 1, 0), slope = sech2(z)"))
    assert (hard.slope, hard.trained) == ("sech2(z)", True)
    assert "sech2(z)   (training slope, not the derivative)" in str(hard)


def test_a_slope_that_nobody_can_read_is_not_shown():
    text = "*".join(f"tanh(z + {i})" for i in range(12))
    entry = entry_of(activation(f"long(z) = {text}"))
    assert entry.slope is None
    assert "too long to be read" in str(entry)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("z", "all numbers"),
        ("exp(exp(z))", "all numbers"),
        ("log(z)", "all numbers except z <= 0"),
        ("sqrt(z - 1)", "all numbers except z < 1"),
        ("log1p(-2*z)", "all numbers except z >= 0.5"),
        ("1/z", "all numbers except z = 0"),
        ("1/(z - 0.3)", "all numbers except z = 0.3"),
        ("sqrt(1 - z**2)", "all numbers except z < -1 and z > 1"),
        ("sqrt(z**2 - 1)", "all numbers except z > -1 with z < 1"),
        ("tan(z)", "all numbers except z = -1.5708 and z = 1.5708 and z = -4.71239 and more"),
        ("log(-1 - z**2)", "all numbers except all z"),
        ("where(z <= 0, 0, sqrt(z))", "all numbers"),
        ("log(guard_below(z, 1e-9))", "all numbers; held at 1e-09 for z <= 1e-09"),
        ("exp(guard_above(2*z, 9))", "all numbers; held at 9 for 2*z >= 9"),
        ("1/guard_zero(z, 0.1)", "all numbers; held 0.1 away from 0 for abs(z) <= 0.1"),
    ],
)  # fmt: skip
def test_the_domain_is_found(text, domain):
    assert entry_of(activation(f"f(z) = {text}")).domain == domain


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("tanh(z)", []),
        ("abs(z - 0.7)", ["kink at z = 0.7"]),
        ("where(z > 2, 1, 0)", ["jump at z = 2"]),
        ("abs(z)*z", ["jump of the curvature at z = 0"]),
        ("abs(z)*z**3", []),
        ("max(z, z**2)", ["kink at z = 0", "kink at z = 1"]),
        ("floor(3*z)", ["jump where 3*z is a whole number"]),
        ("abs(sin(z))", ["kink where sin(z) = 0"]),
        ("where(abs(z) < 1, z, sign(z))", ["kink at z = -1", "kink at z = 1"]),
        ("guard_above(z**2, 4)", ["edge of a guard at z = -2", "edge of a guard at z = 2"]),
        ("stable(z > 0, z, z)", []),
        ("where(z > 0, 1, 0), slope = 1", ["jump at z = 0"]),
    ],
)  # fmt: skip
def test_what_is_not_smooth_is_found(text, places):
    entry = entry_of(activation(f"f(z) = {text}"))
    assert [str(place) for place in entry.kinks] == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("(o - t)**2", []),
        ("abs(o - t)", ["kink where o = t"]),
        ("where(o < 2*t, 1, 0)", ["jump where o = 2*t"]),
        ("where(t*o >= 1, 0, 1 - t*o)", ["kink where t*o = 1"]),
    ],
)
def test_what_is_not_smooth_in_a_loss_is_told_as_a_condition(text, places):
    assert [str(place) for place in entry_of(loss(text)).kinks] == places


def test_a_loss_that_is_not_finite_everywhere_says_where():
    domain = entry_of(loss("t*log(o)")).domain
    assert domain.startswith("all numbers except some places, such as o = -")
