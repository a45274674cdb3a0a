"""How tokens enter: lookup, what the position scheme does to it, norm, dropout. Training and `input_pipeline` both pass here.

Letters: see transformer.py.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wordorder.position.base import Context, PositionScheme

Map = Callable[[Tensor], Tensor]


def prepare(position: PositionScheme, context: Context) -> Any:
    """The scheme's `pos` for this forward. Raises ValueError past the scheme's limit, before any tensor is read."""
    limit = position.max_position
    if limit is not None and context.horizon > limit:
        raise ValueError(f"{type(position).__name__} ends at position {limit}: {context.horizon} tokens are too many")
    with torch.autocast(context.tokens_BS.device.type, enabled=False):
        return position.prepare(context)


def embed(
    context: Context, lookup: Map, position: PositionScheme, pos: Any, *, drop: Map, norm: Map | None = None
) -> Tensor:
    """What the first block is given for the new tokens, (B, T, D)."""
    with torch.autocast(context.tokens_BS.device.type, enabled=False):
        x_BTD = position.embed(lookup(context.tokens_BS[:, -context.n_new :]), pos)
    return drop(x_BTD if norm is None else norm(x_BTD))
