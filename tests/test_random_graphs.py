"""Random graphs: counts, shape, distribution, seeds, errors."""

import time

import numpy as np
import pytest

from wildwire.errors import SettingError
from wildwire.random_graphs import _unrank, random_graph


def edges(kind, n, **options):
    return random_graph(kind, n, **options)


def degrees(low, high, n):
    return np.bincount(low, minlength=n) + np.bincount(high, minlength=n)


@pytest.mark.parametrize(
    ("kind", "n", "options"),
    [
        ("er", 1, {}),
        ("er", 2, {"p": 1}),
        ("er", 40, {"p": 0.2}),
        ("er", 40, {"p": 0.999}),
        ("ws", 3, {"k": 2, "p": 1}),
        ("ws", 5, {"k": 4, "p": 1}),
        ("ws", 32, {"k": 4, "p": 0.75}),
        ("ws", 40, {"k": 38, "p": 0.5}),
        ("ba", 2, {"m": 1}),
        ("ba", 32, {"m": 5}),
        ("ba", 12, {"m": 11}),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_edges_run_upwards_once_and_sorted(kind, n, options, seed):
    low, high = edges(kind, n, seed=seed, **options)
    assert np.all((low >= 0) & (low < high) & (high < n))
    keys = high * n + low
    assert np.all(np.diff(keys) > 0)


def test_number_of_edges():
    assert len(edges("ws", 32, k=4, p=0.75)[0]) == 64
    assert len(edges("ws", 32, k=4, p=0.0)[0]) == 64
    assert len(edges("ba", 32, m=5)[0]) == 5 * 27
    assert len(edges("er", 30, p=0.0)[0]) == 0
    assert len(edges("er", 30, p=1.0)[0]) == 435


def test_every_pair_has_its_number():
    pairs = [(i, j) for j in range(60) for i in range(j)]
    low, high = _unrank(np.arange(len(pairs)))
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == pairs


def test_the_number_of_a_pair_is_exact_for_large_graphs():
    high = np.array([10**6, 123_456_789, 10**9])
    first = high * (high - 1) // 2
    for low in (np.zeros(3, int), high - 1):
        assert np.array_equal(_unrank(first + low)[0], low)
        assert np.array_equal(_unrank(first + low)[1], high)


def test_erdos_renyi_chooses_every_pair_equally_often():
    count = np.zeros((8, 8))
    rng = np.random.default_rng(0)
    for _ in range(2000):
        low, high = edges("er", 8, p=0.3, seed=rng)
        count[low, high] += 1
    upper = count[np.triu_indices(8, 1)] / 2000
    # Four standard deviations of a share of 2000 draws are 0.041.
    assert np.abs(upper - 0.3).max() < 0.041


def test_watts_strogatz_without_rewiring_is_a_ring():
    low, high = edges("ws", 10, k=4, p=0)
    distance = (high - low) % 10
    assert set(np.minimum(distance, 10 - distance)) == {1, 2}
    assert np.all(degrees(low, high, 10) == 4)


@pytest.mark.parametrize("p", [0.1, 0.5, 1.0])
def test_watts_strogatz_rewires_the_share_asked_for(p):
    low, high = edges("ws", 3000, k=6, p=p)
    distance = (high - low) % 3000
    near = np.minimum(distance, 3000 - distance) <= 3
    assert len(low) == 9000
    assert abs(np.mean(~near) - p) < 0.03
    # The near end stays: no node falls below k/2 neighbours.
    assert degrees(low, high, 3000).min() >= 3


def test_watts_strogatz_moves_edges_to_uniform_places():
    count = np.zeros(12)
    rng = np.random.default_rng(1)
    for _ in range(1500):
        low, high = edges("ws", 12, k=2, p=1.0, seed=rng)
        np.add.at(count, (high - low) % 12, 1)
        np.add.at(count, (low - high) % 12, 1)
    share = count[1:] / count.sum()
    # Distances 2 to 10 are all alike; 1 and 11 are the ring itself, left behind.
    assert np.abs(share[1:-1] - share[1:-1].mean()).max() < 0.01


def test_barabasi_albert_prefers_nodes_of_high_degree():
    n, m = 4000, 3
    degree = degrees(*edges("ba", n, m=m), n)
    assert degree[m + 1 :].min() == m
    # The mean degree of node i is m*sqrt(n/i).
    for i in (300, 1000, 2000):
        mean = degree[i - 100 : i + 100].mean()
        assert abs(mean / (m * np.sqrt(n / i)) - 1) < 0.12
    # P(degree) falls as degree**-3: of a scale-free graph the largest hub is far out.
    assert degree.max() > 15 * degree.mean()
    assert degree[:10].mean() > 10 * degree[-1000:].mean()


@pytest.mark.parametrize("kind", ["er", "ws", "ba"])
def test_seed(kind):
    first, again = edges(kind, 50, seed=4), edges(kind, 50, seed=4)
    other = edges(kind, 50, seed=5)
    assert np.array_equal(first, again)
    assert len(first[0]) != len(other[0]) or not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("kind", "n", "options"),
    [
        ("er", 20_000, {"p": 0.005}),
        ("ws", 50_000, {"k": 40}),
        ("ba", 100_000, {"m": 10}),
    ],
)
def test_a_million_edges_take_seconds(kind, n, options):
    began = time.perf_counter()
    low, _ = edges(kind, n, **options)
    assert 980_000 < len(low) < 1_020_000
    # Measured 0.2 to 1.2 s; the bound leaves room for a busy machine.
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("kind", "n", "options", "message"),
    [
        ("wss", 10, {}, "Did you mean 'ws'"),
        ("er", 10, {"p": 1.5}, "probability from 0 to 1; it is 1.5"),
        ("er", 10, {"p": float("nan")}, "nan"),
        ("ws", 10, {"k": 3}, "k must be even"),
        ("ws", 4, {"k": 4}, "less than the 4 neurons"),
        ("ba", 5, {"m": 5}, "less than the 5 neurons"),
        ("ba", 5, {"m": 0}, "at least 1"),
    ],
)
def test_bad_parameters_are_named(kind, n, options, message):
    with pytest.raises(SettingError, match=message):
        edges(kind, n, **options)
