"""A vocabulary that someone else trained, from its file to a run that needs the file no more."""

import json
import pickle
import re
import shutil
from pathlib import Path

import layouts
import numpy as np
import pytest
import runs
from tokenizer_files import changed, each_layout, read, special

import wordorder
from wordorder.errors import InputError
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.pretrained import Pretrained


@each_layout
def test_ids_of_ordinary_texts_are_those_of_transformers(name, paths):
    from transformers import PreTrainedTokenizerFast

    other = PreTrainedTokenizerFast(tokenizer_file=str(paths[name]))
    texts = [*layouts.texts(), "One line.\nAnother,  with «odd» 数字 and 🙂 signs\n\n    indented   text <s", "a"]
    tokenizer = read(paths[name])
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        assert ids.tolist() == other(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"\xff\x00", Byte().state().encode(), b'{"model": {}}'])
def test_a_file_of_something_else_is_refused(content, tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(InputError, match="^tokenizer.path=.*tokenizer.json cannot be read"):
        read(tmp_path / "tokenizer.json")


def test_the_state_is_the_file_and_needs_it_no_more(paths, tmp_path):
    path = Path(shutil.copy(paths["llama2"], tmp_path / "moved.json"))
    tokenizer = read(path)
    tokenizer.save(tmp_path / "run")
    path.unlink()
    assert json.loads(tokenizer.state()) == json.loads(paths["llama2"].read_text(encoding="utf-8"))
    restored = Pretrained(path=str(path), allow_lossy=False, end_token="")
    restored.load(tmp_path / "run")
    for copy in (restored, pickle.loads(pickle.dumps(tokenizer))):
        assert (copy.digest(), copy.prefix, copy.lossless) == (tokenizer.digest(), b" ", True)
        assert [ids.tolist() for ids in copy.encode_inside(["a\u2581 b"])] == [
            ids.tolist() for ids in tokenizer.encode_inside(["a\u2581 b"])
        ]


def test_a_copy_of_the_file_has_the_same_contents_and_a_changed_one_others(paths, tmp_path):
    copy = Path(shutil.copy(paths["gpt2"], tmp_path / "copy.json"))
    first = Pretrained(path=str(paths["gpt2"]), allow_lossy=False, end_token="").contents()
    assert set(first) == {"path"}
    assert Pretrained(path=str(copy), allow_lossy=False, end_token="").contents() == first
    layouts.save(tmp_path, changed(copy, lambda file: file["added_tokens"].append(layouts.added(900, "<x>"))))
    assert Pretrained(path=str(tmp_path), allow_lossy=False, end_token="").contents() != first


def test_what_cannot_be_restored_leaves_what_was_there(paths):
    tokenizer = read(paths["gpt2"])
    before = tokenizer.digest()
    with pytest.raises(ValueError, match="cannot be read"):
        tokenizer.restore("{}")
    assert tokenizer.digest() == before and tokenizer.decode(tokenizer.encode("the")) == "the"


def test_a_bad_path_is_refused_before_any_work(tmp_path, compose_config, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs.write_text(tmp_path / "my.txt")
    words = {"tokenizer": "pretrained", "tokenizer.path": "none/tokenizer.json"}
    with pytest.raises(InputError, match=r"^tokenizer\.path=none/tokenizer\.json does not exist"):
        runs.make_job(compose_config, words)
    assert [path.name for path in tmp_path.iterdir()] == ["my.txt"]


def test_a_run_is_loaded_where_the_file_is_gone(tmp_path, compose_config, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs.write_text(tmp_path / "my.txt")
    path = layouts.write_llama2(tmp_path / "file")
    outcome = runs.run(compose_config, {"tokenizer": "pretrained", "tokenizer.path": path})
    assert outcome.status == "done"
    digest = read(path).digest()
    path.unlink()
    model, tokenizer, _ = wordorder.load(outcome.folder)
    assert tokenizer.digest() == digest and model.embedding.weight.shape[0] == tokenizer.n_ids


# An end token of the file.


@pytest.mark.parametrize("name", layouts.LAYOUTS)
def test_a_named_end_token_is_one_of_the_ids_of_the_file_and_changes_no_text(name, paths):
    plain, known = read(paths[name]), special(paths[name])
    for end, i in list(known.items())[:3]:
        tokenizer = read(paths[name], end_token=end)
        assert (tokenizer.end_id, tokenizer.n_ids) == (i, len(plain.vocab)) and plain.n_ids == len(plain.vocab) + 1
        assert len(tokenizer.byte_lengths_V) == tokenizer.n_ids and tokenizer.byte_lengths_V[i] == 0
        for text in (*layouts.texts()[:3], f"a{end}b {end}", end):
            ids = tokenizer.encode(text)
            assert ids.tolist() == plain.encode(text).tolist() and i not in ids
            assert tokenizer.decode([i, *ids, i]) == text


def test_an_ordinary_token_that_ends_documents_comes_out_of_no_text(paths):
    spaces = "   "  # added beside the model, and not special
    plain, tokenizer = read(paths["neox"]), read(paths["neox"], end_token=spaces)
    text = f"a{spaces}b {spaces}{spaces}"
    assert tokenizer.end_id in plain.encode(text) and tokenizer.end_id not in tokenizer.encode(text)
    assert tokenizer.decode([*tokenizer.encode(text), tokenizer.end_id]) == text
    assert tokenizer.lossless and tokenizer.byte_lengths_V[tokenizer.end_id] == 0


@pytest.mark.parametrize("end", ["<|end|>", "the", "endoftext"])
def test_an_end_token_that_the_file_has_not_is_refused_with_those_it_has(end, paths):
    with pytest.raises(InputError, match=rf"has no added token {re.escape(end)}: tokenizer.end_token=<\|endoftext\|>"):
        read(paths["gpt2"], end_token=end)


def test_another_end_token_is_another_tokenizer_and_is_kept_in_a_copy(paths, tmp_path):
    names = ("", "<|begin_of_text|>", "<|end_of_text|>")
    made = [read(paths["llama3"], end_token=name) for name in names]
    assert len({tokenizer.digest() for tokenizer in made}) == len(names)
    made[1].save(tmp_path)
    restored = Pretrained(path="", allow_lossy=False, end_token=names[1])
    restored.load(tmp_path)
    for copy in (restored, pickle.loads(pickle.dumps(made[1]))):
        assert (copy.digest(), copy.end_id, copy.n_ids) == (made[1].digest(), made[1].end_id, made[1].n_ids)


def test_a_model_trained_with_a_named_end_token_has_as_many_rows_as_the_published_vocabulary(
    tmp_path, compose_config, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    runs.write_text(tmp_path / "my.txt")
    path = layouts.write_gpt2(tmp_path / "file")
    words = {"tokenizer": "pretrained", "tokenizer.path": path, "tokenizer.end_token": "'<|endoftext|>'"}
    model, tokenizer, _ = wordorder.load(runs.run(compose_config, words).folder)
    (published,) = special(path).values()
    assert model.embedding.weight.shape[0] == published + 1 and tokenizer.end_id == published
    (ids,) = Path("outputs/token_store").glob("*/train.ids")
    stream = np.fromfile(ids, dtype=np.uint16)
    assert stream[0] == stream[-1] == published and stream.max() == published
