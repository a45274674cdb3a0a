import random
from collections import Counter

import pytest
import regex

from wordorder.tokenizer.word import Word


def make(*, vocab_size=300, min_frequency=1, pre_tokenizer="gpt2", digits="pattern", exact_vocab=False) -> Word:
    return Word(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        pre_tokenizer=pre_tokenizer,
        digits=digits,
        exact_vocab=exact_vocab,
    )


def train(texts, **given) -> Word:
    tokenizer = make(**given)
    tokenizer.train(iter(texts))
    return tokenizer


def cut(tokenizer: Word, text: str) -> list[bytes]:
    return [tokenizer.vocab[i] for i in tokenizer.encode(text)]


def test_the_most_frequent_words_are_tokens_after_the_bytes():
    tokenizer = train(["the cat and the dog", "the cat"], pre_tokenizer="metaspace", vocab_size=259)
    assert tokenizer.vocab[:256] == [bytes([value]) for value in range(256)]
    assert tokenizer.vocab[256:] == [b"the", b" cat", b" and"]  # 2, 2, 1; a space is written Ġ, after letters


def test_any_other_word_is_spelt_in_bytes():
    tokenizer = train(["the cat"])
    assert cut(tokenizer, "the cat") == [b"the", b" cat"]
    assert cut(tokenizer, "then é") == [b"t", b"h", b"e", b"n", b" ", b"\xc3", b"\xa9"]
    assert tokenizer.encode("é").tolist() == [0xC3, 0xA9]


def test_words_are_those_of_a_plain_count():
    draw = random.Random(0)
    letters = ["".join(draw.choices("abcdeé", k=draw.randint(2, 4))) for _ in range(300)]
    texts = [" ".join(draw.choices(letters, weights=range(1, 301), k=100)) for _ in range(50)]
    counts = Counter(word.encode() for text in texts for word in regex.findall(r" ?\p{L}+", text))
    vocab = train(texts, vocab_size=456).vocab[256:]
    assert sorted(counts[word] for word in vocab) == sorted(sorted(counts.values())[-200:])
    assert [counts[word] for word in vocab] == sorted((counts[word] for word in vocab), reverse=True)


def test_equally_frequent_words_do_not_depend_on_the_order_of_texts():
    texts = ["bb", "aa", "dd", "cc", "ff", "ee"]
    assert train(texts, vocab_size=259).vocab[256:] == [b"aa", b"bb", b"cc"]
    assert train(texts, vocab_size=259).digest() == train(texts[::-1], vocab_size=259).digest()


def test_rare_words_are_no_tokens():
    assert train(["aa aa bb"], min_frequency=2, pre_tokenizer="metaspace").vocab[256:] == []
    assert train(["aa", "aa", "bb"], min_frequency=2).vocab[256:] == [b"aa"]


def test_a_single_byte_is_no_second_token():
    assert train(["a a a a"], pre_tokenizer="metaspace").vocab[256:] == [b" a"]


def test_vocabulary_has_the_size_asked_for_where_the_text_fills_it():
    assert len(train(["aa", "bb", "cc"], vocab_size=258, exact_vocab=True).vocab) == 258
    with pytest.raises(ValueError, match=r"vocab_size=300 .*yields 259 tokens"):
        train(["aa", "bb", "cc"], exact_vocab=True)


def test_a_long_word_is_one_token_or_its_bytes():
    word = "ab" * 50_000
    assert cut(train([word]), word) == [word.encode()]
    assert train([]).encode(word).tolist() == list(word.encode())
