"""The decoder-only language model that every scheme is put into.

Letters in tensor names, here and everywhere in the project:
    B batch   T new tokens   S all tokens in view (cached + new)   D d_model   H heads   G key-value heads   K head_dim
    V vocabulary   N a table's size   R K/2   i query   j key
"""

import inspect
import math
from dataclasses import fields
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wordorder.model.attention import Kernel, ScorePlan, choose_kernel, make_plan, may_see
from wordorder.model.block import Block, Forward, NormPlacement, Shape
from wordorder.model.cache import Cache
from wordorder.model.embedding import Embedding, EmbeddingScale, embed, prepare
from wordorder.model.head import Head
from wordorder.model.mlp import Activation
from wordorder.model.norm import NormKind
from wordorder.model.seeding import generator
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context

LOSS_CHUNK = 512  # tokens


class Transformer(nn.Module):
    """ids (B, T) -> logits (B, T, V). The state dict says `position.*` for all that the scheme owns."""

    def __init__(
        self,
        vocab_size: int,
        position: PositionScheme,
        *,
        d_model: int,
        n_layers: int,
        n_heads: int,
        n_kv_heads: int,
        head_dim: int,
        d_ff: int,
        context_length: int,
        norm: NormKind,
        norm_eps: float,
        activation: Activation,
        bias: bool,
        tie_embeddings: bool,
        dropout: float,
        init_std: float,
        kernel: Literal["auto", "sdpa", "bias", "flex", "dense"],
        norm_placement: NormPlacement,
        qkv_bias: bool,
        qk_norm: bool,
        embedding_scale: EmbeddingScale,
        embedding_norm: bool,
        n_token_types: int,
        head_transform: bool,
        logit_scale: float,
    ):
        super().__init__()
        self.options = {name: value for name, value in locals().items() if name in OPTIONS}
        refuse_bad_sizes(self.options)
        shape = Shape(**{one.name: self.options[one.name] for one in fields(Shape)})
        self.context_length, self.init_std, self.kernel, self.n_heads = context_length, init_std, kernel, n_heads
        self.embedding = Embedding(vocab_size, d_model, scale=embedding_scale, n_token_types=n_token_types)
        self.position = position
        self.embedding_norm = shape.make_norm() if embedding_norm else None
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(shape, layer) for layer in range(n_layers))
        self.norm = nn.Identity() if norm_placement == "post" else shape.make_norm()
        self.head = Head(
            vocab_size, d_model, tied=tie_embeddings, transform=head_transform, norm_eps=norm_eps, scale=logit_scale
        )

    def initialise(self, weight_seed: int) -> "Transformer":
        """Draw every weight from a generator keyed by (weight_seed, its name); as GPT-2: N(0, init_std), residual maps
        narrower by sqrt(2 n_layers), biases 0, norms 1."""
        for name, weight in self.named_parameters():
            if name.startswith("position."):
                continue
            if weight.dim() == 1:
                nn.init.constant_(weight, 0.0 if name.endswith(("bias", "gain_minus_one")) else 1.0)
                continue
            residual = name.endswith(("attention.o.weight", "mlp.down.weight"))
            std = self.init_std * (2 * len(self.blocks)) ** -0.5 if residual else self.init_std
            nn.init.normal_(weight, std=std, generator=generator("weights", weight_seed, name))
        self.position.initialise(lambda name: generator("weights", weight_seed, f"position.{name}"))
        return self

    def forward(
        self,
        ids_BT: Tensor,
        *,
        document_BT: Tensor | None = None,
        row_B: Tensor | None = None,
        step: int = 0,
        cache: Cache | None = None,
        horizon: int | None = None,
        last: int | None = None,
    ) -> Tensor:
        """Logits of what follows each token, or each of the `last` tokens only.

        A `cache` (see `empty_cache`) is filled in place; the ids are then the new tokens only.
        """
        tokens_BS = ids_BT if cache is None else cache.add_tokens(ids_BT)
        n_new = ids_BT.shape[1]
        context = make_context(tokens_BS, n_new, document_BS=document_BT, row_B=row_B, step=step, horizon=horizon)
        x_BTD = self.hidden(context, cache)
        return self.logits(x_BTD if last is None else x_BTD[:, -last:])

    def hidden(self, context: Context, cache: Cache | None = None) -> Tensor:
        """The normed output of the last block for the new tokens, (B, T, D). Raises ValueError past the scheme's limit."""
        pos = prepare(self.position, context)
        with torch.autocast(context.tokens_BS.device.type, enabled=False):
            layers = self.plan_layers(context, pos)
        x_BTD = self.embed(context, pos)
        forward = Forward(self.position, context, layers, cache)
        for block in self.blocks:
            x_BTD = block(x_BTD, forward)
        return self.norm(x_BTD)

    def embed(self, context: Context, pos: Any) -> Tensor:
        """What the first block is given, (B, T, D)."""
        return embed(context, self.embedding, self.position, pos, norm=self.embedding_norm, drop=self.dropout)

    def logits(self, x_BTD: Tensor) -> Tensor:
        """Hidden states to scores over the vocabulary, (B, T, V)."""
        return self.head(x_BTD, self.embedding.weight)

    def sum_nats(self, x_BTD: Tensor, target_BT: Tensor, *, unscored: int) -> Tensor:
        """The negative log likelihood of the targets, in nats, summed over all that are not `unscored`.

        A few hundred tokens at a time on a CPU: their logits stay in its cache, and a step at 2048 ids is a tenth shorter
        than with the logits of the whole batch in memory.
        """
        size = LOSS_CHUNK if x_BTD.device.type == "cpu" else target_BT.numel()
        nats = []
        for x_ND, target_N in zip(x_BTD.flatten(0, 1).split(size), target_BT.flatten().split(size), strict=True):
            logits_NV = self.logits(x_ND)
            wide = torch.promote_types(logits_NV.dtype, torch.float32)
            nats.append(F.cross_entropy(logits_NV.to(wide), target_N, ignore_index=unscored, reduction="sum"))
        return torch.stack(nats).sum()

    def plan_layers(self, context: Context, pos: Any) -> list[tuple[Any, ScorePlan]]:
        """Each layer's pos, and how scores are made: once for all layers with the same pos, again in each with content."""
        kernel, layers = self.kernel_for(context), []
        for layer in range(len(self.blocks)):
            own = self.position.at_layer(layer, pos)
            plan = next((plan for other, plan in layers if other is own), None)
            layers.append((own, plan or self.plan(kernel, context, own)))
        return layers

    def plan(self, kernel: Kernel, context: Context, pos: Any) -> ScorePlan:
        allowed = may_see(context, self.position.visible(pos))
        if self.position.content:
            return ScorePlan(kernel, None, allowed)
        mod = self.position.score_mod(None, None, None, pos)
        return make_plan(kernel, mod, allowed, context, n_heads=self.n_heads, by_row=self.position.by_row)

    def kernel_for(self, context: Context) -> Kernel:
        device, packed = context.tokens_BS.device.type, context.document_BS is not None
        return choose_kernel(self.position, self.kernel, device=device, packed=packed)

    def empty_cache(self) -> Cache:
        """To be passed to successive forwards, each with the tokens that are new."""
        return Cache(len(self.blocks))

    def count_parameters(self) -> dict[str, int]:
        """total = position + embedding (both ends) + rest."""
        size = {name: weight.numel() for name, weight in self.named_parameters()}
        position = sum(n for name, n in size.items() if name.startswith("position."))
        embedding = sum(n for name, n in size.items() if name.startswith(("embedding.", "head.")))
        total = sum(size.values())
        return {"total": total, "position": position, "embedding": embedding, "rest": total - position - embedding}


