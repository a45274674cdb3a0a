"""yarn: fast pairs keep their frequency, slow ones are divided by the factor, and scores grow with its logarithm.

Peng et al. 2023, 2309.00071, sections 3.2 and 3.4; the ramp from the authors' code.
acts on: q and k   learns: nothing   any length: yes

    omega_m = w_m (1 - ramp_m) + w_m / factor ramp_m,  w_m = theta^(-2m/R),  m = 0 .. R/2 - 1
    ramp_m = (m - low) / (high - low), not below 0 nor above 1
    low = floor(c(beta_fast)), at least 0     high = ceil(c(beta_slow)), at most R - 1     truncate: false leaves c as it is
    c(r) = R ln(trained_length / (2 pi r)) / (2 ln theta), the m that turns r times within the trained length
    cos and sin are multiplied by gain = 0.1 ln(factor) + 1, so scores by its square

Differs: the paper's ramp is linear in the number of turns, its code's, which all use, in m; the paper has no floor and ceil.
Oracle: Hugging Face's `yarn`, published values for R = 64, and c found by bisection.
"""

import math

import torch
from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, plain, refuse_stretch


class YaRN(Frequencies):
    """`gain` is on the rotated channels of q and of k; 0 stands for the paper's."""

    def __init__(
        self,
        *,
        factor: float,
        trained_length: int,
        beta_fast: float,
        beta_slow: float,
        gain: float,
        truncate: bool,
    ):
        refuse_stretch(factor, trained_length)
        if not 0 < beta_slow < beta_fast:
            raise ValueError(
                f"beta_slow={beta_slow} must lie between 0 and beta_fast={beta_fast}; the paper has 1 and 32"
            )
        if gain < 0:
            raise ValueError(f"gain={gain} must be positive, or 0 for the paper's 0.1 ln(factor) + 1")
        self.factor, self.trained_length = factor, trained_length
        self.beta_fast, self.beta_slow, self.truncate = beta_fast, beta_slow, truncate
        self.gain = gain or 0.1 * math.log(factor) + 1

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        if theta <= 1:
            raise ValueError(f"theta={theta} must exceed 1 for yarn, or no pair is slower than another")
        low, high = (self.pair(turns, width, theta) for turns in (self.beta_fast, self.beta_slow))
        if self.truncate:
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, width - 1)
        at_R = torch.arange(width // 2, dtype=torch.float64, device="cpu")
        ramp_R = ((at_R - low) / max(high - low, 0.001)).clamp(0, 1)
        omega_R = plain(width, theta)
        return omega_R * (1 - ramp_R) + omega_R / self.factor * ramp_R

    def pair(self, turns: float, width: int, theta: float) -> float:
        """The m, not rounded, of the pair that turns so often within the trained length."""
        return width * math.log(self.trained_length / (2 * math.pi * turns)) / (2 * math.log(theta))
