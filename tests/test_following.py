"""Processes that train along: how many, how they come, and that none outlives the one that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import processes
import pytest
import runs
import torch
from safetensors.numpy import load_file
from torch.distributed import TCPStore

from wordorder import following
from wordorder.data.token_store import TokenStore
from wordorder.errors import InputError
from wordorder.following import HERE, follow, gathered, wait_for
from wordorder.parts import prepare
from wordorder.training.group import Group
from wordorder.training.place import Place

TRAIN = Path(__file__).parents[1] / "scripts" / "train.py"
LIMIT = 600.0  # seconds; nothing here waits, unless something is wrong
LONG = {"trainer.budget": 10**6, "record.log_steps": 5, "record.validate_steps": 0, "record.checkpoint_steps": 0}


def test_processes_are_as_many_as_asked_or_as_the_cores_hold(here, compose_config, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(4)), raising=False)
    words = {"trainer.micro_batch_size": 1}
    for more, processes_, threads in [
        ({}, 1, 1),
        ({"devices": 2}, 2, 2),
        ({"devices": 2, "trainer.threads": 8}, 2, 16),
        ({"trainer": "ddp"}, 4, 4),
        ({"trainer": "ddp", "trainer.threads": 2}, 2, 4),
    ]:
        job = runs.make_job(compose_config, words | more)
        assert (job.processes, job.threads) == (processes_, threads)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"devices": 3}, "trainer.batch_size=4 cannot be shared by 3 processes: devices=2"),
        ({"devices": 4}, "trainer.micro_batch_size=2 must divide the 1 rows .*dropout: trainer.micro_batch_size=1"),
        ({"devices": -1}, "devices=-1 must not be negative"),
    ],
)
def test_a_number_that_cannot_share_a_batch_is_refused_before_anything_is_written(words, said, here, compose_config):
    with pytest.raises(InputError, match=said):
        runs.make_job(compose_config, words)
    assert not Path("outputs").exists()


def test_processes_that_others_have_started_are_counted_and_not_argued_with(here, compose_config, monkeypatch):
    monkeypatch.setattr("wordorder.job.place_given", lambda: Place(1, 2, 1, HERE, 1))
    assert runs.make_job(compose_config, {"devices": 0}).processes == 2
    assert runs.make_job(compose_config).processes == 1  # devices=1 is a process by itself
    with pytest.raises(InputError, match="devices=4, but torchrun or srun has started 2: devices=0"):
        runs.make_job(compose_config, {"devices": 4})


def test_a_worker_of_a_sweep_that_torchrun_started_is_refused(here, compose_config, monkeypatch):
    monkeypatch.setattr("wordorder.job.place_given", lambda: Place(0, 2, 0, HERE, 1))
    monkeypatch.setattr("wordorder.run.multiprocessing.parent_process", lambda: "the pool")
    monkeypatch.setattr("wordorder.run.joined", lambda *_, **__: pytest.fail("met the other"))
    with pytest.raises(InputError, match="^a sweep begins its processes itself: start it without torchrun or srun"):
        runs.run(compose_config, {"devices": 0})
    assert not Path("outputs").exists()


def test_one_that_ends_before_it_has_come_is_not_waited_for():
    store = TCPStore(HERE, 0, 2, is_master=True, wait_for_workers=False)
    with pytest.raises(InputError, match="process 1 ended with code 3 before the first step"):
        wait_for([processes.Forked(lambda: os._exit(3))], store)


def test_one_that_trains_along_does_not_read_the_store_through_again(here, compose_config, monkeypatch):
    job = runs.make_job(compose_config)
    prepare(job)
    monkeypatch.setattr(TokenStore, "whole", lambda store: pytest.fail("read through"))
    monkeypatch.setattr(following.engine, "run", lambda *given, **named: None)
    group = SimpleNamespace(tell=lambda word: True, rank=1, size=2)
    follow(job, group)


def test_none_is_left_when_the_first_fails(here, compose_config):
    job = runs.make_job(compose_config, {"devices": 2})

    def sleep(place: Place) -> None:
        store = TCPStore(place.address, place.port, place.size, is_master=False)
        store.add("come", 1)
        with processes.joined(place, device="cpu", store=store) as group:
            group.tell(None)
            time.sleep(600)

    def act() -> int:
        started = []

        def start(job, place: Place) -> processes.Forked:
            started.append(processes.Forked(lambda: sleep(place)))
            return started[-1]

        following.start = start
        try:
            with gathered(job, Group()) as group:
                assert group.size == 2 and started[0].poll() is None
                raise ZeroDivisionError
        except ZeroDivisionError:
            return int(started[0].poll() != -signal.SIGKILL)

    assert runs.in_child(act) == 0


# With processes that are really started.


@pytest.fixture
def begin(here) -> Iterator[Callable[..., subprocess.Popen]]:
    """begin({"name": "mine"}) -> the command, started; what it says goes to said.txt. None outlives the test."""
    started = []

    def begin(words: dict, *before: str, after: tuple[str, ...] = ()) -> subprocess.Popen:
        typed = [*runs.words({"evaluation": "[]"} | words), "logger._target_=held.Held"]
        command = [sys.executable, *before, str(TRAIN), *after, *typed]
        with open("said.txt", "a") as file:
            started.append(
                subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True, env=runs.environment())
            )
        return started[-1]

    yield begin
    print(Path("said.txt").read_text())
    for process in started:
        process.kill()
        process.wait()
    end_all_in(here)


def end_all_in(folder: Path) -> None:
    """Kill what works in a folder, this process apart; nothing where there is no /proc."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or is another's
            if (process / "cwd").readlink() == folder and int(process.name) != os.getpid():
                os.kill(int(process.name), signal.SIGKILL)


