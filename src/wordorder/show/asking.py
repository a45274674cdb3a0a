"""asking: random inputs, and what one layer's hooks make of them. Letters: see model/transformer.py."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from wordorder.model.attention import Call, attend, indices, make_plan, may_see
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.show.seen import NOTHING, Array

TEXT = [*b"0123456789" * 3, *b"++== abcdefghijkl"]  # numbers and sums too: there are schemes that read them


@dataclass(frozen=True)
class Inputs:
    """Random tokens, layer inputs, queries and keys, for B texts."""

    tokens_BS: Tensor
    x_BSD: Tensor
    q_BHSK: Tensor
    k_BGSK: Tensor

    def first(self, n: int) -> "Inputs":
        return Inputs(self.tokens_BS[:n], self.x_BSD[:n], self.q_BHSK[:n], self.k_BGSK[:n])

    def context(self, n_new: int) -> Context:
        return make_context(self.tokens_BS, n_new)


def draw_inputs(model: Transformer, length: int, seed: int, n_texts: int) -> Inputs:
    """N(0, 1), as after a norm; the same for all heads, so that heads differ by the scheme alone."""
    draw, kind = torch.Generator().manual_seed(seed), model.embedding.weight.dtype
    attention = model.blocks[0].attention
    n_kv_heads, head_dim = attention.k.out_features // attention.head_dim, attention.head_dim
    tokens_BS = torch.tensor(TEXT)[torch.randint(len(TEXT), (n_texts, length), generator=draw)]
    tokens_BS = tokens_BS % model.embedding.num_embeddings
    x_BSD = torch.randn(n_texts, length, model.embedding.embedding_dim, generator=draw, dtype=kind)
    q_B1SK, k_B1SK = torch.randn(2, n_texts, 1, length, head_dim, generator=draw, dtype=kind)
    return Inputs(tokens_BS, x_BSD, q_B1SK.expand(-1, model.n_heads, -1, -1), k_B1SK.expand(-1, n_kv_heads, -1, -1))


def read_scores(
    scheme: PositionScheme, given: Inputs, context: Context, pos: Any, q_BHTK: Tensor, k_BGSK: Tensor
) -> tuple[Array, Array]:
    """What is added to each score, NaN where a key is hidden, and which keys are seen: both (1 or B, H, T, S).

    A score_mod that does more than add is asked with random scores, those of the queries and keys.
    """
    n_heads, by_row = q_BHTK.shape[1], scheme.content or scheme.by_row or not scheme.additive
    at = indices(context, n_heads=n_heads, by_row=by_row)
    mod = scheme.score_mod(*((q_BHTK, k_BGSK, given.x_BSD) if scheme.content else (None, None, None)), pos)
    score = torch.zeros(())
    if not scheme.additive:
        score = scores_of(given.q_BHSK, given.k_BGSK)
    shape = tuple(index.numel() for index in at)
    added = (torch.zeros(()) if mod is None else mod(score, *at) - score).expand(shape)
    visible = may_see(context, scheme.visible(pos))(*at).expand(shape) & ~added.isinf()
    return added.masked_fill(~visible, torch.nan).numpy(), visible.numpy()


def turn_equal_vectors(model: Transformer, few: Inputs, number: int) -> tuple[Array, Array, bool]:
    """Products of queries and keys that all were one vector of length sqrt(K), over K, twice (K, H, T, S), NaN for keys to come;
    and whether they depend on the text.

    Once for a vector along each channel, once for K orthogonal ones in random directions: where the map is linear, the mean
    over either is that over all directions, exactly.
    """
    scheme, (n_texts, H, length, K), G = model.position, few.q_BHSK.shape, few.k_BGSK.shape[1]
    random_KK = torch.randn(K, K, generator=torch.Generator().manual_seed(0), dtype=few.q_BHSK.dtype)
    found = []
    for basis_KK in (torch.eye(K, dtype=random_KK.dtype), torch.linalg.qr(random_KK)[0], random_KK[:1].expand(K, -1)):
        z_K1SK = (basis_KK * K**0.5)[:, None, None].expand(K, 1, length, K)
        row = torch.arange(K) % n_texts
        given = Inputs(few.tokens_BS[row], few.x_BSD[row], z_K1SK.expand(K, H, -1, -1), z_K1SK.expand(K, G, -1, -1))
        pos = scheme.at_layer(number, scheme.prepare(given.context(length)))
        product = scores_of(*scheme.transform_qk(given.q_BHSK, given.k_BGSK, given.x_BSD, pos), scale=1 / K)
        found.append(product.masked_fill(~torch.ones(length, length).tril().bool(), torch.nan).numpy())
    channel_KHTS, kernel_KHTS, same_vector_KHTS = found
    return channel_KHTS, kernel_KHTS, not np.allclose(same_vector_KHTS, same_vector_KHTS[:1], equal_nan=True, atol=1e-4)


def weigh(model: Transformer, given: Inputs, number: int, n_new: int) -> tuple[Tensor, Tensor, bool]:
    """The mean attention of the last tokens, (H, n_new, S), what the usual softmax would make of the scheme's scores, and
    whether something is added to values.

    What attention makes of values that are one-hot in the key is its weights, whatever replaces the softmax.
    """
    K, S = given.k_BGSK.shape[-1], given.tokens_BS.shape[1]
    call, q_BHTK, k_BGSK = call_attention(model, given, number, n_new=n_new)
    score_BHTS = scores_of(q_BHTK, k_BGSK, scale=call.scale)
    at = indices(call.context, n_heads=model.n_heads, by_row=True)
    score_BHTS = score_BHTS if call.plan.mod is None else call.plan.mod(score_BHTS, *at)
    usual_HTS = score_BHTS.masked_fill(~call.plan.allowed(*at), -torch.inf).softmax(-1).mean(0)
    if model.position.needs != "dense":
        return usual_HTS, usual_HTS, False
    nothing_BHTK = attend(q_BHTK, k_BGSK, torch.zeros_like(given.k_BGSK), call)
    parts = []
    for start in range(0, S, K):
        v_SK = torch.eye(S, dtype=nothing_BHTK.dtype)[:, start : start + K]
        v_BGSK = F.pad(v_SK, (0, K - v_SK.shape[1])).expand(given.k_BGSK.shape)
        out_BHTK = attend(q_BHTK, k_BGSK, v_BGSK, call) - nothing_BHTK
        parts.append(out_BHTK[..., : v_SK.shape[1]].mean(0))
    return torch.cat(parts, -1), usual_HTS, bool(nothing_BHTK.abs().max() > NOTHING)


def attend_all(model: Transformer, given: Inputs, number: int) -> Tensor:
    """What attention makes of the inputs, with the inputs' keys as values."""
    call, q_BHTK, k_BGSK = call_attention(model, given, number, n_new=given.tokens_BS.shape[1])
    return attend(q_BHTK, k_BGSK, given.k_BGSK, call)


