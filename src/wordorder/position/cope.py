"""cope: the distance is a count of the tokens between that the query cares for, and the count has a learned vector.

Golovneva et al. 2024, 2405.18719, section 4 and appendix B.
acts on: score   learns: n_positions x K, a layer or once   any length: yes

    gate_il = sigmoid(q_i . k_l / sqrt(K)) for l <= i,   p_ij = min(sum_{l = j .. i} gate_il, n_positions - 1)
    score_ij = q_i . k_j / sqrt(K) + (1 - f) e_i[floor p] + f e_i[ceil p],   f = p - floor p,   e_i[n] = q_i . E[n]

All heads share E, which starts at 0, so that the model starts without positions. Ids are not read: tokens count themselves.
Differs: gates read the scaled score, and the bias is added to it unscaled, as in the paper's listing; the authors' code
divides the bias by sqrt(K) too, unless it is given --cope-nodiv.
Oracle: the equations as loops over i, j and l, and the CoPE of x-transformers.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class CoPE(PositionScheme):
    """A count beyond the table is the table's last; not to be confused with Clipped RoPE, also named CoPE."""

    reads_ids = False
    shift_invariant = True
    content = True
    reads_qk = True

    def __init__(self, *, n_layers: int, head_dim: int, n_positions: int, share: Literal["layer", "model"]):
        super().__init__()
        if n_positions < 2:
            raise ValueError(f"n_positions={n_positions} must be at least 2; the paper has 64 for language models")
        self.per_layer = share == "layer"
        self.table = nn.Parameter(torch.empty(n_layers if share == "layer" else 1, n_positions, head_dim))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.zeros_(self.table)

    def score_mod(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Places) -> ScoreMod:
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        table_NK = self.table[pos.layer].to(wide)
        q, k = q_BHTK.to(wide), k_BGSK.to(wide).repeat_interleave(q_BHTK.shape[1] // k_BGSK.shape[1], dim=1)
        p_BHTS = count(q @ k.mT * q.shape[-1] ** -0.5).clamp(max=len(table_NK) - 1)
        e_BHTN = q @ table_NK.mT
        low, high = (e_BHTN.gather(-1, n.long()) for n in (p_BHTS.floor(), p_BHTS.ceil()))
        bias_BHTS = torch.lerp(low, high, p_BHTS - p_BHTS.floor())

        def add(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            if j.dim() == 0:
                return score + bias_BHTS[b, h, i, j]
            return score + bias_BHTS  # the same for all indices at once, without a copy

        return add


def count(score_BHTS: Tensor) -> Tensor:
    """The sum of the gates from each key to the query, which is token i + S - T of all; later tokens have none.

    Documents packed into a row need no care: between a query and a key that it sees lies their own document only.
    """
    n_new, n_tokens = score_BHTS.shape[-2:]
    gate_BHTS = score_BHTS.sigmoid().tril(n_tokens - n_new)
    return gate_BHTS.flip(-1).cumsum(-1).flip(-1)
