"""Polar coordinates against the equation and x_transformers; queries and keys twice as wide as values in every kernel."""

import math

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.position.pope import PoPE

B, H, G, K, T = 2, 6, 2, 4, 9


def pope(**changed) -> PoPE:
    options = dict(n_layers=3, n_heads=H, head_dim=K, theta=10000.0, share="model", init="zero")
    return PoPE(**{**options, **changed})


def random_pope(**changed) -> PoPE:
    """With biases on both sides of both ends of their interval."""
    scheme = random_parameters(pope(**changed), std=6.0)
    assert (scheme.bias > 0).any() and (scheme.bias < -2 * math.pi).any()
    assert ((scheme.bias < 0) & (scheme.bias > -2 * math.pi)).any()
    return scheme


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("share", ["model", "layer"])
def test_scores_are_those_of_the_equation(share):
    scheme, q, k = random_pope(share=share), draw(B, H, T, K), draw(B, G, T, K)
    got = scores(scheme, q, k, None, context_of(B, T), layer=2)
    for h in range(H):
        bias = [min(max(value, -2 * math.pi), 0.0) for value in scheme.bias[2 if share == "layer" else 0, h].tolist()]
        for i in range(T):
            for j in range(i + 1):
                expected = 0.0
                for m in range(K):
                    length_q = math.log1p(math.exp(q[1, h, i, m].item()))
                    length_k = math.log1p(math.exp(k[1, h // (H // G), j, m].item()))
                    expected += length_q * length_k * math.cos((i - j) * 10000 ** (-m / K) - bias[m])
                # angles are float32: those up to 15 are off by 1e-6
                assert got[1, h, i, j].item() == pytest.approx(expected / math.sqrt(K), abs=1e-5)


@pytest.mark.parametrize("n_new", [40, 3])
def test_scores_are_those_of_x_transformers(n_new):
    from x_transformers.x_transformers import PolarEmbedding, apply_polar_pos_emb

    scheme, q, k = random_pope(), draw(B, H, n_new, K).float(), draw(B, H, 40, K).float()
    theirs = PolarEmbedding(K, H)
    theirs.learned_bias.data = scheme.float().bias.data[0, :, None]
    angle, bias = theirs(torch.arange(40))
    expected = apply_polar_pos_emb(q, angle) @ apply_polar_pos_emb(k, angle + bias).mT
    new_q, new_k = scheme.transform_qk(q, k, None, scheme.prepare(context_of(B, 40, n_new)))
    assert new_q.shape == (B, H, n_new, 2 * K)
    torch.testing.assert_close(new_q @ new_k.mT, expected, rtol=0, atol=1e-4)  # float32: angles of 40 are off by 4e-6


@pytest.mark.parametrize("n_new", [T, 4, 1])
def test_every_kernel_takes_queries_and_keys_wider_than_values(n_new):
    scheme, results = random_pope(), {}
    for kernel in ("dense", "sdpa", "bias"):
        inputs = [draw(B, H, n_new, K), draw(B, G, T, K), draw(B, G, T, K)]
        out = attention(scheme, *(one.requires_grad_() for one in inputs), None, context_of(B, T, n_new), kernel=kernel)
        assert out.shape == (B, H, n_new, K)
        results[kernel] = (out, *torch.autograd.grad(out.pow(2).sum(), [*inputs, scheme.bias]))
    dense = results.pop("dense")
    for other in results.values():
        torch.testing.assert_close(other, dense, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("init", "lowest"), [("zero", 0.0), ("uniform", -2 * math.pi)])
def test_biases_start_at_zero_or_all_over_their_interval(init, lowest):
    scheme = pope(head_dim=64, init=init)
    scheme.initialise(lambda name: torch.Generator().manual_seed(0))
    assert scheme.bias.max() <= 0
    assert scheme.bias.min().item() == pytest.approx(lowest, abs=0.1)  # of 384 draws


def test_a_bias_at_zero_has_a_gradient_and_one_beyond_has_none():
    scheme, q, k = pope(), draw(B, H, T, K), draw(B, G, T, K)
    for start, learns in ((0.0, True), (0.1, False)):
        torch.nn.init.constant_(scheme.bias, start)
        q_new, k_new = scheme.transform_qk(q, k, None, scheme.prepare(context_of(B, T)))
        total = (q_new @ k_new.repeat_interleave(H // G, 1).mT).sum()
        (gradient,) = torch.autograd.grad(total, scheme.bias)
        assert bool(gradient.all()) if learns else not gradient.any()


def test_angles_do_not_round_to_bfloat16():
    scheme, context = pope(head_dim=2), context_of(1, 1025)
    q = torch.zeros(1, H, 1025, 2, dtype=torch.bfloat16)
    torch.nn.init.zeros_(scheme.bias)
    got, _ = scheme.transform_qk(q, q, None, scheme.prepare(context))
    assert got.dtype == torch.bfloat16
    expected = [math.log(2) * turn(angle) for turn in (math.cos, math.sin) for angle in (1023.0, 10.23)]
    assert got[0, 0, 1023].tolist() == pytest.approx(expected, abs=2**-8)  # half a step of a bfloat16 below 1


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="theta="):
        pope(theta=0.0)
