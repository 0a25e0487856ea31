"""Origins in blocks: in order, apart, within the series."""

import numpy as np
import pytest

from wildwire.errors import DataError, SettingError
from wildwire.evaluation.rolling.schedule import schedule


@pytest.mark.parametrize("n", [30, 60, 309, 1000])
@pytest.mark.parametrize("horizon", [1, 6, 12])
def test_blocks_follow_one_another(n, horizon):
    blocks = schedule(n, horizon)
    origins = np.concatenate([block.origins for block in blocks])
    assert np.all(np.diff(origins) > 0)
    assert origins[0] >= n // 2 and origins[-1] + horizon <= n
    assert 1 <= len(blocks) <= 10
    assert all(len(block.origins) <= 20 for block in blocks)
    starts = [block.end for block in blocks]
    assert len(blocks) == 1 or min(np.diff(starts)) >= horizon


def test_a_user_decides_how_many():
    blocks = schedule(309, 12, origins=16, refits=4)
    assert [len(block.origins) for block in blocks] == [4, 4, 4, 4]
    assert len(schedule(309, 12, origins=2)) == 2


def test_what_is_refused():
    with pytest.raises(DataError, match=r"20 values are too few.*12 steps ahead"):
        schedule(20, 12)
    with pytest.raises(SettingError, match="refits is 0"):
        schedule(100, 12, refits=0)
    with pytest.raises(SettingError, match="origins is -1"):
        schedule(100, 12, origins=-1)
