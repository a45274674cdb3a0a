"""Only whole JSON and safetensors of the folder itself are read; what is not is one clear error."""

import json
import shutil

import pytest
import torch
from families import build
from safetensors.torch import load_file, save_file

from wordorder.errors import InputError
from wordorder.hugging_face import from_hugging_face, to_hugging_face
from wordorder.hugging_face.files import read_tensors, read_tokenizer
from wordorder.tokenizer.byte import Byte

INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(tmp_path):
    """A small GPT-2 as transformers writes it."""
    build("gpt2").save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def sharded(tmp_path):
    build("gpt2").save_pretrained(tmp_path / "sharded", max_shard_size="10KB")
    return tmp_path / "sharded"


def test_a_sharded_folder_reads_as_a_whole_one(folder, sharded):
    assert len(list(sharded.glob("*.safetensors"))) > 2 and not (sharded / "model.safetensors").exists()
    whole, parts = (from_hugging_face(path)[0].state_dict() for path in (folder, sharded))
    assert whole.keys() == parts.keys() and all(torch.equal(whole[name], parts[name]) for name in whole)


def test_pickled_weights_are_never_read(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=f"^hugging_face={folder}: there is no model.safetensors, .* never pickled"):
        from_hugging_face(folder)


@pytest.mark.parametrize("outside", ["../secret.safetensors", "/etc/passwd", "deep/er.safetensors", "..", 7])
def test_an_index_cannot_lead_out_of_its_folder(outside, sharded):
    for place in (sharded.parent / "secret.safetensors", sharded / "secret.safetensors"):
        save_file({"transformer.wte.weight": torch.ones(53, 24)}, place)
    index = json.loads((sharded / INDEX).read_text())
    index["weight_map"]["transformer.wte.weight"] = outside
    (sharded / INDEX).write_text(json.dumps(index))
    with pytest.raises(
        InputError, match=f"^(hugging_face={sharded}: {INDEX} does not list|hugging_face=.*there is no)"
    ):
        from_hugging_face(sharded)


@pytest.mark.parametrize("content", ["{}", '{"weight_map": []}', '{"weight_map": {}}', "[]", "{", "\xff"])
def test_an_index_that_lists_nothing_is_refused(content, sharded):
    (sharded / INDEX).write_text(content)
    with pytest.raises(InputError, match=f"^{INDEX} .*: fetch it again$"):
        read_tensors(sharded)


def test_a_missing_shard_is_named(sharded):
    lost = sorted(sharded.glob("*.safetensors"))[1]
    lost.unlink()
    with pytest.raises(InputError, match=f"^there is no {lost.name}"):
        read_tensors(sharded)


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_a_truncated_file_is_one_clear_error(kept, folder):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:kept])
    with pytest.raises(InputError, match=f"^hugging_face={folder}: model.safetensors cannot be read .*fetch it again$"):
        from_hugging_face(folder)


@pytest.mark.parametrize("content", [None, "", "[]", "{", "7"])
def test_a_config_that_is_no_object_is_refused(content, folder):
    (folder / "config.json").unlink() if content is None else (folder / "config.json").write_text(content)
    with pytest.raises(InputError, match=f"^hugging_face={folder}: config.json .*: fetch it again$"):
        from_hugging_face(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=f"^hugging_face={tmp_path}/no: there is no such folder"):
        from_hugging_face(tmp_path / "no")


def test_no_code_of_a_folder_is_run(folder, monkeypatch):
    (folder / "modeling_own.py").write_text("raise SystemExit('run')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"auto_map": {"AutoModelForCausalLM": "modeling_own.Own"}, "trust_remote_code": True}
    (folder / "config.json").write_text(json.dumps(config))
    monkeypatch.chdir(folder)
    assert from_hugging_face(folder)[0].count_parameters()["total"] > 0


def test_a_tokenizer_comes_back_with_its_end_token_and_is_written_again_the_same(folder, tmp_path):
    model, none = from_hugging_face(folder)
    assert none is None
    model = from_hugging_face(build("gpt2"))[0]
    to_hugging_face(model, tmp_path / "first", Byte())
    again, tokenizer = from_hugging_face(tmp_path / "first")
    assert (tokenizer.end_id, tokenizer.n_ids) == (256, 257)
    assert tokenizer.encode("aé").tolist() == Byte().encode("aé").tolist()
    to_hugging_face(again, tmp_path / "second", tokenizer)
    assert read_tokenizer(tmp_path / "second", {"eos_token_id": 256}).end_id == 256
    assert (tmp_path / "first" / "config.json").read_text() == (tmp_path / "second" / "config.json").read_text()


def test_a_tokenizer_that_is_refused_leaves_no_folder(folder, tmp_path):
    class Own(Byte.__base__):
        end_id = 52

    model = from_hugging_face(folder)[0]
    with pytest.raises(ValueError, match="^tokenizer=Own "):
        to_hugging_face(model, tmp_path / "written", Own())
    assert not (tmp_path / "written").exists()


def test_no_file_is_left_open_or_mapped(folder):
    model = from_hugging_face(folder)[0]
    before = model.embedding.weight.clone()
    shutil.rmtree(folder)
    assert torch.equal(model.embedding.weight, before)
