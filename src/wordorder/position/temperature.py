"""temperature: scores are sharpened, slowly, the further a query stands in its text; around any scheme.

Nakanishi 2025, 2501.19399, whose learned scale is fixed here as in Llama 4 and in Inkling at Hugging Face.
acts on: q   learns: nothing   any length: yes

    q_i -> tau(i) q_i                                              after the scheme inside
    log_floor:  tau(i) = 1 + alpha ln(1 + floor((i + 1) / floor))   Llama 4
    log_max:    tau(i) = 1 + alpha ln(max((i + 1) / floor, 1))      Inkling

The first floor - 1 queries are left as they are.
Differs: Inkling's tau is on its position bias too, here on q alone. Ministral 3 has Llama 4's form with i in place of i + 1.
Oracle: Hugging Face's Llama4TextAttention with identity maps, and the equations as a loop in Python floats.
"""

from typing import Literal

import torch
from torch import Tensor

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context, Places
from wordorder.position.wrapper import Wrapped, Wrapper


class Temperature(Wrapper):
    """`floor` in tokens, the length from which scores need sharpening; only queries are scaled."""

    reads_ids = True
    shift_invariant = False

    def __init__(self, *, scheme: PositionScheme, kind: Literal["log_floor", "log_max"], alpha: float, floor: int):
        super().__init__([scheme])
        if alpha < 0:
            raise ValueError(f"alpha={alpha} must not be negative; Llama 4 has 0.1")
        if floor < 1:
            raise ValueError(f"floor={floor} must be at least 1; Llama 4 has 8192")
        self.kind, self.alpha, self.floor = kind, alpha, floor

    def own(self, context: Context) -> Tensor:
        """tau of each query, float32 (1 or B, 1, T, 1)."""
        n_BT = Places.of(context).q_BT + 1
        grown_BT = 1 + n_BT // self.floor if self.kind == "log_floor" else (n_BT / self.floor).clamp(min=1)
        return (1 + self.alpha * grown_BT.float().log())[:, None, :, None]

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Wrapped) -> tuple[Tensor, Tensor]:
        q_BHTK, k_BGSK = super().transform_qk(q_BHTK, k_BGSK, x_BSD, pos)
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        return (q_BHTK.to(wide) * pos.own).to(q_BHTK.dtype), k_BGSK
