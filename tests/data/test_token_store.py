"""A stream: which document a target, and an input, belong to."""

import numpy as np
import pytest
from subjects import Fixed, Questions

from wordorder.data import token_store
from wordorder.data.building import open_store
from wordorder.data.token_store import Stream
from wordorder.tokenizer.byte import Byte

# end a b end end c end: documents "ab", "" and "c"
STREAM = Stream(np.array([9, 1, 2, 9, 9, 3, 9]), np.array([[3, 2], [4, 2], [6, 3]]))


def test_an_end_token_is_the_last_target_of_a_document_and_the_first_input_of_the_next():
    assert STREAM.documents_of(np.arange(1, 7)).tolist() == [0, 0, 0, 1, 2, 2]
    assert STREAM.documents_into(np.arange(6)).tolist() == [0, 0, 0, 1, 2, 2]


def test_bounds_run_from_the_first_input_to_the_last_target():
    first, past = STREAM.document_bounds()
    assert first.tolist() == [0, 3, 4] and past.tolist() == [3, 4, 6]
    for number in range(3):
        targets = np.arange(first[number] + 1, past[number] + 1)
        assert set(STREAM.documents_of(targets).tolist()) == {number}
        assert set(STREAM.documents_into(np.arange(first[number], past[number])).tolist()) == {number}


@pytest.mark.parametrize(("numbers", "longest"), [([0], 3), ([1], 1), ([1, 2], 2), ([0, 1, 2], 3)])
def test_the_longest_document_counts_its_end(numbers, longest):
    assert STREAM.longest(np.array(numbers)) == longest


def test_bytes_are_those_of_the_text():
    assert STREAM.n_bytes == 3


@pytest.mark.parametrize("at_once", [1, 2, 4, 100])
@pytest.mark.parametrize(
    ("scored", "counts"), [(None, {1: 1, 2: 1, 3: 1, 9: 3}), ([1, 0, 1, 1, 0, 1, 0], {2: 1, 3: 1, 9: 1})]
)
def test_targets_that_count_are_counted_in_parts(scored, counts, at_once, monkeypatch):
    """The first token is nobody's target."""
    monkeypatch.setattr(token_store, "AT_ONCE", at_once)
    stream = Stream(STREAM.ids, STREAM.ends, None if scored is None else np.array(scored, dtype=np.uint8))
    found = stream.count_targets()
    assert {number: count for number, count in enumerate(found.tolist()) if count} == counts


@pytest.mark.parametrize(
    ("scored_only", "n_documents", "counts"),
    [
        (True, 1, {2: 1}),
        (False, 1, {1: 1, 2: 1, 9: 1}),
        (False, 2, {1: 1, 2: 1, 9: 2}),
        (False, 3, {1: 1, 2: 1, 3: 1, 9: 3}),
    ],
)
def test_targets_of_the_first_documents_are_counted_alone(scored_only, n_documents, counts):
    stream = Stream(STREAM.ids, STREAM.ends, np.array([1, 0, 1, 0, 0, 1, 0], dtype=np.uint8))
    found = stream.count_targets(n_documents, scored_only=scored_only)
    assert {number: count for number, count in enumerate(found.tolist()) if count} == counts


@pytest.mark.parametrize(("tokens", "n_documents"), [(0, 3), (1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (100, 3)])
def test_the_first_documents_are_those_that_so_many_tokens_hold_whole(tokens, n_documents):
    """They end with the third, fourth and sixth target."""
    assert STREAM.first_documents(tokens) == n_documents


def test_a_store_counts_the_targets_of_training_once(tmp_path, monkeypatch):
    calls, count = [], Stream.count_targets
    monkeypatch.setattr(Stream, "count_targets", lambda self: calls.append(1) or count(self))
    store = open_store(Questions(), Byte(), tmp_path)
    for _ in range(3):
        assert store.target_counts.sum() == 60 * 4  # " xy" and the end
    assert len(calls) == 1 and set(np.flatnonzero(store.target_counts)) == {ord(" "), ord("x"), ord("y"), 256}


def test_bytes_a_token_count_ends_too(tmp_path):
    store = open_store(Fixed(), Byte(), tmp_path)
    stream = store.stream("train")
    assert store.bytes_a_token == stream.n_bytes / len(stream.ids)
