"""Disks that fill, files that rot, folders that are taken: one sentence each, and nothing is lost that was whole."""

import errno
import os
import shutil
import signal
from collections import namedtuple
from pathlib import Path

import pytest
import runs
from filelock import FileLock

from wordorder import preflight, saved, whole_files
from wordorder.errors import InputError
from wordorder.record.run_record import RunRecord
from wordorder.run import train


@pytest.fixture
def stopped(here, compose_config) -> Path:
    """A run that was killed at step 8, its checkpoint of step 5 in place."""

    def run_and_die():
        add = RunRecord.add_row

        def add_row(self, row):
            add(self, row)
            if row["step"] == 8:
                os.kill(os.getpid(), signal.SIGKILL)

        RunRecord.add_row = add_row
        runs.run(compose_config)

    assert runs.in_child(run_and_die) == -signal.SIGKILL
    (folder,) = (path.parent for path in Path("outputs/adhoc").glob("*/run.json"))
    return folder


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 16
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, empty], ids=lambda damage: damage.__name__)
def test_a_damaged_checkpoint_is_named_and_deleting_it_starts_again(damage, stopped, compose_config):
    checkpoint = stopped / "checkpoints" / "last.ckpt"
    damage(checkpoint)
    with pytest.raises(InputError, match=r"last\.ckpt cannot be read .*delete it to start this run from step 0"):
        runs.run(compose_config)
    checkpoint.unlink()
    assert runs.run(compose_config).status == "done"


@pytest.mark.parametrize("status", ["done", "running"])
@pytest.mark.parametrize("damage", [truncate, empty, flip], ids=lambda damage: damage.__name__)
def test_damaged_weights_are_never_evaluated_and_deleting_the_run_starts_again(
    damage, status, here, compose_config, capfd
):
    folder = runs.run(compose_config).folder
    before = (folder / "scores.jsonl").read_bytes()
    damage(folder / "checkpoints" / "weights.safetensors")
    RunRecord(folder).update(status=status)
    way_out = rf"weights\.safetensors .*: delete {folder} and train the run again"
    with pytest.raises(InputError, match=way_out):
        runs.run(compose_config, {"evaluation.bits_per_byte.tokens": 99})
    if status == "done":
        with pytest.raises(InputError, match=way_out):
            saved.load(folder)
        assert runs.typed("evaluate", f"run={folder}", "evaluation=[bits_per_byte]") == 1
        assert f"delete {folder}" in capfd.readouterr().err
    assert (folder / "scores.jsonl").read_bytes() == before
    shutil.rmtree(folder)
    assert runs.run(compose_config).status == "done"
    saved.load(folder)


def test_a_checkpoint_of_another_run_is_refused_with_the_keys_that_differ(stopped, compose_config):
    changed = {"optimizer.lr": 0.005, "model.d_ff": 48, "position.init_std": 0.05}
    job = runs.make_job(compose_config, changed)
    (job.folder / "checkpoints").mkdir(parents=True)
    shutil.copy(stopped / "checkpoints" / "last.ckpt", job.folder / "checkpoints")
    with pytest.raises(InputError) as refused:
        runs.run(compose_config, changed)
    for pair in (
        "optimizer.lr=0.002 there, 0.005 here",
        "model.d_ff=32 there, 48 here",
        "position.init_std=0.02 there",
    ):
        assert pair in str(refused.value)
    assert "delete it" in str(refused.value)


def test_a_checkpoint_of_another_seed_is_refused_with_the_seed(stopped, compose_config):
    job = runs.make_job(compose_config, {"weight_seed": 3})
    (job.folder / "checkpoints").mkdir(parents=True)
    shutil.copy(stopped / "checkpoints" / "last.ckpt", job.folder / "checkpoints")
    with pytest.raises(InputError, match="weight_seed=0 there, 3 here"):
        runs.run(compose_config, {"weight_seed": 3})


