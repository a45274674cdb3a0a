"""Runs side by side: one process each, answers in order, a death costs one run, and who is held waits for its turn."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest
import runs

from wordorder import identity, pool
from wordorder.outcome import Outcome
from wordorder.record.holder import sign
from wordorder.task import Busy, Task
from wordorder.training.interrupt import Interrupted
from wordorder.training.progress import At
from wordorder.view import View


def task(act: str, folder: Path, number: int) -> Task:
    """A run whose process does what is told by name."""
    return Task({"act": act, "folder": str(folder), "number": number}, {}, folder / f"{number}-{act}")


def act(task: Task, answer) -> None:
    """In place of the worker's own work, in its process."""
    what, folder, number = task.config["act"], Path(task.config["folder"]), task.config["number"]
    mark = folder / f"{number}.{os.getpid()}.{task.card}"
    mark.write_text(json.dumps({"at": time.monotonic(), "rerun": task.rerun}))
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "term":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # as the fork server has it, in which nobody listens
        os.kill(os.getpid(), signal.SIGTERM)
    if what == "exit":
        os._exit(3)
    if what == "tear":  # dies in the middle of its answer
        os.write(answer.fileno(), b"\x00\x00\x10\x00half")
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "slow":
        (folder / f"in use {task.card}").mkdir()  # an error where another uses it
        time.sleep(0.3)
        (folder / f"in use {task.card}").rmdir()
    if what == "wait":
        signal.signal(signal.SIGTERM, lambda *_: leave(folder, answer))
        (folder / "waiting").touch()
        time.sleep(60)
    if what == "free":  # it was this one's note that the other waited for
        (folder / "0-done" / ".holder").unlink()
    if what == "busy" and len(list(folder.glob(f"{number}.*"))) == 1:
        answer.send(Busy("process 1 on moon"))
        return
    if what == "rows":
        for step in range(100):
            answer.send(At("train", step, 100))
    said = "x" * 1_000_000 if what == "talk" else f"I am {number}"
    answer.send(Outcome(Path(), "failed" if what == "fail" else "done", said))
    if what == "hang":
        threading.Thread(target=lambda: (time.sleep(60), (folder / "outlived").touch())).start()


def leave(folder: Path, answer) -> None:
    """What a worker does that is asked to stop."""
    (folder / "told").touch()
    answer.send(Outcome(Path(), "interrupted"))
    os._exit(0)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """run("slow", "kill", n_jobs=2) -> the outcomes; forked, so that the workers know what this test planted."""
    monkeypatch.setattr(pool, "work", act)
    context = pool.multiprocessing.get_context("fork")
    monkeypatch.setattr(pool.multiprocessing, "get_context", lambda name: context)

    def run_all(*acts: str, n_jobs: int = 2, **more) -> list[Outcome]:
        return pool.run_all([task(act, tmp_path, number) for number, act in enumerate(acts)], n_jobs=n_jobs, **more)

    return run_all


def marks(folder: Path) -> list[tuple[str, str, str, dict]]:
    """Number, process, card and what else of every process that began, in that order."""
    files = [path for path in folder.iterdir() if path.is_file() and path.name[0].isdigit()]
    found = [(*path.name.split("."), json.loads(path.read_text())) for path in files]
    return sorted(found, key=lambda mark: mark[3]["at"])


def test_answers_come_in_the_order_of_the_jobs(run):
    outcomes = run("slow", "done", "done", "fail", n_jobs=3)
    assert [outcome.said for outcome in outcomes] == [f"I am {n}" for n in range(4)]
    assert [outcome.status for outcome in outcomes] == ["done", "done", "done", "failed"]
    assert [outcome.folder.name for outcome in outcomes] == ["0-slow", "1-done", "2-done", "3-fail"]


def test_each_run_has_a_process_of_its_own_and_a_card_that_no_other_uses(run, tmp_path):
    outcomes = run(*["slow"] * 5, n_jobs=2, cards=["0", "GPU-a"])
    assert [outcome.status for outcome in outcomes] == ["done"] * 5
    began = marks(tmp_path)
    assert len({process for _, process, *_ in began} - {str(os.getpid())}) == 5
    assert {card for _, _, card, _ in began} == {"0", "GPU-a"}


