"""What a scheme makes of given queries, keys and values, by the model's own code."""

import torch
from torch import Tensor

from wordorder.model.attention import Call, attend, choose_kernel, indices, make_plan, may_see
from wordorder.model.transformer import make_context
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context


def context_of(n_batch: int, n_tokens: int, n_new: int | None = None, **given) -> Context:
    """The context of a batch of equally long documents."""
    return make_context(torch.zeros(n_batch, n_tokens, dtype=torch.int64), n_new, **given)


def random_parameters(scheme: PositionScheme, std: float = 0.5) -> PositionScheme:
    """The scheme in float64 with every parameter drawn from N(0, std^2), so that no zero hides anything."""
    draw = torch.Generator().manual_seed(99)
    for weight in scheme.double().parameters():
        torch.nn.init.normal_(weight, std=std, generator=draw)
    return scheme


def attention(
    scheme: PositionScheme, q: Tensor, k: Tensor, v: Tensor, x: Tensor, context: Context, *, kernel="dense", layer=0
) -> Tensor:
    """One layer's attention, (B, H, T, K), of q (B, H, T, K), k and v (B, G, S, K) and the layer's input x (B, S, D)."""
    pos = scheme.at_layer(layer, scheme.prepare(context))
    scale = q.shape[-1] ** -0.5
    q, k = scheme.transform_qk(q, k, x, pos)
    read = (q, k, x) if scheme.content else (None, None, None)
    chosen = choose_kernel(scheme, kernel, device="cpu")
    allowed = may_see(context, scheme.visible(pos))
    by_row = scheme.content or scheme.by_row
    plan = make_plan(chosen, scheme.score_mod(*read, pos), allowed, context, n_heads=q.shape[1], by_row=by_row)
    of = dict(position=scheme, pos=pos, x_BSD=x, context=context, plan=plan)
    return attend(q, k, v, Call(**of, scale=scale, dropout=0.0))


def scores(scheme: PositionScheme, q: Tensor, k: Tensor, x: Tensor, context: Context, *, layer=0) -> Tensor:
    """One layer's scores before softmax, (B, H, T, S), -inf where a key is hidden."""
    pos = scheme.at_layer(layer, scheme.prepare(context))
    scale = q.shape[-1] ** -0.5
    q, k = scheme.transform_qk(q, k, x, pos)
    at = indices(context, n_heads=q.shape[1], by_row=True)
    score = q @ k.repeat_interleave(q.shape[1] // k.shape[1], dim=1).mT * scale
    mod = scheme.score_mod(*((q, k, x) if scheme.content else (None, None, None)), pos)
    score = score if mod is None else mod(score, *at)
    return score.masked_fill(~may_see(context, scheme.visible(pos))(*at), float("-inf"))


def bias(scheme: PositionScheme, context: Context, *, n_heads: int, layer=0) -> Tensor:
    """What a scheme without content adds to scores, (1 or B, H, T, S), hidden keys included."""
    pos = scheme.at_layer(layer, scheme.prepare(context))
    mod = scheme.score_mod(None, None, None, pos)
    at = indices(context, n_heads=n_heads, by_row=context.place_BS.shape[0] > 1)
    made = mod(torch.zeros((), dtype=torch.float64), *at)
    return made.expand(-1, n_heads, context.n_new, context.tokens_BS.shape[1])
