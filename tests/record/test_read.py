"""What the tables say is what stands in the files; what cannot be read is named."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wordorder.errors import InputError
from wordorder.record.read import read, read_curves, read_runs, read_scores

OWN = "run position tokenizer source model weight_seed data_seed step evaluation metric value count why".split()


def make_score(**changes: Any) -> dict[str, Any]:
    score = {
        "evaluation": "bits_per_byte",
        "evaluation_id": "new",
        "metric": "bits_per_byte",
        "value": 2.5,
        "count": 10,
    }
    return score | {"why": "", "facts": {"split": "test"}} | changes


def make_run(
    folder: Path, scores: list[dict[str, Any]], rows: list[dict[str, Any]] | None = None, **facts: Any
) -> Path:
    folder.mkdir(parents=True)
    choices = {"position": "rope", "tokenizer": "byte", "source": "text_file", "model": "nano", "optimizer": "adamw"}
    run = {"run": folder.name, "experiment": folder.parent.name, "status": "done", "choices": choices, "steps": 7}
    run |= {"seeds": {"weight": 3, "data": 4}, "versions": {"torch": "2.13.0"}, "digests": {"data": "ab"}}
    (folder / "run.json").write_text(json.dumps(run | {"evaluations": {"bits_per_byte": "new"}} | facts))
    (folder / "scores.jsonl").write_text("".join(json.dumps(score) + "\n" for score in scores))
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows or []))
    return folder


def test_score_columns_are_the_promised_ones_then_the_facts(tmp_path: Path) -> None:
    sweep = make_score(evaluation="length_sweep", facts={"split": "test", "length": 256, "scoring": "last_k"})
    make_run(tmp_path / "lab" / "a", [make_score(), sweep])
    frame = read_scores(tmp_path / "lab")
    assert list(frame) == [*OWN, "split", "length", "scoring"]
    row = frame.iloc[1].to_dict()
    assert (row["run"], row["position"], row["weight_seed"], row["data_seed"], row["step"]) == ("a", "rope", 3, 4, 7)
    assert (row["value"], row["count"], row["length"], row["scoring"]) == (2.5, 10, 256, "last_k")
    assert str(row["length"]) == "256"  # an integer, though the other row has no length


def test_no_scores_still_has_the_columns(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [])
    assert list(read_scores(tmp_path / "lab")) == OWN


def test_fact_that_is_called_like_a_column_keeps_apart(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [make_score(facts={"position": 64, "position_end": 128})])
    row = read_scores(tmp_path / "lab").iloc[0]
    assert (row["position"], row["fact_position"], row["position_end"]) == ("rope", 64, 128)


def test_null_is_missing_and_says_why(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [make_score(value=None, why="ends at 128")])
    row = read_scores(tmp_path / "lab").iloc[0]
    assert pd.isna(row["value"]) and row["why"] == "ends at 128"


def test_only_the_listed_identity_of_an_evaluation_counts(tmp_path: Path) -> None:
    old, new = make_score(evaluation_id="old", value=9.0), make_score(evaluation_id="new", value=1.0)
    make_run(tmp_path / "lab" / "a", [new, old])
    make_run(tmp_path / "lab" / "b", [new, old], evaluations={})  # not listed: the last written
    make_run(tmp_path / "lab" / "c", [old])  # only an earlier one is there
    assert read_scores(tmp_path / "lab").set_index("run")["value"].to_dict() == {"a": 1.0, "b": 9.0, "c": 9.0}


def test_score_written_twice_counts_once(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [make_score(value=2.0), make_score(value=3.0), make_score(facts={"split": "val"})])
    assert list(read_scores(tmp_path / "lab")["value"]) == [3.0, 2.5]


def test_torn_last_line_is_ignored(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "lab" / "a", [make_score()], [{"step": 1, "tokens": 8, "loss": 3.0}])
    for name in ("scores.jsonl", "train.jsonl"):
        with (folder / name).open("ab") as file:
            file.write('{"step": 2, "tokens": 16, "note": "é'.encode()[:-1])
    assert len(read_scores(tmp_path / "lab")) == len(read_curves(tmp_path / "lab")) == 1


@pytest.mark.parametrize("line", ['{"step": 1, "tok', "[1, 2]", '{"tokens": 8}', '{"step": 1, "x": "\xff"}'])
def test_malformed_line_in_the_middle_is_named(tmp_path: Path, line: str) -> None:
    folder = make_run(tmp_path / "lab" / "a", [])
    good = b'{"step": 2, "tokens": 16}\n'
    (folder / "train.jsonl").write_bytes(good + line.encode("latin-1") + b"\n" + good)
    with pytest.raises(InputError, match=r"lab/a/train\.jsonl, line 2: "):
        read_curves(tmp_path / "lab")


def test_score_without_a_metric_is_named(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [make_score(), {"evaluation": "bits_per_byte", "value": 1.0}])
    with pytest.raises(InputError, match=r"scores\.jsonl, line 2: no metric"):
        read_scores(tmp_path / "lab")


def test_runs_have_a_column_per_fact(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [], parameters={"position": 12}, status="failed", reason="diverged")
    row = read_runs(tmp_path / "lab").iloc[0]
    assert (row["status"], row["reason"], row["position"], row["weight_seed"]) == ("failed", "diverged", "rope", 3)
    assert (row["parameters_position"], row["versions_torch"], row["digests_data"]) == (12, "2.13.0", "ab")
    assert row["choices_optimizer"] == "adamw"


def test_folder_without_run_json_is_a_missing_run(tmp_path: Path) -> None:
    make_run(tmp_path / "lab" / "a", [])
    (tmp_path / "lab" / "b").mkdir()
    (tmp_path / "lab" / "b" / "config.yaml").write_text("weight_seed: 0\n")
    assert read_runs(tmp_path / "lab").set_index("run")["status"].to_dict() == {"a": "done", "b": "missing"}


def test_scores_are_those_of_runs_alone(tmp_path: Path) -> None:
    for name in ("a", "compare", ".part", "_old"):
        make_run(tmp_path / "lab" / name, [make_score()])
    assert set(read_scores(tmp_path / "lab")["run"]) == {"a"}


def test_curves_keep_training_and_validation_rows(tmp_path: Path) -> None:
    rows = [{"step": 1, "tokens": 8, "loss": 3.0}, {"step": 1, "tokens": 8, "val_loss": 2.0, "val_bits_per_byte": 1.5}]
    make_run(tmp_path / "lab" / "a", [], rows)
    frame = read_curves(tmp_path / "lab")
    assert list(frame) == ["run", "step", "tokens", "loss", "val_loss", "val_bits_per_byte"]
    assert frame["loss"].notna().tolist() == [True, False] and frame["val_bits_per_byte"].iloc[1] == 1.5


def test_experiment_is_found_by_name_and_by_folder(tmp_path: Path) -> None:
    make_run(tmp_path / "outputs" / "lab" / "a", [make_score()])
    by_name = read("lab", output_dir=tmp_path / "outputs")
    pd.testing.assert_frame_equal(by_name, read(tmp_path / "outputs" / "lab"))
    assert len(by_name) == 1


def test_import_is_light() -> None:
    code = (
        "import sys, wordorder.record.read;"
        "heavy = {'torch', 'hydra', 'omegaconf', 'wandb', 'matplotlib', 'lightning'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