OPTIONS = [*inspect.signature(Transformer).parameters][2:]  # what a yaml says, beside the vocabulary and the scheme


def refuse_bad_sizes(sizes: dict) -> None:
    """ValueError for what no model can be built from; the first word is the argument's name."""
    for name in ("d_model", "n_layers", "n_heads", "n_kv_heads", "head_dim", "d_ff", "context_length"):
        if sizes[name] < 1:
            raise ValueError(f"{name}={sizes[name]} must be at least 1")
    if sizes["n_heads"] % sizes["n_kv_heads"]:
        raise ValueError(f"n_kv_heads={sizes['n_kv_heads']} must divide n_heads={sizes['n_heads']}")
    if not 0 <= sizes["dropout"] < 1:
        raise ValueError(f"dropout={sizes['dropout']} must lie in [0, 1)")
    if sizes["kernel"] == "flex" and sizes["dropout"]:
        raise ValueError(f"kernel=flex drops no weights, and dropout={sizes['dropout']}: use dropout=0 or kernel=auto")
    if sizes["n_token_types"] < 0:
        raise ValueError(f"n_token_types={sizes['n_token_types']} must not be negative; BERT has 2")
    if not 0 < sizes["logit_scale"] < math.inf:
        raise ValueError(f"logit_scale={sizes['logit_scale']} must be positive; 1 leaves the scores")
    if sizes["init_std"] <= 0:
        raise ValueError(f"init_std={sizes['init_std']} must be positive; GPT-2 has 0.02")


def make_context(
    tokens_BS: Tensor,
    n_new: int | None = None,
    *,
    document_BS: Tensor | None = None,
    row_B: Tensor | None = None,
    step: int = 0,
    horizon: int | None = None,
) -> Context:
    """The side input of one forward over `tokens_BS`, of which the last `n_new` (all, unless decoding) are queries."""
    n_batch, n_tokens = tokens_BS.shape
    place_BS = torch.arange(n_tokens, device=tokens_BS.device)[None]
    if document_BS is not None:
        place_BS = place_BS - torch.searchsorted(
            document_BS, document_BS
        )  # documents are numbered in order along a row
    row_B = torch.arange(n_batch, device=tokens_BS.device) if row_B is None else row_B
    return Context(
        tokens_BS=tokens_BS,
        n_new=n_new or n_tokens,
        place_BS=place_BS,
        document_BS=document_BS,
        row_B=row_B,
        step=step,
        horizon=max(horizon or 0, n_tokens),
    )
