"""What lies in run folders is what wandb is given, once, whatever became of the runs; what fails loses nothing.

Offline files are read back with wandb's own reader.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import runs
from wandb_files import read_back

from wordorder.record.holder import sign
from wordorder.record.run_record import RunRecord


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed in a folder of its own, by somebody who has not logged in, without a network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)


def add(add_run: Callable[..., Path], position: str, **facts: Any) -> Path:
    return add_run(position, facts={"training": position * 8} | facts)


def find_copies(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob("*/wandb/offline-run-*"))


def test_an_experiment_is_one_group_of_its_runs_and_their_comparison(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    done = add(add_run, "rope")
    failed = add(add_run, "none", status="failed", reason="loss of step 3")
    (add(add_run, "learned") / "run.json").unlink()
    assert runs.typed("sync_wandb", "experiment=lab", "logger.project=mine", "logger.entity=us") == 0
    out, err = capfd.readouterr()
    assert "3 sent, 1 skipped" in out and "no run.json" in out and err == ""
    assert out.endswith("wandb sync outputs/lab/*/wandb/offline-run-*\n")
    copies = find_copies(lab)
    assert len(copies) == 3 and len({name.rpartition("-")[2] for name in copies}) == 3  # an id each
    back = {folder.name: read_back(folder) for folder in (done, failed, lab / "compare")}
    assert {(one.run["run_group"], one.run["project"], one.run["entity"]) for one in back.values()} == {
        ("lab", "mine", "us")
    }
    assert [(one.run["display_name"], one.run["job_type"], one.exit_code) for one in back.values()] == [
        (done.name, "train", 0),
        (failed.name, "train", 1),
        ("lab compared", "compare", 0),
    ]
    rows = [json.loads(line) for line in (done / "train.jsonl").read_text().splitlines()]
    assert back[done.name].history[:-1] == rows and back[done.name].history[-1]["scores.nrows"] == 24
    assert runs.typed("sync_wandb", "experiment=lab", "logger.project=mine", "logger.entity=us") == 0
    assert find_copies(lab) == copies and "3 unchanged" in capfd.readouterr().out


def test_a_run_alone_brings_no_comparison(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = add(add_run, "rope")
    add(add_run, "none")
    assert runs.typed("sync_wandb", f"run={folder}") == 0
    (copy,) = find_copies(lab)
    assert capfd.readouterr().out.endswith(f"wandb sync {lab / copy}\n")


def test_a_run_that_a_process_holds_is_left_alone(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = add(add_run, "rope", status="running")
    with RunRecord(folder).hold():
        assert runs.typed("sync_wandb", f"run={folder}") == 0
    assert "skipped: process" in capfd.readouterr().out and find_copies(lab) == []
    with sign(folder):
        (folder / ".holder").write_text(json.dumps({"host": "elsewhere", "process": 7, "began": "1"}))
        assert runs.typed("sync_wandb", f"run={folder}") == 0
    assert "process 7 on elsewhere" in capfd.readouterr().out and find_copies(lab) == []
    (folder / ".holder").write_text(json.dumps({"host": "elsewhere", "process": 7, "began": "1"}))
    (folder / ".holder").unlink()  # as the sentence says
    assert runs.typed("sync_wandb", f"run={folder}") == 0
    assert read_back(folder).exit_code == 1  # interrupted: neither done nor held


def test_a_damaged_run_does_not_keep_the_others_back(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    bad, good = add(add_run, "none", status="failed"), add(add_run, "rope", status="failed")
    (bad / "train.jsonl").write_text("{\n{}\n")
    assert runs.typed("sync_wandb", "experiment=lab") == 1
    assert "none-bpe" in (err := capfd.readouterr().err) and "line 1" in err and err.count("\n") == 1
    assert [Path(name).parts[0] for name in find_copies(lab)] == [good.name]


def test_online_without_a_login_is_one_sentence_and_loses_nothing(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    add(add_run, "rope")
    runs.typed("sync_wandb", "experiment=lab")
    files = [
        path for path in lab.rglob("*") if path.is_file() and path.suffix != ".log"
    ]  # which wandb's service ends late
    before = {path: path.read_bytes() for path in files}
    capfd.readouterr()
    assert runs.typed("sync_wandb", "experiment=lab", "logger.mode=online") == 1
    err = capfd.readouterr().err
    assert err.startswith("wordorder: logger.mode=online: ") and "wandb login" in err and err.count("\n") == 1
    assert {path: path.read_bytes() for path in before} == before
