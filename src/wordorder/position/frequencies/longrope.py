"""longrope: each pair is slowed by a factor of its own, found by a search, one list for short texts and one for long.

Ding et al. 2024, 2402.13753, section 3; the gain from the authors' code.
acts on: q and k   learns: nothing   any length: yes

    omega_m = theta^(-2m/R) / f_m,  m = 0 .. R/2 - 1
    f = short_factors for a sequence of at most trained_length tokens, long_factors for a longer one
    cos and sin are multiplied by sqrt(1 + ln(factor) / ln(trained_length)), for short texts too

The lists are searched anew for each model, so there is none to give. An empty short list stands for ones, an empty long
list for `factor` everywhere, which is `linear` and one of the points from which the search sets out.
One list serves all positions of a sequence: the choice follows the length that it will reach.
Differs: the paper also leaves the first tokens of a text as they were; released models do not.
Oracle: Hugging Face's `longrope`.
"""

import math

import torch
from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, plain, refuse_stretch


class LongRoPE(Frequencies):
    """`factor` is the longest text over the trained length."""

    length_free = False

    def __init__(self, *, factor: float, trained_length: int, short_factors: list[float], long_factors: list[float]):
        refuse_stretch(factor, trained_length)
        if trained_length < 2:
            raise ValueError(f"trained_length={trained_length} must be at least 2: the gain divides by its logarithm")
        for name, factors in (("short_factors", short_factors), ("long_factors", long_factors)):
            if any(not one > 0 for one in factors):
                raise ValueError(f"{name}={factors} must be positive")
        self.factor, self.trained_length = factor, trained_length
        self.short_factors, self.long_factors = short_factors, long_factors
        self.gain = math.sqrt(1 + math.log(factor) / math.log(trained_length))

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        for name, factors in (("short_factors", self.short_factors), ("long_factors", self.long_factors)):
            if factors and len(factors) != width // 2:
                raise ValueError(f"{name}={factors} must hold {width // 2} numbers, one for each rotated pair, or none")
        if horizon > self.trained_length:
            factors = self.long_factors or [self.factor]
        else:
            factors = self.short_factors or [1.0]
        return plain(width, theta) / torch.tensor(factors, dtype=torch.float64, device="cpu")
