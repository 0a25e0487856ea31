"""Start values: what is kept, what is drawn, from which distribution, in which order."""

import numpy as np
import pytest

from wildwire.errors import SettingError
from wildwire.network import Network
from wildwire.network.initialisers import (
    INITIALISERS,
    Glorot,
    He,
    LeCun,
    Normal,
    TruncatedNormal,
    Uniform,
)

NAN = float("nan")


def wide(n=200, m=300):
    return Network.parse(f"input x[{n}]\nh[{m}] ~ tanh(x)\ny ~ linear(h)\noutput y")


def test_numbers_of_the_text_are_kept():
    network = Network.parse(
        "input x\nh = tanh(0.5*x + ?)\ng = tanh(?*x - 3)\ny = h + a*g\nlet a = 7\noutput y"
    )
    theta = network.initial(seed=0)
    known = ~np.isnan(network.start)
    assert known.tolist() == [True, False, False, True, True]
    np.testing.assert_array_equal(theta[known], network.start[known])
    assert np.isfinite(theta).all()


def test_unknown_numbers_are_drawn_in_thetas_order():
    network = Network.parse(
        "input x\nh ~ tanh(x)\ng = tanh(2*x)\ny ~ tanh(h, g)\noutput y"
    )
    theta = network.initial(seed=5, initialiser=Uniform(-0.5, 0.5, biases=True))
    drawn = np.random.default_rng(5).uniform(-0.5, 0.5, 5)
    np.testing.assert_array_equal(theta, [*drawn[:2], 2.0, *drawn[2:]])


def test_seed_is_a_number_a_sequence_or_a_generator():
    network = wide(3, 4)
    base = network.initial(seed=3)
    np.testing.assert_array_equal(base, network.initial(seed=3))
    np.testing.assert_array_equal(base, network.initial(np.random.default_rng(3)))
    np.testing.assert_array_equal(base, network.initial(np.random.SeedSequence(3)))
    assert not np.array_equal(base, network.initial(seed=4))


# name, deviation of the weights into h: fan_in 200, fan_out 1
SPREADS = [
    ("uniform", 0.05 / np.sqrt(3)),
    ("normal", 0.05),
    ("truncated_normal", 0.05 * 0.87962566),
    ("glorot_uniform", np.sqrt(2 / 500)),
    ("glorot_normal", np.sqrt(2 / 500)),
    ("he_uniform", np.sqrt(2 / 200)),
    ("he_normal", np.sqrt(2 / 200)),
    ("lecun_uniform", np.sqrt(1 / 200)),
    ("lecun_normal", np.sqrt(1 / 200)),
    ("default", np.sqrt(2 / 500)),
]


@pytest.mark.parametrize(("name", "deviation"), SPREADS, ids=[s[0] for s in SPREADS])
def test_spread_of_weights(name, deviation):
    network = wide()
    theta = network.initial(seed=1, initialiser=name)
    weights = theta[: 201 * 300].reshape(300, 201)[:, :200].ravel()
    error = deviation / np.sqrt(2 * len(weights))
    assert abs(weights.std() - deviation) < 5 * error
    assert abs(weights.mean()) < 5 * deviation / np.sqrt(len(weights))


def test_every_name_is_measured():
    assert sorted(INITIALISERS) == sorted(name for name, _ in SPREADS)


@pytest.mark.parametrize("name", INITIALISERS)
def test_biases_are_zero_unless_the_initialiser_draws_them(name):
    network = wide(5, 400)
    biases = network.initial(seed=2, initialiser=name)[: 6 * 400].reshape(400, 6)[:, 5]
    if INITIALISERS[name].biases:
        assert np.ptp(biases) > 0.1
    else:
        assert not biases.any()


@pytest.mark.parametrize(
    ("initialiser", "limit"),
    [
        (Uniform(-0.5, 0.5), 0.5),
        (TruncatedNormal(0.0, 0.05), 0.1),
        (Glorot(), np.sqrt(6 / 500)),
        (He(), np.sqrt(6 / 200)),
        (LeCun(), np.sqrt(3 / 200)),
    ],
)
def test_limits_are_reached_and_kept(initialiser, limit):
    theta = wide().initial(seed=1, initialiser=initialiser)[: 201 * 300]
    weights = theta.reshape(300, 201)[:, :200]
    assert np.abs(weights).max() <= limit
    assert np.abs(weights).max() > 0.99 * limit


def test_truncated_scaled_initialisers_keep_their_variance():
    theta = wide().initial(seed=1, initialiser=He("truncated_normal"))
    weights = theta[: 201 * 300].reshape(300, 201)[:, :200]
    assert weights.var() == pytest.approx(2 / 200, rel=0.02)
    assert np.abs(weights).max() < 2.3 * np.sqrt(2 / 200)


def test_parameters_start_at_their_default_and_divisors_at_one():
    network = Network.parse("input x\ny = bump(x/? + ?, k=?)\noutput y")
    assert dict(network.numbers(network.initial(seed=0)))["y k"] == 10
    assert dict(network.numbers(network.initial(seed=0)))["y w0"] == 1


def test_starts_stay_inside_bounds():
    network = Network.parse(
        "input x\ny = tanh(a*x) + b*x + c*x + d*x\nlet a in [2, 3]\nlet b in [5, ]\n"
        "let c in [-1e308, 1e308]\nlet d in [7, 7]\noutput y"
    )
    starts = np.array([network.initial(seed=seed) for seed in range(400)])
    low, high = network.bounds.T
    assert np.all((starts >= low) & (starts <= high))
    inside = starts[:, 0]
    assert len(np.unique(inside)) == 400
    assert inside.mean() == pytest.approx(2.5, abs=0.06)
    assert inside.min() < 2.02
    assert inside.max() > 2.98
    assert np.all(starts[:, 1] == 5)
    assert np.all(starts[:, 3] == 7)


def test_starts_inside_bounds_are_not_drawn_again():
    text = "input x\ny = a*x\nlet a{}\noutput y"
    free = Network.parse(text.format(""))
    bound = Network.parse(text.format(" in [-10, 10]"))
    for seed in range(5):
        assert free.initial(seed) == bound.initial(seed)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Uniform(1, 1),
        lambda: Uniform(0, NAN),
        lambda: Normal(0, 0),
        lambda: TruncatedNormal(0, -1),
        lambda: Glorot("square"),
        lambda: wide(2, 2).initial(initialiser="glorot"),
        lambda: wide(2, 2).initial(initialiser=3),
        lambda: wide(2, 2).initial(initialiser=[]),
        lambda: wide(2, 2).initial("x"),
        lambda: wide(2, 2).initial(-1),
    ],
)
def test_wrong_settings(make):
    with pytest.raises(SettingError):
        make()
