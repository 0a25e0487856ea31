"""Kernels of transfers against the formula written out, for both float types."""

import numpy as np
import pytest

from functions.transfer_calls import call_kernels
from wildwire.functions import transfer, transfers

OWN = (
    "prods(w, x, c) = prod(1 - w*x*c) + bias",
    "noisy(w, x) = 1 - prod(1 - tanh(w*x))*mean(x)",
    "everything(w, x, q, c, k=2) = pairs(q*tanh(w*x - c*w'*x'), distinct) + sum(c*x)**2/k",
    "nested(w, x, k=1) = sum(exp(k*w*x - max(k*w*x)))*bias",
    "two(w, x, q, r) = pairs(q*x*x' + r*w, distinct)*mean(w)",
    "range_of(w, x) = max(w*x) - min(x)",
)
ALL = [*transfers().values(), *map(transfer, OWN)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("made", ALL, ids=lambda made: made.name)
def test_kernels_agree_with_the_formula_written_out(made, dtype):
    rng = np.random.default_rng(3)
    for links, samples in ((1, 1), (2, 32), (5, 16), (5, 1)):
        X = rng.uniform(0.2, 1.5, (links, samples)).astype(dtype)
        weights, delta = rng.uniform(0.2, 1.5, links), rng.normal(size=samples)
        numbers = rng.uniform(0.3, 1.5, made.n_numbers(links))
        weights, numbers, delta = (
            a.astype(dtype).astype(float) for a in (weights, numbers, delta)
        )
        bias = 0.5
        z, shares, *gradients, _ = call_kernels(made, X, weights, numbers, bias, delta)
        expected = made.evaluate(1, [*X.astype(float)], weights, numbers, bias)
        unit = 1e-11 if dtype == "float64" else 2e-4
        # Slopes may cancel: they are compared with the size of all slopes.
        size = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(z, expected[0], rtol=unit)
        slopes = expected[1 : 1 + links] * delta
        np.testing.assert_allclose(shares, slopes, atol=unit * size)
        sums = (expected[1 + links :] * delta).sum(axis=1)
        found = np.concatenate(gradients)
        np.testing.assert_allclose(found, sums, atol=unit * size * samples)


def test_inputs_get_no_deltas_unless_they_are_wanted():
    made = transfers()["distance"]
    X, weights = np.array([[0.5, 0.1], [0.2, 0.9]]), [0.1, 0.2]
    _, wanted, *_ = call_kernels(made, X, weights, [], 0.0, np.ones(2))
    _, shares, *_ = call_kernels(made, X, weights, [], 0.0, np.ones(2), first_row=1)
    assert not shares[0].any()
    np.testing.assert_array_equal(shares[1], wanted[1])


@pytest.mark.parametrize("links", [1, 10, 1000, 10_000])
def test_one_kernel_serves_any_number_of_links(links):
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(links, 16)), rng.normal(size=links)
    delta = np.ones(16)
    for name in ("squared_distance", "max", "contrast"):
        made = transfers()[name]
        z, shares, by_weight, *_ = call_kernels(made, X, weights, [], 0.0, delta)
        if name == "squared_distance":
            difference = X - weights[:, None]
            np.testing.assert_allclose(z, (difference**2).sum(axis=0), rtol=1e-11)
            np.testing.assert_allclose(shares, 2 * difference, rtol=1e-11)
        elif name == "max":
            terms = weights[:, None] * X
            np.testing.assert_array_equal(z, terms.max(axis=0))
            best = terms.argmax(axis=0)
            expected = np.zeros(links)
            np.add.at(expected, best, X[best, np.arange(16)])
            np.testing.assert_allclose(by_weight, expected, rtol=1e-12)
        else:
            total = np.abs(weights).sum()
            np.testing.assert_allclose(z, weights @ X / total, rtol=1e-9, atol=1e-12)


def test_products_of_many_links_have_slopes_where_a_factor_is_zero():
    made = transfer("noisy_or(w, x) = 1 - prod(1 - w*x)")
    X = np.array([[1.0], [0.5], [0.25]])
    z, shares, *_ = call_kernels(made, X, [1.0, 1.0, 1.0], [], 0.0, np.ones(1))
    assert z[0] == 1
    np.testing.assert_allclose(shares[:, 0], [0.5 * 0.75, 0, 0])


def test_the_first_of_equal_terms_is_picked():
    made = transfers()["max"]
    X = np.array([[2.0, 1.0], [2.0, 3.0]])
    _, shares, by_weight, *_ = call_kernels(made, X, [1.0, 1.0], [], 0.0, np.ones(2))
    assert shares.tolist() == [[1, 0], [0, 1]]
    assert by_weight.tolist() == [2, 3]


@pytest.mark.parametrize("name", ["max", "min"])
def test_what_is_no_number_is_not_hidden(name):
    X = np.array([[1.0, np.nan], [np.nan, 5.0]])
    z, *_ = call_kernels(transfers()[name], X, [1.0, 1.0], [], 0.0, np.ones(2))
    assert np.isnan(z).all()


def test_a_sample_counts_once_however_many_guards_it_meets():
    made = transfer(
        "logs(w, x) = sum(w*log(guard_below(x, 0.5)))/guard_zero(sum(x), 1)"
    )
    # two links below 0.5, and the sum; one link; only the sum; nothing
    X = np.array([[0.25, 1.0, 0.6, 1.0], [0.2, 3.0, 0.6, 1.0], [0.5, 0.1, -0.9, 1.0]])
    weights = [1.0, 1.0, 1.0]
    *_, guards = call_kernels(made, X[:, :3], weights, [], 0.0, np.ones(3))
    assert guards == 3
    *_, guards = call_kernels(made, X[:, 3:], weights, [], 0.0, np.ones(1))
    assert guards == 0
