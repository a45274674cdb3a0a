"""Which kernel computes attention, decided in one place from what the position scheme returned.

Letters: see transformer.py. The model owns the scale, causality, documents and dropout; the scheme may change scores.

    sdpa    no score change, nothing hidden but the future: F.scaled_dot_product_attention
    bias    the score change as one float tensor (1 or B, 1 or H, T, S), or only a bool mask, given to the same function
    flex    FlexAttention, fused on CUDA
    dense   explicit scores, score_mod, softmax: the definition that the others are tested against
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from wordorder.position.base import KERNELS, DenseAttention, PositionScheme, ScoreMod
from wordorder.position.context import Context
from wordorder.position.masks import MaskMod, both

Kernel = Literal["sdpa", "bias", "flex", "dense"]


@dataclass(frozen=True)
class ScorePlan:
    """How the scores of one forward are made; shared by its layers unless the scheme reads content."""

    kernel: Kernel
    mod: ScoreMod | None
    allowed: MaskMod
    bias: Tensor | None = None  # kernel bias
    block_mask: BlockMask | None = None  # kernel flex


def choose_kernel(position: PositionScheme, asked: str, *, device: str, packed: bool = False) -> Kernel:
    """The kernel that serves this scheme on this device; ValueError if the asked one cannot, never another one silently.

    `packed`: rows hold several documents that are kept apart, which takes a mask.
    """
    needs = position.needs
    if asked == "auto":
        return "bias" if packed and needs == "sdpa" else needs
    if asked == "sdpa" and packed:
        raise ValueError(
            "kernel=sdpa cannot keep the documents of a row apart, as data.attend_across=false asks; use kernel=auto"
        )
    if asked == "flex" and device == "cpu":
        raise ValueError("kernel=flex has no backward on CPU; use kernel=auto")
    own_softmax = asked == "flex" and position.replaces_softmax
    if own_softmax or (asked in KERNELS and KERNELS.index(asked) < KERNELS.index(needs)):
        does = {"bias": "changes scores or hides keys", "dense": "does more than add to scores"}[needs]
        raise ValueError(
            f"kernel={asked} cannot serve {type(position).__name__}, which {does}; use kernel={needs} or auto"
        )
    return asked


def make_plan(
    kernel: Kernel, mod: ScoreMod | None, allowed: MaskMod, context: Context, *, n_heads: int, by_row: bool
) -> ScorePlan:
    """How scores are changed and hidden: `by_row` where what `mod` reads differs from row to row."""
    by_row = by_row or context.document_BS is not None or context.place_BS.shape[0] > 1
    if kernel == "bias":
        return ScorePlan(kernel, mod, allowed, bias=dense_bias(mod, allowed, context, n_heads=n_heads, by_row=by_row))
    if kernel == "flex":
        n_batch = context.tokens_BS.shape[0] if by_row else None
        shape = dict(B=n_batch, H=None, Q_LEN=context.n_new, KV_LEN=context.tokens_BS.shape[1])
        return ScorePlan(
            kernel, mod, allowed, block_mask=create_block_mask(allowed, device=context.tokens_BS.device, **shape)
        )
    return ScorePlan(kernel, mod, allowed)


def may_see(context: Context, visible: MaskMod | None = None) -> MaskMod:
    """Causality over the new tokens (the last T of S), documents where a row holds several, and what the scheme hides."""
    cached, document_BS = context.tokens_BS.shape[1] - context.n_new, context.document_BS
    apart = None
    if document_BS is not None:
        apart = lambda b, h, i, j: document_BS[b, i + cached] == document_BS[b, j]  # noqa: E731
    return both(lambda b, h, i, j: j <= i + cached, apart, visible)


def indices(context: Context, *, n_heads: int, by_row: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """b, h, i, j as (B or 1,1,1,1) (1,H,1,1) (1,1,T,1) (1,1,1,S), to evaluate a closure densely."""
    n_batch, n_tokens = context.tokens_BS.shape
    sizes = (n_batch if by_row else 1, n_heads, context.n_new, n_tokens)
    return tuple(
        torch.arange(size, device=context.tokens_BS.device).view([-1 if axis == place else 1 for axis in range(4)])
        for place, size in enumerate(sizes)
    )


def dense_bias(
    mod: ScoreMod | None, allowed: MaskMod, context: Context, *, n_heads: int, by_row: bool = False
) -> Tensor:
    """What an additive score_mod adds, -inf where a key is hidden: float32, or bool when it only hides."""
    at = indices(context, n_heads=n_heads, by_row=by_row)
    if mod is None:
        return allowed(*at)
    zero = torch.zeros((), device=context.tokens_BS.device)
    return mod(zero, *at).masked_fill(~allowed(*at), float("-inf"))


@dataclass(frozen=True, kw_only=True)
class Call:
    """What attention needs beside q, k and v."""

    position: PositionScheme
    pos: Any
    x_BSD: Tensor
    context: Context
    plan: ScorePlan
    scale: float
    dropout: float


def attend(q_BHTK: Tensor, k_BGSK: Tensor, v_BGSK: Tensor, call: Call) -> Tensor:
    """Softmax of the scaled, changed, masked scores, times the values: (B, H, T, K)."""
    groups, plan, scale = q_BHTK.shape[1] // k_BGSK.shape[1], call.plan, call.scale
    if plan.kernel == "flex":
        options = dict(score_mod=plan.mod, block_mask=plan.block_mask, scale=scale, enable_gqa=groups > 1)
        return compile_flex()(q_BHTK, k_BGSK, v_BGSK, **options)
    if groups > 1:
        k_BGSK, v_BGSK = k_BGSK.repeat_interleave(groups, dim=1), v_BGSK.repeat_interleave(groups, dim=1)
    if plan.kernel == "dense":
        return attend_densely(q_BHTK, k_BGSK, v_BGSK, call)
    n_new, n_tokens = q_BHTK.shape[2], k_BGSK.shape[2]
    mask = plan.bias
    if plan.kernel == "sdpa" and 1 < n_new < n_tokens:
        mask = dense_bias(None, plan.allowed, call.context, n_heads=1)
    if mask is not None and mask.is_floating_point():
        return attend_biased(q_BHTK, k_BGSK, v_BGSK, mask, call)
    causal = mask is None and n_new == n_tokens
    return F.scaled_dot_product_attention(
        q_BHTK, k_BGSK, v_BGSK, attn_mask=mask, is_causal=causal, dropout_p=call.dropout, scale=scale
    )


def attend_biased(q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, bias: Tensor, call: Call) -> Tensor:
    """All in the widest of their types, under autocast too: in bfloat16 a bias of -100 has steps of a half, and beside queries
    of another type than its own a bias is refused or misread (torch 2.11 on a card, 2.13 on a processor)."""
    wide = torch.promote_types(q_BHTK.dtype, bias.dtype)
    q, k, v, bias = (part.to(wide) for part in (q_BHTK, k_BHSK, v_BHSK, bias))
    with torch.autocast(q.device.type, enabled=False):
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=call.dropout, scale=call.scale)
    return out.to(v_BHSK.dtype)


def attend_densely(q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, call: Call) -> Tensor:
    """The definition of attention, scores and softmax in float32 or better."""
    wide, plan = torch.promote_types(q_BHTK.dtype, torch.float32), call.plan
    q, k, v = q_BHTK.to(wide), k_BHSK.to(wide), v_BHSK.to(wide)
    at = indices(call.context, n_heads=q.shape[1], by_row=True)
    score_BHTS = q @ k.mT * call.scale
    if plan.mod is not None:
        score_BHTS = plan.mod(score_BHTS, *at)
    allowed = plan.allowed(*at).expand(score_BHTS.shape)
    drop = functools.partial(F.dropout, p=call.dropout)
    own = call.position.attend(q, k, v, call.x_BSD, call.pos, DenseAttention(call.scale, allowed, score_BHTS, drop))
    if own is not None:
        return own.to(v_BHSK.dtype)
    weight_BHTS = score_BHTS.masked_fill(~allowed, float("-inf")).softmax(-1)
    return (drop(weight_BHTS) @ v).to(v_BHSK.dtype)


@functools.cache
def compile_flex() -> Callable[..., Tensor]:
    """FlexAttention as one kernel, compiled at its first use; uncompiled it materialises every score."""
    return torch.compile(flex_attention, dynamic=False)
