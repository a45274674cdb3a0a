"""A run that was killed between its last word and its copy has the copy when the same command is typed again."""

import os
import signal
from pathlib import Path

import pytest
import runs
from wandb_files import read_back

from wordorder.mirroring import mirror_ended
from wordorder.record.mirror import Mirror
from wordorder.record.run_record import RunRecord
from wordorder.record.wandb_mirror import WandbMirror


class Remembering(Mirror):
    """Is told that a run shows or does not, and remembers what it was asked to close."""

    def __init__(self, *, shown: bool):
        self.shown, self.closed = shown, []

    def shows(self, folder: Path) -> bool:
        return self.shown

    def close(self, folder: Path) -> None:
        self.closed.append(folder)


@pytest.mark.parametrize(
    ("facts", "shown", "closed"),
    [
        ({"status": "done"}, False, True),
        ({"status": "failed"}, False, True),
        ({"status": "done"}, True, False),
        ({"status": "running"}, False, False),
    ],
)
def test_a_run_is_closed_where_it_has_ended_and_does_not_show(facts, shown, closed, tmp_path):
    RunRecord(tmp_path).update(**facts)
    mirror = Remembering(shown=shown)
    mirror_ended(tmp_path, mirror)
    assert mirror.closed == [tmp_path] * closed


def test_a_run_that_was_never_begun_gets_no_folder(tmp_path):
    mirror_ended(tmp_path / "run", Remembering(shown=False))
    assert not (tmp_path / "run").exists()


def test_a_run_that_another_process_holds_is_left_to_it(tmp_path):
    record, mirror = RunRecord(tmp_path), Remembering(shown=False)
    record.update(status="done")
    with record.hold():
        mirror_ended(tmp_path, mirror)
    assert mirror.closed == []


@pytest.mark.parametrize("sweep", [[], ["-m", "seed=0,1", "hydra/launcher=basic"]], ids=["one run", "a sweep"])
def test_a_copy_that_a_kill_came_before_is_written_by_the_same_command(sweep, here, capsys):
    words = [*runs.words({"logger": "wandb"}), *sweep]

    def die_at_close():
        WandbMirror.close = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        return runs.typed("train", *words)

    def copies() -> list[Path]:
        return sorted(Path("outputs/adhoc").glob("*-s*/wandb/offline-run-*"))

    assert runs.in_child(die_at_close) == -signal.SIGKILL
    (file,) = Path("outputs/adhoc").glob("*/run.json")
    assert RunRecord(file.parent).facts["status"] == "done" and not copies()
    before = file.read_bytes()
    assert runs.typed("train", *words) == 0
    assert len(copies()) == (2 if sweep else 1) and file.read_bytes() == before
    back = read_back(file.parent)
    assert back.exit_code == 0 and back.history[:-1] == RunRecord(file.parent).rows()
    made = [copy.stat().st_mtime_ns for copy in copies()]
    assert runs.typed("train", *words) == 0
    assert [copy.stat().st_mtime_ns for copy in copies()] == made
    assert "wandb sync" in capsys.readouterr().out
