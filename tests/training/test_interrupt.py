"""Ctrl-C asks once, and insists the second time; the handlers of before come back."""

import os
import signal

import pytest

from wordorder.training.interrupt import Interrupt, Interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_only_asks_and_a_ctrl_c_after_it_stops(number):
    with Interrupt() as interrupt:
        assert not interrupt.asked
        os.kill(os.getpid(), number)
        assert interrupt.asked and interrupt.number == number
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_scheduler_that_repeats_its_signal_only_asks():
    with Interrupt() as interrupt:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        assert interrupt.asked


def test_the_handlers_of_before_come_back_also_after_an_error():
    before = [signal.getsignal(number) for number in Interrupt.SIGNALS]
    with pytest.raises(ZeroDivisionError), Interrupt():
        assert [signal.getsignal(number) for number in Interrupt.SIGNALS] != before
        1 / 0  # noqa: B018
    assert [signal.getsignal(number) for number in Interrupt.SIGNALS] == before


def test_a_handler_that_came_in_between_is_not_told():
    told = []
    before = signal.getsignal(signal.SIGTERM)
    with Interrupt() as interrupt:
        signal.signal(signal.SIGTERM, lambda *_: told.append(1))
        interrupt.listen()
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupt.asked and not told
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_perhaps_nobody_else_was_told_is_passed_on_once_as_a_request_that_never_insists(number, monkeypatch):
    with Interrupt() as interrupt:
        interrupt.pass_on([7, 8])
        os.kill(os.getpid(), number)
        sent = []
        monkeypatch.setattr(os, "kill", lambda process, number: sent.append((process, number)))
        interrupt.pass_on([7, 8])
        interrupt.pass_on([7, 8])
        assert sent == [(7, signal.SIGTERM), (8, signal.SIGTERM)]


def test_who_was_asked_by_the_terminal_takes_what_is_passed_on_for_the_same_request():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupt.asked
