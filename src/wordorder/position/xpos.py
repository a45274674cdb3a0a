"""xpos: RoPE whose pairs also decay with the distance, the fastest ones most.

Sun et al. 2022, 2212.10554, algorithm 1.
acts on: q and k   learns: nothing   any length: yes

    score_ij = sum_m zeta_m^((i - j) / scale_base) * RoPE's product of pair m / sqrt(K)
    zeta_m = (2m / K + gamma) / (1 + gamma),  m = 0 .. K/2 - 1

by zeta_m^((i - c) / scale_base) on q and zeta_m^(-(j - c) / scale_base) on k. The centre c cancels; half-way between a
row's first and last position, it keeps the factors in the range of float32 for texts of up to 70 000 tokens. The scores
of keys to come, which are hidden, grow with the distance and leave that range from about 36 000 tokens on.
Differs: the authors' centre is half the number of tokens; the scores are the same.
Oracle: the sum as a loop over pairs of tokens, and x-transformers.
"""

import torch
from torch import Tensor

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.frequencies.base import plain
from wordorder.position.rotation import Layout, Rotation, rotate


class XPos(PositionScheme):
    """Factors are float64 until q and k meet them: the centre moves as a text grows, and must do so unseen."""

    shift_invariant = True

    def __init__(self, *, head_dim: int, theta: float, layout: Layout, gamma: float, scale_base: float):
        super().__init__()
        if head_dim % 2:
            raise ValueError(f"head_dim={head_dim} must be even: channels are rotated in pairs")
        for name, value in (("theta", theta), ("gamma", gamma), ("scale_base", scale_base)):
            if value <= 0:
                raise ValueError(
                    f"{name}={value} must be positive; the paper has theta 10000, gamma 0.4, scale_base 512"
                )
        self.head_dim, self.theta, self.layout = head_dim, theta, layout
        self.gamma, self.scale_base = gamma, scale_base

    def prepare(self, context: Context) -> tuple[Rotation, Rotation]:
        place_BS = context.place_BS.double()
        omega_R = plain(self.head_dim, self.theta).to(place_BS.device, torch.float32)
        angle_B1SR = place_BS[:, None, :, None].float() * omega_R
        pair_R = torch.arange(self.head_dim // 2, device=place_BS.device).double()
        zeta_R = (2 * pair_R / self.head_dim + self.gamma) / (1 + self.gamma)
        centre_B1 = (place_BS.amin(1, keepdim=True) + place_BS.amax(1, keepdim=True)) / 2
        factor_B1SR = zeta_R ** ((place_BS - centre_B1) / self.scale_base)[:, None, :, None]
        cos, sin, n = angle_B1SR.cos(), angle_B1SR.sin(), context.n_new
        q = Rotation((cos * factor_B1SR)[:, :, -n:], (sin * factor_B1SR)[:, :, -n:], n)
        return q, Rotation(cos / factor_B1SR, sin / factor_B1SR, n)

    def transform_qk(
        self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: tuple[Rotation, Rotation]
    ) -> tuple[Tensor, Tensor]:
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        q, k = (
            rotate(x, turn.cos.to(wide), turn.sin.to(wide), self.layout)
            for x, turn in zip((q_BHTK, k_BGSK), pos, strict=True)
        )
        return q, k
