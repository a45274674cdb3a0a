"""How many runs go side by side, and on which cards."""

import os
from collections import Counter

import pytest

from wordorder import cores
from wordorder.errors import InputError


@pytest.mark.parametrize(("asked", "threads", "jobs"), [(3, 1, 3), (0, 1, 6), (0, 2, 3), (0, 4, 1), (0, 16, 1)])
def test_jobs_at_once_are_as_asked_or_what_the_cores_hold(asked, threads, jobs, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(6)), raising=False)
    assert cores.count_jobs(asked, threads) == jobs


@pytest.mark.parametrize(
    ("asked", "cards", "each", "jobs"), [(0, 2, 1, 2), (0, 2, 3, 6), (1, 2, 3, 1), (8, 2, 3, 6), (8, 2, 1, 2)]
)
def test_cards_hold_as_many_runs_as_asked_for_each_and_never_more(asked, cards, each, jobs):
    assert cores.count_jobs(asked, 4, cards=cards, runs_per_gpu=each) == jobs


def test_a_card_holds_at_least_one_run():
    with pytest.raises(InputError, match="^hydra.launcher.runs_per_gpu=0 must be at least 1"):
        cores.count_jobs(0, 1, cards=1, runs_per_gpu=0)


@pytest.mark.parametrize(
    ("visible", "count", "names"),
    [
        (None, 0, []),
        (None, 3, ["0", "1", "2"]),
        ("", 0, []),
        ("-1", 0, []),
        ("2,0", 2, ["2", "0"]),
        ("GPU-8f2a, MIG-77", 2, ["GPU-8f2a", "MIG-77"]),
        ("", 1, []),  # by who has only counted files
        ("0,-1,2", 3, ["0"]),
        ("1,9,0", 1, ["1"]),  # there is no card 9, so CUDA ends the list there
    ],
)
def test_cards_go_by_the_names_that_the_person_s_own_choice_gives_them(visible, count, names):
    assert cores.name_cards(visible, count) == names


def test_on_a_machine_without_cards_there_are_none(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert cores.find_cards() == []


@pytest.mark.parametrize(("slots", "share"), [(3, [1, 1, 1]), (6, [2, 2, 2]), (4, [2, 1, 1]), (2, [1, 1])])
def test_slots_spread_over_the_cards(slots, share):
    used = Counter(cores.card_of(slot, ["0", "1", "GPU-a"]) for slot in range(slots))
    assert sorted(used.values(), reverse=True) == share


def test_without_cards_a_slot_has_none():
    assert cores.card_of(1, []) is None


@pytest.mark.parametrize("visible", ["", "-1"])
def test_who_hides_the_cards_has_none(visible, monkeypatch, tmp_path):
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(cores, "DRIVERS", ("nvidia[0-9]*",))
    monkeypatch.setattr(cores, "Path", lambda _: tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert cores.list_cards() == ["0"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert cores.list_cards() == []


@pytest.mark.parametrize(("each", "groups"), [(1, ["0", "1", "2"]), (2, ["0,1"]), (3, ["0,1,2"]), (4, [])])
def test_no_two_groups_share_a_card(each, groups):
    assert cores.group_cards(["0", "1", "2"], each) == groups
