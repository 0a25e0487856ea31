"""`ww.testing.check_function`: what it finds, what it passes over, and that everything built in passes.

Comes in: the catalogue, random formulas, and functions with a defect. Goes out: failures. Called by pytest.
"""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import wildwire as ww
from testing.strategies import formulas
from wildwire.errors import CheckError, FunctionError, SettingError
from wildwire.functions import (
    activation,
    catalogue,
    derive,
    evaluate,
    find,
    loss,
    losses,
    native,
)
from wildwire.functions.primitives import PRIMITIVES
from wildwire.testing import exact, kernels
from wildwire.testing.functions import SUBJECTS

check_function = ww.testing.check_function
PLAIN = {"skip": ("kernels",)}
FUNCTIONS = [*catalogue().values(), *losses().values()]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.kind} {f.name}")
def test_every_built_in_function_keeps_the_promises(function):
    report = check_function(function)
    names = [check.name for check in report]
    assert names[:2] == ["text reads back", "value is finite on its domain"]
    assert report["slope in " + function.arguments[0]].status == "passed"
    for dtype in ("float64", "float32"):
        for level in (0, 1, 2):
            assert report[f"{dtype} kernel, level {level}"].status == "passed"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.kind} {f.name}")
def test_differences_agree_where_there_is_no_exact_arithmetic(function):
    report = check_function(function, precise=False, **PLAIN)
    assert "of differences at" in report["slope in " + function.arguments[0]].detail


@settings(derandomize=True, max_examples=200, deadline=None)
@given(formulas())
def test_random_formulas_have_the_derivatives_of_exact_arithmetic(formula):
    try:
        function = activation(f"f(z, k=0.8) = {formula}")
    except FunctionError:  # a constant part that is no number
        return
    # A random formula may be undefined, and lose nan in a branch: that is its own affair.
    check_function(function, count=6, precise=True, skip=("finite", "nan", "kernels"))


# Together they call everything that a formula may call.
COMPILED = [
    "exp(-z**2)*sin(k*z) + log(guard_below(z, 0.1)) + erf(z)*tan(0.3*z)",
    "where(z > k, cbrt(guard_zero(z, 0.01)), expm1(z))/(2 + cos(z)) + sech2(z)",
    "max(arctan(z), min(k, z**3)) + floor(z)*sign(z - k) + abs(z)**1.5",
    "log1p(z**2)**k + stable(z < 0, softplus(z), softplus(z)*2/2) + sinh(z)/cosh(z)",
    "normal_cdf(z)*normal_pdf(k) + erfc(guard_above(z, 4)) + power(1 + z**2, -0.3)",
    "logistic(z)*tanh(z) + sqrt(1 + z**2) + gelu(z) + sinc(k*z)",
]


@pytest.mark.parametrize("formula", COMPILED)
def test_compiled_formulas_are_their_twins(formula):
    report = check_function(
        f"f(z, k=0.8) = {formula}", skip=("nan", "finite"), count=40
    )
    assert len([check for check in report if "kernel" in check.name]) == 6


def test_the_compiled_formulas_call_everything():
    text = " ".join(COMPILED)
    assert [name for name in PRIMITIVES if f"{name}(" not in text] == []


# ---- what is wrong is found --------------------------------------------------------------


def failures(function, **options):
    report = check_function(function, raises=False, **options)
    return {check.name: check.detail for check in report.failures}


@pytest.fixture
def broken_rule(monkeypatch):
    """Replaces the slope of a primitive; the graphs made with it are forgotten."""

    def replaced(name, slopes):
        monkeypatch.setitem(PRIMITIVES, name, replace(PRIMITIVES[name], slopes=slopes))
        derive.tables.cache_clear()

    yield replaced
    derive.tables.cache_clear()


@pytest.mark.parametrize("precise", [True, False])
def test_a_wrong_rule_of_differentiation_is_found(broken_rule, precise):
    broken_rule("sin", lambda u: (u.graph.make("cos", u) * 1.00001,))
    found = failures("f(z, k=2) = k*sin(z)", precise=precise, **PLAIN)
    # By differences second derivatives are those of the slopes, and so wrong with them.
    curvatures = {"curvature in z, z", "curvature in z, k"} if precise else set()
    assert set(found) == {"slope in z", *curvatures}


def test_a_wrong_meaning_of_the_twin_is_found(monkeypatch):
    monkeypatch.setitem(
        evaluate._MEANING, "arctan", lambda x: np.arctan(x) * (1 + 1e-10)
    )
    assert set(failures("f(z) = arctan(z)", **PLAIN)) == {"value"}
    found = failures(find("arctan"), skip=("derivatives", "range"), levels=[0])
    assert list(found) == ["float64 kernel, level 0"]


def changed_kernel(monkeypatch, change):
    """Let every kernel's results be changed before they are compared."""
    plain = kernels.run_kernel

    def run(function, level, arguments, parameters):
        out, guards = plain(function, level, arguments, parameters)
        change(arguments, out, guards)
        return out, guards

    monkeypatch.setattr(kernels, "run_kernel", run)


