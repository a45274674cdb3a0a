"""The engine for plain text: what a file would make of text besides tokens is off."""

import json
import random
from pathlib import Path

import layouts
import numpy as np
import tokenizers
from tokenizer_files import changed, cut, each_layout, read, special


def random_texts(count: int) -> list[str]:
    """Marks, names of bytes, spaces and any other code points."""
    draw = random.Random(3)
    parts = ["\u2581", "<0x41>", " ", "  ", "<s>", "<unk>", "the", "\u2582", "##", "\n", "\u0120"]
    others = [chr(draw.randint(0, 0xD7FF)) for _ in range(100)] + ["🙂"]
    return [
        "".join(draw.choice(draw.choice((parts, others))) for _ in range(draw.randint(0, 30))) for _ in range(count)
    ]


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


@each_layout
def test_text_that_goes_on_inside_a_document_has_no_prefix(name, paths):
    tokenizer = read(paths[name])
    texts = random_texts(300)
    for text, ids in zip(texts, tokenizer.encode_inside(texts), strict=True):
        assert cut(tokenizer, ids) == text.encode()
    whole = [tokenizer.encode(texts[0]), *tokenizer.encode_inside(texts[1:])]
    assert tokenizer.decode(np.concatenate(whole)) == "".join(texts)


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
