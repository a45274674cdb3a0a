import json

import numpy as np
import pytest
import regex
import tokenizers
from tokenizers import models, pre_tokenizers

from wordorder.tokenizer.byte_level import WORDS, ByteLevel, byte_level_alphabet

GPT2 = regex.compile(r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
# as published with cl100k_base; the possessive quantifiers save time alone
GPT4 = regex.compile(
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s*[\r\n]|\s+(?!\S)|\s"
)
TEXTS = [
    "",
    "The dog's 2 friends' WE'LL  don't go.\n\n  def f(x1):\n\treturn x1+12345 # 3.14\r\n",
    "naïve größer слово 词序 🙂🙂 ½ ٣٤٥٦ …   ",
    " \n \t a  b\u00a0c \r\n\r\n   d",
    "x='ab';y=\"1,234,567\"!!!\n\n\n\nend  ",
]


class Bytes(ByteLevel):
    """A family that learns nothing."""

    def learn(self, texts):
        list(texts)
        return models.BPE({char: byte for byte, char in enumerate(byte_level_alphabet())}, [])


def make(pre_tokenizer="gpt2", digits="pattern", *, vocab_size=256, min_frequency=1, exact_vocab=False) -> Bytes:
    return Bytes(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        pre_tokenizer=pre_tokenizer,
        digits=digits,
        exact_vocab=exact_vocab,
    )


def cut(text: str, pre_tokenizer="gpt2", digits="pattern") -> list[str]:
    """The pre-tokens of a text, as text."""
    byte_of = {char: byte for byte, char in enumerate(byte_level_alphabet())}
    words = make(pre_tokenizer, digits).cutter().pre_tokenize_str(text)
    return [bytes(byte_of[char] for char in word).decode() for word, _ in words]


@pytest.mark.parametrize(("pre_tokenizer", "published"), [("gpt2", GPT2), ("gpt4", GPT4)])
@pytest.mark.parametrize("text", TEXTS)
def test_a_pattern_cuts_as_published(pre_tokenizer, published, text):
    pieces = published.findall(text)
    assert "".join(pieces) == text
    assert cut(text, pre_tokenizer) == pieces


@pytest.mark.parametrize("text", TEXTS)
def test_metaspace_cuts_as_sentencepiece_does(text):
    library = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never", split=True)
    pieces = [piece.replace("▁", " ") for piece, _ in library.pre_tokenize_str(text)]
    assert cut(text, "metaspace") == pieces


def test_but_leaves_its_mark_in_a_text_alone():
    assert cut("a▁b c", "metaspace") == ["a▁b", " c"]


def test_lines_end_with_their_end():
    assert cut("one two\n\n three\r\nfour", "lines") == ["one two\n", "\n", " three\r\n", "four"]


@pytest.mark.parametrize(
    ("digits", "text", "pieces"),
    [
        ("single", "1234567", ["1", "2", "3", "4", "5", "6", "7"]),
        ("threes_left", "1234567", ["123", "456", "7"]),
        ("threes_right", "1234567", ["1", "234", "567"]),
        ("threes_left", "12345", ["123", "45"]),
        ("threes_right", "12345", ["12", "345"]),
        ("threes_right", "123456", ["123", "456"]),
        ("threes_right", "12", ["12"]),
        ("threes_right", "٣٤٥٦", ["٣", "٤٥٦"]),
        ("threes_left", "ab1234 12,1234", ["ab", "123", "4", " ", "12", ",", "123", "4"]),
        ("threes_right", "ab1234 12,1234", ["ab", "1", "234", " ", "12", ",", "1", "234"]),
        ("pattern", "ab1234 12,1234", ["ab", "1234", " 12", ",", "1234"]),
    ],
)
def test_runs_of_digits_are_cut_as_asked(digits, text, pieces):
    assert cut(text, "gpt2", digits) == pieces


@pytest.mark.parametrize("length", range(1, 14))
def test_threes_are_those_of_the_comma(length):
    number = "1234567891234"[:length]
    for pre_tokenizer in WORDS:
        assert cut(number, pre_tokenizer, "threes_right") == f"{int(number):,}".split(",")


def test_what_is_a_pattern_s_own_way_with_digits():
    assert cut(" 1234567") == [" 1234567"]
    assert cut(" 1234567", "gpt4") == [" ", "123", "456", "7"]
    assert cut("a 12", "metaspace") == ["a", " 12"]


def test_a_digit_choice_changes_nothing_but_numbers():
    text = "The dog's\n  friends don't.  naïve 词序 🙂"
    for pre_tokenizer in WORDS:
        for digits in ("single", "threes_left", "threes_right"):
            assert cut(text, pre_tokenizer, digits) == cut(text, pre_tokenizer)


def test_words_are_counted_in_characters_for_bytes():
    assert make().count(["a a é", "a"]) == {"a": 2, "Ġa": 1, "ĠÃ©": 1}


def test_a_vocabulary_without_room_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match=r"vocab_size=255 .*256"):
        make(vocab_size=255)


def test_a_frequency_below_one_is_refused():
    with pytest.raises(ValueError, match="min_frequency=0"):
        make(min_frequency=0)


def test_a_text_that_cannot_fill_the_vocabulary_gives_a_smaller_one_or_an_error():
    tokenizer = make(vocab_size=300)
    tokenizer.train(["ab"])
    assert (len(tokenizer.vocab), tokenizer.vocab_size) == (256, 300)
    with pytest.raises(ValueError, match=r"vocab_size=300 .*yields 256 tokens.*at most 256.*exact_vocab=false"):
        make(vocab_size=300, exact_vocab=True).train(["ab"])


@pytest.mark.parametrize("state", ["", "{}", "[1]", "null"])
def test_a_state_of_something_else_is_refused(state):
    with pytest.raises(ValueError, match="no tokenizer can be read"):
        make().restore(state)


def test_a_piece_that_spells_no_bytes_is_refused():
    tokenizer = make()
    tokenizer.train([])
    state = json.loads(tokenizer.state())
    state["model"]["vocab"]["中"] = 256
    with pytest.raises(ValueError, match="no tokenizer can be read"):
        tokenizer.restore(json.dumps(state))


def test_a_state_is_a_file_of_the_library():
    tokenizer = make("metaspace", "threes_right")
    tokenizer.train([])
    library = tokenizers.Tokenizer.from_str(tokenizer.state())
    text = "naïve 12345 🙂"
    np.testing.assert_array_equal(library.encode(text).ids, tokenizer.encode(text))
    assert library.decode(library.encode(text).ids) == text


def test_bytes_are_written_as_gpt2_writes_them():
    published = {0x20: "Ġ", 0x0A: "Ċ", 0x09: "ĉ", 0x00: "Ā", 0xAD: "Ń", 0x41: "A", 0xC3: "Ã", 0x7F: "ġ"}
    assert {byte: byte_level_alphabet()[byte] for byte in published} == published
    assert sorted(byte_level_alphabet()) == sorted(pre_tokenizers.ByteLevel.alphabet())
