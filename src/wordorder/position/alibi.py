"""alibi: the score is lowered in proportion to the distance, with a fixed slope for each head.

Press et al. 2021, 2108.12409, section 3; slopes for any number of heads from the authors' code.
acts on: score   learns: nothing   any length: yes

    score_ij = q_i . k_j / sqrt(K) - slope_h * (i - j)

slope_h = 2^(-8 (h+1) / P) for the first P = 2^floor(log2 H) heads, and for the rest every other slope of the 2P-head list.
With `learned` these are where training begins: H slopes for all layers, held as ln slope (Kazemnejad et al. 2023,
2305.19466, whose code offers it).
Differs: nothing
Oracle: the equation as a double loop, with slopes published for 6, 8 and 12 heads; BLOOM's and MPT's builders at Hugging Face.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class ALiBi(PositionScheme):
    """Distances and slopes are float32: in bfloat16 every integer above 256 is rounded."""

    shift_invariant = True

    def __init__(self, *, n_heads: int, learned: bool):
        super().__init__()
        if n_heads < 1:
            raise ValueError(f"n_heads={n_heads} must be at least 1")
        self.slopes, self.learned = slopes(n_heads), learned
        if learned:
            self.log_slope = nn.Parameter(torch.empty(n_heads))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        if self.learned:
            with torch.no_grad():
                self.log_slope.copy_(torch.tensor(self.slopes, dtype=torch.float64).log())

    def score_mod(self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Places) -> ScoreMod:
        if self.learned:
            slope_H = self.log_slope.to(torch.promote_types(self.log_slope.dtype, torch.float32)).exp()
        else:
            slope_H = torch.tensor(self.slopes, dtype=torch.float32, device=pos.k_BS.device)

        def lower(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            return score - slope_H[h] * (pos.q(b, i) - pos.k(b, j))

        return lower


def slopes(n_heads: int) -> list[float]:
    """The slope of each head, largest first among the first power of two of them."""
    power = 1 << (n_heads.bit_length() - 1)
    geometric = [2 ** (-8 * (h + 1) / power) for h in range(power)]
    between = [2 ** (-4 * (h + 1) / power) for h in range(0, 2 * power, 2)]
    return geometric + between[: n_heads - power]
