"""sandwich: the inner product of the two positions' sinusoidal embeddings is added to the score, at another scale in each head.

Chi et al. 2022, 2212.10356, section 5.
acts on: score   learns: nothing   any length: yes

    score_ij = q_i . k_j / sqrt(K) + (sum_m cos((i - j) base^(-2m/width)) - width / 2) / (8 (h+1) / H),   m = 0 .. width/2 - 1

The sum is P[i] . P[j] of sinusoidal embeddings `width` wide, and is computed so. m runs from 0, as in those embeddings (Vaswani
et al. 2017) and in Attention Gym; NeMo runs it from 1 to width/2, which exchanges cos(i - j) for cos((i - j) / base).
Differs: width/2, the sum at distance 0, is subtracted, as NeMo does and Attention Gym does not: a constant in each row of
scores, which softmax cancels, and without it float32 scores lose digits.
Oracle: the sum of cosines as a double loop, its values at distances 1, 16, 128 and 1024, and softmax without the constant.
"""

from typing import Any

import torch
from torch import Tensor

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class Sandwich(PositionScheme):
    """Angles and sums are float64, so that far positions keep their differences; the bias is float32."""

    shift_invariant = True

    def __init__(self, *, n_heads: int, width: int, base: float):
        super().__init__()
        if n_heads < 1:
            raise ValueError(f"n_heads={n_heads} must be at least 1")
        if width < 2 or width % 2:
            raise ValueError(f"width={width} must be even and at least 2; the paper has 128")
        if base <= 0:
            raise ValueError(f"base={base} must be positive; the paper has 10000")
        self.n_heads, self.width, self.base = n_heads, width, base

    def score_mod(self, q_BHTK: Any, k_BGSK: Any, x_BSD: Any, pos: Places) -> ScoreMod:
        sum_BTS = self.embedding(pos.q_BT) @ self.embedding(pos.k_BS).mT
        bias_BTS = (sum_BTS - self.width / 2).float()
        ratio_H = torch.arange(1, self.n_heads + 1, device=bias_BTS.device) * 8 / self.n_heads
        by_row = int(bias_BTS.shape[0] > 1)

        def add(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            return score + bias_BTS[b * by_row, i, j] / ratio_H[h]

        return add

    def embedding(self, place: Tensor) -> Tensor:
        """All sines, then all cosines, of integer positions (..., S): float64 (..., S, width)."""
        m = torch.arange(0, self.width, 2, device=place.device, dtype=torch.float64)
        angle = place[..., None] * self.base ** (-m / self.width)
        return torch.cat((angle.sin(), angle.cos()), dim=-1)
