"""What is written for transformers cuts every text as the shelf does. The oracle is the shelf's own encode."""

import json
import random
from functools import cache
from pathlib import Path
from typing import get_args

import layouts
import pytest
import tokenizer_files
import tokenizers

from wordorder.hugging_face.tokenizer import stock_tokenizer, write_tokenizer
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.bpe import BPE
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.byte_level import Digits, Words, WordsOrLines
from wordorder.tokenizer.char import Char
from wordorder.tokenizer.unigram import Unigram
from wordorder.tokenizer.word import Word
from wordorder.tokenizer.wordpiece import WordPiece

FAMILIES = {BPE: (WordsOrLines, {"min_frequency": 2}), Unigram: (Words, {}), Word: (Words, {"min_frequency": 2})}
FAMILIES[WordPiece] = (Words, {"min_frequency": 2})
OWN = [Byte, Char] + [
    (family, pre, digits)
    for family, (words, _) in FAMILIES.items()
    for pre in get_args(words)
    for digits in get_args(Digits)
]
REFUSED = "unigram_fallback"
KEPT = [name for name in tokenizer_files.ALL if name != REFUSED]
SPELT = ["<|endoftext|>", "<s>", "</s>", "<unk>", "<|begin_of_text|>", "<|end\ufdd0|>", "<|end\ufdd0\ufdd0|>"]
# The class of transformers that AutoTokenizer would take for a model of each type, if tokenizer_config.json named none
MODEL_TYPES = [
    "bert",
    "bloom",
    "cohere2",
    "gemma3_text",
    "gpt2",
    "gpt_neox",
    "llama",
    "mistral",
    "mpt",
    "qwen2",
    "qwen3",
]
MODEL_TYPES += ["smollm3", "wordorder"]


def training_texts() -> list[str]:
    """Words of a few scripts, numbers, and a marker that is frequent enough to be merged."""
    draw = random.Random(0)
    words = [
        "the",
        "order",
        "größer",
        "слово",
        "词序",
        "🙂",
        SPELT[0],
        "\n\n",
        "x = [1, 2]",
        "12345678",
        "  two",
        "e\u0301",
    ]
    return [" ".join(draw.choices(words, k=60)) for _ in range(20)]


