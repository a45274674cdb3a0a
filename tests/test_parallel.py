"""Sweeps by joblib: the same runs and the same last words as by the pool; what ends one run ends no other, but for a death."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import runs
from hydra.core.plugins import Plugins

TRAIN = Path(__file__).parents[1] / "scripts" / "train.py"


@pytest.fixture
def start(here) -> Iterator[Callable[..., subprocess.Popen]]:
    """start("seed=0,1") -> the command that trains these by joblib, two at a time, in a process group of its own."""
    started = []

    def begin(*words: str) -> subprocess.Popen:
        joblib = ("logger._target_=held.Held", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
        command = [sys.executable, str(TRAIN), "-m", *runs.words(), *joblib, *words]
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=runs.environment(), start_new_session=True, **piped))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


@pytest.mark.parametrize(
    ("launcher", "name", "extra"),
    [("joblib", "parallel.ParallelLauncher", "parallel"), ("submitit_slurm", "slurm.ArrayLauncher", "slurm")],
)
def test_a_launcher_whose_packages_are_missing_says_what_to_install(launcher, name, extra, here, monkeypatch, capsys):
    monkeypatch.delitem(Plugins.instance().class_name_to_class, f"hydra_plugins.wordorder_{name}")
    assert runs.typed("train", "-m", *runs.words(), "seed=0,1", f"hydra/launcher={launcher}") == 1
    err = capsys.readouterr().err
    assert f"pip install 'wordorder[{extra}]'" in err and "Traceback" not in err


def folders() -> list[Path]:
    return sorted(Path("outputs/adhoc").glob("*-s*"))


def rows(folder: Path) -> int:
    file = folder / "train.jsonl"
    return len(runs.rows_of(file)) if file.exists() else 0


@pytest.mark.slow
def test_a_sweep_ends_as_by_the_pool_and_a_run_that_fails_costs_no_other(start, compose_config):
    sweep = start("optimizer.lr=1e30,0.002")
    out, err = sweep.communicate()
    table = out[out.rindex("bits per byte  tokens/s") : out.index("report: outputs/adhoc/compare")]
    assert sweep.returncode == 1 and "Traceback" not in err
    assert [line.split()[1] for line in table.splitlines() if line.startswith("outputs/")] == ["failed", "done"]
    assert "lower optimizer.lr (now 1e+30)" in table
    (done,) = (folder for folder in folders() if runs.facts_of(folder)["status"] == "done")
    assert runs.result_of(done) == runs.result_of(runs.run(compose_config, {"name": "undisturbed"}).folder)


@pytest.mark.slow
def test_a_worker_that_dies_ends_the_sweep_in_a_sentence_and_the_same_command_goes_on(start, compose_config):
    Path("kill-s0").touch()
    sweep = start("seed=0,1,2")
    out, err = sweep.communicate()
    assert sweep.returncode == 1 and "Traceback" not in err
    assert err.count("a worker's process died, and joblib ends a sweep with it; the same command goes on") == 1
    assert "interrupted" in out[out.rindex("bits per byte  tokens/s") :]
    Path("kill-s0").unlink()
    assert start("seed=0,1,2").wait() == 0
    for seed, folder in enumerate(folders()):
        whole = runs.run(compose_config, {"seed": seed, "name": "undisturbed"}).folder
        assert runs.result_of(folder) == runs.result_of(whole)


@pytest.mark.slow
def test_ctrl_c_lets_every_run_write_its_checkpoint_and_begins_no_other(start):
    for seed in range(3):
        Path(f"hold-s{seed}").touch()
    sweep = start("seed=0,1,2")
    runs.until(lambda: len(folders()) == 2 and all(map(rows, folders())))
    os.killpg(sweep.pid, signal.SIGINT)
    for seed in range(3):
        Path(f"hold-s{seed}").unlink()
    _, err = sweep.communicate()
    assert sweep.returncode == 130 and "stopped, checkpoints written; go on with:" in err
    assert [(folder / "checkpoints/last.ckpt").exists() for folder in folders()] == [True, True]
    assert [rows(folder) for folder in folders()] == [1, 1]
    assert start("seed=0,1,2").wait() == 0
    assert [runs.facts_of(folder)["status"] for folder in folders()] == ["done"] * 3
