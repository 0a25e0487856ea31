"""Numbers beside their standard errors, as people write them."""

import math

import numpy as np
import pytest

from wildwire.learning.rounding import rounded_to, with_error

WRITTEN = {
    "0.531 ± 0.023": (0.53123, 0.0234),
    "0.53 ± 0.10": (0.53123, 0.0996),
    "238.9 ± 2.7": (238.942, 2.707),
    "1230 ± 230": (1234.5, 230.4),
    "0 ± 480": (0.1, 481.2),
    "0.00 ± 0.48": (0.0, 0.4812),
    "-0.0006 ± 0.0012": (-0.00055, 0.0012),
    "(5.502 ± 0.073)e-04": (5.5015643e-4, 7.2668e-6),
    "(-1.50 ± 0.25)e+09": (-1.5e9, 2.5e8),
    "(0.0 ± 2.5)e-12": (1e-14, 2.5e-12),
    "0.5 ± 0": (0.5, 0.0),
    "0.5 ± 1e-30": (0.5, 1e-30),
    "0.25": (0.25, math.nan),
    "0.3333, undetermined": (1 / 3, math.inf),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_number_and_error(text):
    assert with_error(*WRITTEN[text]) == text


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.53123, 0.0234, 0.531), (1234.5, 230.4, 1230.0), (0.1, 481.2, 0.0), (1 / 3, math.inf, 0.3333),
        (1 / 3, math.nan, 1 / 3), (1 / 3, 0.0, 1 / 3), (1 / 3, 1e-30, 1 / 3), (5.5015643e-4, 7.2668e-6, 5.502e-4),
        (1.5e300, 1e299, 1.5e300), (2e-310, 1e-311, 2e-310),
    ],
)  # fmt: skip
def test_rounded(value, error, expected):
    assert rounded_to(value, error) == pytest.approx(expected, rel=1e-12)


def test_a_rounded_number_is_within_its_error():
    random = np.random.default_rng(0)
    for _ in range(2000):
        value = random.normal() * 10 ** random.uniform(-12, 12)
        error = abs(random.normal()) * 10 ** random.uniform(-12, 12) + 1e-13
        assert abs(rounded_to(value, error) - value) <= 0.051 * error + 1e-15 * abs(
            value
        )
        assert "±" in with_error(value, error)
