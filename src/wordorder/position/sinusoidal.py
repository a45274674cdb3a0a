"""sinusoidal: fixed sines and cosines of the position, added to the embedding.

Vaswani et al. 2017, 1706.03762, section 3.5.
acts on: embedding   learns: nothing, or g   any length: yes

    h_t = s * E[token_t] + g * P[t + offset],   angle_pm = p * base^(-m/n),   m = 0 .. D/2 - 1
    interleaved:    P[p, 2m] = sin(angle_pm),   P[p, 2m+1] = cos(angle_pm)
    concatenated:   P[p, m] = sin(angle_pm),    P[p, D/2 + m] = cos(angle_pm)

with s = sqrt(D) (section 3.4), because P has norm sqrt(D/2) and would drown an unscaled embedding. Published tables:

    the paper, OpenNMT             interleaved    n = D/2       offset 0   g = 1
    tensor2tensor, fairseq, XGLM   concatenated   n = D/2 - 1   offset 2   g = 1   (tensor2tensor: offset 0)
    Transformer-XL, GPT-NeoX       concatenated   n = D/2       offset 0   g = 1   (GPT-NeoX: s = 1)
    x-transformers                 concatenated   n = D/2       offset 0   g learned from D^(-1/2), s = 1

Differs: nothing
Oracle: the equation as a double loop over t and m in Python floats; the classes of XGLM, RoFormer and Marian at Hugging Face and
of x-transformers.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Places


class Sinusoidal(PositionScheme):
    """`embedding_scale`: sqrt_d multiplies the embedding by sqrt(d_model), one leaves it; `gain`: g above."""

    def __init__(
        self,
        *,
        d_model: int,
        base: float,
        layout: Literal["interleaved", "concatenated"],
        spacing: Literal["half_d", "half_d_minus_1"],
        offset: int,
        gain: Literal["one", "learned"],
        embedding_scale: Literal["sqrt_d", "one"],
    ):
        super().__init__()
        if d_model % 2:
            raise ValueError(f"d_model={d_model} must be even: a sine and a cosine for each frequency")
        if base <= 0:
            raise ValueError(f"base={base} must be positive; the paper has 10000")
        if spacing == "half_d_minus_1" and d_model < 4:
            raise ValueError(f"spacing={spacing} needs two frequencies: give d_model 4 or more, or spacing half_d")
        if offset < 0:
            raise ValueError(f"offset={offset} must not be negative; fairseq has 2")
        self.d_model, self.base, self.layout, self.offset = d_model, base, layout, offset
        self.twice_n = d_model if spacing == "half_d" else d_model - 2
        self.scale = math.sqrt(d_model) if embedding_scale == "sqrt_d" else 1.0
        self.gain = nn.Parameter(torch.empty(())) if gain == "learned" else None

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        if self.gain is not None:
            nn.init.constant_(self.gain, self.d_model**-0.5)

    def embed(self, x_BTD: Tensor, pos: Places) -> Tensor:
        table_BTD = self.table(pos.q_BT)
        wide = torch.promote_types(x_BTD.dtype, torch.float32)
        return (x_BTD.to(wide) * self.scale + table_BTD).to(x_BTD.dtype)

    def table(self, place_BT: Tensor) -> Tensor:
        """g times the rows of P for positions (..., T): (..., T, d_model), float32 or better."""
        twice_m = torch.arange(0, self.d_model, 2, device=place_BT.device, dtype=torch.float32)
        angle = (place_BT[..., None] + self.offset).float() * self.base ** (-twice_m / self.twice_n)
        pair = (angle.sin(), angle.cos())
        table = torch.stack(pair, dim=-1).flatten(-2) if self.layout == "interleaved" else torch.cat(pair, dim=-1)
        return table if self.gain is None else table * self.gain
