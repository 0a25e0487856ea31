"""The examples run and do what they say."""

import numpy as np
from examples import (
    energies_and_forces,
    hopfield,
    kolmogorov_arnold,
    one_neuron_xor,
    skip_links,
)

import wildwire as ww


def test_one_neuron_learns_xor(capsys):
    network, result = one_neuron_xor.main()
    data = ww.datasets.xor()
    outputs = ww.run(network, result.theta, data.X)[:, 0]
    assert np.array_equal(outputs > 0.5, np.ravel(data.y) > 0.5)
    assert "bump" in capsys.readouterr().out


def test_a_random_graph_learns_a_bowl(tmp_path):
    assert skip_links.main(tmp_path) < 0.1
    assert ww.parse((tmp_path / "skip_links.wire").read_text()).n_neurons >= 32
    assert (tmp_path / "skip_links.svg").read_text().startswith("<svg")


def test_splines_win_on_a_sum_and_lose_on_ridges(tmp_path):
    errors = kolmogorov_arnold.main(tmp_path)
    assert errors["of_one_sum", "splines"] < 0.02 < 0.1 < errors["of_one_sum", "tanhs"]
    assert errors["of_two_ridges", "tanhs"] < 0.02
    assert errors["of_two_ridges", "splines"] > 0.1
    assert (tmp_path / "kolmogorov_arnold.svg").read_text().startswith("<svg")


def test_slopes_tell_more_than_values():
    without, with_slopes = energies_and_forces.main()
    assert with_slopes < 0.03
    assert without > 10 * with_slopes


def test_noisy_patterns_are_recalled(capsys):
    before, after = hopfield.main()
    assert before == [52] * 5
    assert after == [64] * 5
    assert "pattern 4: 52 of 64 signs came in, 64 came back" in capsys.readouterr().out


def test_a_stored_pattern_stays_and_solves_the_equations():
    rng = np.random.default_rng(1)
    patterns = rng.choice([-1.0, 1.0], (3, 40))
    network, theta = hopfield.hopfield(patterns)
    s = ww.run(network, theta, patterns)
    assert np.array_equal(np.sign(s), patterns)
    w = patterns.T @ patterns / 40
    np.fill_diagonal(w, 0)
    expected = np.tanh(hopfield.STEEPNESS * (s @ w + hopfield.FIELD * patterns))
    assert np.abs(s - expected).max() < 1e-8
