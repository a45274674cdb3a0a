"""Stick-breaking weights against a stick broken key by key, and against one matrix product in log space."""

import math

import pytest
import torch
import torch.nn.functional as F
from hooks import attention, context_of

from wordorder.model.transformer import make_context
from wordorder.position.base import DenseAttention
from wordorder.position.stick_breaking import StickBreaking

B, H, G, K, T = 2, 4, 2, 4, 10
SUMMED = dict(rtol=0, atol=1e-12)  # float64, another order of summation
BOTH = pytest.mark.parametrize("attend_current", [False, True])


def sticks(**changed) -> StickBreaking:
    return StickBreaking(**{**dict(attend_current=False, remainder="zero"), **changed})


def qkvx(n_tokens: int = T) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, n_tokens, K), (B, G, n_tokens, K), (B, G, n_tokens, K), (B, n_tokens, H * K))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def broken(q_TK, k_TK, v_TK, *, attend_current: bool, remainder: str, first: int = 0) -> torch.Tensor:
    """The outputs of one head, whose document starts at `first`, each from a stick broken in Python floats."""
    outs = []
    for i in range(first, len(q_TK)):
        left, out = 1.0, torch.zeros(K, dtype=torch.float64)
        for j in range(i if attend_current else i - 1, first - 1, -1):
            share = left / (1 + math.exp(-float(q_TK[i] @ k_TK[j]) / math.sqrt(K)))
            out, left = out + share * v_TK[j], left - share
        outs.append(out + left * v_TK[i] if remainder == "value" else out)
    return torch.stack(outs)


@BOTH
@pytest.mark.parametrize("remainder", ["zero", "value"])
def test_output_is_that_of_a_stick_broken_key_by_key(attend_current, remainder):
    options, (q, k, v, x) = dict(attend_current=attend_current, remainder=remainder), qkvx()
    got = attention(sticks(**options), q, k, v, x, context_of(B, T))
    for b in range(B):
        for h in range(H):
            g = h // (H // G)
            torch.testing.assert_close(got[b, h], broken(q[b, h], k[b, g], v[b, g], **options), **SUMMED)


@BOTH
def test_output_is_that_of_the_authors_reference(attend_current):
    q, k, v, x = qkvx()
    k_all, v_all = (each.repeat_interleave(H // G, 1) for each in (k, v))
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1 if attend_current else 0)
    z = q @ k_all.mT / math.sqrt(K)
    sums = F.logsigmoid(-z).masked_fill(hidden, 0) @ torch.ones(T, T, dtype=torch.float64).tril(-1)
    weight = (F.logsigmoid(z).masked_fill(hidden, -1e5) + sums).exp()
    rest = 1 - weight.sum(-1, keepdim=True)
    for remainder, expected in (("zero", weight @ v_all), ("value", weight @ v_all + rest * v_all)):
        scheme = sticks(attend_current=attend_current, remainder=remainder)
        torch.testing.assert_close(attention(scheme, q, k, v, x, context_of(B, T)), expected, **SUMMED)


def test_the_first_token_has_nothing_to_attend_to_or_its_own_value():
    q, k, v, x = qkvx()
    assert not attention(sticks(), q, k, v, x, context_of(B, T))[:, :, 0].any()
    kept = attention(sticks(remainder="value"), q, k, v, x, context_of(B, T))[:, :, 0]
    torch.testing.assert_close(kept, v.repeat_interleave(H // G, 1)[:, :, 0], rtol=0, atol=0)


def test_weights_and_remainder_make_one_stick():
    q, k, v, x = qkvx()
    got = attention(sticks(remainder="value"), q, k, torch.ones_like(v), x, context_of(B, T))
    torch.testing.assert_close(got, torch.ones_like(got), **SUMMED)


def test_a_near_key_shadows_its_equal_further_back():
    q, k, x = torch.ones(1, 1, 3, 1), torch.ones(1, 1, 3, 1), torch.zeros(1, 3, 1)
    v = torch.eye(3)[None, None]
    got = attention(sticks(), q.double(), k.double(), v.double(), x, context_of(1, 3))[0, 0, 2]
    share = 1 / (1 + math.exp(-1))
    torch.testing.assert_close(got, torch.tensor([share * (1 - share), share, 0], dtype=torch.float64), **SUMMED)


@pytest.mark.parametrize("n_new", [1, 4])
@pytest.mark.parametrize("remainder", ["zero", "value"])
def test_new_tokens_break_sticks_from_their_own_place(n_new, remainder):
    scheme, (q, k, v, x) = sticks(remainder=remainder), qkvx()
    whole = attention(scheme, q, k, v, x, context_of(B, T))
    new = attention(scheme, q[:, :, -n_new:], k, v, x, context_of(B, T, n_new))
    torch.testing.assert_close(new, whole[:, :, -n_new:], **SUMMED)


def test_a_stick_ends_with_its_document():
    q, k, v, x = qkvx()
    document = torch.tensor([[0] * 4 + [1] * 6] * B)
    context = make_context(torch.zeros_like(document), document_BS=document)
    got = attention(sticks(remainder="value"), q, k, v, x, context)
    expected = broken(q[1, 3], k[1, 1], v[1, 1], attend_current=False, remainder="value", first=4)
    torch.testing.assert_close(got[1, 3, 4:], expected, **SUMMED)


def test_long_sticks_neither_vanish_nor_overflow_in_float32():
    n = 2000
    q, k = 30 * torch.ones(1, 1, n, 1), torch.ones(1, 1, n, 1)  # each key takes all but 1e-13 of what is left
    k[:, :, 1::2] = -1  # and every other one 1e-13
    v = torch.arange(n).float().view(1, 1, n, 1).requires_grad_()
    out = attention(sticks(), q.requires_grad_(), k, v, torch.zeros(1, n, 1), context_of(1, n))
    out.sum().backward()
    nearest = torch.arange(n) - 1 - (torch.arange(n) % 2 == 0).long()  # even key
    torch.testing.assert_close(out[0, 0, 2:, 0], nearest[2:].float(), rtol=1e-6, atol=1e-12)
    assert q.grad.isfinite().all() and v.grad.isfinite().all()


def test_dropout_reaches_the_weights_and_not_the_remainder():
    q, k, v, x = qkvx()
    k, v = (each.repeat_interleave(H // G, 1) for each in (k, v))
    allowed = torch.ones(T, T, dtype=torch.bool).tril().expand(B, H, T, T)
    zero = torch.zeros(B, H, T, T, dtype=torch.float64)  # half of what is left, each time
    dropped = DenseAttention(1.0, allowed, zero, lambda weight: 0 * weight)
    assert not sticks().attend(q, k, v, x, None, dropped).any()
    expected = 0.5 ** torch.arange(T, dtype=torch.float64)[:, None] * v
    torch.testing.assert_close(sticks(remainder="value").attend(q, k, v, x, None, dropped), expected, **SUMMED)