def call_attention(model: Transformer, given: Inputs, number: int, *, n_new: int) -> tuple[Call, Tensor, Tensor]:
    """All that one layer's attention needs, by its definition, with the queries and keys that the scheme makes."""
    scheme, context = model.position, given.context(n_new)
    pos = scheme.at_layer(number, scheme.prepare(context))
    q_BHTK, k_BGSK = scheme.transform_qk(given.q_BHSK[:, :, -n_new:], given.k_BGSK, given.x_BSD, pos)
    mod = scheme.score_mod(*((q_BHTK, k_BGSK, given.x_BSD) if scheme.content else (None, None, None)), pos)
    allowed = may_see(context, scheme.visible(pos))
    plan = make_plan("dense", mod, allowed, context, n_heads=model.n_heads, by_row=True)
    of = dict(position=scheme, pos=pos, x_BSD=given.x_BSD, context=context, plan=plan)
    return Call(**of, scale=given.k_BGSK.shape[-1] ** -0.5, dropout=0.0), q_BHTK, k_BGSK


def scores_of(q_BHTK: Tensor, k_BGSK: Tensor, *, scale: float | None = None) -> Tensor:
    """(B, H, T, S), over sqrt(K) unless `scale` says otherwise."""
    k_BHSK = k_BGSK.repeat_interleave(q_BHTK.shape[1] // k_BGSK.shape[1], dim=1)
    return q_BHTK @ k_BHSK.mT * (q_BHTK.shape[-1] ** -0.5 if scale is None else scale)
