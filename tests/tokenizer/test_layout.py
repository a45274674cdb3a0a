"""Of a tokenizer.json: which ids stand for which bytes, what is put before a text, and which files are refused."""

import json
from pathlib import Path

import layouts
import pytest
from tokenizer_files import changed, cut, read, special

from wordorder.errors import InputError


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


def test_ordinary_tokens_added_beside_the_model_keep_their_ids(paths):
    file = json.loads(paths["neox"].read_text(encoding="utf-8"))
    runs_of_spaces = {token["content"]: token["id"] for token in file["added_tokens"] if not token["special"]}
    assert len(runs_of_spaces) == 3
    tokenizer = read(paths["neox"])
    assert {" " * n: tokenizer.encode(" " * n).tolist() for n in (2, 3, 4)} == (
        {content: [i] for content, i in runs_of_spaces.items()}
    )


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
