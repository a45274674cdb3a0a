"""A pretrained model is scored as transformers would score it, and what cannot be scored is refused before its weights are read."""

import json
import re
import shutil
from pathlib import Path

import layouts
import pytest
import runs
from checkpoints import ROWS, SOURCE, bits_by_transformers, write_checkpoint, write_texts
from safetensors.torch import load_file, save_file

from wordorder.hugging_face import from_hugging_face, to_hugging_face

YARN = ["position/frequencies=yarn", "position.frequencies.factor=4"]
ASK = ["evaluation=[bits_per_byte]", *SOURCE]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    for family, layout in (("gpt2", "gpt2"), ("llama3", "llama3"), ("llama2", "llama2"), ("bert", "bert")):
        write_checkpoint(folder / family, family, layout)
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """The current folder, with texts and checkpoints of its own."""
    monkeypatch.chdir(shutil.copytree(made, tmp_path, dirs_exist_ok=True))
    return tmp_path


def scores(evaluation: str = "bits_per_byte") -> list[float]:
    """Of the only record that there is: bits per byte without and with ends."""
    (file,) = Path("outputs/hugging_face").glob("*/scores.jsonl")
    rows = [row for row in runs.rows_of(file) if row["evaluation"] == evaluation]
    assert [row["metric"] for row in rows] == ["bits_per_byte", "bits_per_byte_with_end"]
    return [row["value"] for row in rows]


@pytest.mark.parametrize("family, length", [("gpt2", 64), ("llama3", 32), ("llama2", 32)])
def test_bits_per_byte_are_those_of_the_logits_of_transformers(family, length, here):
    texts = write_texts(here)
    assert runs.typed("evaluate", f"hugging_face={family}", *ASK) == 0
    assert scores() == pytest.approx(bits_by_transformers(here / family, texts, length=length), abs=1e-5)


def test_another_rule_gives_what_transformers_gives_under_it(here):
    texts = write_texts(here)
    words = ["hugging_face=llama2", "context_length=128", *ASK]
    assert runs.typed("evaluate", *words) == runs.typed("evaluate", *words, *YARN) == 0
    rule = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}
    own, other = (bits_by_transformers(here / "llama2", texts, length=128, rope=one) for one in (None, rule))
    assert abs(own[0] - other[0]) > 1e-4  # ten times what separates ours from theirs
    assert scores() == pytest.approx(own, abs=1e-5)
    assert scores("bits_per_byte (frequencies=yarn frequencies.factor=4)") == pytest.approx(other, abs=1e-5)


def test_a_task_chooses_its_own_evaluations(here, capfd):
    small = [f"source.n_{split}=40" for split in ("train", "val", "test")]
    assert runs.typed("evaluate", "hugging_face=llama3", "source=reverse", *small) == 0
    out = capfd.readouterr().out
    assert "exact_match" in out and "length_sweep" not in out


def change(folder: Path, **values) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


# What is refused.


@pytest.fixture
def refused(here, capfd):
    """refused(words, said): the command ends in one sentence that matches, and leaves nothing behind."""

    def check(words: list[str], said: str) -> None:
        write_texts(here)
        assert runs.typed("evaluate", *words) == 1
        error = capfd.readouterr().err.strip().splitlines()[-1]
        assert error.startswith("wordorder: ")
        assert re.search(said, error), error
        assert not (here / "outputs" / "hugging_face").exists()

    return check


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "say what to evaluate: run=FOLDER, experiment=NAME .* or hugging_face=FOLDER"),
        (["hugging_face=gpt2", "run=x", *SOURCE], "say what to evaluate"),
        (["hugging_face=gpt2", "experiment=x", *SOURCE], "say what to evaluate"),
        (["hugging_face=nowhere", *SOURCE], "hugging_face=nowhere: there is no such folder"),
        (["hugging_face=gpt2", "source=text_file"], "source.train is required"),
        (["hugging_face=gpt2", "source=text_file", "source.train=no.txt"], "source.train=no.txt does not exist"),
        (
            ["hugging_face=gpt2", *SOURCE, "context_length=65"],
            "context_length=65: Learned ends at position 64: 65 tokens",
        ),
        (["hugging_face=gpt2", *SOURCE, "context_length=-1"], "context_length=-1 must not be negative"),
        (["hugging_face=gpt2", *SOURCE, "context_length=many"], "context_length='many' must be a whole number"),
        (["hugging_face=gpt2", *SOURCE, "data.context_unit=bytes"], "data.context_unit=bytes"),
        (["hugging_face=gpt2", *SOURCE, "name=../up"], "name='../up' becomes a folder"),
        (["hugging_face=gpt2", *SOURCE, "position=rope"], "another model, which has to be trained"),
        (["hugging_face=gpt2", *SOURCE, *YARN], "is not part of the trained scheme"),
        (["run=x", *SOURCE], "source=text_file goes with hugging_face=FOLDER"),
        (["run=x", "context_length=8"], "context_length=8 goes with hugging_face=FOLDER"),
        (["experiment=x", "data.attend_across=false"], "data.attend_across=false goes with hugging_face=FOLDER"),
    ],
)
def test_a_bad_word_is_refused_before_weights_are_read(words, said, here, refused):
    (here / "gpt2" / "model.safetensors").unlink()
    refused(words, said)


