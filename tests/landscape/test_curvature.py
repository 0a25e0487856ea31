"""Spectra: eigenvalues that are known, the index at a saddle, the estimate of many."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, network, rows
from wildwire.errors import DataError, SettingError
from wildwire.landscape import spectrum
from wildwire.learning import Objective

X, Y, WEIGHT = rows(23)
PRODUCT = ww.parse("input x\nh = ?*x\ny = ?*h\noutput y")
BOWL = ww.parse("input a, b, c\ny = ?*a + ?*b + ?*c\noutput y")


def test_a_quadratic_is_known_exactly():
    """H = X^T X / n for the squared error of a linear neuron, everywhere."""
    true = np.linalg.eigvalsh(X.T @ X / len(X))
    for theta in (np.zeros(3), np.array([1.0, -2, 3])):
        found = spectrum(BOWL, X, Y, theta)
        np.testing.assert_allclose(found.eigenvalues, true, rtol=1e-12)
        value, gradient = Objective(BOWL, X, Y).value_and_gradient(theta)
        assert found.value == pytest.approx(value, rel=1e-12)
        assert found.gradient_norm == pytest.approx(np.linalg.norm(gradient))
        assert (found.index, found.negative, found.undecided) == (0, 0, 0)
    decayed = spectrum(BOWL, X, Y, np.zeros(3), l2=0.5)
    np.testing.assert_allclose(decayed.eigenvalues, true + 0.5, rtol=1e-12)
    summed = spectrum(BOWL, X, Y, np.zeros(3), gradient="sum", sample_weight=WEIGHT)
    weighed = np.linalg.eigvalsh((X.T * WEIGHT) @ X)
    np.testing.assert_allclose(summed.eigenvalues, weighed, rtol=1e-12)


@pytest.mark.parametrize("exact", [True, False])
def test_the_index_at_a_saddle(exact):
    """(w1 w2 - 1)**2 / 2: a saddle at 0, a valley at w1 w2 = 1."""
    found = spectrum(PRODUCT, [1.0], [1.0], [0.0, 0.0], exact=exact)
    assert found.gradient_norm == 0
    assert found.index == pytest.approx(0.5, abs=0.3 * (not exact))
    np.testing.assert_allclose(found.eigenvalues[[0, -1]], [-1, 1], atol=1e-12)
    if exact:
        assert found.negative == 1
        assert found.index_error == 0
    valley = spectrum(PRODUCT, [1.0], [1.0], [1.0, 1.0], exact=exact)
    np.testing.assert_allclose(valley.eigenvalues[[0, -1]], [0, 2], atol=1e-12)
    assert valley.index == 0
    assert valley.undecided == pytest.approx(0.5, abs=0.3 * (not exact))


def test_a_flat_direction_is_not_negative():
    """One row leaves all but one direction of a linear neuron flat."""
    found = spectrum(BOWL, X[:1], Y[:1], np.ones(3))
    assert found.index == 0
    assert found.undecided == pytest.approx(2 / 3)
    assert "2 0 to rounding" in repr(found)


def wide():
    made = ww.parse("input a, b, c\nh[12] ~ tanh(a, b, c)\ny ~ linear(h)\noutput y")
    return made, made.initial(0)


def test_an_estimate_stands_for_all_eigenvalues():
    made, theta = wide()
    true = spectrum(made, X, Y, theta)
    found = spectrum(made, X, Y, theta, exact=False, vectors=25, probes=6)
    assert true.exact
    assert not found.exact
    assert found.n_theta == true.n_theta == made.n_theta
    assert len(found.eigenvalues) == 150
    assert found.weights.sum() == pytest.approx(1)
    assert (np.diff(found.eigenvalues) >= 0).all()
    ends = true.eigenvalues[[0, -1]]
    np.testing.assert_allclose(found.eigenvalues[[0, -1]], ends, rtol=1e-6)
    # Within every radius there is a true eigenvalue.
    gap = np.abs(found.eigenvalues[:, None] - true.eigenvalues).min(axis=1)
    assert (gap <= found.radii + 1e-12).all()
    # Moments of the density: traces of H and of its square.
    for power in (1, 2):
        mean = (true.eigenvalues**power).mean()
        size = (np.abs(true.eigenvalues) ** power).mean()
        estimated = found.weights @ found.eigenvalues**power
        assert abs(estimated - mean) < 0.6 * size
    assert found.index <= true.index + 4 * found.index_error + 0.02
    assert found.index + found.undecided >= true.index - 4 * found.index_error - 0.02
    assert "about" in repr(found)


def test_all_vectors_give_all_eigenvalues():
    made, theta = network(REGRESSION)
    true = spectrum(made, X, Y, theta)
    found = spectrum(made, X, Y, theta, exact=False, vectors=500, probes=1)
    np.testing.assert_allclose(found.eigenvalues, true.eigenvalues, atol=1e-9)
    assert np.isnan(found.index_error)


def test_many_numbers_are_estimated(monkeypatch):
    from wildwire.landscape import curvature

    made, theta = network(REGRESSION)
    monkeypatch.setattr(curvature, "EXACT", made.n_theta)
    assert spectrum(made, X, Y, theta).exact
    monkeypatch.setattr(curvature, "EXACT", made.n_theta - 1)
    assert not spectrum(made, X, Y, theta).exact
    assert spectrum(made, X, Y, theta, exact=True).exact


def test_seed_and_threads():
    made, theta = wide()
    runs = [
        spectrum(made, X, Y, theta, exact=False, vectors=5, seed=seed, threads=threads)
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    ]
    assert runs[0].eigenvalues.tobytes() == runs[1].eigenvalues.tobytes()
    assert runs[0].eigenvalues.tobytes() != runs[2].eigenvalues.tobytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"exact": 1}, "exact must be"),
        ({"vectors": 1}, "vectors must be a whole number of 2"),
        ({"probes": 0}, "probes must be"),
        ({"theta": None}, "theta is missing"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(SettingError, match=words):
        spectrum(BOWL, X, Y, **{"theta": np.zeros(3), **arguments})


def test_refusals_of_networks():
    with pytest.raises(SettingError, match="no learnable numbers"):
        spectrum(ww.parse("input x\ny = [2]*x\noutput y"), [1.0], [1.0], [])
    steep = ww.parse("input x\ny = exp(?*x)\noutput y")
    for exact in (True, False):
        with pytest.raises(DataError, match="the loss at theta is"):
            spectrum(steep, [1.0], [1.0], [1000.0], exact=exact)
