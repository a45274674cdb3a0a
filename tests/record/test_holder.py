"""The note of who holds a run is there while they do, and tells the living from the dead."""

import os
import platform
import signal
import time

import runs

from wordorder.record.holder import Holder, began, read_holder, sign
from wordorder.record.run_record import RunRecord


def test_the_note_is_there_while_a_run_is_held_and_no_longer(tmp_path):
    record = RunRecord(tmp_path / "run")
    with record.hold():
        holder = read_holder(record.folder)
        assert (holder.host, holder.process) == (platform.node(), os.getpid()) and holder.alive is True
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


def test_of_another_machine_s_process_nothing_is_known():
    assert Holder("another machine", os.getpid(), began(os.getpid())).alive is None


def test_somebody_else_s_process_is_alive(monkeypatch):
    def refuse(process, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert Holder(platform.node(), os.getpid(), began(os.getpid())).alive is True