def test_a_folder_without_a_tokenizer_is_refused(here, refused):
    (here / "gpt2" / "tokenizer.json").unlink()
    refused(["hugging_face=gpt2", *ASK], "hugging_face=gpt2 holds no tokenizer.json")


def test_a_class_that_is_not_known_is_refused(here, refused):
    change(here / "gpt2", model_type="reformer")
    refused(["hugging_face=gpt2", *ASK], "hugging_face=gpt2: model_type=reformer in config.json is not known here")


def test_a_tokenizer_of_more_ids_than_the_model_has_rows_is_refused(here, refused):
    state = load_file(here / "gpt2" / "model.safetensors")
    name = "transformer.wte.weight"
    save_file(state | {name: state[name][:300].clone()}, here / "gpt2" / "model.safetensors")
    change(here / "gpt2", vocab_size=300)
    refused(["hugging_face=gpt2", *ASK], "gives ids up to [0-9]+, and its model has 300 rows")


def test_a_lossy_tokenizer_is_refused_until_it_is_allowed(here, refused, capfd):
    refused(["hugging_face=bert", *ASK], "does not give back every text.*allow_lossy=true")
    assert runs.typed("evaluate", "hugging_face=bert", *ASK, "allow_lossy=true") == 0
    (folder,) = Path("outputs/hugging_face").iterdir()
    assert runs.facts_of(folder)["vocabulary"]["lossless"] is False


# End tokens.


@pytest.mark.parametrize(
    "bos, eos, end",
    [(0, 1, 0), (None, 1, 1), ([1, 0], None, 1), (None, [1, 0], 1), (0, None, 0)],
)
def test_the_end_token_is_the_begin_token_of_the_checkpoint_or_else_its_end_token(bos, eos, end, here):
    ids = [token["id"] for token in json.loads((here / "llama3" / "tokenizer.json").read_text())["added_tokens"]]
    number = lambda one: [ids[n] for n in one] if isinstance(one, list) else None if one is None else ids[one]  # noqa: E731
    change(here / "llama3", bos_token_id=number(bos), eos_token_id=number(eos))
    model, tokenizer = from_hugging_face(here / "llama3")
    assert tokenizer.end_id == ids[end] and tokenizer.n_ids == max(ids) + 1 < model.embedding.num_embeddings == ROWS


@pytest.mark.parametrize(
    "ends, said",
    [
        ({"bos_token_id": None, "eos_token_id": None}, "has no bos_token_id and no eos_token_id.*say one there"),
        ({"bos_token_id": 5}, "bos_token_id=5 in config.json is no added token.*say one of"),
    ],
)
def test_a_checkpoint_without_an_end_token_says_what_to_do(ends, said, here, refused):
    change(here / "gpt2", **ends)
    refused(["hugging_face=gpt2", *ASK], said)


def test_the_end_token_stays_when_a_checkpoint_is_written_and_read_again(here):
    model, tokenizer = from_hugging_face(here / "llama3")
    to_hugging_face(model, here / "again", tokenizer)
    _, again = from_hugging_face(here / "again")
    text = layouts.texts()[0]
    assert (again.end_id, again.n_ids, again.end_token) == (tokenizer.end_id, tokenizer.n_ids, "<|begin_of_text|>")
    assert again.encode(text).tolist() == tokenizer.encode(text).tolist()
