"""fire: a small learned function of the distance, measured against how far the query has come, is added to the score.

Li et al. 2023, 2310.04418, section 3.
acts on: score   learns: 2 + n_hidden x (2 + H), once or a layer   any length: yes

    score_ij = q_i . k_j / sqrt(K) + f_h(ratio_ij)           f(r) = outer^T relu(inner r + offset), for all heads at once
    ratio_ij = psi(i - j) / (psi(max(i, L)) + eps)           psi(x) = ln(|c x| + 1)

i counts from 0 inside its document; beyond L it is in the divisor, so that the bias is not shift invariant. `layer` gives each
layer its own c, L and f, as DAPE's code does and, as far as known, the paper; `model` is the paper's FIRE-S.
Memory: backward keeps n_hidden numbers for each pair of tokens (of each row, where ids differ), a layer if not shared.
Differs: L is exp of what is trained; the paper's is |l * 512| with l from 1, whose steps are as large at first. f has no last
bias: it would be constant in a row of scores, which softmax cancels.
Oracle: the equation as a double loop in Python floats, and softmax with that last bias.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class FIRE(PositionScheme):
    """`c` and `threshold` are initial values, the latter in tokens."""

    def __init__(
        self,
        *,
        n_heads: int,
        n_layers: int,
        n_hidden: int,
        c: float,
        threshold: float,
        eps: float,
        share: Literal["model", "layer"],
    ):
        super().__init__()
        for name, value in {"n_hidden": n_hidden, "c": c, "threshold": threshold, "eps": eps}.items():
            if value <= 0:
                raise ValueError(f"{name}={value} must be positive; the paper has 32, 0.1, 512 and 1e-6")
        self.first_c, self.threshold, self.eps = c, threshold, eps
        self.per_layer = share == "layer"
        n_tables = 1 if share == "model" else n_layers
        self.c, self.log_threshold = (nn.Parameter(torch.empty(n_tables)) for _ in range(2))
        self.inner, self.offset = (nn.Parameter(torch.empty(n_tables, n_hidden)) for _ in range(2))
        self.outer = nn.Parameter(torch.empty(n_tables, n_hidden, n_heads))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        """As torch draws its linear layers: U(-1, 1) / sqrt(inputs)."""
        nn.init.constant_(self.c, self.first_c)
        nn.init.constant_(self.log_threshold, math.log(self.threshold))
        for name, n_inputs in {"inner": 1, "offset": 1, "outer": self.outer.shape[1]}.items():
            bound = n_inputs**-0.5
            nn.init.uniform_(getattr(self, name), -bound, bound, generator=generator(name))

    def score_mod(self, q_BHTK: Any, k_BGSK: Any, x_BSD: Any, pos: Places) -> ScoreMod:
        bias_BHTS = self.bias(pos)
        by_row = int(bias_BHTS.shape[0] > 1)
        return lambda score, b, h, i, j: score + bias_BHTS[b * by_row, h, i, j]

    def bias(self, pos: Places) -> Tensor:
        """(1 or B, H, T, S), float32 or better."""
        weights = (self.c, self.log_threshold, self.inner, self.offset, self.outer)
        wide = torch.promote_types(self.c.dtype, torch.float32)
        c, log_threshold, inner_N, offset_N, outer_NH = (weight[pos.layer].to(wide) for weight in weights)
        i_BT1, j_B1S = pos.q_BT[:, :, None].to(wide), pos.k_BS[:, None].to(wide)
        furthest_BT1 = torch.maximum(i_BT1, log_threshold.exp())
        ratio_BTS = stretch(i_BT1 - j_B1S, c) / (stretch(furthest_BT1, c) + self.eps)
        hidden_BTSN = (ratio_BTS[..., None] * inner_N + offset_N).relu()
        return (hidden_BTSN @ outer_NH).movedim(-1, 1)


def stretch(distance: Tensor, c: Tensor) -> Tensor:
    """psi: near distances are told apart better than far ones."""
    return (c * distance).abs().log1p()
