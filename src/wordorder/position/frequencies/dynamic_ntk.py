"""dynamic_ntk: theta is raised as far as the length of each sequence asks, and not at all within the trained length.

Peng et al. 2023, 2309.00071, section 3.3; `factor` as in Hugging Face's code.
acts on: q and k   learns: nothing   any length: yes

    omega_m = theta'^(-2m/R),  m = 0 .. R/2 - 1,  theta' = theta stretch^(R / (R - 2))
    stretch = factor N / L - (factor - 1),  N = max(horizon, L),  L = trained_length

N is the length that the sequence will reach, and one omega serves all of its positions: the first tokens of a long text
turn otherwise than those of a short one. The cache holds keys before rotation, so decoding at a stated horizon does the same.
Differs: the paper's is factor = 1, where stretch = N / L.
Oracle: Hugging Face's `dynamic`, and published values for R = 64.
"""

from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, rebased, refuse_stretch


class DynamicNTK(Frequencies):
    """Larger factors stretch more at the same length; 1 is the paper's."""

    length_free = False

    def __init__(self, *, factor: float, trained_length: int):
        refuse_stretch(factor, trained_length)
        self.factor, self.trained_length = factor, trained_length

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        times = max(horizon / self.trained_length, 1.0)
        return rebased(width, theta, self.factor * times - (self.factor - 1))
