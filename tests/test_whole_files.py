"""A file is there whole or not at all, whoever is killed or writes at once, with the mode that the umask says."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
import runs

from wordorder.whole_files import ABANDONED, beside, lock_beside, replacing, write_whole

write_shared = partial(write_whole, shared=True)
each_way = pytest.mark.parametrize("write", [write_whole, write_shared], ids=["alone", "shared"])


@each_way
@pytest.mark.parametrize(("old", "new"), [("old", "é\r\n" * 1000), (b"\xff", b"\x00\r\n" * 1000)])
def test_a_file_is_replaced_as_a_whole_or_not_at_all(write, old, new, tmp_path, monkeypatch):
    path = tmp_path / "file"
    write(path, old)
    seen, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (seen.append(path.read_bytes()), replace(a, b)))
    write(path, new)
    in_bytes = [text.encode() if isinstance(text, str) else text for text in (old, new)]
    assert [*seen, path.read_bytes()] == in_bytes
    assert list(tmp_path.iterdir()) == [path]


@each_way
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_who_may_read_a_file_is_what_the_umask_says(write, umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        write(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode


@each_way
@pytest.mark.parametrize("synced", [True, False])
def test_a_synced_file_is_on_the_disk_before_it_takes_its_place(write, synced, tmp_path, monkeypatch):
    done, replace = [], os.replace
    monkeypatch.setattr(os, "fsync", lambda number: done.append(("sync", os.fstat(number).st_size)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append(("replace", a.stat().st_size)), replace(a, b)))
    write(tmp_path / "file", "text", synced=synced)
    assert done == [("sync", 4)] * synced + [("replace", 4)]


def test_an_error_while_writing_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_whole(path, "old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    write_whole(path, "new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_gone_is_not_made_again(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "gone" / "file", "text")
    assert not list(tmp_path.iterdir())


def killed_while_writing(write, path: Path, text: str = "torn") -> None:
    def write_and_die():
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        write(path, text)

    assert runs.in_child(write_and_die) == -signal.SIGKILL


def test_writers_that_are_killed_leave_one_file_which_the_next_replaces(tmp_path):
    path = tmp_path / "run.json"
    write_whole(path, "old")
    for text in ("a torn text that is longer than what follows" * 9, "torn"):
        killed_while_writing(write_whole, path, text)
        assert set(tmp_path.iterdir()) == {path, beside(path)} and path.read_text() == "old"
    write_whole(path, "new")
    assert list(tmp_path.iterdir()) == [path] and path.read_text() == "new"


def test_of_two_who_write_at_once_each_writes_a_whole_text(tmp_path, monkeypatch):
    path, replace = tmp_path / "file", os.replace

    def while_another_writes(part, target):
        monkeypatch.setattr(os, "replace", replace)
        write_shared(path, "second")
        assert path.read_text() == "second"
        replace(part, target)

    monkeypatch.setattr(os, "replace", while_another_writes)
    write_shared(path, "first")
    assert path.read_text() == "first" and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_of_a_shared_file_left_goes_once_nobody_can_be_writing_it(tmp_path):
    path = tmp_path / "a[1].json"
    for _ in range(2):
        killed_while_writing(write_shared, path)
    old, young = set(tmp_path.iterdir())
    others = [tmp_path / name for name in (".other.json.0", ".a1.json.0", "a[1].json.0")]
    for file in (old, *others):
        file.touch()
        os.utime(file, (0, time.time() - ABANDONED - 1))
    write_shared(path, "whole")
    assert set(tmp_path.iterdir()) == {path, young, *others} and path.read_text() == "whole"


def test_a_lock_lies_beside_what_it_locks_and_any_user_may_take_it(tmp_path):
    with lock_beside(tmp_path / "stores" / "ab"):
        (file,) = (tmp_path / "stores").iterdir()
        assert file.name == ".ab.lock" and file.stat().st_mode & 0o777 == 0o666
