"""linear: position interpolation, all frequencies are divided by one factor.

Chen et al. 2023, 2306.15595, section 2.3.
acts on: q and k   learns: nothing   any length: yes

    omega_m = theta^(-2m/R) / factor,  m = 0 .. R/2 - 1

so that position p of the longer text turns as far as p / factor did in training.
Differs: the paper divides the positions, which is the same angle.
Oracle: Hugging Face's `linear`, and published values for R = 64.
"""

from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, plain, refuse_stretch


class Linear(Frequencies):
    """`factor` is the longest text over the trained length."""

    def __init__(self, *, factor: float):
        refuse_stretch(factor)
        self.factor = factor

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        return plain(width, theta) / self.factor
