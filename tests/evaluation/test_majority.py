"""The most frequent answers, by hand."""

from types import SimpleNamespace

import numpy as np

from wordorder.data.building import open_store
from wordorder.evaluation.majority import answer_key, answer_of, majority_answers
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte

ASKED = [("a", "x", 1), ("b", "y", 1), ("c", "y", 1), ("dd", "x", 2), ("ee", "x", 2), ("ff", "z", 3)]


class Asked(Source):
    """A prompt and an answer of one letter each, at lengths that are made up."""

    layout = "document"

    def __init__(self, asked: list[tuple[str, str, int]]):
        self.asked = asked

    def documents(self, split):
        for prompt, answer, length in self.asked:
            yield Document.of([(prompt, False), (answer, True)], {"length": length})


def key(text: str) -> bytes:
    """Of an answer and its end."""
    return answer_key(np.array([*text.encode(), 256]))


def found(asked: list[tuple[str, str, int]], folder) -> dict[int | None, bytes]:
    return majority_answers(SimpleNamespace(store=open_store(Asked(asked), Byte(), folder)))


def test_the_most_frequent_answer_is_found_for_each_length_and_for_all(tmp_path):
    assert found(ASKED, tmp_path) == {1: key("y"), 2: key("x"), 3: key("z"), None: key("x")}


def test_of_equally_frequent_answers_one_is_taken_whatever_their_order(tmp_path):
    tied = [("a", "x", 1), ("b", "y", 1)]
    assert found(tied, tmp_path / "one") == found(tied[::-1], tmp_path / "two") == {1: key("y"), None: key("y")}


def test_an_answer_is_what_counts_in_a_document_whatever_the_width_of_its_ids(tmp_path):
    stream = open_store(Asked(ASKED), Byte(), tmp_path).stream("train")
    first, past = (int(bound[3]) for bound in stream.document_bounds())
    assert answer_of(stream, first, past) == key("x")
    assert stream.ids.dtype == np.uint16 and answer_key(np.array([7], dtype=np.uint32)) == answer_key(np.array([7]))
