"""A worker prints into its run's log, answers whatever happens, and does not outlive its pool."""

import errno
import faulthandler
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import runs
from filelock import FileLock

from wordorder import worker
from wordorder.errors import InputError
from wordorder.outcome import Outcome
from wordorder.record.mirror import CSVMirror, NoMirror
from wordorder.record.run_record import Held
from wordorder.task import Busy, Task
from wordorder.training.interrupt import Interrupt, Interrupted


@pytest.fixture
def forked(monkeypatch, tmp_path):
    """forked(train) -> what a worker answers whose training is this function, its exit code, and its log."""
    job = SimpleNamespace(folder=tmp_path / "run", mirror=NoMirror())
    monkeypatch.setattr(worker, "Job", lambda config, choices, words: job)
    context = multiprocessing.get_context("fork")

    def work(train, **about) -> tuple[Outcome | Busy | None, int, str]:
        monkeypatch.setattr(worker, "train", train)
        ours, theirs = context.Pipe(duplex=False)
        task = Task({}, {}, tmp_path / "run", **about)
        process = context.Process(target=outside_pytest, args=(task, theirs))
        process.start()
        theirs.close()
        said = None
        try:
            while not isinstance(said, Outcome | Busy):
                said = ours.recv()
        except EOFError:
            pass
        process.join()
        log = tmp_path / "run" / "log.txt"
        return said, process.exitcode, log.read_text() if log.is_file() else ""

    return work


def outside_pytest(task, answer) -> None:
    """As in a process whose standard streams are its own."""
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", buffering=1, closefd=False)
    worker.work(task, answer)


def test_all_that_is_printed_is_in_the_log(forked):
    def train(*_, **__):
        print("by Python")
        os.write(1, b"by C\n")
        subprocess.run(["sh", "-c", "echo by another program >&2"], check=True)
        return Outcome(Path("x"), "done")

    said, code, log = forked(train)
    assert (said, code) == (Outcome(Path("x"), "done"), 0)
    assert log.splitlines() == ["by Python", "by C", "by another program"]
    assert forked(train)[2] == log * 2


def test_a_crash_leaves_its_traceback_in_the_log(forked):
    def train(*_, **__):
        print("before")
        faulthandler._sigsegv()

    said, code, log = forked(train)
    assert said is None and code == -signal.SIGSEGV
    assert log.startswith("before\nFatal Python error: Segmentation fault") and "in train" in log


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "full"), "the disk is full under .*: free space and type the same command again"),
        (OSError(errno.EDQUOT, "share"), "the disk is full under .*: free space and type the same command again"),
        (InputError("lr=0 is too low"), "lr=0 is too low"),
        (KeyError("b"), "KeyError: 'b'"),
    ],
    ids=str,
)
def test_a_log_that_the_full_disk_does_not_take_costs_no_answer(error, said, forked, tmp_path):
    def train(*_, **__):
        raise error

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.txt").symlink_to("/dev/full")
    answer = forked(train)[0]
    assert answer.status == "failed" and re.fullmatch(said, answer.said)


def test_a_log_that_cannot_be_begun_is_answered(forked, tmp_path, monkeypatch):
    def refuse(log):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(worker, "write_to", refuse)
    assert "the disk is full" in forked(lambda *_, **__: Outcome(Path(), "done"))[0].said


def test_a_run_that_prints_nothing_leaves_no_log(forked, tmp_path):
    assert forked(lambda *_, **__: Outcome(Path(), "kept"))[0].status == "kept"
    assert not (tmp_path / "run" / "log.txt").exists()


