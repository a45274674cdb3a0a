import json
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import layouts
import numpy as np
import pytest
import runs
import tokenizers

import wordorder
from wordorder.errors import InputError
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.pretrained import Pretrained

ALL = layouts.LAYOUTS | layouts.OTHERS


def write_older(folder: Path) -> Path:
    """Before there were schemes, a space was put before the text where nothing was said."""
    file = changed(layouts.write_llama2_metaspace(folder), lambda file: None)
    return layouts.save(folder, file | {"pre_tokenizer": {"type": "Metaspace", "replacement": layouts.MARK}})


PREFIXED = {
    "a normalizer": layouts.write_llama2,
    "marks, first": layouts.write_llama2_metaspace,
    "marks, always": lambda folder: layouts.write_llama2_metaspace(folder, "always"),
    "marks, older": write_older,
    "bytes": lambda folder: layouts.write_gpt2(folder, add_prefix_space=True),
}

each_layout = pytest.mark.parametrize("name", ALL)


def read(path: Path | str, *, allow_lossy: bool = False) -> Pretrained:
    tokenizer = Pretrained(path=str(path), allow_lossy=allow_lossy)
    tokenizer.train([])
    return tokenizer


@pytest.fixture(scope="session")
def paths(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("layouts")
    return {name: write(folder / name) for name, write in ALL.items()}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """Llama 2's layout with five tokens of its own: ids worked by hand."""
    mark = layouts.MARK
    names = ["<unk>", "<s>", "</s>", *layouts.BYTE_NAMES, mark, "a", f"{mark}a", f"{mark}{mark}", "b"]
    model = {"type": "BPE", "vocab": {name: i for i, name in enumerate(names)}, "merges": [[mark, "a"], [mark, mark]]}
    model |= {"dropout": None, "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    file = changed(layouts.write_llama2(tmp_path_factory.mktemp("tiny")), lambda file: None)
    return layouts.save(tmp_path_factory.mktemp("tiny"), file | {"model": model})


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    file = json.loads(path.read_text(encoding="utf-8"))
    change(file)
    return file


def random_texts(count: int) -> list[str]:
    """Marks, names of bytes, spaces and any other code points."""
    draw = random.Random(3)
    parts = ["\u2581", "<0x41>", " ", "  ", "<s>", "<unk>", "the", "\u2582", "##", "\n", "\u0120"]
    others = [chr(draw.randint(0, 0xD7FF)) for _ in range(100)] + ["🙂"]
    return [
        "".join(draw.choice(draw.choice((parts, others))) for _ in range(draw.randint(0, 30))) for _ in range(count)
    ]


def cut(tokenizer: Pretrained, ids: np.ndarray) -> bytes:
    return b"".join(tokenizer.vocab[i] for i in ids)


# Ids.


@each_layout
def test_ids_of_ordinary_texts_are_those_of_transformers(name, paths):
    from transformers import PreTrainedTokenizerFast

    other = PreTrainedTokenizerFast(tokenizer_file=str(paths[name]))
    texts = [*layouts.texts(), "One line.\nAnother,  with «odd» 数字 and 🙂 signs\n\n    indented   text <s", "a"]
    tokenizer = read(paths[name])
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        assert ids.tolist() == other(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids) == text


def test_ids_are_those_worked_by_hand(tiny):
    tokenizer = read(tiny)
    assert tokenizer.prefix == b" "
    assert tokenizer.encode("a ab").tolist() == [261, 261, 263]
    assert tokenizer.encode("A\n").tolist() == [259, 3 + 0x41, 3 + 0x0A]
    assert [cut.tolist() for cut in tokenizer.encode_inside(["a", " a", "", " "])] == [[260], [261], [], [259]]
    assert [tokenizer.vocab[i] for i in (0, 1, 2, 3, 3 + 0xFF, 259, 261, 262)] == (
        [b"", b"", b"", b"\x00", b"\xff", b" ", b" a", b"  "]
    )


def test_a_mark_in_the_text_is_spelt_in_bytes(tiny):
    mark = [3 + byte for byte in (0xE2, 0x96, 0x81)]
    assert read(tiny).encode("a\u2581a").tolist() == [261, *mark, 260]
    assert read(tiny).encode("\u2581").tolist() == [259, *mark]


def test_the_name_of_a_byte_is_spelt_where_the_model_would_take_it_for_the_byte(paths):
    tokenizer = read(paths["unigram_fallback"])
    library = tokenizers.Tokenizer.from_file(str(paths["unigram_fallback"]))
    assert 3 + 0x41 in library.encode("<0x41>").ids
    assert tokenizer.encode_inside(["<0x41>"])[0].tolist() == [3 + byte for byte in b"<0x41>"]
    assert tokenizer.encode_inside(["A"])[0].tolist() == [3 + 0x41]  # not among this text's characters
    assert read(paths["llama2"]).decode(read(paths["llama2"]).encode("<0x41>")) == "<0x41>"


def test_ordinary_tokens_added_beside_the_model_keep_their_ids(paths):
    file = json.loads(paths["neox"].read_text(encoding="utf-8"))
    runs_of_spaces = {token["content"]: token["id"] for token in file["added_tokens"] if not token["special"]}
    assert len(runs_of_spaces) == 3
    tokenizer = read(paths["neox"])
    assert {" " * n: tokenizer.encode(" " * n).tolist() for n in (2, 3, 4)} == (
        {content: [i] for content, i in runs_of_spaces.items()}
    )


def test_bounds_and_templates_that_a_file_holds_are_off(paths, tmp_path):
    library = tokenizers.Tokenizer.from_file(str(paths["llama2"]))
    library.enable_truncation(5)
    library.enable_padding(length=9)
    library.save(str(tmp_path / "tokenizer.json"))
    assert len(library.encode("the order of words").ids) == 9
    plain = read(paths["llama2"])
    texts = ["the order of words", "a", ""]
    for ids, other in zip(read(tmp_path).encode_batch(texts), plain.encode_batch(texts), strict=True):
        assert ids.tolist() == other.tolist()


def test_merges_are_not_left_to_chance(paths, tmp_path):
    path = layouts.save(tmp_path, changed(paths["gpt2"], lambda file: file["model"].update(dropout=0.5)))
    library = tokenizers.Tokenizer.from_file(str(path))
    assert len({tuple(library.encode(layouts.texts()[0]).ids) for _ in range(5)}) > 1
    assert read(path).encode(layouts.texts()[0]).tolist() == read(paths["gpt2"]).encode(layouts.texts()[0]).tolist()


# The prefix.


@each_layout
def test_text_that_goes_on_inside_a_document_has_no_prefix(name, paths):
    tokenizer = read(paths[name])
    texts = random_texts(300)
    for text, ids in zip(texts, tokenizer.encode_inside(texts), strict=True):
        assert cut(tokenizer, ids) == text.encode()
    whole = [tokenizer.encode(texts[0]), *tokenizer.encode_inside(texts[1:])]
    assert tokenizer.decode(np.concatenate(whole)) == "".join(texts)


@pytest.mark.parametrize("write", PREFIXED.values(), ids=PREFIXED)
def test_the_prefix_stands_before_every_text_also_before_a_space_and_nothing(write, tmp_path):
    tokenizer = read(write(tmp_path))
    assert tokenizer.prefix == b" "
    for text in ("the", " the", "  the", "", " "):
        assert cut(tokenizer, tokenizer.encode(text)) == b" " + text.encode()
        assert tokenizer.encode(text).tolist() == tokenizer.encode_inside([" " + text])[0].tolist()


@pytest.mark.parametrize("name", ["gpt2", "llama3", "neox", "wordpiece_bytes", "unigram_bytes"])
def test_layouts_without_a_prefix_have_none(name, paths):
    assert read(paths[name]).prefix == b""
    assert read(paths[name]).encode("").tolist() == []


# Special tokens.


def special(path: Path) -> dict[str, int]:
    file = json.loads(path.read_text(encoding="utf-8"))
    return {token["content"]: token["id"] for token in file["added_tokens"] if token["special"]}


def write_words_as_they_are(folder: Path) -> Path:
    """A byte-level BPE that takes known words whole, among them a special token, and splits at spaces alone."""
    file = changed(layouts.write_llama3(folder), lambda file: file["model"].update(ignore_merges=True))
    file["pre_tokenizer"]["pretokenizers"][0] = json.loads(
        tokenizers.pre_tokenizers.Split(" ", "isolated").__getstate__()
    )
    for token in file["added_tokens"]:
        file["model"]["vocab"][token["content"]] = token["id"]
    return layouts.save(folder, file)


@each_layout
def test_text_that_spells_a_special_token_stays_text(name, paths):
    tokenizer = read(paths[name])
    for content, i in special(paths[name]).items():
        for text in (content, f"the {content} order", f"a{content}{content}b"):
            assert i not in tokenizer.encode(text)
            assert cut(tokenizer, tokenizer.encode(text)) == tokenizer.prefix + text.encode()


def test_not_even_a_model_that_knows_it_as_a_word_takes_it_for_one(tmp_path):
    path = write_words_as_they_are(tmp_path)
    library = tokenizers.Tokenizer.from_file(str(path))
    library.encode_special_tokens = True
    tokenizer = read(path)
    for content, i in special(path).items():
        assert i in library.encode(f"the {content} order").ids
        assert i not in tokenizer.encode(f"the {content} order")
    assert tokenizer.decode(tokenizer.encode("a <|end_of_text|>")) == "a <|end_of_text|>"


def test_special_and_missing_ids_stand_for_no_bytes(paths, tmp_path):
    def add(file):
        file["added_tokens"].append(layouts.added(500, "<far>"))

    tokenizer = read(layouts.save(tmp_path, changed(paths["gpt2"], add)))
    plain = read(paths["gpt2"])
    assert (len(tokenizer.vocab), tokenizer.end_id) == (501, 501)
    assert tokenizer.vocab[: len(plain.vocab)] == plain.vocab
    assert set(tokenizer.vocab[len(plain.vocab) :]) == {b""}
    assert tokenizer.vocab[special(paths["gpt2"])["<|endoftext|>"]] == b""
    assert tokenizer.decode([*tokenizer.encode("the"), 500, 400]) == "the"
    assert tokenizer.encode("the <far>").tolist() == plain.encode("the <far>").tolist()


# What is refused.


def one_id_for_two(file):
    file["added_tokens"].append(layouts.added(5, "<x>"))


def one_id_for_two_words(file):
    file["model"]["vocab"]["ab"] = 7


def two_ids_for_one(file):
    file["added_tokens"][0]["id"] += 1


def an_id_beyond_any_vocabulary(file):
    file["added_tokens"][0] = layouts.added(4_000_000_000, "<x>")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (one_id_for_two, "the id 5 is given to both '&' and '<x>'"),
        (one_id_for_two_words, "the id 7 is given to both"),
        (two_ids_for_one, "'<|endoftext|>' is given both the ids"),
        (an_id_beyond_any_vocabulary, "4000000000"),
    ],
)
def test_ids_that_are_not_one_to_a_token_are_refused(change, said, paths, tmp_path):
    path = layouts.save(tmp_path, changed(paths["gpt2"], change))
    with pytest.raises(InputError) as refused:
        read(path)
    assert str(refused.value).startswith(f"tokenizer.path={path} ") and said in str(refused.value)


