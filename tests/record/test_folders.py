"""Which folders are runs, and what two of their files say: every reader says the same of a damaged one."""

import json
from pathlib import Path

import pytest

from wordorder.errors import InputError
from wordorder.record.folders import find_experiment, list_runs, read_config, read_facts, read_run
from wordorder.record.run_record import RunRecord
from wordorder.record.wandb_mirror import WandbMirror

FACTS = {"run": "before it was copied", "experiment": "lab", "status": "done"}


def make_run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(FACTS))
    (folder / "config.yaml").write_text("lr: 1.0e-05\nname: é\n", encoding="utf-8")
    return folder


def read_by_wandb(folder: Path) -> None:
    WandbMirror(mode="offline", project="p", entity="")._start(folder)


def test_facts_are_those_of_the_file_and_a_run_has_its_folders_name(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "lab" / "a")
    assert read_facts(folder) == FACTS == RunRecord(folder).facts
    assert read_run(folder) == FACTS | {"run": "a"}
    assert read_config(folder) == {"lr": 1e-05, "name": "é"} == RunRecord(folder).config()


def test_what_was_never_written_is_empty_and_the_run_missing(tmp_path: Path) -> None:
    folder = tmp_path / "lab" / "a"
    assert read_facts(folder) == {} == read_config(folder)
    assert read_run(folder) == {"run": "a", "experiment": "lab", "status": "missing", "reason": "no run.json"}


@pytest.mark.parametrize("read", [read_facts, read_run, RunRecord, read_by_wandb])
@pytest.mark.parametrize("content", [b'{"status": "do', b"", b'{"a": "\xff"}', b"[1]"])
def test_a_damaged_run_json_is_named_with_the_way_out(tmp_path: Path, read, content: bytes) -> None:
    folder = make_run(tmp_path / "lab" / "a")
    (folder / "run.json").write_bytes(content)
    with pytest.raises(InputError, match=r"lab/a/run\.json: not .*; remove the run's folder and run it again$"):
        read(folder)


@pytest.mark.parametrize("read", [read_config, lambda folder: RunRecord(folder).config()], ids=["folder", "record"])
@pytest.mark.parametrize("content", ["a: [1", "- 1"])
def test_a_damaged_config_is_named_with_the_way_out(tmp_path: Path, read, content: str) -> None:
    folder = make_run(tmp_path / "lab" / "a")
    (folder / "config.yaml").write_text(content)
    with pytest.raises(InputError, match=r"(?s)lab/a/config\.yaml: not .*; remove the run's folder and run it again$"):
        read(folder)


def test_a_record_whose_config_is_lost_says_so(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "lab" / "a")
    (folder / "config.yaml").unlink()
    with pytest.raises(InputError, match=r"a/config\.yaml is not there: remove the run's folder"):
        RunRecord(folder).config()


def test_hidden_folders_and_compare_are_not_runs(tmp_path: Path) -> None:
    for name in ("a", "compare", ".part", "_old"):
        make_run(tmp_path / "lab" / name)
    (tmp_path / "lab" / "notes").mkdir()
    assert [path.name for path in list_runs(tmp_path / "lab")] == ["a"]


def test_missing_experiment_lists_those_that_exist(tmp_path: Path) -> None:
    make_run(tmp_path / "smoke" / "a")
    (tmp_path / "token_store").mkdir()
    with pytest.raises(InputError, match=r"experiment=lab: .*: smoke$"):
        find_experiment("lab", output_dir=tmp_path)
    with pytest.raises(InputError, match="none yet"):
        find_experiment("lab", output_dir=tmp_path / "nowhere")
