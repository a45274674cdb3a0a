"""The note of who holds a run is there while they do, and tells the living from the dead."""

import json
import os
import platform
import signal
import threading
import time
from pathlib import Path

import pytest
import runs

from wordorder.record import holder
from wordorder.record.holder import Holder, began, read_holder, sign
from wordorder.record.run_record import RunRecord


def test_the_note_is_there_while_a_run_is_held_and_no_longer(tmp_path):
    record = RunRecord(tmp_path / "run")
    with record.hold():
        found = read_holder(record.folder)
        assert (found.host, found.process) == (platform.node(), os.getpid()) and found.alive is True
    assert read_holder(record.folder) is None
    assert [path.name for path in record.folder.iterdir()] == [".lock"]


def test_a_killed_holder_leaves_its_note_and_is_known_to_be_dead(tmp_path):
    def hold_and_die():
        with sign(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)

    assert runs.in_child(hold_and_die) == -signal.SIGKILL
    assert read_holder(tmp_path).alive is False


def test_a_process_that_ended_without_anybody_asking_is_dead(tmp_path):
    child = os.fork()
    if child == 0:
        with sign(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    while not (tmp_path / ".holder").exists() or read_holder(tmp_path).alive:
        time.sleep(0.01)
    os.kill(child, 0)  # its number is still taken
    assert read_holder(tmp_path).alive is False
    os.waitpid(child, 0)


def test_a_new_process_under_an_old_number_is_not_the_holder():
    assert Holder(platform.node(), os.getpid(), began(os.getpid())).alive is True
    assert Holder(platform.node(), os.getpid(), "7").alive is False


def write_note(folder: Path, *, host: str, seconds_ago: float) -> None:
    """The note of a process on this or another machine, touched so long ago."""
    note = folder / ".holder"
    note.write_text(json.dumps({"host": host, "process": os.getpid(), "began": began(os.getpid())}))
    at = note.stat().st_mtime - seconds_ago
    os.utime(note, (at, at))


@pytest.mark.parametrize(("seconds_ago", "alive"), [(0, True), (50, True), (70, False)])
def test_another_machine_s_process_is_alive_as_long_as_it_touches_its_note(seconds_ago, alive, tmp_path):
    write_note(tmp_path, host="another machine", seconds_ago=seconds_ago)
    assert read_holder(tmp_path).alive is alive
    assert [path.name for path in tmp_path.iterdir()] == [".holder"]


def test_a_note_s_age_is_by_the_file_system_s_clock_not_this_machine_s(tmp_path, monkeypatch):
    write_note(tmp_path, host="another machine", seconds_ago=0)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert read_holder(tmp_path).alive is True


def test_of_another_machine_s_process_nothing_is_known_where_nothing_can_be_written(tmp_path, monkeypatch):
    write_note(tmp_path, host="another machine", seconds_ago=70)

    def refuse(*, dir):
        raise PermissionError

    monkeypatch.setattr(holder.tempfile, "TemporaryFile", refuse)
    assert read_holder(tmp_path).alive is None


def test_of_this_machine_s_process_the_system_knows_and_not_the_note(tmp_path):
    write_note(tmp_path, host=platform.node(), seconds_ago=10_000)
    assert read_holder(tmp_path).alive is True


def test_a_note_is_touched_while_its_run_is_held_and_no_longer(tmp_path, monkeypatch):
    monkeypatch.setattr(holder, "BEAT", 0.01)
    touched = threading.Semaphore(0)
    utime = os.utime
    monkeypatch.setattr(holder.os, "utime", lambda path: (utime(path), touched.release()))
    with sign(tmp_path):
        for _ in range(3):
            assert touched.acquire(timeout=10)
    assert "heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_a_disk_that_does_not_answer_once_is_asked_again(tmp_path, monkeypatch):
    monkeypatch.setattr(holder, "BEAT", 0.01)
    asked = threading.Semaphore(0)

    def fail(path):
        asked.release()
        raise OSError

    monkeypatch.setattr(holder.os, "utime", fail)
    with sign(tmp_path):
        assert asked.acquire(timeout=10) and asked.acquire(timeout=10)


def test_somebody_else_s_process_is_alive(monkeypatch):
    def refuse(process, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert Holder(platform.node(), os.getpid(), began(os.getpid())).alive is True
