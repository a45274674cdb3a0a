"""Transformer-XL's scores against the equation as a double loop, and against XLNet's attention."""

import math
from dataclasses import replace

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.position.transformer_xl import TransformerXL

B, H, G, K, T, LAYERS = 2, 4, 2, 4, 12, 3
D = H * K
ANGLES = dict(rtol=0, atol=5e-6)  # angles are float32: at distance 40 off by 2e-6; the scores then by 7e-7


def transformer_xl(**changed) -> TransformerXL:
    options = dict(d_model=D, n_layers=LAYERS, n_heads=H, head_dim=K, base=10000.0, clamp_len=0, untie=False)
    return TransformerXL(**{**options, "init_std": 0.02, **changed})


def qkvx(n_tokens: int = T) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, n_tokens, K), (B, G, n_tokens, K), (B, G, n_tokens, K), (B, n_tokens, D))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def equation(q, k, w_r, u, v, n: int) -> float:
    """The four terms of section 3.3 for one query and key of one head: (a) + (c), (b) + (d)."""
    r = [math.sin(n * 10000 ** (-2 * m / D)) for m in range(D // 2)]
    r += [math.cos(n * 10000 ** (-2 * m / D)) for m in range(D // 2)]
    content = sum((q[c] + u[c]) * k[c] for c in range(K))
    position = sum((q[c] + v[c]) * sum(w_r[c][d] * r[d] for d in range(D)) for c in range(K))
    return (content + position) / math.sqrt(K)


@pytest.mark.parametrize("untie", [False, True])
@pytest.mark.parametrize("clamp_len", [0, 5])
def test_scores_are_those_of_the_equation(untie, clamp_len):
    scheme = random_parameters(transformer_xl(untie=untie, clamp_len=clamp_len))
    q, k, _, x = qkvx()
    place = torch.stack((torch.arange(T), torch.tensor([7, 9, 10, 11, 12, 13, 16, 17, 19, 20, 30, 47])))
    got = scores(scheme, q, k, x, replace(context_of(B, T), place_BS=place), layer=1)
    w_r, u, v = scheme.w_r[1].tolist(), scheme.u[int(untie)].tolist(), scheme.v[int(untie)].tolist()
    expected = torch.full_like(got, -torch.inf)
    for b in range(B):
        for h in range(H):
            for i in range(T):
                for j in range(i + 1):
                    n = int(place[b, i] - place[b, j])
                    n = min(n, clamp_len) if clamp_len else n
                    qi, kj = q[b, h, i].tolist(), k[b, h // (H // G), j].tolist()
                    expected[b, h, i, j] = equation(qi, kj, w_r[h], u[h], v[h], n)
    torch.testing.assert_close(got, expected, **ANGLES)


@pytest.mark.parametrize("clamp_len", [0, 5])
def test_output_is_that_of_xlnet(clamp_len):
    from transformers import XLNetConfig, XLNetModel

    config = XLNetConfig(
        vocab_size=8, d_model=D, n_layer=1, n_head=H, d_inner=8, clamp_len=clamp_len, dropout=0.0, attn_type="bi"
    )
    model = XLNetModel(config).double().eval()
    theirs = model.layer[0].rel_attn
    scheme = random_parameters(transformer_xl(clamp_len=clamp_len))
    q, k, v, x = (t if t.dim() == 3 else t.repeat_interleave(H // t.shape[1], 1) for t in qkvx())
    theirs.r_w_bias.data, theirs.r_r_bias.data = scheme.u[0].detach(), scheme.v[0].detach()
    sinusoid_N1D = model.relative_positional_encoding(T, T, bsz=1).double()  # of distances from T to -T + 1
    r_NBHK = torch.einsum("nbd,hkd->nbhk", sinusoid_N1D, scheme.w_r[2].detach()).expand(-1, B, -1, -1)
    mask = torch.ones(T, T, dtype=torch.float64).triu(1)[:, :, None, None].expand(T, T, B, H)
    expected = theirs.rel_attn_core(*(t.permute(2, 0, 1, 3) for t in (q, k, v)), r_NBHK, attn_mask=mask)
    for kernel in ("dense", "bias"):
        got = attention(scheme, q, k, v, x, context_of(B, T), kernel=kernel, layer=2)
        torch.testing.assert_close(got.permute(2, 0, 1, 3), expected, **ANGLES)


def test_ids_shifted_together_change_no_bit():
    scheme, (q, k, _, x) = random_parameters(transformer_xl()), qkvx()
    context = context_of(B, T)
    shifted = replace(context, place_BS=context.place_BS + 100_000)
    assert torch.equal(scores(scheme, q, k, x, context), scores(scheme, q, k, x, shifted))


@pytest.mark.parametrize(("untie", "n_vectors"), [(False, 1), (True, LAYERS)])
def test_number_of_parameters_is_the_published_one(untie, n_vectors):
    spent = sum(weight.numel() for weight in transformer_xl(untie=untie).parameters())
    assert spent == LAYERS * D * D + n_vectors * 2 * D


@pytest.mark.parametrize("bad", [{"d_model": 7}, {"base": 0.0}, {"clamp_len": -1}, {"init_std": -1.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        transformer_xl(**bad)
