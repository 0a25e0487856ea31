"""Transfers given to `check_function`: those of the catalogue pass, faults are named."""

import pytest

from wildwire.errors import CheckError
from wildwire.functions import transfers
from wildwire.testing import check_function

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
