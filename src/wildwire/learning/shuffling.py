"""Random numbers of a run: counter-based, so that any epoch can be repeated without knowing the ones before.

Comes in: the user's seed, the epoch, the number of rows. Goes out: row orders and the split into training and
validation rows. Called by `learning/fitting.py` and `learning/loop.py`. The generator is Philox 4x64 (Salmon et al.
2011), keyed by (seed, epoch); purposes that must not share numbers differ in the counter.
"""

import operator

import numpy as np

from wildwire.errors import SettingError

__all__ = ["epoch_order", "seed_key", "split_rows"]

_ORDER, _SPLIT = 0, 1


def seed_key(seed) -> int:
    """A 64-bit key from an int (0 or more), a `SeedSequence` or a `Generator` (one number is drawn from it).

    Raises
    ------
    SettingError
        It is none of these.
    """
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if isinstance(seed, np.random.SeedSequence):
        return int(seed.generate_state(1, np.uint64)[0])
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise SettingError(
            f"seed must be an integer of 0 or more, a SeedSequence or a Generator, not {seed!r}"
        )
    return int(np.random.SeedSequence(number).generate_state(1, np.uint64)[0])


def _generator(key: int, epoch: int, purpose: int) -> np.random.Generator:
    bits = np.random.Philox(key=[key, epoch], counter=[0, 0, 0, purpose])
    return np.random.Generator(bits)


def epoch_order(key: int, epoch: int, n_rows: int) -> np.ndarray:
    """The order of rows in one epoch: int64 array of shape (n_rows,), a permutation."""
    return _generator(key, epoch, _ORDER).permutation(n_rows)


def split_rows(key: int, n_rows: int, n_held: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows held out, both in ascending order."""
    order = _generator(key, 0, _SPLIT).permutation(n_rows)
    return np.sort(order[n_held:]), np.sort(order[:n_held])
