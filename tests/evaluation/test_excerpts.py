"""Excerpts against plain string operations, on every byte of a text."""

import re
from collections import Counter

import pytest
from subjects import Fixed, raw_lengths

from wordorder.check import make
from wordorder.data.building import open_store
from wordorder.evaluation.base import Subject
from wordorder.evaluation.excerpts import SplitText, draw, excerpt, swap, swaps


@pytest.mark.parametrize("n_bytes", [30, 40, 90])
def test_an_excerpt_holds_whole_words_from_a_byte_on(n_bytes, subject_of):
    subject, at = subject_of("none"), 0
    text_of = SplitText(subject, "test")
    for document in Fixed().documents("test"):
        raw = document.text.encode()
        words = [  # where each begins and ends in bytes
            (len(document.text[: word.start()].encode()), len(document.text[: word.end()].encode()))
            for word in re.finditer(r"\S+", document.text)
        ]
        for inside in range(len(raw)):
            later = [word for word in words if word[0] >= inside]
            ends = [end for _, end in later if end - later[0][0] <= n_bytes and end < max(inside - 1, 0) + 2 * n_bytes]
            if len(raw) <= max(inside - 1, 0) + 2 * n_bytes:  # the document's last word is whole
                ends = [end for _, end in later if end - later[0][0] <= n_bytes]
            expected = raw[later[0][0] : max(ends)].decode() if ends else ""
            assert excerpt(text_of, at + inside, n_bytes) == expected
        at += len(raw)
    assert at == sum(raw_lengths())


def test_every_tokenizer_is_given_the_same_excerpts(subject_of, compose_config, tmp_path):
    subject, found = subject_of("none"), []
    for name in ("byte", "bpe", "char"):
        words = [f"tokenizer={name}"] + ["tokenizer.vocab_size=300"] * (name == "bpe")
        tokenizer = make(compose_config(*words)["tokenizer"], "tokenizer")
        tokenizer.train(document.text for document in Fixed().documents("train"))
        own = Subject(subject.model, tokenizer, open_store(Fixed(), tokenizer, tmp_path), "cpu")
        found.append(draw(own, "test", [1, 3], n=20, n_bytes=40, seed=3))
        assert len(own.store.stream("test").ids) != len(subject.store.stream("test").ids) or name == "byte"
    assert found[0] == found[1] == found[2] and len(set(found[0])) > 10
    assert draw(subject, "test", [1, 3], n=20, n_bytes=40, seed=4) != found[0]


def test_an_excerpt_has_words_to_swap_at_every_distance(subject_of):
    subject = subject_of("none")
    for text in draw(subject, "test", [1, 5], n=30, n_bytes=60, seed=0):
        assert len(text.encode()) <= 60 and swaps(text, 1) and swaps(text, 5)
    assert draw(subject, "test", [1, 50], n=3, n_bytes=60, seed=0) == []  # no such text


def test_two_words_change_places_and_nothing_else_does():
    text = "to be,\n or  not to bé!"
    assert swaps(text, 1) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert swaps(text, 4) == [(1, 5)]  # to and to are the same
    assert swaps(text, 6) == []
    assert swap(text, 0, 1) == "be, to\n or  not to bé!"
    assert swap(text, 1, 5) == "to bé!\n or  not to be,"
    for distance in (1, 2, 3, 4, 5):
        for one, other in swaps(text, distance):
            swapped = swap(text, one, other)
            assert other - one == distance and swapped != text
            assert Counter(swapped.encode()) == Counter(text.encode())
            assert re.findall(r"\s+", swapped) == re.findall(r"\s+", text)


def test_a_document_that_is_tried_again_is_not_counted_again(subject_of, monkeypatch):
    counted, find_ends = [], SplitText.find_ends
    monkeypatch.setattr(SplitText, "find_ends", lambda self, number: counted.append(number) or find_ends(self, number))
    draw(subject_of("none"), "test", [1, 3], n=20, n_bytes=40, seed=3)
    assert len(counted) == len(set(counted)) > 1