def others(process: subprocess.Popen) -> list[int]:
    """Those that a process has started to train with it and that still run; it starts git, too."""
    found = []
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        with suppress(OSError):  # it has ended meanwhile
            if b"wordorder.following" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def steps() -> int:
    """Rows of all runs here."""
    return sum(len(file.read_text().splitlines()) for file in Path("outputs").rglob("train.jsonl"))


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def only_run() -> Path:
    (folder,) = (path.parent for path in Path("outputs").rglob("run.json"))
    return folder


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux who runs")


@needs_proc
@pytest.mark.slow
def test_a_stop_ends_all_with_a_checkpoint_and_the_same_command_goes_on(begin, compose_config):
    words = {"devices": 2}
    Path("hold-s0").touch()
    process = begin(words)
    runs.until(steps)
    (other,) = others(process)
    process.send_signal(signal.SIGTERM)
    Path("hold-s0").unlink()
    assert process.wait(LIMIT) == 130 and not alive(other)
    assert (only_run() / "checkpoints" / "last.ckpt").exists()
    assert begin(words).wait(LIMIT) == 0
    said = Path("said.txt").read_text()
    assert said.count("parameters") == 2 and "from step" in said and "Traceback" not in said and "Warning" not in said
    alone = runs.run(compose_config, words | {"devices": 1, "name": "alone", "evaluation": "[]"}).folder
    ours, theirs = (load_file(f / "checkpoints" / "weights.safetensors") for f in (only_of("adhoc"), alone))
    assert max(abs(ours[name] - theirs[name]).max() for name in ours) < 1e-3


def only_of(name: str) -> Path:
    (folder,) = (path.parent for path in Path("outputs", name).glob("*/run.json"))
    return folder


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("stage", ["starting", "training"])
def test_none_outlives_a_first_process_that_is_killed(stage, begin):
    process = begin(LONG | {"devices": 2})
    runs.until(lambda: others(process) if stage == "starting" else steps())
    (other,) = others(process)
    process.kill()
    process.wait()
    runs.until(lambda: not alive(other))


@needs_proc
@pytest.mark.slow
def test_a_run_whose_other_process_is_killed_is_left_to_go_on(begin):
    process = begin(LONG | {"devices": 2, "record.checkpoint_steps": 5})
    runs.until(lambda: steps() > 3)
    (other,) = others(process)
    os.kill(other, signal.SIGKILL)
    assert process.wait(LIMIT) == 1
    said = Path("said.txt").read_text()
    assert "the same command goes on from the last checkpoint" in said and "Traceback" not in said
    assert runs.facts_of(only_run())["status"] == "running" and (only_run() / "checkpoints" / "last.ckpt").exists()


@pytest.mark.slow
def test_the_runs_of_a_sweep_have_processes_each(begin):
    assert begin({"devices": 2, "seed": "0,1", "hydra.launcher.n_jobs": 2}, after=("-m",)).wait(LIMIT) == 0
    assert {runs.facts_of(path.parent)["status"] for path in Path("outputs/adhoc").glob("*/run.json")} == {"done"}
    assert [runs.facts_of(path.parent)["processes"] for path in Path("outputs/adhoc").glob("*/run.json")] == [2, 2]


@pytest.mark.slow
def test_torchrun_starts_them_too_and_a_run_that_is_kept_ends_at_once(begin):
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    for _ in range(2):
        assert begin({"trainer": "ddp"}, *torchrun).wait(LIMIT) == 0
    said = Path("said.txt").read_text()
    assert said.count("parameters") == 1 and said.count("already done") == 1 and said.count("tokens/s") > 2
    assert runs.facts_of(only_run())["processes"] == 2


@pytest.mark.slow
def test_srun_starts_them_too(begin, monkeypatch):
    given = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2"}
    started = []
    for rank in ("1", "0"):
        own = given | {"SLURM_STEP_NODELIST": HERE, "SLURM_PROCID": rank, "SLURM_LOCALID": rank}
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        started.append(begin({"trainer": "ddp"}))
    assert [process.wait(LIMIT) for process in started] == [0, 0]
    assert Path("said.txt").read_text().count("parameters") == 1 and runs.facts_of(only_run())["status"] == "done"


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two cards")
def test_two_cards_train_what_one_does(begin):
    words = {"device": "cuda", "model.dropout": 0.0, "trainer.micro_batch_size": 1}
    for n in (1, 2):
        assert begin(words | {"devices": n, "name": f"on{n}"}).wait(LIMIT) == 0, Path("said.txt").read_text()
    one, two = (runs.rows_of(only_of(f"on{n}") / "train.jsonl") for n in (1, 2))
    assert [row for row in two] == [pytest.approx(row, rel=1e-4) for row in one]
