import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from wordorder.tokenizer.bpe import BPE

TEXTS = ["ab"] * 5 + ["abc"] * 4 + ["bc"] * 2


def make(*, vocab_size=300, min_frequency=2, pre_tokenizer="gpt2", digits="pattern", exact_vocab=False) -> BPE:
    return BPE(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        pre_tokenizer=pre_tokenizer,
        digits=digits,
        exact_vocab=exact_vocab,
    )


def train(texts, **given) -> BPE:
    tokenizer = make(**given)
    tokenizer.train(iter(texts))
    return tokenizer


def cut(tokenizer: BPE, text: str) -> list[bytes]:
    return [tokenizer.vocab[i] for i in tokenizer.encode(text)]


def test_merges_are_those_worked_by_hand():
    # ab occurs 9 times, bc 6 times: ab first; then ab+c 4 times, b+c twice: abc, then bc
    assert train(TEXTS).vocab[256:] == [b"ab", b"abc", b"bc"]


def test_earlier_merges_go_first():
    assert cut(train(TEXTS), "abcab") == [b"abc", b"ab"]
    assert cut(train(TEXTS), "bcabb") == [b"bc", b"ab", b"b"]
    assert cut(train(TEXTS, vocab_size=257), "abcbc") == [b"ab", b"c", b"b", b"c"]


def test_merges_stay_inside_words():
    tokenizer = train(["the cat"] * 50 + ["the  dog's 42!"] * 50, vocab_size=400)
    assert cut(tokenizer, "the cat") == [b"the", b" cat"]
    assert cut(tokenizer, "the  dog's 42!") == [b"the", b" ", b" dog", b"'s", b" 42", b"!"]


def test_rare_pairs_are_not_merged():
    assert train(TEXTS, min_frequency=3).vocab[256:] == [b"ab", b"abc"]
    assert train(TEXTS, min_frequency=10).vocab[256:] == []


def test_the_first_256_ids_are_the_bytes():
    vocab = train(TEXTS).vocab
    assert sorted(vocab[:256]) == [bytes([value]) for value in range(256)]
    assert cut(train([]), "é") == [b"\xc3", b"\xa9"]


def test_vocabulary_has_the_size_asked_for_where_the_text_fills_it():
    assert len(train(TEXTS, vocab_size=258, exact_vocab=True).vocab) == 258


def test_a_text_that_cannot_fill_the_vocabulary_gives_a_smaller_one():
    tokenizer = train(TEXTS, vocab_size=1000)
    assert (len(tokenizer.vocab), tokenizer.vocab_size) == (259, 1000)


def test_or_an_error_that_says_how_many_it_yields():
    with pytest.raises(ValueError, match=r"vocab_size=1000.*yields 259 tokens.*at most 259"):
        train(TEXTS, vocab_size=1000, exact_vocab=True)


@pytest.mark.parametrize("vocab_size", [0, 255])
def test_a_vocabulary_without_room_for_the_bytes_is_refused(vocab_size):
    with pytest.raises(ValueError, match=f"vocab_size={vocab_size}.*256"):
        make(vocab_size=vocab_size)


def test_a_vocabulary_of_bytes_alone_is_taken():
    assert cut(train(TEXTS, vocab_size=256), "abc") == [b"a", b"b", b"c"]


def test_a_frequency_below_one_is_refused():
    with pytest.raises(ValueError, match="min_frequency=0"):
        make(min_frequency=0)


def test_a_state_of_something_else_is_refused():
    with pytest.raises(ValueError, match="no tokenizer can be read"):
        train(TEXTS).restore("{}")


def test_lines_let_merges_cross_words_but_not_lines():
    tokenizer = train(["of the\nof the\n"] * 50, pre_tokenizer="lines")
    assert cut(tokenizer, "of the\nof the\n") == [b"of the\n", b"of the\n"]


def test_digits_are_cut_before_anything_is_merged():
    tokenizer = train(["year 1234567"] * 50, digits="threes_right")
    assert cut(tokenizer, "year 1234567") == [b"year", b" ", b"1", b"234", b"567"]


def test_the_published_setting_makes_the_file_that_it_always_made():
    # of the library's parts alone, as GPT-2's tokenizer is made
    engine = tokenizers.Tokenizer(models.BPE())
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    engine.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=300, min_frequency=2, initial_alphabet=alphabet, show_progress=False)
    )
    assert train(TEXTS).state() == engine.to_str()
