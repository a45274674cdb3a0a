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
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from wordorder.position.base import Context, PositionScheme, ScoreMod

Kernel = Literal["sdpa", "bias", "flex", "dense"]
MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # (b, h, i, j) -> may query i see key j


@dataclass(frozen=True)
class Plan:
    """How the scores of one forward are made; shared by its layers unless the scheme reads content."""

    kernel: Kernel
    mod: ScoreMod | None
    allowed: MaskMod
    bias: Tensor | None = None  # kernel bias
    block_mask: BlockMask | None = None  # kernel flex


def choose_kernel(position: PositionScheme, asked: str, *, device: str) -> Kernel:
    """The kernel that serves this scheme on this device; ValueError if the asked one cannot, never another one silently."""
    changes = type(position).score_mod is not PositionScheme.score_mod
    if asked == "auto":
        return "sdpa" if not changes else "bias" if position.additive else "dense"
    if asked == "sdpa" and changes:
        raise ValueError(
            f"kernel=sdpa cannot serve {type(position).__name__}, which changes scores; use kernel=bias or auto"
        )
    if asked == "bias" and not position.additive:
        raise ValueError(
            f"kernel=bias cannot serve {type(position).__name__}, which does more than add; use kernel=dense"
        )
    if asked == "flex" and device == "cpu":
        raise ValueError("kernel=flex has no backward on CPU; use kernel=auto")
    return asked


def make_plan(kernel: Kernel, mod: ScoreMod | None, context: Context, *, n_heads: int) -> Plan:
    """Everything about the scores that can be made before q and k are known. Raises ValueError for packed rows under sdpa."""
    allowed = may_see(context)
    if kernel == "sdpa" and context.document_BS is not None:
        raise ValueError("kernel=sdpa cannot keep documents of a row apart; use kernel=auto")
    if kernel == "bias":
        return Plan(kernel, mod, allowed, bias=dense_bias(mod, allowed, context, n_heads=n_heads))
    if kernel == "flex":
        n_batch = None if context.document_BS is None else context.tokens_BS.shape[0]
        shape = dict(B=n_batch, H=None, Q_LEN=context.n_new, KV_LEN=context.tokens_BS.shape[1])
        return Plan(
            kernel, mod, allowed, block_mask=create_block_mask(allowed, device=context.tokens_BS.device, **shape)
        )
    return Plan(kernel, mod, allowed)


def may_see(context: Context) -> MaskMod:
    """Causality over the new tokens (the last T of S), and documents where a row holds several."""
    cached, document_BS = context.tokens_BS.shape[1] - context.n_new, context.document_BS
    if document_BS is None:
        return lambda b, h, i, j: j <= i + cached
    return lambda b, h, i, j: (j <= i + cached) & (document_BS[b, i + cached] == document_BS[b, j])


def indices(context: Context, *, n_heads: int, by_row: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """b, h, i, j as (B or 1,1,1,1) (1,H,1,1) (1,1,T,1) (1,1,1,S), to evaluate a closure densely."""
    n_batch, n_tokens = context.tokens_BS.shape
    sizes = (n_batch if by_row else 1, n_heads, context.n_new, n_tokens)
    return tuple(
        torch.arange(size, device=context.tokens_BS.device).view([-1 if axis == place else 1 for axis in range(4)])
        for place, size in enumerate(sizes)
    )


def dense_bias(mod: ScoreMod | None, allowed: MaskMod, context: Context, *, n_heads: int) -> Tensor:
    """What an additive score_mod adds, -inf where a key is hidden: float32, or bool when it only hides."""
    by_row = context.document_BS is not None or context.place_BS.shape[0] > 1
    at = indices(context, n_heads=n_heads, by_row=by_row)
    if mod is None:
        return allowed(*at)
    zero = torch.zeros((), device=context.tokens_BS.device)
    return mod(zero, *at).masked_fill(~allowed(*at), float("-inf"))


def attend(q_BHTK: Tensor, k_BGSK: Tensor, v_BGSK: Tensor, context: Context, plan: Plan, *, dropout: float) -> Tensor:
    """Softmax of the scaled, changed, masked scores, times the values: (B, H, T, K)."""
    groups = q_BHTK.shape[1] // k_BGSK.shape[1]
    if plan.kernel == "flex":
        return compile_flex()(
            q_BHTK, k_BGSK, v_BGSK, score_mod=plan.mod, block_mask=plan.block_mask, enable_gqa=groups > 1
        )
    if groups > 1:
        k_BGSK, v_BGSK = k_BGSK.repeat_interleave(groups, dim=1), v_BGSK.repeat_interleave(groups, dim=1)
    if plan.kernel == "dense":
        return attend_densely(q_BHTK, k_BGSK, v_BGSK, context, plan, dropout=dropout)
    n_new, n_tokens = q_BHTK.shape[2], k_BGSK.shape[2]
    mask = plan.bias
    if plan.kernel == "sdpa" and 1 < n_new < n_tokens:
        mask = dense_bias(None, plan.allowed, context, n_heads=1)
    if mask is not None and mask.is_floating_point() and q_BHTK.dtype == torch.float64:
        mask = mask.double()  # torch 2.13 on CPU takes a float32 mask beside float64 queries and misreads it
    return F.scaled_dot_product_attention(
        q_BHTK, k_BGSK, v_BGSK, attn_mask=mask, is_causal=mask is None and n_new == n_tokens, dropout_p=dropout
    )


def attend_densely(
    q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, context: Context, plan: Plan, *, dropout: float
) -> Tensor:
    """The definition of attention, scores and softmax in float32 or better."""
    wide = torch.promote_types(q_BHTK.dtype, torch.float32)
    at = indices(context, n_heads=q_BHTK.shape[1], by_row=True)
    score_BHTS = q_BHTK.to(wide) @ k_BHSK.to(wide).mT * q_BHTK.shape[-1] ** -0.5
    if plan.mod is not None:
        score_BHTS = plan.mod(score_BHTS, *at)
    weight_BHTS = score_BHTS.masked_fill(~plan.allowed(*at), float("-inf")).softmax(-1)
    return (F.dropout(weight_BHTS, dropout) @ v_BHSK.to(wide)).to(v_BHSK.dtype)


@functools.cache
def compile_flex() -> Callable[..., Tensor]:
    """FlexAttention as one kernel, compiled at its first use; uncompiled it materialises every score."""
    return torch.compile(flex_attention, dynamic=False)