def test_a_disk_that_cannot_hold_the_run_is_refused_before_the_first_step(here, monkeypatch, capfd):
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 2**20, 2**20)
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda path: usage)
    assert runs.typed("train", *runs.words()) == 1
    err = capfd.readouterr().err
    assert "output_dir=outputs has 1 MB free, this run needs 8 MB" in err and "Traceback" not in err
    assert not list(Path("outputs").rglob("train.jsonl")) and not list(Path("outputs").rglob("last.ckpt"))


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def use_up(*_, **__):
    raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def fill_at_checkpoint() -> None:
    replace = os.replace
    os.replace = lambda part, path: full() if Path(path).name == "last.ckpt" else replace(part, path)


def fill_at_row() -> None:
    add = RunRecord.add_row
    RunRecord.add_row = lambda self, row: full() if row["step"] == 8 else add(self, row)


def fill_at_scores() -> None:
    RunRecord.add_scores = full


def use_up_at_scores() -> None:
    RunRecord.add_scores = use_up


def fill_at_weights() -> None:
    """What the system raises, from a device that is always full."""
    path = whole_files.beside

    def beside(target: Path) -> Path:
        if target.name == "weights.safetensors" and not path(target).is_symlink():
            path(target).symlink_to("/dev/full")
        return path(target)

    whole_files.beside = beside


FILLS = [fill_at_checkpoint, fill_at_row, fill_at_scores, use_up_at_scores, fill_at_weights]


@pytest.mark.parametrize("fill", FILLS, ids=lambda fill: fill.__name__)
def test_a_disk_that_fills_while_training_costs_nothing_that_was_written(fill, here, compose_config, capfd):
    def run_until_full():
        fill()
        return runs.typed("train", *runs.words())

    assert runs.in_child(run_until_full) == 1
    err = capfd.readouterr().err
    assert "the disk is full under outputs: free space and type the same command again" in err
    assert "Traceback" not in err
    for part in here.rglob(".*.part"):
        part.unlink()  # the device that stood in for the disk
    outcome = runs.run(compose_config)
    assert outcome.status == "done"
    ours = runs.result_of(outcome.folder)
    assert ours == runs.result_of(runs.run(compose_config, {"name": "whole"}).folder)


class Asked(Exception):
    """In place of a wait."""


@pytest.mark.parametrize("rerun", ["no", "all"])
def test_a_folder_that_another_process_holds_is_left_alone_and_waited_for(rerun, stopped, compose_config):
    def ask(why):
        assert why == f"waiting for another process, which holds {stopped}"
        raise Asked

    job = runs.make_job(compose_config, {"rerun": rerun})
    with FileLock(stopped / ".lock"):
        before = {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()}
        with pytest.raises(Asked):
            train(job, wait=ask)
        assert {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()} == before
    assert train(job).status == "done"


@pytest.mark.parametrize("rerun", ["no", "failed", "stale", "all"])
def test_what_the_other_process_finished_is_kept(rerun, stopped, compose_config):
    lock = FileLock(stopped / ".lock")
    lock.acquire()

    def finish(why):
        lock.release()
        assert runs.in_child(lambda: train(runs.make_job(compose_config)).status != "done") == 0

    outcome = train(runs.make_job(compose_config, {"rerun": rerun}), wait=finish)
    assert (outcome.status, outcome.said) == ("kept", "already done")


def test_what_was_done_before_is_made_again_after_the_wait_for_who_only_evaluates(here, compose_config):
    folder = runs.run(compose_config).folder
    before = (folder / "checkpoints" / "weights.safetensors").stat().st_mtime_ns
    lock = FileLock(folder / ".lock")
    lock.acquire()
    outcome = train(runs.make_job(compose_config, {"rerun": "all"}), wait=lambda why: lock.release())
    assert outcome.status == "done"
    assert (folder / "checkpoints" / "weights.safetensors").stat().st_mtime_ns > before


def test_a_checkpoint_whose_record_is_gone_starts_again(stopped, compose_config):
    (stopped / "run.json").unlink()
    assert runs.run(compose_config).status == "done"


def test_a_parent_s_tokenizer_that_was_edited_is_refused(here, compose_config):
    folder = runs.run(compose_config).folder
    state = (folder / "tokenizer" / "tokenizer.json").read_text().replace('"61"', '"62"')
    (folder / "tokenizer" / "tokenizer.json").write_text(state)
    with pytest.raises(InputError, match="tokenizer"):
        runs.run(compose_config, {"initialize_from": folder})
