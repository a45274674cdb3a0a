import json

import pytest
import tokenizers

from wordorder.tokenizer.wordpiece import INSIDE, WordPiece

TEXTS = ["ab"] * 5 + ["abc"] * 4 + ["bc"] * 2


def make(*, vocab_size=560, min_frequency=2, pre_tokenizer="gpt2", digits="pattern", exact_vocab=False) -> WordPiece:
    return WordPiece(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        pre_tokenizer=pre_tokenizer,
        digits=digits,
        exact_vocab=exact_vocab,
    )


def train(texts, **given) -> WordPiece:
    tokenizer = make(**given)
    tokenizer.train(iter(texts))
    return tokenizer


def cut(tokenizer: WordPiece, text: str) -> list[bytes]:
    return [tokenizer.vocab[i] for i in tokenizer.encode(text)]


def pieces(tokenizer: WordPiece) -> list[str]:
    """What the library calls each id."""
    vocab = json.loads(tokenizer.state())["model"]["vocab"]
    return sorted(vocab, key=vocab.get)


def test_merges_are_those_worked_by_hand():
    # a + inner b 9 times; then ab + inner c 4 times; then b + inner c of the two words "bc"
    assert pieces(train(TEXTS))[512:] == ["ab", "abc", "bc"]


def test_the_longest_piece_from_the_left_is_taken():
    # BPE would merge first what it learned first, bc 40 times before ab 9 times
    tokenizer = train(["xbc"] * 40 + ["ab"] * 9)
    assert cut(tokenizer, "ab") == [b"ab"]
    assert cut(tokenizer, "abc") == [b"ab", b"c"]
    assert cut(tokenizer, "xbcbc") == [b"xbc", b"bc"]


def test_a_start_and_the_same_bytes_inside_are_two_ids():
    tokenizer = train(TEXTS)
    outer, inner = tokenizer.encode("aa")
    assert outer != inner and tokenizer.vocab[outer] == tokenizer.vocab[inner] == b"a"
    assert (pieces(tokenizer)[outer], pieces(tokenizer)[inner]) == ("a", f"{INSIDE}a")


def test_512_ids_spell_the_bytes():
    tokenizer = train([], vocab_size=512, exact_vocab=True)
    everything = sorted(bytes([value]) for value in range(256))
    assert sorted(tokenizer.vocab[:256]) == sorted(tokenizer.vocab[256:]) == everything


@pytest.mark.parametrize("vocab_size", [256, 511])
def test_a_vocabulary_without_room_for_them_is_refused(vocab_size):
    with pytest.raises(ValueError, match=rf"vocab_size={vocab_size} .*at least 512"):
        make(vocab_size=vocab_size)


def test_the_mark_and_bert_s_mark_are_text_in_a_text():
    tokenizer = train([f"##a {INSIDE}b"] * 5)
    text = f"##a x##a {INSIDE}b x{INSIDE}b"
    assert b"".join(cut(tokenizer, text)) == text.encode()


def test_ties_do_not_depend_on_the_run():
    # 26 pairs, all equally frequent, of which 10 find room
    texts = [first + second for first, second in zip("abcdefghijklm", "nopqrstuvwxyz", strict=True)] * 3
    texts += [second + first for first, second in zip("abcdefghijklm", "nopqrstuvwxyz", strict=True)] * 3
    digests = {train(texts, vocab_size=522, exact_vocab=True).digest() for _ in range(8)}
    assert len(digests) == 1


def test_a_word_of_any_length_is_searched_in_parts_of_at_most_64_bytes():
    tokenizer, word = train(["ab"] * 5 + ["a" * 200] * 5, vocab_size=700), "ab" * 50_000
    parts = [piece for piece, _ in tokenizer.cutter().pre_tokenize_str(word)]
    assert {len(part) for part in parts} == {64, 100_000 % 64}
    assert max(map(len, tokenizer.vocab)) <= 64
    assert b"".join(cut(tokenizer, word)) == word.encode()


def test_a_state_is_a_file_of_the_library():
    tokenizer, text = train(TEXTS), "abcab naïve 🙂"
    library = tokenizers.Tokenizer.from_str(tokenizer.state())
    assert library.encode(text).ids == tokenizer.encode(text).tolist()
    assert library.decode(tokenizer.encode(text).tolist()) == text