def test_no_more_runs_at_once_than_asked(run):
    assert [outcome.status for outcome in run("slow", "slow", "slow", n_jobs=1)] == ["done"] * 3


@pytest.mark.parametrize(
    ("death", "how"), [("kill", "signal SIGKILL"), ("exit", "exit code 3"), ("tear", "signal SIGKILL")]
)
def test_a_process_that_dies_costs_only_its_run(death, how, run):
    outcomes = run("slow", death, "done")
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert how in outcomes[1].said and "goes on from its checkpoint" in outcomes[1].said
    assert ("want of memory" in outcomes[1].said) == (how == "signal SIGKILL")


def test_a_process_that_a_stop_ends_outside_of_training_has_not_failed(run, monkeypatch):
    class Heard(View):
        def ended(self, number, outcome):
            ended.append((outcome.folder.name, outcome.status, outcome.said))

    ended: list[tuple[str, str, str]] = []
    monkeypatch.setattr(pool, "choose_view", Heard)
    with pytest.raises(Interrupted):
        run("term")
    assert ended == [("0-term", "interrupted", "")]


def test_each_run_is_told_once_when_its_process_has_ended(run, monkeypatch):
    ended = []

    def told(task):
        living = {process.name for process in pool.multiprocessing.active_children()}
        ended.append((task.folder.name, task.folder.name in living))

    monkeypatch.setattr(pool, "TRY", 0.0)
    run("slow", "kill", "fail", "busy", on_end=told)
    assert sorted(ended) == [("0-slow", False), ("1-kill", False), ("2-fail", False), ("3-busy", False)]


def test_a_long_answer_does_not_block(run):
    assert len(run("talk", "done")[0].said) == 1_000_000


def test_a_process_that_does_not_end_after_its_answer_is_killed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "END", 0.1)
    assert [outcome.status for outcome in run("hang", "done", n_jobs=1)] == ["done", "done"]
    assert pool.multiprocessing.active_children() == [] and not (tmp_path / "outlived").exists()


def test_what_a_worker_tells_of_itself_is_shown(run, monkeypatch):
    class Heard(View):
        def at(self, number, at):
            steps.append((number, at.done))

    steps: list[tuple[int, int]] = []
    monkeypatch.setattr(pool, "choose_view", Heard)
    assert run("done", "rows")[1].status == "done"
    assert steps == [(1, step) for step in range(100)]


def test_a_run_that_is_held_comes_last_and_it_is_said_once_for_whom_it_waits(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pool, "LOOK", 0.05)
    (tmp_path / "0-done").mkdir()
    with sign(tmp_path / "0-done"):
        outcomes = run("done", "slow", "free", n_jobs=1)
    assert [number for number, *_ in marks(tmp_path)] == ["1", "2", "0"]
    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    out = capsys.readouterr().out
    assert out.count("waiting for") == 1 and f"waiting for process {os.getpid()} on " in out
    assert f"which holds {tmp_path / '0-done'}" in out


@pytest.mark.parametrize(("status", "rerun"), [("running", "no"), ("done", "")])
def test_what_another_process_makes_is_not_made_again_after_it(status, rerun, run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pool, "TRY", 0.0)
    (tmp_path / "0-busy").mkdir()
    (tmp_path / "0-busy" / "run.json").write_text(json.dumps({"status": status}))
    assert [outcome.status for outcome in run("busy", "done", n_jobs=1)] == ["done", "done"]
    assert [(number, about["rerun"]) for number, *_, about in marks(tmp_path)] == [("0", ""), ("1", ""), ("0", rerun)]
    assert "waiting for process 1 on moon, which holds" in capsys.readouterr().out


def ask_when(monkeypatch, there: Path, number: int = signal.SIGTERM) -> None:
    """Ask this process to stop once a file is there."""
    wait, asked = pool.wait, []

    def wait_and_ask(answers, timeout):
        ready = wait(answers, timeout)
        if there.exists() and not asked:
            asked.append(True)
            os.kill(os.getpid(), number)
        return ready

    monkeypatch.setattr(pool, "wait", wait_and_ask)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_that_only_the_pool_hears_reaches_the_workers_and_starts_no_more(number, run, tmp_path, monkeypatch):
    ask_when(monkeypatch, tmp_path / "waiting", number)
    with pytest.raises(Interrupted):
        run("wait", "done", n_jobs=1)
    assert [number for number, *_ in marks(tmp_path)] == ["0"] and (tmp_path / "told").exists()


