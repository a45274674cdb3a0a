"""Rows: out of one stream, or one document each; what counts in them, and what is padding."""

import numpy as np
import pytest
import torch
from subjects import Fixed

from wordorder.data.batch import UNSCORED
from wordorder.data.building import open_store
from wordorder.data.rows import DocumentRows, Packing, StreamRows
from wordorder.data.token_store import Stream
from wordorder.errors import InputError
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte

END = 256
TEXTS = [("ab=", " x"), ("c=", " yz"), ("=", " w"), ("ddd=", " v")]


class Questions(Source):
    layout = "document"

    def documents(self, split):
        for prompt, answer in TEXTS:
            yield Document.of([(prompt, False), (answer, True)], {})


@pytest.fixture
def stream(tmp_path) -> Stream:
    return open_store(Questions(), Byte(), tmp_path).stream("train")


def texts_of(batch) -> list[tuple[bytes, bytes]]:
    """What each row puts in and what it asks for, end tokens as a bar."""
    rows = zip(batch.ids_BT.tolist(), batch.target_BT.tolist(), strict=True)
    say = lambda ids: b"".join(b"|" if i == END else bytes([i]) for i in ids if i != UNSCORED)  # noqa: E731
    return [(say(ids), say(target)) for ids, target in rows]


def test_a_document_is_a_row_that_asks_for_its_answer_and_end(stream):
    rows = DocumentRows(stream, length=10, data_seed=0)
    batch = rows.batch(np.arange(4))
    assert rows.length == batch.ids_BT.shape[1] == 7  # of "ddd= v" and its end
    asked = {put_in.rstrip(b"|"): asked for put_in, asked in texts_of(batch)}
    assert asked == {b"|" + (p + a).encode(): (a + "|").encode() for p, a in TEXTS}
    assert rows.tokens_a_row == sum(len(p + a) + 1 for p, a in TEXTS) / 4
    assert sorted(batch.tokens_B.tolist()) == sorted(len(p + a) + 1 for p, a in TEXTS)


def test_targets_are_the_inputs_one_later(stream):
    batch = DocumentRows(stream, length=10, data_seed=0).batch(np.arange(4))
    counts = batch.target_BT[:, :-1] != UNSCORED
    assert (batch.target_BT[:, :-1] == batch.ids_BT[:, 1:])[counts].all()


def test_every_document_comes_once_an_epoch_in_orders_of_their_own(stream):
    rows = DocumentRows(stream, length=10, data_seed=3)
    epochs = [texts_of(rows.batch(np.arange(4 * epoch, 4 * epoch + 4))) for epoch in range(12)]
    assert all(sorted(epoch) == sorted(epochs[0]) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 4
    assert texts_of(rows.batch(np.array([30]))) == texts_of(rows.batch(np.arange(28, 32)))[2:3]


def test_a_document_longer_than_the_context_is_an_error_that_says_how_long(stream):
    with pytest.raises(InputError, match="model.context_length=6 is too short.*has 7 tokens.*context_length=7"):
        DocumentRows(stream, length=6, data_seed=0)


def test_a_stream_keeps_what_counts(stream):
    batch = StreamRows(stream, length=5, data_seed=1, across=True).batch(np.arange(6))
    for row, start in enumerate(StreamRows(stream, length=5, data_seed=1, across=True).windows.starts(np.arange(6))):
        for t in range(5):
            counts = stream.scored[start + 1 + t]
            assert batch.target_BT[row, t] == (stream.ids[start + 1 + t] if counts else UNSCORED)
    assert batch.tokens_B.tolist() == [5] * 6 and batch.document_BT is None


def test_documents_are_numbered_where_they_are_to_be_kept_apart(tmp_path):
    stream = open_store(Fixed(), Byte(), tmp_path).stream("train")
    batch = StreamRows(stream, length=30, data_seed=1, across=False).batch(np.arange(8))
    begins = batch.ids_BT == END
    apart = torch.diff(batch.document_BT, dim=1)
    assert begins.any() and (apart == begins[:, 1:].long()).all()  # an end token opens the document after it


@pytest.mark.parametrize(
    ("layout", "source", "expected"),
    [
        ("auto", Questions(), "document"),
        ("auto", Fixed(), "stream"),
        ("stream", Questions(), "stream"),
        ("document", Fixed(), "document"),
    ],
)
def test_the_layout_is_the_source_s_unless_it_is_chosen(layout, source, expected):
    packing = Packing(layout=layout, attend_across=True, context_unit="tokens")
    assert packing.layout_of(source) == expected


def test_a_context_in_bytes_is_as_many_tokens_as_hold_them_on_average(tmp_path):
    store = open_store(Fixed(), Byte(), tmp_path)
    in_bytes = Packing(layout="auto", attend_across=True, context_unit="bytes")
    in_tokens = Packing(layout="auto", attend_across=True, context_unit="tokens")
    counts = store.meta["splits"]["train"]
    assert in_tokens.context_tokens(50, store) == 50
    assert in_bytes.context_tokens(50, store) == round(50 * counts["tokens"] / counts["bytes"]) >= 50


def test_a_batch_is_cut_into_its_rows(stream):
    batch = StreamRows(stream, length=5, data_seed=1, across=False).batch(np.arange(5))
    pieces = batch.cut(2)
    assert [len(piece.ids_BT) for piece in pieces] == [2, 2, 1]
    for n, part in enumerate(batch):
        torch.testing.assert_close(torch.cat([piece[n] for piece in pieces]), part, rtol=0, atol=0)
