"""What `check_function` promises: every built-in function passes, random formulas pass, faults are named."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from testing.strategies import formulas
from wildwire.errors import CheckError, FunctionError, SettingError
from wildwire.functions import catalogue, losses, transfers
from wildwire.testing import check_function

BUILT_IN = [*catalogue().values(), *losses().values()]


@pytest.mark.parametrize("function", BUILT_IN, ids=lambda f: f"{f.kind} {f.name}")
def test_every_built_in_function_passes(function):
    levels = (0,) if function.n_parameters > 4 else (0, 1)
    # Far out a spline of zeros is 0 times infinity.
    domain = (-1e150, 1e150) if function.name == "spline" else None
    report = check_function(function, levels=levels, domain=domain)
    assert report.passed


OWN = [
    "transfer ratio(w, x) = sum(w*x)/sum(abs(w))",
    "transfer both(w, x, v, q) = (sum(v*tanh(w*x)), prod(1 - w*x/3) + pairs(q*x*x'))",
]


@pytest.mark.parametrize("text", [*transfers(), *OWN])
def test_every_transfer_passes(text):
    report = check_function(text, kind="transfer")
    assert report.passed
    assert report["slopes, 5 links"].status == "passed"


def test_a_transfer_without_a_finite_value_is_named():
    with pytest.raises(CheckError, match="value, 1 link: at sources"):
        check_function("transfer far(w, x) = log(-sum(w*x))")


@settings(
    max_examples=200, derandomize=True, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(formulas(), st.integers(0, 99))
def test_slopes_and_curvatures_of_random_formulas(text, seed):
    """Against exact arithmetic where it is there, else against differences."""
    try:
        function = ww.activation(f"f(z, k=0.8) = {text}")
    except FunctionError:
        return  # a constant that divides by 0, or the like
    check_function(function, skip=("finite", "nan", "kernels"), seed=seed, count=30)


FAULTS = [
    ("bad(z) = where(z > 0, z, 0), range = 0..1", "nan in z comes out"),
    ("bad(z) = z**2, range = 0..1", "range holds"),
    ("bad(z) = 1/z - 1/z", "value is finite"),
]


@pytest.mark.parametrize(("text", "check"), FAULTS)
def test_what_does_not_hold_is_named(text, check):
    with pytest.raises(CheckError, match=check):
        check_function(text, skip=("kernels",))
    report = check_function(text, skip=("kernels",), raises=False)
    assert not report.passed
    assert "failed" in str(report)


def test_a_training_slope_is_not_compared():
    report = check_function(
        "hard(z) = where(z > 0, 1, stable(z <= 0, 0, z)), slope = 1"
    )
    assert report["slope in z"].status == "skipped"
    assert "training slope" in report["slope in z"].detail


def test_a_wrong_kernel_is_found(monkeypatch):
    """The text of one function with the kernels of another."""
    from wildwire.functions import native

    sine = catalogue()["sin"]
    real = native.address
    monkeypatch.setattr(native, "address", lambda function, *rest: real(sine, *rest))
    with pytest.raises(CheckError, match="kernel"):
        check_function(replace(catalogue()["cos"]), dtypes=["float64"], levels=[0])


def test_options_that_do_not_exist_are_refused():
    with pytest.raises(SettingError):
        check_function("tanh", skip=("everything",))
    with pytest.raises(FunctionError):
        check_function("nonesuch")
