"""Selective RoPE against rotation matrices multiplied token by token, and against Llama's RoPE where phi is constant."""

import math

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.model.transformer import make_context
from wordorder.position.selective_rope import SelectiveRoPE

B, H, G, K, D, T, LAYER, THETA = 2, 4, 2, 6, 12, 9, 1, 100.0
PRODUCTS = dict(rtol=0, atol=1e-11)  # float64, products in another order


def selective(**changed) -> SelectiveRoPE:
    sizes = dict(n_layers=2, d_model=D, n_heads=H, n_kv_heads=G, head_dim=K)
    return SelectiveRoPE(**{**sizes, **dict(rank=3, conv_width=4, theta=THETA, init_std=0.02), **changed})


def qkvx(n_tokens: int = T) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, n_tokens, K), (B, G, n_tokens, K), (B, G, n_tokens, K), (B, n_tokens, D))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def turn(scheme: SelectiveRoPE, x_TD: torch.Tensor, t: int, g: int, first: int = 0) -> torch.Tensor:
    """The rotation that token t adds, (K, K), by scalars: nothing before `first` is seen."""
    matrix = torch.zeros(K, K, dtype=torch.float64)
    for m in range(K // 2):
        phi, channel = 0.0, g * (K // 2) + m
        for back in range(min(scheme.conv.shape[1], t - first + 1)):
            slices = x_TD[t - back].view(H, -1)
            unit = torch.cat([part / math.sqrt(float(part @ part)) for part in slices])
            low = [float(row @ unit) for row in scheme.down[LAYER]]
            high = sum(u * value for u, value in zip(scheme.up[LAYER, channel].tolist(), low, strict=True))
            phi += scheme.conv[LAYER, back, channel].item() * high
        angle = phi * THETA ** (-2 * m / K)
        matrix[m, m] = matrix[m + K // 2, m + K // 2] = math.cos(angle)
        matrix[m, m + K // 2], matrix[m + K // 2, m] = -math.sin(angle), math.sin(angle)
    return matrix


def multiplied(scheme: SelectiveRoPE, q_TK, k_TK, x_TD, g: int, first: int = 0) -> torch.Tensor:
    """The scores of one head: between key and query, one rotation a token, transposed as it is the query that turns."""
    n = len(q_TK)
    score = torch.full((n, n), -torch.inf, dtype=torch.float64)
    for j in range(first, n):
        between = torch.eye(K, dtype=torch.float64)
        for i in range(j, n):
            between = turn(scheme, x_TD, i, g, first) @ between if i > j else between
            score[i, j] = (between @ q_TK[i]) @ k_TK[j] / math.sqrt(K)
    return score


@pytest.mark.parametrize("conv_width", [1, 4, 20])
def test_scores_are_those_of_rotations_multiplied_token_by_token(conv_width):
    scheme, (q, k, _, x) = random_parameters(selective(conv_width=conv_width)), qkvx()
    with torch.no_grad():
        got = scores(scheme, q, k, x, context_of(B, T), layer=LAYER)
        for b, h in ((0, 0), (0, 3), (1, 1), (1, 2)):
            g = h // (H // G)
            torch.testing.assert_close(got[b, h], multiplied(scheme, q[b, h], k[b, g], x[b], g), **PRODUCTS)


def test_a_document_feeds_neither_sums_nor_convolution_of_the_next():
    scheme, (q, k, _, x) = random_parameters(selective()), qkvx()
    document = torch.tensor([[0] * 4 + [1] * 5] * B)
    with torch.no_grad():
        context = make_context(torch.zeros_like(document), document_BS=document)
        got = scores(scheme, q, k, x, context, layer=LAYER)
        expected = multiplied(scheme, q[1, 3], k[1, 1], x[1], 1, first=4)
    torch.testing.assert_close(got[1, 3, 4:], expected[4:], **PRODUCTS)


@pytest.mark.parametrize("n_new", [1, 5])
def test_new_tokens_are_the_last(n_new):
    scheme, (q, k, v, x) = random_parameters(selective()), qkvx()
    whole = attention(scheme, q, k, v, x, context_of(B, T), layer=LAYER)
    new = attention(scheme, q[:, :, -n_new:], k, v, x, context_of(B, T, n_new), layer=LAYER)
    torch.testing.assert_close(new, whole[:, :, -n_new:], **PRODUCTS)


def test_a_constant_phi_of_1_is_the_rope_of_llama():
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    config = LlamaConfig(
        hidden_size=H * K, num_attention_heads=H, rope_parameters={"rope_type": "default", "rope_theta": THETA}
    )
    scheme, (q, k, _, _) = selective(n_heads=H, n_kv_heads=H).double(), qkvx()
    k = k.repeat_interleave(H // G, 1)
    x = torch.ones(B, T, D, dtype=torch.float64)  # each of the H slices is made 3 numbers of 3^-1/2
    with torch.no_grad():
        scheme.down.zero_()[:, 0, 0] = 3**0.5
        scheme.up.zero_()[..., 0] = 1.0
        scheme.conv.zero_()[:, 0] = 1.0
        mine = scheme.transform_qk(q, k, x, scheme.at_layer(LAYER, scheme.prepare(context_of(B, T))))
    cos, sin = LlamaRotaryEmbedding(config)(x, torch.arange(T)[None])
    theirs = apply_rotary_pos_emb(q, k, cos, sin)
    # theirs starts at 0, mine at 1: scores cannot tell; their angles are float32
    torch.testing.assert_close(mine[0] @ mine[1].mT, theirs[0] @ theirs[1].mT, rtol=0, atol=1e-5)


def test_lengths_are_kept_and_the_token_s_length_is_not_read():
    scheme, (q, k, _, x) = random_parameters(selective()), qkvx()
    pos = scheme.at_layer(LAYER, scheme.prepare(context_of(B, T)))
    with torch.no_grad():
        turned = scheme.transform_qk(q, k, x, pos)
        longer = scheme.transform_qk(q, k, 7 * x, pos)
    for one, other, before in zip(turned, longer, (q, k), strict=True):
        assert (one - before).abs().max() > 0.1
        torch.testing.assert_close(one.norm(dim=-1), before.norm(dim=-1), **PRODUCTS)
        torch.testing.assert_close(one, other, **PRODUCTS)


def test_bfloat16_inputs_have_float32_angles_and_stay_bfloat16():
    scheme, (q, k, _, x) = random_parameters(selective()), (each.bfloat16() for each in qkvx(300))
    x = x + 2  # so that a text drifts one way
    pos = scheme.at_layer(LAYER, scheme.prepare(context_of(B, 300)))
    with torch.no_grad():
        exact = scheme.angles(x.double(), pos)
        got = scheme.float().angles(x, pos)
        assert all(turned.dtype == torch.bfloat16 for turned in scheme.transform_qk(q, k, x, pos))
    assert exact.abs().max() > 20 and got.dtype == torch.float32
    torch.testing.assert_close(got.double(), exact, rtol=0, atol=1e-4)  # angles up to 128; in bfloat16 off by 0.5


def test_maps_are_drawn_as_wide_as_asked():
    scheme = selective(n_layers=60, init_std=0.3)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    for weight in scheme.parameters():
        assert weight.std().item() == pytest.approx(0.3, rel=0.1)  # of 1080 draws at least: 4 deviations


@pytest.mark.parametrize("bad", [{"head_dim": 5}, {"rank": 0}, {"conv_width": 0}, {"theta": 0.0}, {"init_std": 0.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        selective(**bad)
