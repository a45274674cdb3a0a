"""Texts of several lengths in one question, against each alone."""

import numpy as np
import pytest
import torch

from wordorder.evaluation.calls import TOKENS_A_CALL
from wordorder.evaluation.texts import nats_of_texts


@pytest.mark.parametrize("tokens_a_call", [1, 12, 1000])
def test_each_row_has_the_nats_that_it_has_alone_in_the_order_that_was_asked(tokens_a_call, subject_of, monkeypatch):
    monkeypatch.setitem(TOKENS_A_CALL, "cpu", tokens_a_call)
    subject, draw = subject_of("rope"), np.random.default_rng(0)
    rows = [draw.integers(257, size=length) for length in (5, 3, 5, 9, 3, 2, 5)]
    found = nats_of_texts(subject, rows, np.arange(len(rows)))
    for row, nats in zip(rows, found, strict=True):
        with torch.no_grad():
            logits = subject.model(torch.from_numpy(row)[None, :-1])[0].double()
        expected = -logits.log_softmax(-1)[torch.arange(len(row) - 1), torch.from_numpy(row[1:])]
        np.testing.assert_allclose(nats, expected.numpy(), rtol=1e-5, atol=1e-6)


def test_no_text_is_no_question(subject_of):
    assert nats_of_texts(subject_of("rope"), [], np.array([], dtype=np.int64)) == []
