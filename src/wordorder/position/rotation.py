"""rotation: pairs of channels turned by an angle, for the schemes that rotate queries and keys."""

from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor

Layout = Literal["half", "interleaved"]  # pairs (m, m + K/2), or (2m, 2m + 1)


@dataclass(frozen=True)
class Rotation:
    """cos and sin of every angle, float32 (1 or B, 1 or H, S, R), and how many of the S tokens are queries."""

    cos: Tensor
    sin: Tensor
    n_new: int

    @classmethod
    def by(cls, angle_BHSR: Tensor, n_new: int, *, gain: float = 1.0) -> Self:
        """The rotation by these angles, lengthened by `gain`."""
        return cls(angle_BHSR.cos() * gain, angle_BHSR.sin() * gain, n_new)

    def qk(self, q_BHTK: Tensor, k_BGSK: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
        """Queries and keys, each rotated by the angles of its position."""
        n = self.n_new
        return rotate(q_BHTK, self.cos[:, :, -n:], self.sin[:, :, -n:], layout), rotate(
            k_BGSK, self.cos, self.sin, layout
        )


def rotate(x_BHSK: Tensor, cos: Tensor, sin: Tensor, layout: Layout) -> Tensor:
    """Rotate each pair of the first 2R channels of x by its angle, in float32 or better, and return it in x's dtype."""
    width = 2 * cos.shape[-1]
    if width < x_BHSK.shape[-1]:
        return torch.cat((rotate(x_BHSK[..., :width], cos, sin, layout), x_BHSK[..., width:]), dim=-1)
    x = x_BHSK.to(torch.promote_types(x_BHSK.dtype, torch.float32))
    if layout == "half":
        x1, x2 = x.chunk(2, dim=-1)
        rotated = torch.cat((x1 * cos - x2 * sin, x2 * cos + x1 * sin), dim=-1)
    else:
        x1, x2 = x[..., 0::2], x[..., 1::2]
        rotated = torch.stack((x1 * cos - x2 * sin, x2 * cos + x1 * sin), dim=-1).flatten(-2)
    return rotated.to(x_BHSK.dtype)
