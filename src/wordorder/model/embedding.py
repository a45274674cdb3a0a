"""How tokens enter: lookup, what the position scheme does to it, norm, dropout. Training and `input_pipeline` both pass here.

Letters: see transformer.py.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context

Map = Callable[[Tensor], Tensor]
EmbeddingScale = Literal["one", "sqrt_d"]


class Embedding(nn.Embedding):
    """A trained vector for each token, times sqrt(d_model) in the weights' own precision (Gemma) or as it is; plus one of
    `n_token_types` vectors, always the first here (BERT, whose second marks a second sentence)."""

    def __init__(self, vocab_size: int, d_model: int, *, scale: EmbeddingScale = "one", n_token_types: int = 0):
        super().__init__(vocab_size, d_model)
        self.scale = scale
        self.token_type = nn.Parameter(torch.empty(n_token_types, d_model)) if n_token_types else None

    def forward(self, ids_BT: Tensor) -> Tensor:
        x_BTD = super().forward(ids_BT)
        if self.scale == "sqrt_d":
            x_BTD = x_BTD * x_BTD.new_tensor(self.embedding_dim**0.5)
        return x_BTD if self.token_type is None else x_BTD + self.token_type[0]


def prepare(position: PositionScheme, context: Context) -> Any:
    """The scheme's `pos` for this forward. Raises ValueError past the scheme's limit, before any tensor is read."""
    position.check_length(context.horizon)
    with torch.autocast(context.tokens_BS.device.type, enabled=False):
        return position.prepare(context)


def embed(
    context: Context, lookup: Map, position: PositionScheme, pos: Any, *, drop: Map, norm: Map | None = None
) -> Tensor:
    """What the first block is given for the new tokens, (B, T, D)."""
    with torch.autocast(context.tokens_BS.device.type, enabled=False):
        x_BTD = position.embed(lookup(context.tokens_BS[:, -context.n_new :]), pos)
    return drop(x_BTD if norm is None else norm(x_BTD))
