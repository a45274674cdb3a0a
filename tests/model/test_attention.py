"""Four kernels, one attention."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from wordorder.model import block
from wordorder.model.attention import Call, ScorePlan, attend, choose_kernel, make_plan, may_see
from wordorder.model.block import Attention, Forward, Shape
from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.none import NoPE

B, H, G, T, K = 2, 6, 2, 9, 4
CHOICES = dict(bias=False, dropout=0.0, norm_placement="pre", qkv_bias=False, qk_norm=False)
SHAPE = Shape(24, H, G, K, 40, "layer_norm", 1e-5, "gelu", **CHOICES)


class Doubles(PositionScheme):
    """Changes scores by a factor, which no bias can."""

    additive = False

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: 2 * score


def draw(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def context_of(n_tokens: int, n_new: int | None = None) -> Context:
    return make_context(torch.zeros(B, n_tokens, dtype=torch.long), n_new)


def plan_of(scheme: PositionScheme, kernel: str, context: Context) -> ScorePlan:
    made = choose_kernel(scheme, kernel, device="cpu")
    mod = scheme.score_mod(None, None, None, scheme.prepare(context))
    return make_plan(made, mod, may_see(context), context, n_heads=H, by_row=scheme.by_row)


def call(scheme: PositionScheme, context: Context, plan: ScorePlan, *, dropout: float = 0.0) -> Call:
    of = dict(position=scheme, pos=scheme.prepare(context), x_BSD=None, context=context, plan=plan)
    return Call(**of, scale=K**-0.5, dropout=dropout)


def by_loops(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, slopes: list[float]) -> torch.Tensor:
    """Attention one query at a time: softmax of q.k / sqrt(K) - slope (i - j), over j <= i."""
    out, cached = torch.zeros_like(q), k.shape[2] - q.shape[2]
    for b in range(q.shape[0]):
        for h in range(H):
            for i in range(q.shape[2]):
                g, last = h // (H // G), i + cached
                score = [q[b, h, i] @ k[b, g, j] / math.sqrt(K) - slopes[h] * (last - j) for j in range(last + 1)]
                out[b, h, i] = torch.stack(score).softmax(0) @ v[b, g, : last + 1]
    return out


SERVED = [("none", kernel) for kernel in ("sdpa", "bias", "dense")] + [("alibi", "bias"), ("alibi", "dense")]


@pytest.mark.parametrize("n_new", [T, 5, 1])
@pytest.mark.parametrize("scheme, kernel", SERVED)
def test_every_kernel_equals_the_definition_in_values_and_gradients(scheme, kernel, n_new):
    position = NoPE() if scheme == "none" else ALiBi(n_heads=H, learned=False)
    slopes = [0.0] * H if scheme == "none" else [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3]
    inputs = [draw(B, n, t, K, seed=s).requires_grad_() for s, (n, t) in enumerate([(H, n_new), (G, T), (G, T)])]
    context = context_of(T, n_new)
    plan = plan_of(position, kernel, context)
    assert plan.kernel == kernel
    got, expected = attend(*inputs, call(position, context, plan)), by_loops(*inputs, slopes)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    weight = draw(*got.shape, seed=9)
    for a, b in zip(*(torch.autograd.grad((out * weight).sum(), inputs) for out in (got, expected)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "scheme, kernel", [(NoPE(), "sdpa"), (ALiBi(n_heads=H, learned=False), "bias"), (Doubles(), "dense")]
)
def test_auto_takes_the_fastest_kernel_that_serves(scheme, kernel):
    assert choose_kernel(scheme, "auto", device="cpu") == kernel


@pytest.mark.parametrize(
    "scheme, kernel, device, message",
    [
        (ALiBi(n_heads=H, learned=False), "sdpa", "cpu", "kernel=sdpa cannot serve ALiBi"),
        (ALiBi(n_heads=H, learned=False), "sdpa", "cuda", "kernel=sdpa cannot serve ALiBi"),
        (Doubles(), "bias", "cpu", "kernel=bias cannot serve Doubles"),
        (NoPE(), "flex", "cpu", "kernel=flex has no backward on CPU"),
    ],
)
def test_an_asked_kernel_that_cannot_serve_is_an_error(scheme, kernel, device, message):
    with pytest.raises(ValueError, match=message):
        choose_kernel(scheme, kernel, device=device)


@pytest.mark.parametrize(
    "scheme, asked, served",
    [
        (NoPE(), "auto", "bias"),
        (NoPE(), "bias", "bias"),
        (NoPE(), "dense", "dense"),
        (ALiBi(n_heads=H, learned=False), "auto", "bias"),
        (Doubles(), "auto", "dense"),
    ],
)
def test_rows_of_several_documents_have_a_kernel_that_masks(scheme, asked, served):
    assert choose_kernel(scheme, asked, device="cpu", packed=True) == served


def test_sdpa_refuses_rows_of_several_documents():
    with pytest.raises(ValueError, match="kernel=sdpa cannot keep the documents of a row apart"):
        choose_kernel(NoPE(), "sdpa", device="cpu", packed=True)


def test_a_mask_alone_is_bool_and_a_bias_is_shared_by_rows():
    context = context_of(T)
    assert plan_of(NoPE(), "bias", context).bias.dtype == torch.bool
    bias = plan_of(ALiBi(n_heads=H, learned=False), "bias", context).bias
    assert (bias.shape, bias.dtype) == ((1, H, T, T), torch.float32)


# In bfloat16 every integer above 256 is rounded, and with it the distances of ALiBi. Content that undoes the bias, so that
# every key weighs about the same, makes the far ones count.
FAR = 512
ROUNDING = 2**-7  # of the largest output: twice the spacing of bfloat16, which rounds weights and outputs


def far_attention(bias_dtype: torch.dtype) -> float:
    """How far the bias kernel in bfloat16 is from dense float32, as a part of the largest output."""
    scheme, context = ALiBi(n_heads=H, learned=False), context_of(FAR)
    q, k, v = (draw(B, H, FAR, K, seed=s).bfloat16() for s in range(3))
    q[..., 0] = math.sqrt(K)
    k[..., 0] = -torch.tensor(scheme.slopes)[:, None] * torch.arange(FAR)
    plan = plan_of(scheme, "bias", context)
    got = attend(q, k, v, call(scheme, context, replace(plan, bias=plan.bias.to(bias_dtype)))).float()
    wide = (x.float() for x in (q, k, v))
    expected = attend(*wide, call(scheme, context, plan_of(scheme, "dense", context)))
    return float((got - expected).abs().max() / expected.abs().max())


def test_a_bias_stays_float32_beside_bfloat16_queries():
    assert far_attention(torch.float32) < ROUNDING


def test_a_bfloat16_bias_would_not_pass():
    assert far_attention(torch.bfloat16) > 4 * ROUNDING


def forward_of(scheme: PositionScheme, context: Context, kernel: str) -> Forward:
    return Forward(scheme, context, [(scheme.prepare(context), plan_of(scheme, kernel, context))])


def test_bfloat16_autocast_keeps_far_distances_apart():
    scheme, context, layer = ALiBi(n_heads=H, learned=False), context_of(FAR), Attention(SHAPE, 0)
    torch.nn.init.normal_(layer.q.weight, std=0.3, generator=torch.Generator().manual_seed(1))
    x = draw(B, FAR, 24, dtype=torch.float32)
    with torch.no_grad():
        expected = layer(x, forward_of(scheme, context, "dense"))
        with torch.autocast("cpu", torch.bfloat16):
            got = layer(x, forward_of(scheme, context, "bias")).float()
    assert (got - expected).abs().max() / expected.abs().max() < 4 * ROUNDING  # four maps and the kernel round


def test_on_a_cpu_bfloat16_attention_is_computed_in_float32(monkeypatch):
    seen = []

    def spy(q, k, v, *rest, **named):
        seen.append({q.dtype, k.dtype, v.dtype})
        return attend(q, k, v, *rest, **named)

    monkeypatch.setattr(block, "attend", spy)
    scheme, context, layer = NoPE(), context_of(T), Attention(SHAPE, 0)
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(draw(B, T, 24, dtype=torch.float32), forward_of(scheme, context, "sdpa"))
    assert seen == [{torch.float32}]
    assert out.dtype == torch.bfloat16


def test_dropout_of_one_half_keeps_the_mean():
    context = context_of(T)
    q, k = torch.zeros(B, H, T, K), torch.zeros(B, G, T, K)
    plan = plan_of(NoPE(), "dense", context)
    torch.manual_seed(0)
    outs = [attend(q, k, torch.ones(B, G, T, K), call(NoPE(), context, plan, dropout=0.5)) for _ in range(100)]
    assert outs[0].std() > 0.1
    assert abs(torch.stack(outs).mean() - 1) < 0.02
    assert F.mse_loss(attend(q, k, torch.ones(B, G, T, K), call(NoPE(), context, plan)), torch.ones(B, H, T, K)) < 1e-12
