"""kerple: the score is lowered by a logarithm or a power of the distance, whose two numbers each head learns.

Chi et al. 2022, 2205.09921, section 4.
acts on: score   learns: 2 x H, once or a layer   any length: yes

    log:    score_ij = q_i . k_j / sqrt(K) - p_h ln(1 + a_h |i - j|)      p, a > 0
    power:  score_ij = q_i . k_j / sqrt(K) - a_h |i - j|^p_h              a > 0, 0 < p < 2

One pair (p, a) a head serves all layers in the authors' code; other code has one a layer.
Differs: the authors clamp p and a in place, at 0.01 and the power also at 2; here they are softplus of what is trained,
the power is twice its sigmoid. Initial values are uniform from 0.01, theirs from 0 and clamped.
Oracle: both equations as a double loop in Python floats; a power of 1 is ALiBi with slopes a.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class KERPLE(PositionScheme):
    """Initial values are drawn from U(floor, p_max) and U(floor, a_max)."""

    shift_invariant = True

    def __init__(
        self,
        *,
        n_heads: int,
        n_layers: int,
        variant: Literal["log", "power"],
        share: Literal["model", "layer"],
        p_max: float,
        a_max: float,
        floor: float,
    ):
        super().__init__()
        if floor <= 0:
            raise ValueError(f"floor={floor} must be positive; the paper has 0.01")
        if p_max <= floor or (variant == "power" and p_max > 2):
            raise ValueError(f"p_max={p_max} must exceed floor={floor} and, as a power, not exceed 2; the paper has 2")
        if a_max <= floor:
            raise ValueError(f"a_max={a_max} must exceed floor={floor}; the paper has 1")
        self.variant, self.p_max, self.a_max, self.floor = variant, p_max, a_max, floor
        self.per_layer = share == "layer"
        n_tables = 1 if share == "model" else n_layers
        self.p, self.a = (nn.Parameter(torch.empty(n_tables, n_heads)) for _ in "pa")

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        with torch.no_grad():
            p = self.p.uniform_(self.floor, self.p_max, generator=generator("p"))
            a = self.a.uniform_(self.floor, self.a_max, generator=generator("a"))
            self.p.copy_(torch.logit(p / 2, eps=1e-6) if self.variant == "power" else p.expm1().log())
            self.a.copy_(a.expm1().log())

    def kernel(self, layer: int) -> tuple[Tensor, Tensor]:
        """p and a of each head, positive, (H,) float32 or better."""
        p, a = (weight[layer].to(torch.promote_types(weight.dtype, torch.float32)) for weight in (self.p, self.a))
        return 2 * p.sigmoid() if self.variant == "power" else F.softplus(p), F.softplus(a)

    def score_mod(self, q_BHTK: Any, k_BGSK: Any, x_BSD: Any, pos: Places) -> ScoreMod:
        p_H, a_H = self.kernel(pos.layer)

        def lower(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            distance = (pos.q(b, i) - pos.k(b, j)).abs()  # keys to come too: hidden NaNs would reach the gradient
            if self.variant == "power":
                return score - a_H[h] * distance ** p_H[h]
            return score - p_H[h] * (a_H[h] * distance).log1p()

        return lower
