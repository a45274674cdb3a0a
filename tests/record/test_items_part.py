"""The items of an evaluation under way: whole lines are kept, what a kill cut short is not."""

import json
import math

import pytest

from wordorder.errors import InputError
from wordorder.record import items_part
from wordorder.record.items_part import ItemsPart

ROWS = [
    {"facts": {"item": n, "split": "test"}, "sums": {"nats": math.pi * 10.0**-n, "why": float("inf")}} for n in range(5)
]


def part(folder, **belongs) -> ItemsPart:
    return ItemsPart(folder, "ab" * 32, {"weights": "w", "device": "cpu"} | belongs)


def write(one: ItemsPart, rows: list) -> None:
    with one.writing() as add:
        for row in rows:
            add(row)


def test_items_come_back_bit_for_bit_and_go_on(tmp_path):
    assert part(tmp_path).read() == []
    write(part(tmp_path), ROWS[:2])
    assert part(tmp_path).read() == ROWS[:2]
    write(part(tmp_path), ROWS[2:])
    assert part(tmp_path).read() == ROWS
    part(tmp_path).remove()
    assert list(tmp_path.iterdir()) == [] and part(tmp_path).read() == []


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_a_kill_cut_short_is_written_again(cut, tmp_path):
    write(part(tmp_path), ROWS[:3])
    path = part(tmp_path).path
    path.write_bytes(path.read_bytes()[:-cut])
    kept = part(tmp_path).read()
    assert kept in (ROWS[:2], ROWS[:3]) and len(kept) == (3 if cut == 1 else 2)  # of one only the line end is missing
    write(part(tmp_path), ROWS[len(kept) :])
    assert part(tmp_path).read() == ROWS
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("other", [{"weights": "other"}, {"device": "cuda"}, {"torch": "1"}])
def test_items_of_other_weights_or_another_device_do_not_count(other, tmp_path):
    write(part(tmp_path), ROWS)
    assert part(tmp_path, **other).read() == []
    write(part(tmp_path, **other), ROWS[:1])
    assert part(tmp_path, **other).read() == ROWS[:1] and part(tmp_path).read() == []


def test_two_evaluations_have_a_file_each(tmp_path):
    write(part(tmp_path), ROWS[:1])
    assert ItemsPart(tmp_path, "cd" * 32, {}).read() == [] and len(list(tmp_path.iterdir())) == 1


def test_what_was_written_is_on_disk_after_a_while(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(items_part.time, "monotonic", lambda: clock[0])
    with part(tmp_path).writing() as add:
        add(ROWS[0])
        clock[0] = items_part.FLUSH_SECONDS - 0.1
        add(ROWS[1])
        assert part(tmp_path).read() == []
        clock[0] = items_part.FLUSH_SECONDS
        add(ROWS[2])
        assert part(tmp_path).read() == ROWS[:3]


def test_a_file_that_is_broken_in_the_middle_is_not_guessed_at(tmp_path):
    write(part(tmp_path), ROWS)
    path = part(tmp_path).path
    path.write_text(path.read_text(encoding="utf-8").replace('"item": 2', '"item" 2'), encoding="utf-8")
    with pytest.raises(InputError, match="line 4: not JSON"):
        part(tmp_path).read()