def test_a_worker_hears_a_ctrl_c_though_its_server_does_not(forked):
    def train(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert forked(train)[0].status == "interrupted"
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_run_is_told_its_card_before_it_begins(forked):
    def train(*_, rerun, **__):
        return Outcome(Path(), "done", f"{rerun} {os.environ['CUDA_VISIBLE_DEVICES']}")

    assert forked(train, card="GPU-b", rerun="no")[0].said == "no GPU-b"


@pytest.mark.parametrize(
    ("error", "said", "logged"),
    [
        (Held(Path("run"), "process 7 on moon"), Busy("process 7 on moon"), ""),
        (InputError("lr=0 is too low"), ("failed", "lr=0 is too low"), "lr=0 is too low\n"),
        (Interrupted("x"), ("interrupted", ""), ""),
        (KeyboardInterrupt(), ("interrupted", ""), ""),
        (KeyError("b"), ("failed", "KeyError: 'b'"), "Traceback"),
    ],
)
def test_whatever_happens_is_answered(error, said, logged, forked):
    def train(*_, **__):
        raise error

    answer, code, log = forked(train)
    assert code == 0 and log[: len(logged) or None] == logged
    assert answer == said if isinstance(said, Busy) else (answer.status, answer.said) == said


@pytest.mark.parametrize("from_folder", [True, False])
def test_a_mirror_is_closed_by_the_worker_only_where_the_folder_is_not_enough(from_folder, monkeypatch, tmp_path):
    mirror, closes = CSVMirror(), []
    mirror.from_folder = from_folder
    mirror.close = closes.append
    monkeypatch.setattr(worker, "Job", lambda *_, **__: SimpleNamespace(folder=tmp_path, mirror=mirror))
    monkeypatch.setattr(worker, "train", lambda job, **_: job.mirror.close(tmp_path))
    worker.run(Task({}, {}, tmp_path), SimpleNamespace(send=None))
    assert closes == [tmp_path] * (not from_folder)


def hold_with_pool(act, folder: Path) -> int:
    """A pool in a process of its own that dies while its worker acts; returns the worker's number."""

    def die_as_pool():
        context = multiprocessing.get_context("fork")
        process = context.Process(target=lambda: (worker.threading.Thread(target=worker.end_with_pool).start(), act()))
        process.start()
        (folder / "worker").write_text(str(process.pid))
        while not (folder / "ready").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

    assert runs.in_child(die_as_pool) == -signal.SIGKILL
    return int((folder / "worker").read_text())


def wait_for_lock(folder: Path) -> None:
    """The end of a process that is no child of ours is seen by its lock."""
    with FileLock(folder / ".lock", timeout=20):
        pass


def test_a_worker_whose_pool_is_killed_is_asked_to_stop(tmp_path):
    def act():
        with FileLock(tmp_path / ".lock"), Interrupt() as interrupt:
            (tmp_path / "ready").touch()
            while not interrupt.asked:
                time.sleep(0.01)
            (tmp_path / "checkpoint").touch()
        os._exit(0)

    hold_with_pool(act, tmp_path)
    wait_for_lock(tmp_path)
    assert (tmp_path / "checkpoint").exists()


def test_a_worker_that_does_not_listen_is_killed(tmp_path, monkeypatch):
    def act():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with FileLock(tmp_path / ".lock"):
            (tmp_path / "ready").touch()
            time.sleep(60)
            (tmp_path / "slept").touch()

    monkeypatch.setattr(worker, "GRACE", 0.1)
    hold_with_pool(act, tmp_path)
    wait_for_lock(tmp_path)
    assert not (tmp_path / "slept").exists()


SERVER = """
import os, sys, torch
def refuse(*_): raise RuntimeError("asked CUDA for its cards")
torch.cuda.is_available = torch.cuda.device_count = torch.cuda._lazy_init = refuse
import wordorder.commands, wordorder.worker, wandb
names = [open(f"/proc/self/task/{one}/comm").read().strip() for one in os.listdir("/proc/self/task")]
names = [name for name in names if name != "jemalloc_bg_thd"]
assert len(names) == 1 and torch.get_num_threads() == 2, names
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted as Linux lists them")
def test_what_workers_are_forked_from_asks_no_cuda_and_has_no_threads():
    threads = {
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }  # OpenBLAS starts its own, and mends them after a fork
    done = subprocess.run([sys.executable, "-c", SERVER], env=os.environ | threads, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def members(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    return [line[2] for line in lines if line[0] == str(group) and not line[1].startswith("Z")]


@pytest.mark.slow
def test_of_a_killed_sweep_no_process_remains_and_it_goes_on_from_checkpoints(here):
    changed = {"trainer.budget": 20000, "weight_seed": "0,1", "record.checkpoint_steps": 0, "name": "grid"}
    script = Path(__file__).parents[1] / "scripts" / "train.py"
    command = [sys.executable, str(script), "-m", *runs.words(changed), "hydra.launcher.n_jobs=2"]
    pool = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        while len([path for path in Path("outputs/grid").glob("*/train.jsonl") if path.stat().st_size]) < 2:
            assert pool.poll() is None, shlex.join(command)
            time.sleep(0.1)
        assert len(members(pool.pid)) >= 4  # the pool, the fork server, two workers; the resource tracker besides
        pool.kill()
        pool.wait()
        runs.until(lambda: not members(pool.pid))
    finally:
        if members(pool.pid):
            os.killpg(pool.pid, signal.SIGKILL)
        pool.wait()
    for path in Path("outputs/grid").glob("*/run.json"):
        assert (path.parent / "checkpoints" / "last.ckpt").exists() and not (path.parent / ".holder").exists()
        wait_for_lock(path.parent)
