"""norm: what is done to a vector before (or after) a map reads (or wrote) it."""

from typing import Literal

import torch
from torch import Tensor, nn

NormKind = Literal["layer_norm", "rms_norm", "rms_norm_plus_one"]


class RMSNormPlusOne(nn.Module):
    """RMSNorm whose gain is 1 + w with w from 0, multiplied in float32 or better (Gemma Team 2024, 2403.08295, code)."""

    def __init__(self, width: int, *, eps: float):
        super().__init__()
        self.eps = eps
        self.gain_minus_one = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (normed * (1 + self.gain_minus_one.to(wide.dtype))).to(x.dtype)


def make_norm(kind: NormKind, width: int, eps: float, *, bias: bool) -> nn.Module:
    """LayerNorm (Ba et al. 2016, 1607.06450), with a bias or without; RMSNorm (Zhang and Sennrich 2019, 1910.07467)."""
    if kind == "layer_norm":
        return nn.LayerNorm(width, eps=eps, bias=bias)
    return nn.RMSNorm(width, eps=eps) if kind == "rms_norm" else RMSNormPlusOne(width, eps=eps)
