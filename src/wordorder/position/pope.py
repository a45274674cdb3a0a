"""pope: channels of queries and keys are lengths only, and their angle is the position alone.

Gopalakrishnan et al. 2025, 2509.10534, section 3.
acts on: q and k   learns: H x K, once or a layer   any length: yes

    score_ij = sum over m of softplus(q_im) softplus(k_jm) cos((i - j) omega_m - b_hm) / sqrt(K)
    omega_m  = theta^(-m/K),  m = 0 .. K - 1        -2 pi <= b_hm <= 0, from 0 or drawn over all of it (`init`)

Each channel becomes two, its length times the cosine and the sine of its angle: q and k are twice as wide as v. Whatever
of b leaves the interval counts as its end, and no gradient brings it back.
Differs: b turns the query and not the key, with the same score, since several heads share a key.
Oracle: x_transformers' PolarEmbedding, and the equation as a double loop.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.frequencies.base import plain


@dataclass(frozen=True)
class Angles:
    """The angle of each channel at each token in view, float32 (1 or B, 1, S, K), and how many of the S are queries."""

    angle_B1SK: Tensor
    n_new: int
    layer: int = 0


class PoPE(PositionScheme):
    """Angles are float32 whatever the dtype of q and k."""

    shift_invariant = True
    keeps_width = False

    def __init__(
        self,
        *,
        n_layers: int,
        n_heads: int,
        head_dim: int,
        theta: float,
        share: Literal["model", "layer"],
        init: Literal["zero", "uniform"],
    ):
        super().__init__()
        if theta <= 0:
            raise ValueError(f"theta={theta} must be positive; the paper has 10000")
        self.head_dim, self.theta, self.init = head_dim, theta, init
        self.per_layer = share == "layer"
        self.bias = nn.Parameter(torch.empty(1 if share == "model" else n_layers, n_heads, head_dim))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        lowest = 0.0 if self.init == "zero" else -2 * math.pi
        nn.init.uniform_(self.bias, lowest, 0.0, generator=generator("bias"))

    def prepare(self, context: Context) -> Angles:
        omega_K = plain(2 * self.head_dim, self.theta).to(context.place_BS.device, torch.float32)
        return Angles(context.place_BS[:, None, :, None].float() * omega_K, context.n_new)

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Angles) -> tuple[Tensor, Tensor]:
        bias_H1K = self.bias[pos.layer].clamp(-2 * math.pi, 0.0)[:, None]
        return polar(q_BHTK, pos.angle_B1SK[:, :, -pos.n_new :] - bias_H1K), polar(k_BGSK, pos.angle_B1SK)


def polar(x_BHSK: Tensor, angle_BHSK: Tensor) -> Tensor:
    """Lengths and angles as pairs (m, m + K) of coordinates: (B, H, S, 2K) in x's dtype."""
    length_BHSK = F.softplus(x_BHSK.to(torch.promote_types(x_BHSK.dtype, torch.float32)))
    return torch.cat((length_BHSK * angle_BHSK.cos(), length_BHSK * angle_BHSK.sin()), -1).to(x_BHSK.dtype)
