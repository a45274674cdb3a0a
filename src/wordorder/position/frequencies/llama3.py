"""llama3: pairs that turn often within the trained length keep their frequency, those that do not turn once are slowed.

Dubey et al. 2024, 2407.21783, section 3.2 for theta; the rule from the code released with Llama 3.1.
acts on: q and k   learns: nothing   any length: yes

    omega_m = t w_m + (1 - t) w_m / factor,  w_m = theta^(-2m/R),  m = 0 .. R/2 - 1
    t = (turns_m - low_freq_factor) / (high_freq_factor - low_freq_factor), not below 0 nor above 1
    turns_m = trained_length w_m / (2 pi)

Differs: nothing
Oracle: Hugging Face's `llama3`, published values for R = 64, and the three cases of the released code one by one.
"""

import math

from torch import Tensor

from wordorder.position.frequencies.base import Frequencies, plain, refuse_stretch


class Llama3(Frequencies):
    """`low_freq_factor` and `high_freq_factor` are numbers of turns within the trained length."""

    def __init__(self, *, factor: float, low_freq_factor: float, high_freq_factor: float, trained_length: int):
        refuse_stretch(factor, trained_length)
        if not 0 <= low_freq_factor < high_freq_factor:
            raise ValueError(
                f"low_freq_factor={low_freq_factor} must lie between 0 and high_freq_factor={high_freq_factor};"
                " Llama 3.1 has 1 and 4"
            )
        self.factor, self.trained_length = factor, trained_length
        self.low_freq_factor, self.high_freq_factor = low_freq_factor, high_freq_factor

    def omega(self, width: int, theta: float, *, horizon: int) -> Tensor:
        omega_R = plain(width, theta)
        turns_R = self.trained_length * omega_R / (2 * math.pi)
        kept_R = (turns_R - self.low_freq_factor) / (self.high_freq_factor - self.low_freq_factor)
        kept_R = kept_R.clamp(0, 1)
        return omega_R * kept_R + omega_R / self.factor * (1 - kept_R)
