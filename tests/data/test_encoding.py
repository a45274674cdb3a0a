"""From documents to ids: borders of spans, and calls of a size. What the store makes of it is in test_building.py."""

import re

import numpy as np
import pytest

from wordorder.data import encoding
from wordorder.data.building import open_store
from wordorder.data.encoding import calls
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte


def test_a_border_of_a_span_is_a_border_of_tokens(tmp_path):
    class Pair(Byte):
        """The bytes, and "bc" as one token."""

        def __init__(self):
            self.vocab = [bytes([value]) for value in range(256)] + [b"bc"]

        def encode(self, text):
            return np.array([256 if part == "bc" else ord(part) for part in re.split("(bc|.)", text) if part])

    tokenizer = Pair()
    assert tokenizer.encode("abcd").tolist() == [97, 256, 100]

    class Cut(Source):
        def documents(self, split):
            yield Document.of([("ab", False), ("cd", True)], {})

    stream = open_store(Cut(), tokenizer, tmp_path).stream("train")
    assert b"".join(tokenizer.vocab[i] for i in stream.ids[:-1][stream.scored[:-1] > 0][1:]) == b"cd"


@pytest.mark.parametrize("scored", [((0, 0),), ((2, 1),), ((0, 2), (1, 3)), ((0, 9),), ((1, 2), (0, 1))])
def test_spans_that_are_none_are_refused(scored):
    with pytest.raises(ValueError, match="scored="):
        Document("abc", {}, scored).pieces()


def test_calls_hold_whole_documents_in_order_and_about_so_many_characters(monkeypatch):
    monkeypatch.setattr(encoding, "CHARACTERS_A_CALL", 10)
    monkeypatch.setattr(encoding, "DOCUMENTS_A_CALL", 4)
    texts = ["12345", "678", "90", "x" * 30, "", "", "", "", "y"]
    groups = [[document.text for document in call] for call in calls(map(Document, texts))]
    assert groups == [["12345", "678", "90"], ["x" * 30], ["", "", "", ""], ["y"]]
