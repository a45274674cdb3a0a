"""A card says what the run's record says, in the hub's form, and its code loads the folder."""

import json
import re

import pytest
import runs
import torch
import yaml

from wordorder.record.run_record import RunRecord


@pytest.fixture(scope="module")
def record(tmp_path_factory, compose_config):
    folder = tmp_path_factory.mktemp("trained")
    runs.write_text(folder / "my.txt")
    threads = torch.get_num_threads()
    given = {"source.train": folder / "my.txt", "output_dir": folder / "outputs", "position": "rope"}
    done = RunRecord(runs.run(compose_config, given).folder)
    torch.set_num_threads(threads)
    return done


@pytest.fixture(scope="module", params=["stock", "plain"])
def exported(request, record, tmp_path_factory):
    """The form, the folder, and its card in two parts: what the hub reads, and the text."""
    to = tmp_path_factory.mktemp("exported") / "model"
    assert runs.typed("export", f"run={record.folder}", f"to={to}", f"form={request.param}") == 0
    _, front, text = (to / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return request.param, to, yaml.safe_load(front), text


def test_the_hub_is_told_the_library_and_nothing_that_no_record_knows(exported):
    form, _, front, _ = exported
    assert front["library_name"] == {"stock": "transformers", "plain": "wordorder"}[form]
    assert front.get("pipeline_tag") == {"stock": "text-generation", "plain": None}[form]
    assert front["tags"] == ["wordorder", "rope", "byte"]
    assert not {"license", "language", "datasets", "base_model"} & front.keys()


def test_all_facts_are_those_of_the_record(exported, record):
    text, facts = exported[3], record.facts
    for fact in (
        facts["run"],
        facts["training"],
        facts["digests"]["data"],
        f"{facts['tokens']:,} tokens, {facts['bytes']:,} bytes of text",
        f"bytes_train: {facts['text']['bytes_train']:,}",
        f"parameters: {facts['parameters']['total']:,}, ",
        f"budget: 12 steps, which is {facts['steps']} steps of 4 rows of 16 tokens",
        "seeds: 0 of the weights, 0 of the data",
        f"device: cpu, {facts['host']['processor']}",
        "precision: fp32",
        "AdamW(lr=0.002, betas=[0.9, 0.95]",
        f"commit: {facts['commit']}{', with changes' * facts['dirty']}\n",
        "256 tokens and the end token, id 256",
    ):
        assert fact in text, fact
    shown = yaml.safe_load(re.search("```yaml\n(.*?)```", text, re.S)[1])
    assert shown == {section: record.config()[section] for section in ("model", "position", "tokenizer")}


def test_nothing_of_the_machine_but_its_processor_is_told(exported, record):
    whole = json.dumps([exported[2], exported[3]])
    assert str(record.folder.parents[2]) not in whole
    assert "my.txt" not in whole
    assert record.facts["host"]["system"] not in whole


def test_every_score_has_a_row(exported, record):
    rows = re.findall(r"^\| (.*) \|$", exported[3], re.M)[2:]
    assert [row.split(" | ") for row in rows] == [
        [
            row["evaluation"],
            row["metric"],
            ", ".join(f"{key}={value}" for key, value in row["facts"].items()),
            f"{row['value']:.4f}",
            f"{row['count']:,}",
        ]
        for row in record.scores()
    ]
    assert len(rows) > 3


def test_its_code_loads_the_folder(exported, record):
    form, to, _, text = exported
    (code,) = re.findall("```python\n(.*?)```", text, re.S)
    assert code.count("\n") <= 3
    names = {}
    exec(code.replace("FOLDER", str(to)), names)
    assert sum(weight.numel() for weight in names["model"].parameters()) >= record.facts["parameters"]["total"]
    ids = names["tokenizer"]("ab")["input_ids"][1:] if form == "stock" else names["tokenizer"].encode("ab").tolist()
    assert ids == [97, 98]


def test_scores_of_another_identity_and_such_as_have_no_value(record, tmp_path):
    from wordorder.model_card import scores

    own = {"metric": "m", "facts": {"a": "x|y"}, "count": 3, "why": ""}
    rows = [{"evaluation": "e", "evaluation_id": n, "value": float(n)} | own for n in ("1", "2")]
    rows.append(rows[1] | {"value": None, "count": None, "why": "too long"})
    (tmp_path / "scores.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    other = RunRecord(tmp_path)
    assert scores(other) == "None were taken."
    other.facts = {"evaluations": {"e": "2"}}
    assert scores(other).splitlines()[2:] == [
        r"| e | m | a=x\|y | 2.0000 | 3 |",
        r"| e | m | a=x\|y | n/a: too long |  |",
    ]
