"""Ctrl-C: the first one is a request, the second one is an exception, and the host keeps its handler."""

import signal
import threading

import pytest

from wildwire.learning.interrupt import listening


def test_the_first_asks_and_the_second_raises():
    with listening() as interruption:
        assert not interruption.asked
        signal.raise_signal(signal.SIGINT)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_handler_is_put_back_after_an_error():
    with pytest.raises(ZeroDivisionError), listening():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_host_with_its_own_handler_keeps_it():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with listening() as interruption:
            signal.raise_signal(signal.SIGINT)
        assert seen == [signal.SIGINT]
        assert not interruption.asked
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_touched():
    seen = []

    def work():
        with listening() as interruption:
            seen.append(interruption.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
