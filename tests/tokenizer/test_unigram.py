import json
import math
import random
from functools import cache
from itertools import pairwise

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers, trainers

from wordorder.tokenizer.unigram import BORDER, ENDING, Unigram, listed

WORDS = {" the": 60, " order": 30, " of": 50, " words": 25, " and": 40, " matters": 12, " quick": 9, " dog": 8}


def make(*, vocab_size=300, pre_tokenizer="gpt2", digits="pattern", exact_vocab=False) -> Unigram:
    return Unigram(vocab_size=vocab_size, pre_tokenizer=pre_tokenizer, digits=digits, exact_vocab=exact_vocab)


def train(texts, **given) -> Unigram:
    tokenizer = make(**given)
    tokenizer.train(iter(texts))
    return tokenizer


def cut(tokenizer: Unigram, text: str) -> list[bytes]:
    return [tokenizer.vocab[i] for i in tokenizer.encode(text)]


def texts_of(words: dict[str, int]) -> list[str]:
    bag = [word for word, count in words.items() for _ in range(count)]
    random.Random(0).shuffle(bag)
    return ["".join(bag[at : at + 20]) for at in range(0, len(bag), 20)]


def many_words() -> dict[str, int]:
    """400 words of a few letters, so with common parts and with many ties."""
    draw = random.Random(1)
    return {" " + "".join(draw.choices("abcdefgh", k=draw.randint(2, 6))): draw.choice([2, 3, 9]) for _ in range(400)}


def as_the_library_trains(texts: list[str], vocab_size: int) -> set[bytes]:
    engine = tokenizers.Tokenizer(models.Unigram())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.UnigramTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False)
    engine.train_from_iterator(texts, trainer)
    return {piece.replace("Ġ", " ").encode() for piece in engine.get_vocab()}


def test_words_that_the_library_cannot_learn_are_tokens():
    texts, words = texts_of(WORDS), {word.encode() for word in WORDS}
    assert not words & as_the_library_trains(texts, 400)
    assert words <= set(train(texts, vocab_size=400).vocab)


def test_a_word_that_a_rarer_one_extends_was_never_the_trouble():
    texts = texts_of(WORDS | {" then": 2, " these": 2})
    assert b" the" in as_the_library_trains(texts, 400)


def test_each_word_that_may_become_a_token_is_listed_twice():
    lists = list(listed({"ab": 3, "c": 5, "de": 1}, 2))
    assert lists == [ENDING, f"ab{BORDER}ab{BORDER}ab", f"ab{ENDING}", BORDER.join("ccccc"), "de"]


def scores(tokenizer: Unigram) -> dict[str, float]:
    return dict(json.loads(tokenizer.state())["model"]["vocab"])


def test_a_text_is_cut_in_its_most_probable_way():
    tokenizer = train(texts_of(many_words()), vocab_size=330)
    known = scores(tokenizer)

    @cache
    def best(rest: str) -> float:
        """Of all ways to cut, by trying every first piece."""
        ways = [known[rest[:n]] + best(rest[n:]) for n in range(1, len(rest) + 1) if rest[:n] in known]
        return max(ways) if rest else 0.0

    pieces = [piece for piece, _ in json.loads(tokenizer.state())["model"]["vocab"]]
    for word in ["abcdefgh", "hgfedcba", "aabbccdd", *(word.strip() for word in list(many_words())[:50])]:
        mine = sum(known[pieces[i]] for i in tokenizer.encode(word))
        assert mine == pytest.approx(best(word), abs=1e-9)


def test_the_vocabulary_has_the_size_asked_for_where_the_text_fills_it():
    for vocab_size in (256, 257, 300, 350):
        assert len(train(texts_of(many_words()), vocab_size=vocab_size, exact_vocab=True).vocab) == vocab_size


def test_and_is_smaller_where_it_does_not():
    assert 256 + len(WORDS) <= len(train(texts_of(WORDS), vocab_size=5000).vocab) < 5000
    with pytest.raises(ValueError, match=r"vocab_size=5000 .*at most"):
        train(texts_of(WORDS), vocab_size=5000, exact_vocab=True)


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["ab"], ["ab ab"]])
def test_a_text_without_anything_to_learn_leaves_at_least_the_bytes(texts):
    tokenizer = train(texts)
    assert sorted(token for token in tokenizer.vocab if len(token) == 1) == [bytes([value]) for value in range(256)]
    assert b"".join(cut(tokenizer, "ab é")) == "ab é".encode()


def test_training_again_and_in_another_order_gives_the_same_bits():
    texts = texts_of(many_words())
    assert len({train(texts, vocab_size=330).state() for _ in range(5)}) == 1
    assert train(texts[::-1], vocab_size=330).state() == train(texts, vocab_size=330).state()


def test_symmetric_words_give_the_same_bits():
    # each letter has the same part in the text, so that only rounding could tell one piece from another
    letters = [chr(point) for point in range(ord("a"), ord("z"))]
    words = {f"{first}{second}{first}": 3 for first, second in pairwise([*letters, "a"])}
    assert len({train(list(words) * 3, vocab_size=266).state() for _ in range(5)}) == 1


def test_the_library_alone_does_not_order_its_scores():
    # the reason for the repair: single bytes that were pruned and put back come out in the order of a hash map
    def state() -> str:
        engine = tokenizers.Tokenizer(models.Unigram())
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.UnigramTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
        engine.train_from_iterator(["ab", "ba"], trainer)
        return engine.to_str()

    assert len({state() for _ in range(8)}) > 1


def test_ids_go_from_the_most_probable_piece_to_the_least():
    values = list(scores(train(texts_of(WORDS))).values())
    assert values == sorted(values, reverse=True)
    assert all(value < 0 and math.isclose(value, round(value, 4)) for value in values)


def test_bytes_that_the_text_lacks_share_the_lowest_score():
    known = scores(train(texts_of(WORDS)))
    lacking = {known[char] for char in "XYZ#é"}
    assert lacking == {min(known.values())}


def test_no_piece_has_more_than_64_bytes():
    tokenizer, word = train(["a" * 200] * 5 + ["ab"] * 5), "ab" * 20_000
    assert max(map(len, tokenizer.vocab)) <= 64
    assert b"".join(cut(tokenizer, word)) == word.encode()
