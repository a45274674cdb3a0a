"""ssmax: scores grow with the logarithm of the number of keys, so that a long past does not flatten the softmax.

Nakanishi 2025, 2501.19399, section 2.
acts on: q   learns: a factor (and an offset) a head, in each layer or once   any length: yes

    weight_i = softmax_j((s ln n_i + b) * q_i . k_j / sqrt(K)),   n_i = keys that query i sees: its tokens so far

Queries are multiplied, which gives any kernel the same scores. b = 0 and not learned unless `offset`.
n_i counts tokens: neither position ids that a wrapper draws nor a window of another scheme changes it.
Differs: nothing
Oracle: the equation as a double loop, the paper's first figure in closed form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context


@dataclass(frozen=True)
class Counts:
    """How many keys of its document each new token sees, itself included: (1 or B, T)."""

    n_BT: Tensor
    layer: int = 0


class SSMax(PositionScheme):
    """Order is the business of another scheme, next to which it is put."""

    orders = False
    reads_ids = False
    shift_invariant = True

    def __init__(
        self,
        *,
        n_layers: int,
        n_heads: int,
        share: Literal["model", "layer"],
        per_head: bool,
        offset: bool,
        init_scale: float,
    ):
        super().__init__()
        if init_scale <= 0:
            raise ValueError(f"init_scale={init_scale} must be positive: scores would start at 0 or upside down")
        self.init_scale = init_scale
        self.per_layer = share == "layer"
        shape = (1 if share == "model" else n_layers, n_heads if per_head else 1)
        self.scale = nn.Parameter(torch.empty(shape))
        self.offset = nn.Parameter(torch.empty(shape)) if offset else None

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.constant_(self.scale, self.init_scale)
        if self.offset is not None:
            nn.init.zeros_(self.offset)

    def prepare(self, context: Context) -> Counts:
        document_BS, n_tokens = context.document_BS, context.tokens_BS.shape[1]
        n_BS = torch.arange(1, n_tokens + 1, device=context.tokens_BS.device)[None]
        if document_BS is not None:
            n_BS = n_BS - torch.searchsorted(document_BS, document_BS)  # the index of its document's first token
        return Counts(n_BS[:, -context.n_new :])

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Counts) -> tuple[Tensor, Tensor]:
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        factor_BHT = self.scale[pos.layer, :, None].to(wide) * pos.n_BT[:, None].to(wide).log()
        if self.offset is not None:
            factor_BHT = factor_BHT + self.offset[pos.layer, :, None].to(wide)
        return (q_BHTK.to(wide) * factor_BHT[..., None]).to(q_BHTK.dtype), k_BGSK
