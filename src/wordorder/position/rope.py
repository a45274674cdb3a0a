"""rope: queries and keys are rotated by an angle proportional to their position.

Su et al. 2021, 2104.09864, equations 14 to 16 and 34.
acts on: q and k   learns: nothing   any length: yes

    angle_pm = p * omega_m,  m = 0 .. R/2 - 1         omega_m = theta^(-2m/R) unless `frequencies` says otherwise
    (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)      for each pair of channels of q at p = i, of k at p = j

so that q_i . k_j depends on i - j only. Pairs are (m, m + R/2) in the `half` layout (Llama's code at Hugging Face,
GPT-NeoX) and (2m, 2m + 1) in the `interleaved` one (the paper, GPT-J); one is a fixed permutation of the other's channels.
The first R = rotary_fraction * K channels are rotated, rounded down to whole pairs but one at least: all of them in the
paper, a quarter in GPT-NeoX.
Differs: `half` is the default here, `interleaved` the paper's.
Oracle: the paper's block-diagonal rotation matrix, built entry by entry in float64; Hugging Face's GPT-NeoX and GPT-J.
"""

import torch
from torch import Tensor

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.frequencies.base import Frequencies
from wordorder.position.rotation import Layout, Rotation


class RoPE(PositionScheme):
    """Angles are float32 whatever the dtype of q and k: in bfloat16 cos is wrong by 0.4 at position 1024."""

    shift_invariant = True
    length_free = property(lambda self: self.frequencies.length_free)

    def __init__(
        self, *, head_dim: int, theta: float, layout: Layout, rotary_fraction: float, frequencies: Frequencies
    ):
        super().__init__()
        if head_dim % 2:
            raise ValueError(f"head_dim={head_dim} must be even: channels are rotated in pairs")
        if theta <= 0:
            raise ValueError(f"theta={theta} must be positive; the paper has 10000")
        if not 0 < rotary_fraction <= 1:
            raise ValueError(f"rotary_fraction={rotary_fraction} must lie above 0 and not above 1; GPT-NeoX has 0.25")
        self.width = max(2, 2 * int(rotary_fraction * head_dim / 2))
        self.theta, self.layout, self.rotary_fraction, self.frequencies = theta, layout, rotary_fraction, frequencies
        frequencies.omega(self.width, theta, horizon=1)  # a rule that cannot serve this width says so before any work

    def prepare(self, context: Context) -> Rotation:
        omega_R = self.frequencies.omega(self.width, self.theta, horizon=context.horizon)
        omega_R = omega_R.to(context.place_BS.device, torch.float32)
        angle_B1SR = context.place_BS[:, None, :, None].float() * omega_R
        return Rotation.by(angle_B1SR, context.n_new, gain=self.frequencies.gain)

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Rotation) -> tuple[Tensor, Tensor]:
        return pos.qk(q_BHTK, k_BGSK, self.layout)