def compose(file):
    file["normalizer"] = {"type": "NFC"}


def forget_a_byte(file):
    del file["model"]["vocab"]["<0xDE>"]  # the first byte of some letters of N'Ko alone


def forget_a_character_for_a_byte(file):
    del file["model"]["vocab"]["Þ"]  # which GPT-2 writes for 0xDE


LOSSY = {
    "words alone": (layouts.write_bert, lambda file: None),
    "composed characters": (layouts.write_gpt2, compose),
    "unknown characters": (layouts.write_llama2, lambda file: file["model"].update(byte_fallback=False)),
    "a byte without a name": (layouts.write_llama2, forget_a_byte),
    "a byte without a character": (layouts.write_gpt2, forget_a_character_for_a_byte),
}


@pytest.mark.parametrize(("write", "change"), LOSSY.values(), ids=LOSSY)
def test_a_file_that_loses_text_is_taken_knowingly_or_not_at_all(write, change, tmp_path):
    path = layouts.save(tmp_path, changed(write(tmp_path), change))
    with pytest.raises(InputError, match=r"does not give back every text, such as '.+'.*tokenizer\.allow_lossy=true"):
        read(path)
    tokenizer, text = read(path, allow_lossy=True), layouts.texts()[0]
    assert not tokenizer.lossless
    library = tokenizers.Tokenizer.from_file(str(path))
    assert tokenizer.encode(text).tolist() == library.encode(text, add_special_tokens=False).ids


