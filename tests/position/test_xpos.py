"""xPos against its sum as a loop over pairs of tokens, x-transformers, and the range of float32."""

import math
from dataclasses import replace

import pytest
import torch
from hooks import context_of, scores

from wordorder.position.xpos import XPos

H, G, T, K = 2, 1, 40, 16


def xpos(**changed) -> XPos:
    return XPos(**{**dict(head_dim=K, theta=10000.0, layout="interleaved", gamma=0.4, scale_base=512.0), **changed})


def heads(n_heads: int, n_tokens: int, seed: int, head_dim: int = K) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(2, n_heads, n_tokens, head_dim, dtype=torch.float64, generator=draw)


def equation(q: list[float], k: list[float], distance: int, *, theta=10000.0, gamma=0.4, base=512.0) -> float:
    """The score of one pair of tokens, channels interleaved, in Python floats."""
    total = 0.0
    for m in range(len(q) // 2):
        zeta = (m / (len(q) / 2) + gamma) / (1 + gamma)
        angle = distance * theta ** (-2 * m / len(q))
        (a, b), (c, d) = q[2 * m : 2 * m + 2], k[2 * m : 2 * m + 2]
        product = (a * c + b * d) * math.cos(angle) + (a * d - b * c) * math.sin(angle)
        total += zeta ** (distance / base) * product
    return total / math.sqrt(len(q))


@pytest.mark.parametrize(
    "changed", [{}, {"theta": 100.0, "gamma": 1.0}, {"gamma": 0.01, "scale_base": 16.0}, {"scale_base": 3.0}]
)
def test_scores_are_those_of_the_equation(changed):
    q, k = heads(H, T, 0), heads(G, T, 1)
    got = scores(xpos(**changed), q, k, torch.zeros(2, T, 1), context_of(2, T))
    options = {"base" if name == "scale_base" else name: value for name, value in changed.items()}
    for b, h in ((0, 0), (1, 1)):
        for i in range(T):
            for j in range(i + 1):
                expected = equation(q[b, h, i].tolist(), k[b, 0, j].tolist(), i - j, **options)
                assert float(got[b, h, i, j]) == pytest.approx(expected, abs=2e-5)  # float32 angles of up to 40


def test_half_is_the_same_on_permuted_channels():
    order = torch.tensor([*range(0, K, 2), *range(1, K, 2)])
    q, k, x = heads(H, T, 0), heads(G, T, 1), torch.zeros(2, T, 1)
    got = scores(xpos(layout="half"), q[..., order], k[..., order], x, context_of(2, T))
    torch.testing.assert_close(got, scores(xpos(), q, k, x, context_of(2, T)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_tokens", [T, 1001])
def test_scores_are_those_of_x_transformers(n_tokens):
    from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb

    q, k = heads(H, n_tokens, 0), heads(1, n_tokens, 1)
    turns, scale = RotaryEmbedding(K, use_xpos=True).forward_from_seq_len(n_tokens)
    theirs = apply_rotary_pos_emb(q, turns, scale) @ apply_rotary_pos_emb(k, turns, scale**-1).mT / math.sqrt(K)
    got = scores(xpos(), q, k, torch.zeros(2, n_tokens, 1), context_of(2, n_tokens))
    seen = torch.ones(n_tokens, n_tokens, dtype=torch.bool).tril()
    # their angles and ours are float32, whose error at 1001 is 6e-5
    torch.testing.assert_close(got[..., seen], theirs[..., seen].double(), rtol=0, atol=3e-7 * n_tokens)
    other = scores(xpos(gamma=10.0), q, k, torch.zeros(2, n_tokens, 1), context_of(2, n_tokens))
    assert (other - got)[..., seen].abs().max() > 1e-2


@pytest.mark.parametrize("shift", [1, 1000, 200_000])
def test_scores_do_not_depend_on_the_centre(shift):
    q, k, x, context = heads(H, T, 0), heads(G, T, 1), torch.zeros(2, T, 1), context_of(2, T)
    scheme = xpos(theta=1e300)  # the pairs but the first stand still, so that float32 angles hide nothing
    q[..., :2] = 0.0
    before = scores(scheme, q, k, x, context)
    moved = scores(scheme, q, k, x, replace(context, place_BS=context.place_BS + shift))
    torch.testing.assert_close(moved, before, rtol=1e-9, atol=1e-12)
    alone = scores(scheme, q[:, :, :9], k[:, :, :9], x[:, :9], context_of(2, 9))  # another length, another centre
    torch.testing.assert_close(alone, before[..., :9, :9], rtol=1e-12, atol=1e-12)


def test_the_nearest_pair_decays_fastest_and_none_grows_with_the_distance():
    ones, x = torch.ones(1, 1, 1000, K), torch.zeros(1, 1000, 1)
    q, k = xpos(theta=1e300).transform_qk(ones, ones, x, xpos(theta=1e300).prepare(context_of(1, 1000)))
    products = (q[0, 0, -1] * k[0, 0]).unflatten(-1, (-1, 2)).sum(-1)[:, 1:]  # of the pairs that stand still
    assert (products.diff(dim=0) > 0).all()  # the nearer the key, the larger
    assert (products[0].diff() > 0).all()  # the faster the pair, the smaller far away


@pytest.mark.parametrize("n_tokens", [32_768, 65_536])
def test_factors_are_finite_in_float32_for_long_texts(n_tokens):
    x = torch.ones(1, 1, n_tokens, K)
    q, k = xpos().transform_qk(x, x, None, xpos().prepare(context_of(1, n_tokens)))
    assert q.dtype == k.dtype == torch.float32
    assert q.isfinite().all() and k.isfinite().all()
    assert (q.square().sum(-1) > 0).all() and (k.square().sum(-1) > 0).all()
    for i, j in ((n_tokens - 1, n_tokens - 1), (n_tokens - 1, n_tokens - 100), (50, 3)):
        expected = equation([1.0] * K, [1.0] * K, i - j) * math.sqrt(K)
        got = float(q[0, 0, i].double() @ k[0, 0, j].double())
        assert got == pytest.approx(expected, rel=2e-3)  # a float32 angle of 65535 is off by 4e-3


def test_bfloat16_in_bfloat16_out():
    x = heads(1, T, 0).bfloat16()
    q, k = xpos().transform_qk(x, x, None, xpos().prepare(context_of(2, T)))
    assert q.dtype == k.dtype == torch.bfloat16


@pytest.mark.parametrize("bad", [{"head_dim": 7}, {"theta": 0.0}, {"gamma": 0.0}, {"scale_base": -1.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        xpos(**bad)
