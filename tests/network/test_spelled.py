"""Networks without a document whose numbers are products, and whose neurons have formulas of their own."""

from dataclasses import replace

import numpy as np
import pytest

import wildwire as ww


@pytest.mark.parametrize(
    "line",
    [
        "y = tanh([2]*a*b*x - [3]*a/b + [1.5])",
        "y = [0.5]*a*x - a*b*z",
        "y = x/a - [1]/b",
        "y = tanh(x - a*b - [2]*a)",
        "y = gaussian(x, width=[2]*a)",
        "y = exp(-a*x)/([1] + z*?)",
        "y = x**2*z + tanh(a*z - 0.3)",
        "y = where(x > 0.5, twice(z), a*b)",
        "fixed y = 2*x*z + a*exp(3*x)",
    ],
)
def test_what_is_written_reads_back(line):
    text = f"""
        input x, z
        activation twice(z) = 2*z
        let a = 0.75
        let b = -1.5
        {line}
        output y"""
    network = ww.parse(text)
    bare = replace(network, document=None)
    assert bare.document is None
    again = ww.parse(str(bare))
    assert again == network
    theta = np.random.default_rng(0).uniform(0.5, 1, network.n_theta)
    X = np.random.default_rng(1).uniform(0.5, 1, (7, 2))
    same = ww.parse(bare.to_text(theta))
    np.testing.assert_array_equal(same.start, theta)
    np.testing.assert_array_equal(ww.run(same, theta, X), ww.run(network, theta, X))
