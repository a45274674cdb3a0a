"""base: how fast each pair of channels turns, and how a trained RoPE is stretched to longer texts."""

import math

import torch
from torch import Tensor


class Frequencies:
    """A rule for RoPE's frequencies; the plain one until a rule overrides it."""

    length_free: bool = True  # the frequencies do not depend on the length that a sequence will reach
    gain: float = 1.0  # on cos and sin both, so scores grow by its square

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        """Radians a position for each pair of the `width` rotated channels: float64 (width / 2,), on the CPU."""
        return plain(width, theta)


def plain(width: int, theta: float) -> Tensor:
    """theta^(-2m / width), m = 0 .. width/2 - 1 (Su et al. 2021, 2104.09864, section 3.2.2)."""
    return theta ** (-torch.arange(0, width, 2, dtype=torch.float64, device="cpu") / width)


def rebased(width: int, theta: float, stretch: float) -> Tensor:
    """The plain frequencies of the theta that divides the lowest by `stretch`; the highest stays 1 (2309.00071, section 3.1)."""
    if width < 4:
        raise ValueError(f"width={width} channels rotate as one pair, which has no lowest beside its highest: rotate 4")
    return plain(width, theta * stretch ** (width / (width - 2)))


def refuse_stretch(factor: float, trained_length: int = 1) -> None:
    """ValueError for a factor or a length that stretches nothing."""
    if not 1 <= factor < math.inf:
        raise ValueError(f"factor={factor} must be at least 1: the longest text over the trained length")
    if trained_length < 1:
        raise ValueError(f"trained_length={trained_length} must be at least 1: the model's context_length")
