"""What the plan does not name is found, and removed only where no process holds it."""

import pytest
from filelock import FileLock
from plans import DONE, RUNNING, planned, write_run

from wordorder.errors import InputError
from wordorder.sweep.prune import held, remove, size, unplanned


def test_runs_beside_planned_ones_are_found_and_what_is_no_run_or_needed_is_not(tmp_path):
    for name in ("planned", "parent", "old", "other/elsewhere"):
        write_run(tmp_path / name, DONE)
    (tmp_path / "compare").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    runs = [planned(tmp_path / "planned", parent=str(tmp_path / "parent")), planned(tmp_path / "missing")]
    assert unplanned(runs) == [tmp_path / "old"]


def test_a_link_to_a_planned_run_is_needed(tmp_path):
    write_run(tmp_path / "planned", DONE)
    (tmp_path / "again").symlink_to(tmp_path / "planned")
    assert unplanned([planned(tmp_path / "planned")]) == []


def test_a_run_that_a_process_holds_or_may_hold_is_known(tmp_path):
    names = ("alive", "dead", "elsewhere", "silent")
    notes = {name: held(write_run(tmp_path / name, RUNNING, holder=name)) for name in names}
    assert notes == {"alive": True, "dead": False, "elsewhere": True, "silent": False}
    assert not held(write_run(tmp_path / "free", DONE))


def test_a_folder_is_as_large_as_its_files(tmp_path):
    folder = write_run(tmp_path / "run", None)
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "weights").write_bytes(bytes(1000))
    (folder / "run.json").write_bytes(bytes(24))
    assert size(folder) == 1024


def test_a_link_goes_and_what_it_points_to_stays(tmp_path):
    folder = write_run(tmp_path / "run", DONE)
    (tmp_path / "link").symlink_to(folder)
    assert size(tmp_path / "link") == 0
    remove(tmp_path / "link")
    assert not (tmp_path / "link").is_symlink() and (folder / "run.json").exists()


def test_a_folder_whose_lock_is_taken_stays_whatever_its_note_says(tmp_path):
    folder = write_run(tmp_path / "run", RUNNING, holder="dead")
    with FileLock(folder / ".lock"):
        with pytest.raises(InputError, match="another process holds"):
            remove(folder)
        assert (folder / "run.json").exists()
    remove(folder)
    assert not folder.exists()
