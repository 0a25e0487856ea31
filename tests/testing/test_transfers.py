"""Transfers given to `check_function`: those of the catalogue pass, faults are named."""

import pytest

import wildwire as ww
from wildwire.errors import CheckError
from wildwire.functions import transfers
from wildwire.testing import check_function

OWN = [
    "transfer ratio(w, x) = sum(w*x)/sum(abs(w))",
    "transfer both(w, x, v, q) = (sum(v*tanh(w*x)), prod(1 - w*x/3) + pairs(q*x*x'))",
    "transfer mixed(w, x) = (sum(w*x), prod(1 - w*x/3))",
    "transfer n_0(w, x) = sum(w*x)/(1 + sum(where(x > 0, 1, 0)))",
]

SUM = (
    "exchange of links, a sign of source and weight, a factor between source and weight"
)


@pytest.mark.parametrize("text", [*transfers(), *OWN])
def test_every_transfer_passes(text):
    report = check_function(text, kind="transfer")
    assert report.passed
    assert report["slopes, 5 links"].status == "passed"


def test_a_transfer_without_a_finite_value_is_named():
    with pytest.raises(CheckError, match="value, 1 link: at sources"):
        check_function("transfer far(w, x) = log(-sum(w*x))")


def test_functions_that_functions_call_are_checked_with_them():
    network = ww.parse(
        "input x1, x2\ny ~ t(x1, x2)\noutput y\ntransfer t(w, x) = sum(w*mixed(x))/sum(w)\n"
        "activation mixed(z) = deeper(z) + 1\nactivation deeper(z) = tanh(z*z)"
    )
    report = check_function(network.transfers[1])
    assert report["text reads back"].status == "passed"
    assert report["slopes, 5 links"].status == "passed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("transfer t(w, x, a=0) = sum(w*x) + a*sum(x)", "exchange of links"),
        ("transfer t(w, x, a=1) = sum(w*x)**2 + a - 1", SUM),
        ("transfer t(w, x, a=0) = sum(sqrt(w*w*x*x)) + a*sum(w)", "exchange of links"),
    ],
)
def test_what_holds_at_the_defaults_alone_is_not_told(text, told):
    report = check_function(text, kind="transfer")
    assert report["unchanged by"].detail == told
