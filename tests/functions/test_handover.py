"""When a compiled kernel is taken up: by number of calls, by what the disk holds, never before Numba is there."""

import sys

import pytest

from wildwire.functions import cache, handover
from wildwire.functions.handover import Handover


class Kernel:
    """What stands for a dispatcher: it only knows whether the disk holds its code."""

    def __init__(self, kept):
        self._cache = self
        self.is_kept = lambda: kept


@pytest.mark.parametrize(
    ("kept", "calls"),
    [
        (True, handover.CALLS_BEFORE_LOADING),
        (False, handover.CALLS_BEFORE_COMPILING),
    ],
)
def test_the_kernel_is_taken_up_after_some_calls(kept, calls):
    kernel = Kernel(kept)
    turn = Handover(lambda: kernel)
    assert [turn.ask() for _ in range(calls)] == [None] * calls
    assert turn.kernel is None
    assert turn.ask() is kernel
    assert turn.kernel is kernel


def test_insisting_takes_it_up_at_once():
    kernel = Kernel(False)
    turn = Handover(lambda: kernel)
    assert turn.insist() is kernel
    assert turn.ask() is kernel


def test_numba_is_never_imported_for_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    turn = Handover(lambda: pytest.fail("looked for the kernel"))
    assert [turn.ask() for _ in range(50)] == [None] * 50


def test_the_disk_holds_what_has_been_compiled(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.LOCATION_VARIABLE, str(tmp_path))
    made = cache.cached_njit()(_doubled)
    assert not cache.is_kept(made)
    assert made(2) == 4
    assert cache.is_kept(made)
    assert cache.is_kept(cache.cached_njit()(_doubled))


def _doubled(number):
    return 2 * number
