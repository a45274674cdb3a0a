"""ntk: NTK-aware interpolation, theta is raised until the lowest frequency is divided by the factor.

Peng et al. 2023, 2309.00071, section 3.1; proposed by bloc97 in 2023 without a paper.
acts on: q and k   learns: nothing   any length: yes

    omega_m = theta'^(-2m/R),  m = 0 .. R/2 - 1,  theta' = theta factor^(R / (R - 2))

The highest frequency is untouched, the lowest is that of `linear`, and those between are divided by a power of the factor.
Differs: nothing
Oracle: what defines theta': omega_m = theta^(-2m/R) factor^(-2m / (R - 2)), its two ends included, in Python floats.
"""

from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, rebased, refuse_stretch


class NTK(Frequencies):
    """`factor` is the longest text over the trained length."""

    def __init__(self, *, factor: float):
        refuse_stretch(factor)
        self.factor = factor

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        return rebased(width, theta, self.factor)