@each_layout
def test_a_file_that_loses_nothing_is_no_lossy_one_even_where_that_is_allowed(name, paths):
    assert read(paths[name]).lossless and read(paths[name], allow_lossy=True).lossless


# Where it comes from.


def test_a_file_and_its_folder_are_the_same_tokenizer(paths):
    path = paths["gpt2"]
    assert read(path).digest() == read(path.parent).digest() != read(paths["llama2"]).digest()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"\xff\x00", Byte().state().encode(), b'{"model": {}}'])
def test_a_file_of_something_else_is_refused(content, tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(InputError, match="^tokenizer.path=.*tokenizer.json cannot be read"):
        read(tmp_path / "tokenizer.json")


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


# State.


def test_the_state_is_the_file_and_needs_it_no_more(paths, tmp_path):
    path = Path(shutil.copy(paths["llama2"], tmp_path / "moved.json"))
    tokenizer = read(path)
    tokenizer.save(tmp_path / "run")
    path.unlink()
    assert json.loads(tokenizer.state()) == json.loads(paths["llama2"].read_text(encoding="utf-8"))
    restored = Pretrained(path=str(path), allow_lossy=False)
    restored.load(tmp_path / "run")
    for copy in (restored, pickle.loads(pickle.dumps(tokenizer))):
        assert (copy.digest(), copy.prefix, copy.lossless) == (tokenizer.digest(), b" ", True)
        assert [ids.tolist() for ids in copy.encode_inside(["a\u2581 b"])] == [
            ids.tolist() for ids in tokenizer.encode_inside(["a\u2581 b"])
        ]


def test_a_copy_of_the_file_has_the_same_contents_and_a_changed_one_others(paths, tmp_path):
    copy = Path(shutil.copy(paths["gpt2"], tmp_path / "copy.json"))
    first = Pretrained(path=str(paths["gpt2"]), allow_lossy=False).contents()
    assert set(first) == {"path"}
    assert Pretrained(path=str(copy), allow_lossy=False).contents() == first
    layouts.save(tmp_path, changed(copy, lambda file: file["added_tokens"].append(layouts.added(900, "<x>"))))
    assert Pretrained(path=str(tmp_path), allow_lossy=False).contents() != first


def test_what_cannot_be_restored_leaves_what_was_there(paths):
    tokenizer = read(paths["gpt2"])
    before = tokenizer.digest()
    with pytest.raises(ValueError, match="cannot be read"):
        tokenizer.restore("{}")
    assert tokenizer.digest() == before and tokenizer.decode(tokenizer.encode("the")) == "the"


# Runs.


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
