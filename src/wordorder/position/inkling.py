"""inkling: each token mixes, for each head, a few learned curves over the distance, and the mixture is added to its scores.

Thinking Machines 2026, in Hugging Face's models/inkling, without a paper; nearest in print: Shaw et al. 2018, 1803.02155.
acts on: score   learns: (D x H + extent) x rank a layer   any length: yes

    score_ij = q_i . k_j / sqrt(K) + r_ih . P[:, i - j]   for 0 <= i - j < extent, and + 0 farther away
    r_ih     = W_h x_i      W_h: rank x D, P: rank x extent, x_i: what the layer's queries are made of

Shaw et al. have the head's own query q_i in place of r_i, and farther away the vector of the last distance in place of 0.
Differs: the model it comes from has normed queries and keys, 1/K for 1/sqrt(K), and a factor on scores that grows with i.
Oracle: that model's module in Hugging Face's transformers, x_transformers' bias, and the equation as a double loop.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class Inkling(PositionScheme):
    """Curves and mixtures are float32 or better."""

    whole_ids = True
    shift_invariant = True
    content = True
    per_layer = True

    def __init__(self, *, n_layers: int, d_model: int, n_heads: int, rank: int, extent: int, init_std: float):
        super().__init__()
        if rank < 1:
            raise ValueError(f"rank={rank} must be at least 1; the published model has 16")
        if extent < 1:
            raise ValueError(f"extent={extent} must be at least 1; the published model has 1024")
        if init_std <= 0:
            raise ValueError(f"init_std={init_std} must be positive: two factors that are 0 never learn")
        self.rank, self.extent, self.init_std = rank, extent, init_std
        self.weight = nn.Parameter(torch.empty(n_layers, n_heads * rank, d_model))
        self.curves = nn.Parameter(torch.empty(n_layers, rank, extent))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.normal_(self.weight, std=self.init_std, generator=generator("weight"))
        nn.init.normal_(self.curves, std=self.init_std, generator=generator("curves"))

    def score_mod(self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor, pos: Places) -> ScoreMod:
        wide = torch.promote_types(x_BSD.dtype, torch.float32)
        # no distance in view is longer, and a text is often shorter than the extent
        reach = min(self.extent, int(pos.k_BS.max() - pos.k_BS.min()) + 1)
        mixture_BTN = F.linear(x_BSD[:, -pos.n_new :].to(wide), self.weight[pos.layer].to(wide))
        mixture_BHTR = mixture_BTN.unflatten(-1, (-1, self.rank)).transpose(1, 2)
        curve_BHTE = mixture_BHTR @ self.curves[pos.layer, :, :reach].to(wide)

        def add(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            distance = pos.q(b, i) - pos.k(b, j)
            near = (distance >= 0) & (distance < reach)
            at = distance.clamp(0, reach - 1)
            if at.dim() == 0:
                return score + torch.where(near, curve_BHTE[b, h, i, at], 0.0)
            curve_BHTS = curve_BHTE.gather(-1, at.expand(*curve_BHTE.shape[:3], -1))  # the same, three times faster
            return score + torch.where(near, curve_BHTS, 0.0)

        return add
