"""The kind of device, and the processes that share it."""

import os

import pytest
import torch

from wordorder.devices import choose_device, count_processes
from wordorder.errors import InputError
from wordorder.training.place import Place


@pytest.fixture
def cards(monkeypatch):
    """cards(n): from now on torch sees so many."""

    def see(n: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: n > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n)

    return see


@pytest.mark.parametrize(
    ("asked", "n", "device"), [("auto", 0, "cpu"), ("auto", 2, "cuda"), ("cuda", 1, "cuda"), ("cpu", 2, "cpu")]
)
def test_a_card_is_taken_where_there_is_one_and_it_is_not_refused(asked, n, device, cards):
    cards(n)
    assert choose_device(asked) == device


def test_a_card_that_is_asked_for_and_not_there_is_an_input_error(cards):
    cards(0)
    with pytest.raises(InputError, match="device=cuda, but torch sees no CUDA card here: device=cpu or device=auto"):
        choose_device("cuda")


@pytest.mark.parametrize(("asked", "threads", "processes"), [(3, 1, 3), (0, 1, 4), (0, 3, 1), (0, 8, 1)])
def test_processes_on_the_processor_are_as_many_as_asked_or_as_its_cores_hold(asked, threads, processes, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(4)), raising=False)
    assert count_processes(asked, device="cpu", threads=threads, place=None) == processes


def test_processes_on_cards_have_one_each(cards):
    cards(2)
    assert [count_processes(asked, device="cuda", threads=1, place=None) for asked in (0, 1, 2)] == [2, 1, 2]
    with pytest.raises(InputError, match="devices=3, but torch sees 2 cards here: devices=0"):
        count_processes(3, device="cuda", threads=1, place=None)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_processes_that_others_have_started_are_counted(device, cards):
    cards(1)
    place = Place(1, 4, 1, "host", 1)
    assert [count_processes(asked, device=device, threads=1, place=place) for asked in (0, 4)] == [4, 4]
    with pytest.raises(InputError, match="devices=2, but torchrun or srun has started 4: devices=0"):
        count_processes(2, device=device, threads=1, place=place)
