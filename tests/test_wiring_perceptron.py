"""Rosenblatt's perceptron: its wiring, and that it learns what its units tell apart."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError
from wildwire.learning import learners


def test_association_units_are_frozen_and_responses_are_free():
    network = ww.wiring.perceptron1958(12, 9, 2, fan_in=4, seed=1)
    assert network.n_theta == 2 * (9 + 1)
    into = network.link_target < 9
    assert (network.link_slot[into] == -1).all()
    assert set(np.unique(network.link_value[into] * network.link_sign[into])) == {-1.0, 1.0}  # fmt: skip
    for unit in range(9):
        sources = network.link_source[network.link_target == unit]
        assert len(set(sources.tolist())) == 4
    assert [f.name for f in network.functions] == ["step"]


def test_it_prints_and_reads_back():
    network = ww.wiring.perceptron1958(12, 9, ["left", "right"], fan_in=4, seed=1)
    again = ww.parse(str(network))
    assert again.theta_names == network.theta_names
    X = np.random.default_rng(0).integers(0, 2, (30, 12)).astype(float)
    theta = network.initial(seed=0)
    assert (
        ww.values(again, theta, X).tobytes() == ww.values(network, theta, X).tobytes()
    )
    assert again.output_names == ("left", "right")


def test_the_same_seed_draws_the_same_units():
    texts = [str(ww.wiring.perceptron1958(8, 6, 1, 3, seed)) for seed in (4, 4, 5)]
    assert texts[0] == texts[1] != texts[2]


def test_a_unit_fires_when_excitation_exceeds_its_threshold():
    network = ww.wiring.perceptron1958(6, 5, 1, fan_in=3, seed=2, threshold=1.5)
    X = np.array([[int(bit) for bit in f"{k:06b}"] for k in range(64)], dtype=float)
    found = ww.values(network, network.initial(seed=0), X)[:, :5]
    weights = np.zeros((5, 6))
    into = network.link_target < 5
    drawn = network.link_value * network.link_sign
    weights[network.link_target[into], network.link_source[into]] = drawn[into]
    np.testing.assert_array_equal(found, X @ weights.T >= 1.5)


@pytest.mark.parametrize("activation, low", [("step", 0.0), ("sign", -1.0)])
def test_it_learns_random_dichotomies_without_error(activation, low):
    random = np.random.default_rng(0)
    X = random.integers(0, 2, (60, 20)).astype(float)
    Y = np.where(random.random((60, 2)) < 0.5, 1.0, low)
    network = ww.wiring.perceptron1958(20, 200, 2, fan_in=6, seed=1, activation=activation)  # fmt: skip
    result = ww.fit(network, X, Y, learner=learners.PerceptronRule(0.1), seed=0)
    assert str(result.reason) == "converged"
    np.testing.assert_array_equal(ww.run(network, result.theta, X), Y)


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"fan_in": 9}, "fan_in is 9, and the retina has 8 points"),
        ({"fan_in": 0}, "fan_in must be a whole number"),
        ({"association": 0}, "association units must be a whole number"),
        ({"retina": 0}, "points of the retina must be a whole number"),
        ({"responses": 2.5}, "number of responses must be a whole number"),
        ({"threshold": float("nan")}, "threshold must be a finite number"),
    ],
)
def test_what_makes_no_sense_is_named(settings, told):
    with pytest.raises(SettingError) as caught:
        ww.wiring.perceptron1958(
            **{"retina": 8, "association": 3, "fan_in": 2, **settings}
        )
    assert told in str(caught.value)
