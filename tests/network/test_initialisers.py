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


# ---- transfers ------------------------------------------------------------------------------------------------------

TEXT = "input x[3], s, c: 1 | 2\nrange s 40..50\nl ~ logistic(x)\n{}\noutput h"

# line, where the unknown weights lie (link by link), and whether they may be anywhere in it
PLACES = [
    ("h[400] ~ gaussian(distance(s, l, x[0]))", [(40, 50), (0, 1), (-1, 1)]),
    ("h[400] ~ squared_distance(c[0], s)", [(0, 1), (40, 50)]),
    ("h[400] ~ product(x)", [(-0.5, 0.5)] * 3),
    ("h[400] ~ weighted_mean(x, s)", [(0.5, 1.5)] * 4),
    ("h[400] ~ power_mean(x, p=3)", [(0.5, 1.5)] * 3),
    ("h[400] ~ max(x)", [(-1, 1)] * 3),
]


@pytest.mark.parametrize(("line", "ends"), PLACES, ids=[p[0] for p in PLACES])
def test_weights_of_transfers_lie_where_the_transfer_wants_them(line, ends):
    network = Network.parse(TEXT.format(line))
    theta = network.initial(seed=2, initialiser="he_normal")
    drawn = theta[network.link_slot[3:]].reshape(400, len(ends))
    for column, (low, high) in zip(drawn.T, ends, strict=True):
        assert low <= column.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < column.max() <= high


def test_other_numbers_of_transfers_are_drawn_like_weights_or_at_their_default():
    text = (
        "input x[10]\nh[200] ~ quadratic(x)\ng[200] ~ mixed(x, k=?)\n"
        "transfer mixed(w, x, c, k=1.5) = sum(w*x)/(1 + mean(abs(c*x)))**k\noutput h, g"
    )
    network = Network.parse(text)
    theta = network.initial(seed=0, initialiser="lecun_normal")
    h, g = theta[: 200 * 66].reshape(200, 66), theta[200 * 66 :].reshape(200, 21)
    assert h[:, :10].std() == pytest.approx(np.sqrt(1 / 10), rel=0.05)
    assert h[:, 10:65].std() == pytest.approx(np.sqrt(1 / (4 * 55)), rel=0.05)
    assert not h[:, 65].any()
    assert g[:, :20].std() == pytest.approx(np.sqrt(1 / 10), rel=0.05)
    assert (g[:, 20] == 1.5).all()


def test_a_transfer_of_the_same_name_is_another_one():
    text = "input s\nrange s 40..50\nh[50] ~ distance(s)\ntransfer distance(w, x) = sum(w*x)\noutput h"
    assert np.abs(Network.parse(text).initial(0)).max() < 2


def test_linear_neurons_are_drawn_first_whatever_stands_beside_them():
    head = "input x, u\n{}h ~ tanh(x)\noutput h"
    theta = Network.parse(head.format("")).initial(7)
    again = Network.parse(head.format("d ~ distance(u)\n")).initial(7)
    np.testing.assert_array_equal(theta, again[1:])
