"""proportional: p-RoPE, the slowest pairs do not turn at all and the others as ever.

Barbero et al. 2024, 2410.06205, section 6.
acts on: q and k   learns: nothing   any length: yes

    omega_m = theta^(-2m/R) for m < n,  0 for n <= m < R/2,  n = floor(fraction R / 2)

1 is RoPE and 0 is no position at all. Not RoPE's own `rotary_fraction`: there the rotated channels are fewer and share
all frequencies from 1 to 1/theta, here the low ones are missing.
Differs: nothing
Oracle: Hugging Face's `proportional`, and published values for R = 64.
"""

from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, plain


class Proportional(Frequencies):
    """`fraction` of the pairs turn, the fastest ones."""

    def __init__(self, *, fraction: float):
        if not 0 <= fraction <= 1:
            raise ValueError(f"fraction={fraction} must lie in [0, 1]; the paper's best is 0.75")
        self.fraction = fraction

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        omega_R = plain(width, theta)
        omega_R[int(self.fraction * width // 2) :] = 0.0
        return omega_R
