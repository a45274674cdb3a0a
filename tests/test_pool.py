"""Runs side by side: one process each, answers in order, and a death costs one run."""

import os
import signal
import time
from pathlib import Path

import pytest

from wordorder import pool
from wordorder.outcome import Outcome
from wordorder.training.interrupt import Interrupted


class Job:
    """As much of a job as the pool reads; what its process does is told by name."""

    def __init__(self, act: str, folder: Path, number: int = 0):
        self.config = {"act": act, "folder": str(folder), "number": number}
        self.choices, self.folder = {}, folder / f"{number}-{act}"


def act(config, choices, slot, answer) -> None:
    """In place of pool.work, in the worker's process."""
    what, folder, number = config["act"], Path(config["folder"]), config["number"]
    (folder / f"{number}.{os.getpid()}.{slot}").write_text(str(time.monotonic()))
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "exit":
        os._exit(3)
    if what == "tear":  # dies in the middle of its answer
        os.write(answer.fileno(), b"\x00\x00\x10\x00half")
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "slow":
        time.sleep(0.3)
    if what == "wait":
        signal.signal(signal.SIGTERM, lambda *_: (answer.send(Outcome(Path(), "interrupted")), os._exit(0)))
        (folder / "waiting").touch()
        time.sleep(20)
    said = "x" * 1_000_000 if what == "talk" else f"I am {number}"
    answer.send(Outcome(Path(), "failed" if what == "fail" else "done", said))


@pytest.fixture
def run(monkeypatch, tmp_path):
    """run("slow", "kill", n_jobs=2) -> the outcomes; forked, so that the workers know what this test planted."""
    monkeypatch.setattr(pool, "work", act)
    context = pool.multiprocessing.get_context("fork")
    monkeypatch.setattr(context, "set_forkserver_preload", lambda names: None, raising=False)
    monkeypatch.setattr(pool.multiprocessing, "get_context", lambda name: context)

    def run_all(*acts: str, n_jobs: int = 2) -> list[Outcome]:
        return pool.run_all([Job(act, tmp_path, number) for number, act in enumerate(acts)], n_jobs=n_jobs)

    return run_all


def test_answers_come_in_the_order_of_the_jobs(run):
    outcomes = run("slow", "done", "done", "fail", n_jobs=3)
    assert [outcome.said for outcome in outcomes] == [f"I am {n}" for n in range(4)]
    assert [outcome.status for outcome in outcomes] == ["done", "done", "done", "failed"]
    assert [outcome.folder.name for outcome in outcomes] == ["0-slow", "1-done", "2-done", "3-fail"]


def test_each_run_has_a_process_of_its_own_and_a_slot_that_no_other_uses(run, tmp_path):
    run(*["slow"] * 5, n_jobs=2)
    marks = [path.name.split(".") for path in tmp_path.iterdir()]
    assert len({process for _, process, _ in marks}) == 5 and str(os.getpid()) not in {
        process for _, process, _ in marks
    }
    assert {slot for _, _, slot in marks} == {"0", "1"}


def test_no_more_runs_at_once_than_asked(run, tmp_path):
    began = time.monotonic()
    run("slow", "slow", "slow", n_jobs=1)
    assert time.monotonic() - began > 0.9
    starts = sorted((path.name[0], float(path.read_text())) for path in tmp_path.iterdir())
    assert all(later - earlier >= 0.3 for (_, earlier), (_, later) in zip(starts, starts[1:], strict=False))


@pytest.mark.parametrize(
    ("death", "how"), [("kill", "signal SIGKILL"), ("exit", "exit code 3"), ("tear", "signal SIGKILL")]
)
def test_a_process_that_dies_costs_only_its_run(death, how, run):
    outcomes = run("slow", death, "done")
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert how in outcomes[1].said and "goes on from its checkpoint" in outcomes[1].said


def test_a_long_answer_does_not_block(run):
    assert len(run("talk", "done")[0].said) == 1_000_000


def test_a_stop_reaches_the_workers_and_starts_no_more(run, tmp_path, monkeypatch):
    sleep = time.sleep

    def sleep_and_ask(seconds):
        sleep(seconds)
        if seconds == 0.05 and (tmp_path / "waiting").exists() and not asked:
            asked.append(True)
            os.kill(os.getpid(), signal.SIGTERM)

    asked: list[bool] = []
    monkeypatch.setattr(pool.time, "sleep", sleep_and_ask)
    with pytest.raises(Interrupted):
        run("wait", "done", n_jobs=1)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("1.")]