def hard_texts() -> list[str]:
    """Marks, names of bytes and of special tokens, spaces, line ends, forms that normalizers change, any code points."""
    draw = random.Random(5)
    parts = [
        *SPELT,
        "\u2581",
        "<0x41>",
        "<0xE2>",
        " ",
        "   ",
        "the",
        "\u2582",
        "##",
        "\r\n",
        "\n",
        "\t",
        "\u0120",
        "\x00",
    ]
    parts += ["e\u0301", "\ufb01", "\u212b", "12345", "\ufeff", "\u3000", "👩‍👩‍👧", " ,", " .", "n't", "'s", "größer"]
    blocks = [(0, 0x7F), (0, 0x7FF), (0, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
    mixed = [
        "".join(
            draw.choice(parts) if draw.random() < 0.5 else chr(draw.randint(*draw.choice(blocks)))
            for _ in range(draw.randint(1, 30))
        )
        for _ in range(200)
    ]
    return [*parts, *mixed, *training_texts()[:2], "abcdefghij" * 500, "1" * 200, "   three before"]


TEXTS = hard_texts()


@cache
def train(kind: type | tuple) -> Tokenizer:
    if isinstance(kind, tuple):
        family, pre, digits = kind
        sizes = {"vocab_size": 600, "exact_vocab": False}
        tokenizer = family(pre_tokenizer=pre, digits=digits, **sizes, **FAMILIES[family][1])
    else:
        tokenizer = kind() if kind is Byte else kind(min_count=1)
    tokenizer.train(training_texts())
    return tokenizer


def load(folder: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def written(tokenizer: Tokenizer, folder: Path, model_type: str | None = None):
    write_tokenizer(tokenizer, folder, context_length=64, model_type=model_type or "gpt2")
    if model_type is not None:
        (folder / "config.json").write_text(json.dumps({"model_type": model_type}), encoding="utf-8")
    return load(folder)


def assert_alike(other, tokenizer: Tokenizer, texts: list[str]) -> None:
    """Ids with and without the end token before them, and back."""
    plain = other(texts, add_special_tokens=False)["input_ids"]
    for text, ids, whole, ours in zip(
        texts, plain, other(texts)["input_ids"], tokenizer.encode_batch(texts), strict=True
    ):
        assert ids == ours.tolist(), text
        assert whole == [tokenizer.end_id, *ids]
        assert other.decode([*whole, tokenizer.end_id], skip_special_tokens=True) == text


def name_of(kind: type | tuple) -> str:
    return "-".join([kind[0].__name__, *kind[1:]]) if isinstance(kind, tuple) else kind.__name__


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("layouts")
    return {name: write(folder / name) for name, write in tokenizer_files.ALL.items()}


@pytest.mark.parametrize("kind", OWN, ids=name_of)
def test_ids_of_every_choice_are_those_of_the_shelf(kind, tmp_path):
    tokenizer = train(kind)
    assert_alike(written(tokenizer, tmp_path), tokenizer, [*TEXTS, ""])


@pytest.mark.parametrize("name", KEPT)
def test_ids_of_a_foreign_file_are_those_of_the_shelf(name, paths, tmp_path):
    tokenizer = tokenizer_files.read(paths[name])
    other = written(tokenizer, tmp_path)
    assert_alike(other, tokenizer, TEXTS)
    assert other("")["input_ids"] == [tokenizer.end_id]  # where a prefix is, the shelf gives it an id


def write_gemma(folder: Path) -> Path:
    """Marks by a normalizer, no prefix, a cut at spaces, of which none are left, and a mark in a special token's name."""
    file = layouts.llama2()
    file["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    cut = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    last = len(file["model"]["vocab"])
    file["model"]["vocab"]["<end\u2581of>"] = last
    added = [*file["added_tokens"], layouts.added(last, "<end\u2581of>")]
    return layouts.save(folder, file | {"pre_tokenizer": cut, "added_tokens": added})


def write_cut_at_marks(folder: Path) -> Path:
    """Marks by a pre-tokenizer that cuts there, before a merge that would go on across one."""
    file = layouts.llama2()
    file["pre_tokenizer"] = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    file["model"]["vocab"]["e\u2581"] = len(file["model"]["vocab"])
    file["model"]["merges"].insert(0, ["e", "\u2581"])
    return layouts.save(folder, file)


def write_prefixed_bytes(folder: Path) -> Path:
    return layouts.write_gpt2(folder, add_prefix_space=True)


def write_last_first(folder: Path) -> Path:
    """Added tokens against the order of their ids, which the library would number as they stand."""
    file = tokenizer_files.changed(layouts.write_neox(folder), lambda file: file["added_tokens"].reverse())
    return layouts.save(folder, file)


@pytest.mark.parametrize("write", [write_gemma, write_cut_at_marks, write_prefixed_bytes, write_last_first])
def test_ids_do_not_depend_on_how_a_foreign_file_says_it(write, tmp_path):
    tokenizer = tokenizer_files.read(write(tmp_path))
    assert_alike(written(tokenizer, tmp_path / "written"), tokenizer, TEXTS)


@pytest.mark.parametrize("name", KEPT)
def test_a_foreign_file_keeps_its_names_and_special_tokens(name, paths, tmp_path):
    other = written(tokenizer_files.read(paths[name]), tmp_path)
    mark = "\u2581" if name.startswith("llama2") else " "
    before = tokenizers.Tokenizer.from_file(str(paths[name])).get_vocab()
    assert other.get_vocab() == {name.replace(mark, " "): i for name, i in before.items()} | {
        other.eos_token: len(before)
    }
    special = tokenizer_files.special(paths[name])
    assert {token.content: i for i, token in other.added_tokens_decoder.items() if token.special} == (
        special | {other.eos_token: len(before)}
    )


def test_a_mark_in_a_text_is_spelt_in_bytes_and_a_space_put_before_every_text(tmp_path):
    names = ["<unk>", "<s>", "</s>", *layouts.BYTE_NAMES, "\u2581", "a", "\u2581a", "\u2581\u2581"]
    model = {"type": "BPE", "vocab": {name: i for i, name in enumerate(names)}}
    model |= {"merges": [["\u2581", "a"], ["\u2581", "\u2581"]], "unk_token": "<unk>", "byte_fallback": True}
    file = tokenizer_files.changed(layouts.write_llama2(tmp_path), lambda file: file["model"].update(model))
    tokenizer = tokenizer_files.read(layouts.save(tmp_path, file))
    other = written(tokenizer, tmp_path / "written")
    end, mark = 263, [3 + byte for byte in (0xE2, 0x96, 0x81)]
    assert other("a\u2581a")["input_ids"] == [end, 261, *mark, 260]
    assert other(" a")["input_ids"] == [end, 259, 261]  # the first merge comes first
    assert other(" ")["input_ids"] == [end, 262]
    assert other("<s>")["input_ids"] == [end, 259, *(3 + byte for byte in b"<s>")]
    assert other.decode([end, 259, 261], skip_special_tokens=True) == " a"


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_no_type_of_model_has_a_class_of_its_own_that_cuts_otherwise(model_type, paths, tmp_path):
    for n, kind in enumerate([Char, (Unigram, "gpt2", "single"), "llama2"]):
        tokenizer = tokenizer_files.read(paths[kind]) if isinstance(kind, str) else train(kind)
        other = written(tokenizer, tmp_path / str(n), model_type)
        assert_alike(other, tokenizer, TEXTS[:80])
        assert len(other) == tokenizer.n_ids


@pytest.mark.parametrize("kind", [Byte, (WordPiece, "gpt4", "pattern")], ids=name_of)
def test_one_end_token_begins_each_text_and_is_all_that_is_special(kind, tmp_path):
    tokenizer = train(kind)
    other, end = written(tokenizer, tmp_path), tokenizer.end_id
    assert (other.bos_token_id, other.eos_token_id, other.all_special_ids) == (end, end, [end])
    assert (other.unk_token, other.pad_token, other.model_max_length) == (None, None, 64)
    assert set(other("a")) == {"input_ids", "attention_mask"}  # what models take
    a, b = tokenizer.encode("a").tolist(), tokenizer.encode("b").tolist()
    assert other("a", "b")["input_ids"] == [end, *a, end, *b]
    assert other.convert_tokens_to_ids(other.eos_token) == end
    assert len(other) == tokenizer.n_ids


def test_what_transformers_saves_again_is_the_same(paths, tmp_path):
    for n, tokenizer in enumerate([train((Word, "gpt2", "pattern")), tokenizer_files.read(paths["llama2"])]):
        written(tokenizer, tmp_path / f"{n}").save_pretrained(tmp_path / f"{n}-again")
        assert_alike(load(tmp_path / f"{n}-again"), tokenizer, TEXTS)


@pytest.mark.parametrize("kind", [Byte, Char, (BPE, "lines", "pattern"), (WordPiece, "gpt2", "single")], ids=name_of)
def test_the_library_alone_misses_nothing_but_the_end_tokens_own_spelling(kind, tmp_path):
    tokenizer = train(kind)
    write_tokenizer(tokenizer, tmp_path, context_length=8, model_type="gpt2")
    library = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    end = library.id_to_token(tokenizer.end_id)
    for text in TEXTS:
        alike = library.encode(text, add_special_tokens=False).ids == tokenizer.encode(text).tolist()
        assert alike == (end not in text), text
    aware = stock_tokenizer(tokenizer)
    assert aware.encode(end).ids == [tokenizer.end_id, *tokenizer.encode(end)]


@pytest.mark.parametrize("kind", [Char, (WordPiece, "metaspace", "threes_left"), "llama2", "neox"], ids=str)
def test_what_was_written_can_be_read_and_written_again(kind, paths, tmp_path):
    tokenizer = tokenizer_files.read(paths[kind]) if isinstance(kind, str) else train(kind)
    written(tokenizer, tmp_path / "first")
    again = tokenizer_files.read(tmp_path / "first")
    for ids, before in zip(again.encode_batch(TEXTS), tokenizer.encode_batch(TEXTS), strict=True):
        assert ids.tolist() == before.tolist()
    second = written(again, tmp_path / "second")
    assert_alike(second, again, TEXTS)
    assert second.eos_token_id == tokenizer.end_id + 1  # the first end token is now one of the file's own


def gap(file):
    file["model"]["vocab"]["never"] = 400


@pytest.mark.parametrize(
    ("write", "change", "why"),
    [
        (layouts.write_unigram_fallback, lambda file: None, "the ids of '.*<s>.*' would differ"),
        (layouts.write_gpt2, gap, "its ids have gaps, so that the end token would be 308 instead of 401"),
    ],
)
def test_a_form_that_differs_is_refused_before_anything_is_written(write, change, why, tmp_path):
    tokenizer = tokenizer_files.read(layouts.save(tmp_path, tokenizer_files.changed(write(tmp_path), change)))
    with pytest.raises(ValueError, match=f"^tokenizer=Pretrained cannot be written .*{why}; give tokenizer=None"):
        write_tokenizer(tokenizer, tmp_path / "written", context_length=8, model_type="gpt2")
    assert not (tmp_path / "written").exists()


def test_a_family_of_someone_elses_is_refused(tmp_path):
    class Own(Tokenizer):
        pass

    with pytest.raises(ValueError, match="^tokenizer=Own is of a family that is not known here"):
        write_tokenizer(Own(), tmp_path, context_length=8, model_type="gpt2")
    assert not list(tmp_path.iterdir())


def test_a_lossy_file_is_written_where_its_ids_are_the_same(tmp_path):
    tokenizer = tokenizer_files.read(layouts.write_bert(tmp_path), allow_lossy=True)
    other = written(tokenizer, tmp_path / "written")
    texts = [*layouts.texts(), "The [CLS] order", "Größer"]
    assert other(texts, add_special_tokens=False)["input_ids"] == [
        ids.tolist() for ids in tokenizer.encode_batch(texts)
    ]
