"""sinusoidal: fixed sines and cosines of the position, added to the embedding.

Vaswani et al. 2017, 1706.03762, section 3.5.
acts on: embedding   learns: nothing   any length: yes

    h_t = s * E[token_t] + P[t],   P[t, 2m] = sin(t * base^(-2m/D)),   P[t, 2m+1] = cos(t * base^(-2m/D))

with s = sqrt(D) (section 3.4), because P has norm sqrt(D/2) and would drown an unscaled embedding.
Differs: nothing
Oracle: the equation as a double loop over t and m in Python floats.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from wordorder.position.base import Places, PositionScheme


class Sinusoidal(PositionScheme):
    """`embedding_scale`: sqrt_d multiplies the embedding by sqrt(d_model), one leaves it."""

    def __init__(self, *, d_model: int, base: float, embedding_scale: Literal["sqrt_d", "one"]):
        super().__init__()
        if d_model % 2:
            raise ValueError(f"d_model={d_model} must be even: a sine and a cosine for each frequency")
        if base <= 0:
            raise ValueError(f"base={base} must be positive; the paper has 10000")
        self.d_model, self.base = d_model, base
        self.scale = math.sqrt(d_model) if embedding_scale == "sqrt_d" else 1.0

    def embed(self, x_BTD: Tensor, pos: Places) -> Tensor:
        table_BTD = self.table(pos.q_BT)
        wide = torch.promote_types(x_BTD.dtype, torch.float32)
        return (x_BTD.to(wide) * self.scale + table_BTD).to(x_BTD.dtype)

    def table(self, place_BT: Tensor) -> Tensor:
        """Rows of P for integer positions (..., T), float32 (..., T, d_model)."""
        m = torch.arange(0, self.d_model, 2, device=place_BT.device, dtype=torch.float32)
        angle = place_BT[..., None].float() * self.base ** (-m / self.d_model)
        return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)
