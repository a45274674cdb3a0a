"""rope: queries and keys are rotated by an angle proportional to their position.

Su et al. 2021, 2104.09864, equations 14 to 16 and 34.
acts on: q and k   learns: nothing   any length: yes

    angle_pm = p * theta^(-2m/K),  m = 0 .. K/2 - 1
    (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)      for each pair of channels of q at p = i, of k at p = j

so that q_i . k_j depends on i - j only. Pairs are (m, m + K/2) in the `half` layout (Llama's code at Hugging Face,
GPT-NeoX) and (2m, 2m + 1) in the `interleaved` one (the paper, GPT-J); one is a fixed permutation of the other's channels.
Differs: `half` is the default here, `interleaved` the paper's.
Oracle: the paper's block-diagonal rotation matrix, built entry by entry in float64.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from wordorder.position.base import Context, PositionScheme


@dataclass(frozen=True)
class Rotation:
    """cos and sin of every angle, float32 (1 or B, 1, S, K/2), and how many of the S tokens are queries."""

    cos: Tensor
    sin: Tensor
    n_new: int


class RoPE(PositionScheme):
    """Angles are float32 whatever the dtype of q and k: in bfloat16 cos is wrong by 0.4 at position 1024."""

    shift_invariant = True

    def __init__(self, *, head_dim: int, theta: float, layout: Literal["half", "interleaved"]):
        super().__init__()
        if head_dim % 2:
            raise ValueError(f"head_dim={head_dim} must be even: channels are rotated in pairs")
        if theta <= 0:
            raise ValueError(f"theta={theta} must be positive; the paper has 10000")
        self.head_dim, self.theta, self.layout = head_dim, theta, layout

    def prepare(self, context: Context) -> Rotation:
        m = torch.arange(0, self.head_dim, 2, device=context.place_BS.device, dtype=torch.float32)
        angle_B1SR = context.place_BS[:, None, :, None].float() * self.theta ** (-m / self.head_dim)
        return Rotation(angle_B1SR.cos(), angle_B1SR.sin(), context.n_new)

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Rotation) -> tuple[Tensor, Tensor]:
        n = pos.n_new
        return self.rotate(q_BHTK, pos.cos[:, :, -n:], pos.sin[:, :, -n:]), self.rotate(k_BGSK, pos.cos, pos.sin)

    def rotate(self, x_BHSK: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Rotate each pair of channels of x by its angle, in float32 or better, and return it in x's dtype."""
        x = x_BHSK.to(torch.promote_types(x_BHSK.dtype, torch.float32))
        if self.layout == "half":
            swapped = x.roll(x.shape[-1] // 2, dims=-1)  # (x2, x1)
            rotated = x * torch.cat((cos, cos), dim=-1) + swapped * torch.cat((-sin, sin), dim=-1)
        else:
            x1, x2 = x[..., 0::2], x[..., 1::2]
            rotated = torch.stack((x1 * cos - x2 * sin, x2 * cos + x1 * sin), dim=-1).flatten(-2)
        return rotated.to(x_BHSK.dtype)
