"""Stretches of a stream through the model, against one target at a time."""

import numpy as np
import pytest
import torch
from subjects import CLOSE, LENGTH, SIZES, nats_of

from wordorder.evaluation.windows import TOKENS_A_CALL, limit_window, spread_contexts, sums_of_text, target_nats

SCHEMES = ["none", "rope", "alibi", "sinusoidal", "t5", "cope", "fox", "stick_breaking", "ssmax", "transformer_xl"]


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


@pytest.mark.parametrize("position", SCHEMES)
def test_a_limited_window_hides_all_but_the_last_keys(position, make_model):
    """One layer sees nothing else of the past; the weights and the model itself are as they were."""
    model = make_model(position, vocab_size=257, **SIZES).eval()
    limited, ids = limit_window(model, 5), torch.arange(40, 64)[None]
    scheme, other = model.position, ids.clone()
    other[0, : 24 - 5] = 7
    exact = {"rtol": 1e-9, "atol": 1e-9}
    torch.testing.assert_close(limited(ids, last=1), limited(other, last=1), **exact)
    other[0, 24 - 5] = 9
    assert not torch.allclose(limited(ids, last=1), limited(other, last=1), **exact)
    assert not torch.allclose(model(ids, last=1), limited(ids, last=1), **exact) and model.position is scheme
    torch.testing.assert_close(limit_window(model, 24)(ids), model(ids), **exact)
    assert {name: weight.data_ptr() for name, weight in limited.blocks.named_parameters()} == {
        name: weight.data_ptr() for name, weight in model.blocks.named_parameters()
    }


def test_a_kernel_that_hides_nothing_is_not_used_under_a_window(make_model):
    model = make_model("rope", vocab_size=257, **SIZES, kernel="sdpa").eval()
    ids = torch.arange(40, 64)[None]
    assert not torch.equal(limit_window(model, 5)(ids), model(ids)) and model.kernel == "sdpa"


@pytest.mark.parametrize("n", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(("length", "step"), [(10, 3), (10, 10), (4, 1), (30, 5)])
def test_contexts_are_spread_evenly_over_the_texts_that_hold_one(length, step, n):
    first, past = np.array([0, 12, 14, 55]), np.array([12, 14, 55, 70])  # inputs from, targets up to the one before
    every = [
        start
        for a, b in zip(first, past, strict=True)
        for start in range(a, b, step)
        if start + length < b  # the last target of the context
    ]
    found = spread_contexts(first, past, length=length, step=step, n=n).tolist()
    n = min(n, len(every))
    assert found == [every[(len(every) - 1) * place // (n - 1) if n > 1 else 0] for place in range(n)]
    assert spread_contexts(first, past, length=100, step=step, n=n).tolist() == []