def some(dtype="float64", levels=(1,)):
    return {"dtypes": [dtype], "levels": levels, "skip": ("derivatives", "finite")}


def at_place(value):
    """A change of the value at one argument by 1."""

    def change(arguments, out, guards):
        out[0][arguments[0] == value] += 1

    return change


@pytest.mark.parametrize(
    "place", [0.0, 5e-324, 2.2250738585072014e-308, 700.0, math.inf, -math.inf]
)
def test_a_wrong_number_at_one_extreme_place_is_found(monkeypatch, place):
    changed_kernel(monkeypatch, at_place(place))
    (detail,) = failures(find("tanh"), **some()).values()
    assert "compiled" in detail
    assert "twin" in detail
    assert f"z = {place!r}" in detail or f"z = {-place!r}" in detail


@pytest.mark.parametrize(
    "change",
    [
        lambda arguments, out, guards: out[1].__imul__(1 + 1e-13),
        lambda arguments, out, guards: out.__setitem__(np.isnan(out), 0.0),
        lambda arguments, out, guards: guards.__iadd__(1),
    ],
    ids=["wrong by 1e-13", "nan lost", "guards"],
)
def test_a_wrong_kernel_is_found(monkeypatch, change):
    changed_kernel(monkeypatch, change)
    assert list(failures(find("log"), **some())) == ["float64 kernel, level 1"]
    assert list(failures(find("tanh"), **some())) == ["float64 kernel, level 1"]


def test_single_precision_is_held_to_single_precision(monkeypatch):
    changed_kernel(
        monkeypatch, lambda a, out, guards: out.__imul__(np.float32(1 + 1e-5))
    )
    assert list(failures(find("tanh"), **some("float32"))) == [
        "float32 kernel, level 1"
    ]


def test_the_kernels_of_another_function_are_found(monkeypatch):
    sine, real = catalogue()["sin"], native.address
    monkeypatch.setattr(native, "address", lambda function, *rest: real(sine, *rest))
    with pytest.raises(CheckError, match="kernel"):
        check_function(replace(catalogue()["cos"]), dtypes=["float64"], levels=[0])


@pytest.mark.parametrize(
    ("text", "options", "check", "words"),
    [
        ("f(z) = log(z)", {}, "value is finite on its domain", "no value there: a guard such as"),
        ("f(z) = 1/z", {}, "value is finite on its domain", "at z = 0.0 it is inf"),
        ("f(z) = exp(z)/exp(z)", {}, "value is finite on its domain", "exactly 1: a part of the"),
        ("f(z) = where(z > 0, 1, 0)", {}, "nan in z comes out", "it is 0.0, not nan; let the last"),
        ("f(z) = 3", {}, "nan in z comes out", "it is 3.0, not nan"),
        ("f(z) = tanh(z), range = -1..0.5", {}, "range holds", "outside of -1..0.5"),
        ("f(z) = exp(z), range = 0..1e6", {}, "range holds", "outside of 0..1e+06"),
        ("loss l(o, t) = log(o)*t", {}, "value is finite on its domain", "o = "),
        ("loss l(o, t) = where(o > 0, t, 0)", {}, "nan in t comes out", "t = nan"),
    ],
)  # fmt: skip
def test_a_function_with_a_defect_is_told_so(text, options, check, words):
    found = failures(text, **options, **PLAIN)
    assert words in found[check]


def test_a_parity_that_does_not_hold_is_found():
    function = activation("f(z) = tanh(z) + where(abs(z) < 1.5, 1e-6, 0)")
    vars(function)["parity"] = "odd"  # as a wrong search would find it
    found = failures(function, **PLAIN)
    assert found["parity holds"].startswith("odd, but at ")


def test_a_text_that_is_another_function_is_found(monkeypatch):
    from wildwire.language import printer

    plain = printer.print_statement
    monkeypatch.setattr(
        printer, "print_statement", lambda line: plain(line).replace("sin", "cos")
    )
    assert (
        "is another function" in failures("f(z) = sin(z)", **PLAIN)["text reads back"]
    )
    monkeypatch.setattr(printer, "print_statement", lambda line: "activation f(z) = (")
    assert "is refused: " in failures("f(z) = sin(z)", **PLAIN)["text reads back"]


# ---- what is passed over, and how ----------------------------------------------------------


def test_a_training_slope_is_not_compared():
    text = "f(z, k=2) = where(z*k > 0, 1, stable(z < 0, 0, z)), slope = sech2(k*z)"
    report = check_function(text, dtypes=["float64"])
    for name in ("slope in z", "curvature in z, z", "curvature in z, k"):
        assert report[name].status == "skipped"
        assert "training slope, not the derivative" in report[name].detail
    assert report["slope in k"].status == "passed"
    assert report["curvature in k, k"].status == "passed"


