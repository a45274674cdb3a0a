"""Sweeps on a Slurm that runs: one array, what happens to a job costs its run only, and every run ends with the same bits."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import runs

pytestmark = pytest.mark.slurm
TRAIN = Path(__file__).parents[2] / "scripts" / "train.py"


@pytest.fixture
def start(slurm, here) -> Iterator[Callable[..., subprocess.Popen]]:
    """start("first.log", *words) -> the command that trains these on Slurm, what it says in a file."""
    started = []

    def begin(log: str, *words: str) -> subprocess.Popen:
        typed = ["-m", *runs.words(), "logger._target_=held.Held", "hydra/launcher=submitit_slurm", *words]
        with (here / log).open("w") as file:
            command = [sys.executable, str(TRAIN), *typed]
            started.append(subprocess.Popen(command, env=slurm.environment, stdout=file, stderr=subprocess.STDOUT))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()
    slurm.end_all()


def folder_of(seed: int, *, name: str = "adhoc") -> Path | None:
    return next(Path(f"outputs/{name}").glob(f"*-s{seed}-*"), None)


def rows_of(seed: int) -> int:
    """How many rows a run has that Slurm was given."""
    folder = folder_of(seed)
    return len(runs.rows_of(folder / "train.jsonl")) if folder and (folder / "train.jsonl").exists() else 0


def undisturbed(compose_config: Callable[..., dict], seed: int) -> dict:
    return runs.result_of(runs.run(compose_config, {"seed": seed, "name": "undisturbed"}).folder)


def test_a_sweep_is_one_array_and_what_happens_to_a_job_costs_its_run_only(slurm, start, compose_config, capsys):
    sweep = ("seed=0,1,2,3",)
    for seed in range(4):
        Path(f"hold-s{seed}").touch()
    first = start("first.log", *sweep)
    runs.until(lambda: all(map(rows_of, range(4))))
    jobs = slurm.jobs()
    (array,) = {job.partition("_")[0] for job in jobs}
    assert set(jobs) == {f"{array}_{n}" for n in range(4)}

    second = start("second.log", *sweep)
    runs.until(lambda: "Slurm: 4 running" in Path("second.log").read_text())
    second.send_signal(signal.SIGINT)
    assert second.wait() == 130
    said = Path("second.log").read_text()
    assert "4 of 4 runs have a job in Slurm's queue already" in said and "submitted" not in said
    assert "4 jobs stay in Slurm's queue" in said and f"scancel {array}" in said
    assert slurm.jobs() == jobs

    subprocess.run(["scancel", f"{array}_0"], env=slurm.environment, check=True)
    os.kill(json.loads((folder_of(1) / ".holder").read_text())["process"], signal.SIGKILL)
    runs.until(lambda: set(slurm.jobs()) <= {f"{array}_{n}" for n in (0, 2, 3)})
    for seed in range(4):
        Path(f"hold-s{seed}").unlink()
    assert first.wait() == 1
    said = Path("first.log").read_text()
    assert said.count("its job ended before the run did at step 2/12; the same command goes on with it") == 2
    assert [runs.facts_of(folder_of(seed))["status"] for seed in range(4)] == ["running", "running", "done", "done"]
    assert [(folder_of(seed) / "checkpoints/last.ckpt").exists() for seed in (0, 1)] == [True, False]

    before = slurm.submitted()
    assert start("third.log", *sweep).wait() == 0
    assert slurm.submitted() == before + 2
    assert [runs.result_of(folder_of(seed)) for seed in range(4)] == [
        undisturbed(compose_config, seed) for seed in range(4)
    ]
    assert runs.typed("train", "-m", *runs.words(), *sweep) == 0  # by the pool, with another logger
    assert capsys.readouterr().out.count("already done") == 4


def test_a_run_that_meets_its_time_limit_goes_back_into_the_queue_and_on(slurm, start, compose_config):
    Path("hold-s0").touch()
    limit = ("hydra.launcher.timeout_min=1", "hydra.launcher.signal_delay_s=1")
    command = start("first.log", "seed=0", "workers=1", *limit)
    runs.until(lambda: slurm.jobs())
    (job,) = slurm.jobs()
    logs, checkpoint = Path(f"outputs/.submitit/{job}"), lambda: (folder_of(0) / "checkpoints/last.ckpt").exists()
    told = lambda: (logs / f"{job}_0_log.err").read_text().count("SIGUSR2: a checkpoint at the next step")  # noqa: E731
    runs.until(lambda: rows_of(0) or slurm.hurry(job))  # on a slow machine the limit may come before the first step
    before = told()
    runs.until(lambda: told() > before)
    assert not checkpoint()  # the signal only asks
    Path("hold-s0").unlink()
    runs.until(lambda: checkpoint() and slurm.jobs()[job].startswith("PENDING"))
    runs.until(lambda: command.poll() is not None or slurm.hurry(job))
    assert command.returncode == 0
    assert int(re.search(r"Restarts=(\d+)", slurm.ask("scontrol", "show", "job", job))[1]) == before + 1
    assert "from step 2, 12 steps" in (logs / f"{job}_0_log.out").read_text()
    assert runs.result_of(folder_of(0)) == undisturbed(compose_config, 0)
    assert "train.py -m" in runs.facts_of(folder_of(0))["command"]


def test_a_run_that_is_preempted_writes_its_checkpoint_and_goes_on_afterwards(slurm, start, compose_config):
    Path("hold-s0").touch()
    command = start("first.log", "seed=0")
    runs.until(lambda: rows_of(0))
    (job,) = slurm.jobs()
    slurm.ask("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=true")
    runs.until(lambda: slurm.jobs()[job] != "RUNNING None")
    Path("hold-s0").unlink()
    runs.until(lambda: command.poll() is not None or slurm.hurry(job))
    assert command.returncode == 0
    assert "from step 2, 12 steps" in Path(f"outputs/.submitit/{job}/{job}_0_log.out").read_text()
    assert runs.result_of(folder_of(0)) == undisturbed(compose_config, 0)


def test_jobs_that_slurm_does_not_take_are_told_in_a_sentence(slurm, start):
    assert start("first.log", "seed=0,1", "hydra.launcher.partition=nowhere").wait() == 1
    said = Path("first.log").read_text()
    assert "hydra.launcher: Slurm does not take these jobs" in said and "nvalid partition" in said
    assert "Traceback" not in said and not slurm.jobs()