def test_a_stop_ends_the_wait_for_another_process(run, tmp_path, monkeypatch):
    (tmp_path / "0-done").mkdir()
    with sign(tmp_path / "0-done"):
        ask_when(monkeypatch, tmp_path / "0-done" / ".holder")
        with pytest.raises(Interrupted):
            run("done")
    assert not marks(tmp_path)


def test_an_error_of_the_pool_stops_its_workers(run, tmp_path, monkeypatch):
    class Broken(View):
        def draw(self, *, stopping):
            if (tmp_path / "waiting").exists():
                raise ZeroDivisionError

    monkeypatch.setattr(pool, "choose_view", Broken)
    with pytest.raises(ZeroDivisionError):
        run("wait")
    runs.until(lambda: pool.multiprocessing.active_children() == [])
    assert (tmp_path / "told").exists()


def test_what_a_config_names_is_imported_before_the_first_worker():
    logger = {"_target_": "wordorder.record.wandb_mirror.WandbMirror", "mode": "offline", "project": "p", "entity": ""}
    config = {"x": {"_target_": "a.b.C", "y": {"_target_": "d.E"}}, "logger": logger}
    named = pool.list_modules(config)
    assert {"wordorder.commands", "a.b", "d", "pandas"} < set(named)
    assert "wandb" not in named  # a worker leaves it to the pool's process, but for a run that is followed as it goes
    logger["mode"] = "online"
    assert "wandb" in pool.list_modules(config)


SERVER = """
import sys
from pathlib import Path
from wordorder import identity, pool
node = lambda name: {"_target_": f"wordorder.{name}"}
config = {"position": {"_target_": "mine.thing.Thing"}, "tokenizer": node("tokenizer.byte.Byte")}
config |= {"source": node("source.text_file.TextFile"), "logger": node("record.mirror.NoMirror")}
for name in pool.list_modules(config):
    __import__(name)
Path("mine/thing.py").write_text("raise RuntimeError('edited')")
Path("mine/other.py").write_text("edited = True")
print(identity.shelf_digest(config), identity.digest_files([Path("mine/other.py").resolve()]))
"""


def test_a_record_holds_the_digest_of_the_code_that_ran_and_not_of_what_was_edited_since(tmp_path):
    scheme = "from wordorder.position.base import PositionScheme\nclass Thing(PositionScheme): ...\n"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thing.py").write_text(scheme)
    shelves = [tmp_path / "mine" / "thing.py"]
    shelves += [identity.PACKAGE / "source" / "text_file.py", identity.PACKAGE / "tokenizer" / "byte.py"]
    ran = sha256(b"".join(f"{file.name} {file.stat().st_size}\n".encode() + file.read_bytes() for file in shelves))
    environment = runs.environment()
    environment["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{environment['PYTHONPATH']}"
    command = [sys.executable, "-c", SERVER]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    other = sha256(b"other.py 13\nedited = True")  # which nobody has imported, and which is read as it is
    assert done.stdout.split() == [ran.hexdigest(), other.hexdigest()]


def test_the_server_hears_no_ctrl_c_and_this_process_does(monkeypatch):
    before, seen = signal.getsignal(signal.SIGINT), []
    monkeypatch.setattr(pool, "list_modules", lambda config: [])
    monkeypatch.setattr(pool.forkserver, "ensure_running", lambda: seen.append(signal.getsignal(signal.SIGINT)))
    pool.begin({})
    assert (seen, signal.getsignal(signal.SIGINT)) == ([signal.SIG_IGN], before)


def test_a_server_that_was_killed_is_begun_anew(monkeypatch):
    tries = iter([EOFError("unexpected EOF"), ConnectionRefusedError(), None])

    class Process:
        def start(self) -> None:
            if error := next(tries):
                raise error

    monkeypatch.setattr(pool.time, "sleep", lambda seconds: None)
    pool.start_process(Process())
    assert next(tries, "all were made") == "all were made"


def test_a_server_that_always_dies_is_an_error(monkeypatch):
    class Process:
        def start(self) -> None:
            raise EOFError("unexpected EOF")

    monkeypatch.setattr(pool.time, "sleep", lambda seconds: None)
    with pytest.raises(EOFError):
        pool.start_process(Process())
