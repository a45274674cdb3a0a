"""A call of the model against its own forward, and what a progress bar is told."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from subjects import LENGTH

from wordorder.evaluation.calls import TOKENS_A_CALL, ask, nats_of, rows_a_call

IDS = np.arange(3 * (LENGTH + 1), dtype=np.uint16).reshape(3, LENGTH + 1)


@pytest.mark.parametrize("last", [None, 1, 5])
def test_nats_are_those_of_the_last_targets_of_each_row(last, subject_of):
    told = []
    subject = replace(subject_of("rope"), advance=told.append)
    logits, targets = ask(subject, IDS, numbers=np.arange(3), last=last)
    with torch.no_grad():
        expected = subject.model(torch.from_numpy(IDS[:, :-1].astype(np.int64))).double().log_softmax(-1).numpy()
    n = last or LENGTH
    assert targets.tolist() == IDS[:, -n:].tolist() and logits.shape == (3, n, 257)
    own = -np.take_along_axis(expected[:, -n:], IDS[:, -n:, None].astype(np.int64), -1)[..., 0]
    nats = nats_of(logits, targets)
    assert nats.dtype == np.float64
    np.testing.assert_allclose(nats, own, rtol=1e-5)
    assert told == [IDS.size]


def test_documents_that_are_kept_apart_do_not_see_each_other(subject_of):
    subject, document = subject_of("rope"), np.zeros((1, LENGTH), dtype=np.int64)
    document[0, 6:] = 1
    other = IDS[:1].copy()
    other[0, :6] = 200

    def of(ids: np.ndarray, **given) -> np.ndarray:
        return nats_of(*ask(subject, ids, numbers=np.arange(1), last=LENGTH - 6, **given))

    np.testing.assert_allclose(of(IDS[:1], document=document), of(other, document=document), rtol=1e-6)
    assert not np.allclose(of(IDS[:1]), of(other), rtol=1e-6)


def test_rows_fill_a_call_and_a_long_one_goes_alone(subject_of, monkeypatch):
    monkeypatch.setitem(TOKENS_A_CALL, "cpu", 100)
    assert [rows_a_call(subject_of("none"), length) for length in (1, 33, 34, 100, 101)] == [100, 3, 2, 1, 1]
