"""Paths and names that lead to a tokenizer.json, and those that do not."""

import shutil
from pathlib import Path

import pytest
from tokenizer_files import read

from wordorder.errors import InputError


def test_a_file_and_its_folder_are_the_same_tokenizer(paths):
    path = paths["gpt2"]
    assert read(path).digest() == read(path.parent).digest() != read(paths["llama2"]).digest()


def test_paths_that_lead_nowhere_are_named_with_what_is_there(tmp_path):
    (tmp_path / "vocab.txt").write_text("a")
    with pytest.raises(InputError, match=r"tokenizer\.path=.* holds no tokenizer\.json \(it holds vocab\.txt\)"):
        read(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.path=.*tokenzier\.json does not exist; near .* tokenizer\.json"):
        read(tmp_path / "tokenzier.json")
    with pytest.raises(InputError, match=r"tokenizer\.path= does not exist"):
        read("")
    with pytest.raises(InputError, match=r"tokenizer\.path=/no/such/place does not exist"):
        read("/no/such/place")


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Path:
    """The hub's local cache, with no hub behind it."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hub"


def test_a_name_on_the_hub_is_read_from_the_local_cache(hub, paths):
    revision = "0" * 40
    folder = hub / "models--org--small"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(revision)
    (folder / "snapshots" / revision).mkdir(parents=True)
    shutil.copy(paths["llama3"], folder / "snapshots" / revision / "tokenizer.json")
    assert read("org/small").digest() == read(paths["llama3"]).digest()


@pytest.mark.parametrize("name", ["gpt2", "org/small"])
def test_a_name_that_neither_cache_nor_hub_can_give_is_one_sentence(name, hub):
    with pytest.raises(InputError) as refused:
        read(name)
    said = str(refused.value)
    assert said.startswith(f"tokenizer.path={name} ") and "\n" not in said
    assert "give a local tokenizer.json" in said and f"hf download {name} tokenizer.json" in said
