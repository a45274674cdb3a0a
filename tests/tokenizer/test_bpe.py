import pytest

from wordorder.tokenizer.bpe import BPE, byte_level_alphabet

TEXTS = ["ab"] * 5 + ["abc"] * 4 + ["bc"] * 2


def train(texts, *, vocab_size=300, min_frequency=2, exact_vocab=False) -> BPE:
    tokenizer = BPE(vocab_size=vocab_size, min_frequency=min_frequency, exact_vocab=exact_vocab)
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
        BPE(vocab_size=vocab_size, min_frequency=2, exact_vocab=False)


def test_a_vocabulary_of_bytes_alone_is_taken():
    assert cut(train(TEXTS, vocab_size=256), "abc") == [b"a", b"b", b"c"]


def test_a_frequency_below_one_is_refused():
    with pytest.raises(ValueError, match="min_frequency=0"):
        BPE(vocab_size=300, min_frequency=0, exact_vocab=False)


def test_a_state_of_something_else_is_refused():
    with pytest.raises(ValueError, match="no tokenizer can be read"):
        train(TEXTS).restore("{}")


def test_bytes_are_written_as_gpt2_writes_them():
    published = {0x20: "Ġ", 0x0A: "Ċ", 0x09: "ĉ", 0x00: "Ā", 0xAD: "Ń", 0x41: "A", 0xC3: "Ã", 0x7F: "ġ"}
    assert {byte: byte_level_alphabet()[byte] for byte in published} == published
    assert len(set(byte_level_alphabet())) == 256
