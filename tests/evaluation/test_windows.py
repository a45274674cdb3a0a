"""Stretches of a stream through the model, against one target at a time."""

import numpy as np
import pytest
from subjects import CLOSE, LENGTH, nats_of

from wordorder.evaluation.calls import TOKENS_A_CALL
from wordorder.evaluation.windows import sums_of_text, target_nats


@pytest.mark.parametrize(("length", "last"), [(LENGTH, LENGTH), (LENGTH, 3), (5, 5), (5, 1)])
@pytest.mark.parametrize("position", ["none", "rope"])
def test_nats_are_those_of_one_target_at_a_time(position, length, last, subject_of):
    subject = subject_of(position)
    starts = np.array([0, 1, 7, 30, 60])
    nats = np.array(list(target_nats(subject, subject.store.stream("test"), starts, length=length, last=last)))
    assert nats.shape == (5, last)
    for start, row in zip(starts, nats, strict=True):
        targets = range(start + length + 1 - last, start + length + 1)
        assert row.tolist() == pytest.approx([nats_of(subject, start, target) for target in targets], rel=CLOSE)


def test_rows_of_a_call_do_not_change_each_other(subject_of):
    subject = subject_of("rope")
    stream, starts = subject.store.stream("test"), np.arange(300)
    together = list(target_nats(subject, stream, starts, length=LENGTH, last=2))
    apart = [next(target_nats(subject, stream, starts[n : n + 1], length=LENGTH, last=2)) for n in range(300)]
    np.testing.assert_allclose(together, apart, rtol=CLOSE)


@pytest.mark.parametrize("done", [0, 1, 6, 7, 8, 20, 21])
def test_windows_that_are_done_change_no_bit_of_the_others_and_are_not_asked(done, subject_of, monkeypatch):
    monkeypatch.setitem(TOKENS_A_CALL, "cpu", 7 * LENGTH)  # seven rows a call
    subject, calls = subject_of("rope"), []
    stream, starts = subject.store.stream("test"), np.arange(21) * 3
    whole = [row.tolist() for row in target_nats(subject, stream, starts, length=LENGTH, last=2)]
    forward = subject.model.forward
    monkeypatch.setattr(subject.model, "forward", lambda *given, **named: calls.append(1) or forward(*given, **named))
    rest = [row.tolist() for row in target_nats(subject, stream, starts, length=LENGTH, last=2, done=done)]
    assert rest == whole[done:] and len(calls) == 3 - done // 7


def test_ends_of_documents_are_no_text(subject_of):
    subject = subject_of("none")
    stream = subject.store.stream("test")
    targets = np.arange(1, len(stream.ids))
    sums = sums_of_text(subject, stream, targets, np.ones(len(targets)))
    n_text = int((stream.ids[1:] != 256).sum())
    assert sums == {"nats": n_text, "bytes": n_text, "tokens": n_text} and n_text < len(targets)
