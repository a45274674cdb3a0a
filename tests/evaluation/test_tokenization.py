"""tokenization against counts by hand."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from subjects import Questions, raw_lengths

from wordorder.data.building import open_store
from wordorder.evaluation.base import Subject
from wordorder.source.base import Document, Source
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.byte import Byte


class Given(Tokenizer):
    """A vocabulary by hand; the first token of it that fits is taken."""

    def __init__(self, *vocab: bytes, prefix: bytes = b""):
        self.vocab, self.prefix = list(vocab), prefix

    def encode(self, text):
        raw, ids = self.prefix + text.encode(), []
        while raw:
            ids.append(next(i for i, token in enumerate(self.vocab) if raw.startswith(token)))
            raw = raw[len(self.vocab[ids[-1]]) :]
        return np.array(ids, dtype=np.int64)


class Texts(Source):
    def __init__(self, train: list[str], test: list[str]):
        self.texts = {"train": train, "val": ["a"], "test": test}

    def documents(self, split):
        yield from map(Document, self.texts[split])


WORDS = Given("né".encode(), b"ab", b"a", b"b", b"n", b" ", "é".encode(), b"zz", prefix=b"")


@pytest.fixture
def values(make_evaluation, tmp_path):
    """values(tokenizer, source, ...) -> the scores by metric; there is no model to be asked."""

    def values_of(tokenizer: Tokenizer, source: Source, **arguments):
        evaluation = make_evaluation("tokenization", **arguments)
        subject = Subject(None, tokenizer, open_store(source, tokenizer, tmp_path), "cpu", layout=source.layout)
        return {score.metric: score.value for score in evaluation.scores(evaluation.run(subject))}

    return values_of


def test_all_of_it_is_counted_by_hand(values):
    """'né ab' is né, space, ab; 'a é' is a, space, é; 'b' is b: 7 tokens, 11 bytes, 5 words; the end tokens are none."""
    found = values(WORDS, Texts(["ab a", "é né"], ["né ab", "a é", "b"]), alpha=2.0)
    assert found["bytes_per_token"] == pytest.approx((6 + 4 + 1) / 7)
    assert found["fertility"] == pytest.approx(7 / 5)
    assert found["single"] == pytest.approx(5 / 7)  # two spaces, a, é, b
    assert found["longest"] == 3
    assert found["unused"] == pytest.approx(3 / 8)  # the training split has no b, n, zz of its own
    assert found["renyi_efficiency"] == pytest.approx(-math.log((2**2 + 5 * 1) / 7**2) / math.log(8))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.5])
def test_equal_frequencies_of_a_whole_vocabulary_are_fully_efficient(alpha, values):
    found = values(Given(b"a", b"b", b"c", b"d"), Texts(["abcd"], ["abcd", "dcba"]), alpha=alpha)
    assert found["renyi_efficiency"] == pytest.approx(1.0)


def test_order_one_is_shannons_entropy_and_the_limit_of_the_others(values):
    source = Texts(["ab"], ["aaab"])
    shannon = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))
    assert values(Given(b"a", b"b"), source, alpha=1.0)["renyi_efficiency"] == pytest.approx(shannon)
    assert values(Given(b"a", b"b"), source, alpha=1.0 + 1e-7)["renyi_efficiency"] == pytest.approx(shannon, rel=1e-5)


def test_a_prefix_is_a_token_and_not_text(values):
    found = values(Given(b"_", b"a", prefix=b"_"), Texts(["a"], ["aaa", "a"]))
    assert found["bytes_per_token"] == pytest.approx(4 / 6) and found["fertility"] == 6 / 2


def test_bytes_are_single_and_one_a_token(make_evaluation, subject_of):
    evaluation = make_evaluation("tokenization")
    scores = {score.metric: score for score in evaluation.scores(evaluation.run(subject_of("none")))}
    assert scores["bytes_per_token"].value == scores["single"].value == scores["longest"].value == 1
    assert scores["bytes_per_token"].count == sum(raw_lengths())


def test_prompts_of_a_task_are_text_too(values):
    texts = [document.text for document in Questions().documents("test")]
    counts = Counter(byte for text in texts for byte in text.encode())
    n_tokens = counts.total()
    found = values(Byte(), Questions(), alpha=2.0)
    assert found["fertility"] == n_tokens / sum(len(text.split()) for text in texts)
    collision = sum((count / n_tokens) ** 2 for count in counts.values())
    assert found["renyi_efficiency"] == pytest.approx(-math.log(collision) / math.log(256))
    trained = {byte for document in Questions().documents("train") for byte in document.text.encode()}
    assert found["unused"] == 1 - len(trained) / 256


def test_as_many_documents_are_counted_as_hold_so_many_tokens(values):
    source = Texts(["a"], ["aaaa a", "b b b"])  # 7 and 6 with their ends
    assert values(Byte(), source, tokens=12)["fertility"] == 6 / 2
    assert values(Byte(), source, tokens=13)["fertility"] == 11 / 5
    assert values(Byte(), source, tokens=1)["fertility"] == 6 / 2  # never none


def test_a_text_without_words_has_no_fertility(make_evaluation, subject_of, tmp_path):
    store = open_store(Texts(["a"], ["  \n"]), Byte(), tmp_path)
    evaluation = make_evaluation("tokenization")
    scores = {s.metric: s for s in evaluation.scores(evaluation.run(replace(subject_of("none"), store=store)))}
    assert (scores["fertility"].value, scores["fertility"].why) == (None, "there are no words in these documents")
    assert scores["bytes_per_token"].value == 1


def test_what_is_counted_in_parts_is_the_same(values, monkeypatch):
    source = Texts(["ab" * 50], ["ab a" * 20])
    whole = values(WORDS, source)
    monkeypatch.setattr("wordorder.data.token_store.AT_ONCE", 7)
    assert values(WORDS, source) == whole


@pytest.mark.parametrize("alpha", [-1.0, math.inf, math.nan])
def test_an_order_that_is_none_is_refused(alpha, make_evaluation):
    with pytest.raises(ValueError, match=f"evaluation.tokenization.alpha={alpha}"):
        make_evaluation("tokenization", alpha=alpha)
