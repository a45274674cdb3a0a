"""What a pretrained model was asked is kept like a run's scores: asked once, found again wherever its folder lies, compared."""

import shutil
from pathlib import Path

import pytest
import runs
import torch
from checkpoints import SOURCE, write_checkpoint, write_texts
from safetensors.torch import load_file, save_file

import wordorder

ASK = ["evaluation=[bits_per_byte]", *SOURCE]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    write_checkpoint(folder / "gpt2", "gpt2", "gpt2")
    write_checkpoint(folder / "llama", "llama2", "llama3")
    write_texts(folder)
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(made, tmp_path, dirs_exist_ok=True))
    return tmp_path


def records() -> list[Path]:
    return sorted(Path("outputs/hugging_face").glob("*/"))


def ask(*words: str) -> None:
    assert runs.typed("evaluate", *words) == 0


def test_what_was_asked_is_not_asked_again(here, capfd):
    ask("hugging_face=gpt2", *ASK)
    assert "already known" not in capfd.readouterr().out
    (record,) = records()
    assert record.name.startswith("gpt2-text_file-")
    before = (record / "scores.jsonl").read_bytes()
    (record / "items.parquet").unlink()
    ask("hugging_face=gpt2", *ASK)
    assert "already known: bits_per_byte" in capfd.readouterr().out
    assert (record / "scores.jsonl").read_bytes() == before and not (record / "items.parquet").exists()
    ask("hugging_face=gpt2", *SOURCE, "evaluation=[bits_per_byte,tokenization]")
    assert (record / "scores.jsonl").read_bytes().startswith(before)
    assert set(runs.facts_of(record)["evaluations"]) == {"bits_per_byte", "tokenization"}


def test_a_folder_that_was_moved_is_the_same_model(here, capfd):
    ask("hugging_face=gpt2", *ASK)
    (here / "away").mkdir()
    shutil.move(here / "gpt2", here / "away" / "gpt2")
    ask("hugging_face=away/gpt2", *ASK)
    assert "already known: bits_per_byte" in capfd.readouterr().out and len(records()) == 1


def test_other_weights_another_text_or_another_context_are_another_record(here):
    ask("hugging_face=gpt2", *ASK)
    ask("hugging_face=gpt2", *ASK, "context_length=64")  # what its config.json says
    assert len(records()) == 1
    ask("hugging_face=gpt2", *ASK, "context_length=16")
    ask("hugging_face=gpt2", *ASK, "source.test=val.jsonl", "source.val=test.jsonl")
    ask("hugging_face=gpt2", *ASK, "data.attend_across=false")
    file = here / "gpt2" / "model.safetensors"
    state = load_file(file)
    name = next(iter(state))
    save_file(state | {name: torch.nextafter(state[name], torch.tensor(9.0))}, file)
    ask("hugging_face=gpt2", *ASK)
    values = [runs.rows_of(record / "scores.jsonl")[0]["value"] for record in records()]
    assert len(values) == 5 == len({runs.facts_of(record)["training"] for record in records()})
    assert len({round(value, 4) for value in values}) >= 4


def test_a_record_says_what_was_asked(here):
    ask("hugging_face=llama", *ASK, "context_length=16", "name=mine")
    (record,) = Path("outputs/mine").glob("*/")
    facts = runs.facts_of(record)
    assert (facts["status"], facts["experiment"], facts["context_length"]) == ("done", "mine", 16)
    assert (
        facts["choices"] | {"position": "rope", "model": "llama", "position/frequencies": "plain"} == facts["choices"]
    )
    assert facts["hugging_face"] == str(here / "llama") and facts["vocabulary"]["lossless"] is True
    copy = (record / "tokenizer" / "tokenizer.json").read_text(encoding="utf-8")
    assert copy == (here / "llama" / "tokenizer.json").read_text(encoding="utf-8")


def test_records_are_compared(here, capfd):
    for name in ("gpt2", "llama"):
        ask(f"hugging_face={name}", *ASK)
    assert runs.typed("compare", "experiment=hugging_face", "logger=none") == 0
    assert "report: outputs/hugging_face/compare/report.html" in capfd.readouterr().out
    summary = Path("outputs/hugging_face/compare/summary.md").read_text(encoding="utf-8")
    table = wordorder.read("hugging_face").query("metric == 'bits_per_byte'")
    assert sorted(table["model"]) == ["gpt2", "llama"]
    for row in table.itertuples():
        (line,) = [line for line in summary.splitlines() if line.startswith(f"| {row.position}, {row.model}")][:1]
        assert f"| {row.value:.3f} |" in line
