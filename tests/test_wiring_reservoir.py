"""Reservoirs: frozen weights with the spectral radius that was asked for, and values against plain NumPy."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import wildwire as ww
from recurrent_twins import check_round_trip
from wildwire.errors import SettingError
from wildwire.wiring import reservoir
from wildwire.wiring.echo_state import largest_eigenvalue


def recurrent(network, name="r"):
    """The recurrent weights, (n, n), from the links of the neurons `name_0`, ... to one another."""
    n = sum(node.startswith("r_") for node in network.names)
    first = network.node(f"{name}_0") - network.n_inputs
    states = network.node("r_0")
    own = (network.link_target >= first) & (network.link_target < first + n)
    own &= (network.link_source >= states) & (network.link_source < states + n)
    W = np.zeros((n, n))
    W[network.link_target[own] - first, network.link_source[own] - states] = (
        network.link_value[own]
    )
    assert (network.link_delay[own] == 1).all()
    return W


@pytest.mark.parametrize(
    ("n", "options"),
    [
        (1, {}),
        (7, {"density": 0.01, "spectral_radius": 2}),  # one source each: loops alone
        (50, {"density": 0.03, "spectral_radius": 1e-3}),
        (100, {"seed": 1}),
        (100, {"density": 1.0, "spectral_radius": 1.25}),
        (400, {"spectral_radius": 0.95}),
    ],
)
def test_the_spectral_radius_is_exact(n, options):
    W = recurrent(reservoir(2, n, **options))
    found = np.abs(np.linalg.eigvals(W)).max()
    wished = options.get("spectral_radius", 0.9)
    assert abs(found - wished) < 1e-10 * wished


def test_the_spectral_radius_of_a_large_reservoir_is_exact():
    """Above 500 neurons Arnoldi's method finds it; all eigenvalues say the same."""
    W = recurrent(reservoir(1, 520, density=0.02, seed=3))
    assert abs(np.abs(np.linalg.eigvals(W)).max() - 0.9) < 1e-10


def test_what_is_in_no_loop_does_not_count():
    """A long chain has the eigenvalue 0 alone, which rounding spreads when all is one matrix."""
    n = 40
    chain = np.arange(n - 1)
    source, target = np.append(chain, n - 1), np.append(chain + 1, n - 1)
    weight = np.append(np.full(n - 1, 30.0), 0.01)
    found = largest_eigenvalue(source, target, weight, n, np.random.default_rng(0))
    assert found == 0.01
    ring = largest_eigenvalue(
        np.arange(3), np.array([1, 2, 0]), np.full(3, 2.0), 3, None
    )
    assert abs(ring - 2) < 1e-12


def test_a_matrix_that_arnoldi_cannot_solve_is_solved_whole():
    """All eigenvalues of a ring have one absolute value: none is the largest."""
    n = 510
    source, target = np.arange(n), np.roll(np.arange(n), -1)
    random = np.random.default_rng(0)
    found = largest_eigenvalue(source, target, np.full(n, 0.5), n, random)
    assert abs(found - 0.5) < 1e-12


@pytest.mark.parametrize(("n", "density", "degree"), [(50, 0.1, 5), (9, 0.01, 1)])
def test_every_neuron_reads_as_many(n, density, degree):
    W = csr_array(recurrent(reservoir(1, n, density=density)))
    assert np.diff(W.indptr).tolist() == [degree] * n


def test_structure():
    network = reservoir(2, 10, ["u", "v"], density=0.3)
    assert network.n_theta == 2 * (10 + 2 + 1)
    assert np.isnan(network.start).all()
    assert {name.split(" -> ")[-1].split()[0] for name in network.theta_names} == {
        "u",
        "v",
    }
    assert list(network.neurons["u"].sources) == [
        *(f"r_{i}" for i in range(10)),
        "x[0]",
        "x[1]",
    ]
    assert reservoir(2, 10, direct=False, bias=False).n_theta == 10


def test_scales():
    network = reservoir(3, 200, input_scale=0.25, bias_scale=2.0, seed=5)
    of_inputs = network.link_value[
        (network.link_source < 3) & (network.link_slot == -1)
    ]
    assert len(of_inputs) == 600
    assert 0.24 < np.abs(of_inputs).max() <= 0.25 and abs(of_inputs.mean()) < 0.02
    biases = network.bias_value[:200]
    assert 1.9 < np.abs(biases).max() <= 2 and (network.bias_slot[:200] == -1).all()
    assert not reservoir(3, 20).bias_value.any()


def test_seeds():
    assert reservoir(1, 30, seed=3) == reservoir(1, 30, seed=3)
    assert reservoir(1, 30, seed=3) == reservoir(1, 30, seed=np.random.default_rng(3))
    assert reservoir(1, 30, seed=3) != reservoir(1, 30, seed=4)
    one, other = (
        recurrent(reservoir(1, 30, seed=3, spectral_radius=s)) for s in (1, 2)
    )
    assert np.allclose(2 * one, other, rtol=1e-14, atol=0)


@pytest.mark.parametrize("leak", [1.0, 0.3])
def test_against_numpy(leak):
    network = reservoir(2, 30, 1, leak=leak, bias_scale=0.5, activation="sin", seed=2)
    drive = "drive" if leak < 1 else "r"
    W = recurrent(network, drive)
    theta = network.initial(0)
    first = network.node(f"{drive}_0") - 2
    now = network.link_delay == 0
    own = now & (network.link_source < 2) & (network.link_target < first + 30)
    A = network.link_value[own].reshape(30, 2)
    b = network.bias_value[first : first + 30]
    X = np.random.default_rng(0).normal(size=(50, 2))
    r, expected = np.zeros(30), []
    for x in X:
        r = (1 - leak) * r + leak * np.sin(A @ x + W @ r + b)
        expected.append(theta[:30] @ r + theta[30:32] @ x + theta[32])
    found = ww.run(network, theta, X)[:, 0]
    assert np.allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "network",
    [
        reservoir(1, 5),
        reservoir(["a", "two words"], 12, 2, leak=0.2, bias_scale=1, direct=False),
        reservoir(1, 40, density=1.0),
    ],
)
def test_text_and_back(network):
    check_round_trip(network)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_reservoir": 0}, "neurons in the reservoir"),
        ({"spectral_radius": 0}, "spectral_radius must be a number above 0; it is 0"),
        ({"spectral_radius": np.inf}, "spectral_radius"),
        ({"density": 1.5}, "density must be a number above 0 and at most 1"),
        ({"density": True}, "density"),
        ({"leak": 0}, "leak"),
        ({"leak": "slow"}, "'slow'"),
        ({"input_scale": -1}, "input_scale must be a number 0 or more"),
        ({"bias_scale": np.nan}, "bias_scale"),
        ({"seed": "x"}, "seed must be"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(SettingError, match=message):
        reservoir(**{"n_inputs": 1, "n_reservoir": 5, **options})