def test_the_domain_says_where_a_value_is_needed():
    assert failures("f(z) = log(z)", **PLAIN)
    assert check_function("f(z) = log(z)", domain=(1e-6, 1e6), **PLAIN).passed
    domain = {"o": (0.5, math.inf), "t": (-math.inf, -0.5)}
    text = "loss l(o, t) = log(o)*log(-t)"
    assert check_function(text, domain=domain, **PLAIN).passed
    assert failures(text, domain={"o": (0.5, 3)}, **PLAIN)


def test_places_near_kinks_are_left_out():
    assert (
        check_function("f(z) = floor(1e7*z) + z", **PLAIN)["slope in z"].status
        == "passed"
    )
    report = check_function("f(z) = floor(1e13*z) + z", **PLAIN)
    assert report["slope in z"].status == "skipped"
    assert "are away from kinks" in report["slope in z"].detail


def test_functions_that_call_others_of_their_own_read_back():
    text = "activation a(z, k=3) = k*tanh(z)\nactivation b(z) = a(z) + a(2*z)\n"
    network = ww.parse(text + "input x\ny ~ b(x)\noutput y")
    assert (
        check_function(network.function_of(0), **PLAIN)["text reads back"].status
        == "passed"
    )


def test_a_neuron_with_a_formula_of_its_own_can_be_checked():
    network = ww.parse("input a, b\ny = 0.7*tanh(2*a)*b + 1\noutput y")
    report = check_function(network.function_of(0), dtypes=["float64"], levels=[1])
    assert report["text reads back"].status == "skipped"
    assert report["slope in x0"].status == "passed"


def test_without_mpmath_differences_are_taken(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    assert not exact.available()
    report = check_function("f(z, k=2) = exp(k*tanh(z))", **PLAIN)
    assert "of differences" in report["slope in k"].detail


def test_overflow_is_no_defect_without_mpmath_either(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    report = check_function("f(z) = exp(z)", **PLAIN)
    assert "overflow" in report["value is finite on its domain"].detail
    found = failures("f(z) = log(z)", **PLAIN)
    assert "should be finite" in found["value is finite on its domain"]


def test_some_checks_can_be_left_out():
    report = check_function(
        "f(z) = where(z > 0, 1, 0)", skip=("nan", "kernels", "derivatives")
    )
    assert [check.name for check in report] == [
        "text reads back", "value is finite on its domain", "range holds", "parity holds",
    ]  # fmt: skip
    assert not list(check_function("f(z) = z", skip=SUBJECTS))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"skip": ["kernel"]}, "skip: 'kernel' is none of text, finite"),
        ({"skip": "nan value"}, "skip: 'nan value' is none of"),
        ({"levels": [3]}, "levels: 3 is none of 0, 1, 2"),
        ({"dtypes": ["float16"]}, "dtypes: 'float16' is none of float64"),
        ({"kind": "learner"}, "kind is activation, transfer or loss, not 'learner'"),
        ({"domain": (1, 0)}, "1 to 0 is empty"),
        ({"domain": {"q": (0, 1)}}, "'q' is no argument; there are z"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, words):
    with pytest.raises(SettingError, match=words):
        check_function("f(z) = z", **options)


def test_what_is_no_function_is_refused():
    with pytest.raises(SettingError, match="not int"):
        check_function(3)
    with pytest.raises(FunctionError, match="unknown function"):
        check_function("f(z) = tahn(z)")


# ---- report and error -----------------------------------------------------------------------


def test_a_failure_is_an_error_with_the_report():
    with pytest.raises(CheckError) as caught:
        check_function("hard(z) = where(z > 0, 1, log(-1 - z**2))", **PLAIN)
    assert isinstance(caught.value, FunctionError)
    assert isinstance(caught.value, AssertionError)
    message = str(caught.value)
    assert message.startswith(
        "activation hard(z): value is finite on its domain: at z = "
    )
    assert caught.value.report.failures


def test_the_report_prints_one_line_for_each_check():
    report = check_function("bump(z, k=10) = exp(-k*(1 - z)**2)", **PLAIN)
    lines = str(report).splitlines()
    assert lines[0] == "activation bump(z, k=10)"
    assert len(lines) == 1 + len(list(report))
    assert all(line.split()[0] in ("passed", "skipped") for line in lines[1:])
    with pytest.raises(KeyError):
        report["nothing"]


def test_a_loss_is_named_or_told():
    assert str(check_function("abs(o - t)**1.5", kind="loss", **PLAIN)).startswith(
        "loss custom"
    )
    assert (
        check_function(loss("huber(delta=0.5)"), **PLAIN).subject
        == "loss huber(o, t, delta=0.5)"
    )


def test_it_is_the_same_every_time():
    first, second = (
        check_function("f(z, k=2) = sin(k*z)", seed=3, **PLAIN) for _ in range(2)
    )
    assert first == second
    assert first != check_function("f(z, k=2) = sin(k*z)", seed=4, **PLAIN)
