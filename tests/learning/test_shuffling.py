"""Counter-based random numbers: repeatable, independent, complete."""

import numpy as np
import pytest

from wildwire.errors import SettingError
from wildwire.learning.shuffling import epoch_order, seed_key, split_rows


def test_orders_are_permutations_that_differ():
    key = seed_key(0)
    orders = [epoch_order(key, epoch, 50) for epoch in range(20)]
    for order in orders:
        assert order.dtype == np.int64
        assert sorted(order) == list(range(50))
    assert len({tuple(order) for order in orders}) == 20


def test_an_epoch_needs_no_other():
    key = seed_key(3)
    alone = epoch_order(key, 17, 40)
    for epoch in range(17):
        epoch_order(key, epoch, 40)
    assert np.array_equal(alone, epoch_order(key, 17, 40))


def test_rows_are_placed_evenly():
    """Each row stands first about equally often (chi-squared, 9 degrees of freedom, p = 1e-4)."""
    key = seed_key(1)
    firsts = np.bincount(
        [epoch_order(key, e, 10)[0] for e in range(2000)], minlength=10
    )
    assert ((firsts - 200) ** 2 / 200).sum() < 33.7


def test_seeds_of_every_kind():
    assert seed_key(5) == seed_key(np.int64(5))
    assert seed_key(5) != seed_key(6)
    assert seed_key(np.random.SeedSequence(5)) == seed_key(5)
    generator = np.random.default_rng(5)
    first, second = seed_key(generator), seed_key(generator)
    assert first != second
    assert first == seed_key(np.random.default_rng(5))
    assert 0 <= seed_key(2**200) < 2**64


@pytest.mark.parametrize("seed", [-1, 1.5, "one", None])
def test_bad_seeds(seed):
    with pytest.raises(SettingError, match="seed must be"):
        seed_key(seed)


def test_split():
    kept, held = split_rows(seed_key(0), 20, 6)
    assert len(kept) == 14
    assert len(held) == 6
    assert sorted([*kept, *held]) == list(range(20))
    assert list(held) == sorted(held)
    other = split_rows(seed_key(1), 20, 6)[1]
    assert not np.array_equal(held, other)
    first_order = epoch_order(seed_key(0), 0, 20)
    assert set(first_order[:6]) != set(held) or set(first_order[14:]) != set(held)
