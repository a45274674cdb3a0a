"""shaw: each clipped distance has a learned vector that is added to the key, and another that is added to the value.

Shaw et al. 2018, 1803.02155, equations 3 to 5 and section 3.2.
acts on: score, output   learns: n_tables x (clip_distance + 1) x K, once or a layer   any length: yes

    score_ij = q_i . (k_j + a[n]) / sqrt(K),  out_i = sum_j weight_ij (v_j + c[n])        n = min(i - j, clip_distance)

All heads share the tables a and c, each layer has its own, as in the paper's big model and the authors' code. Without c
(`values: false`) only scores change, which a faster kernel computes; the paper's table 3 finds both equally good.
Differs: a decoder looks back only, so the paper's rows for keys to come are left out; its base model has tables a head.
Oracle: the equations as a double loop; Hugging Face's Wav2Vec2-BERT (a) and VITS (a and c).
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import DenseAttention, PositionScheme, ScoreMod
from wordorder.position.context import Places


class Shaw(PositionScheme):
    """Tables are drawn as in the authors' code: uniform with the variance of Glorot for a matrix of 2 clip_distance + 1 rows."""

    whole_ids = True
    shift_invariant = True
    content = True
    reads_qk = True

    def __init__(
        self, *, n_layers: int, head_dim: int, clip_distance: int, values: bool, share: Literal["layer", "model"]
    ):
        super().__init__()
        if clip_distance < 1:
            raise ValueError(f"clip_distance={clip_distance} must be at least 1; the paper has 16")
        self.clip_distance, self.values = clip_distance, values
        self.per_layer = share == "layer"
        size = (n_layers if share == "layer" else 1, clip_distance + 1, head_dim)
        self.key_table = nn.Parameter(torch.empty(size))
        self.value_table = nn.Parameter(torch.empty(size)) if values else None

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        bound = (6 / (2 * self.clip_distance + 1 + self.key_table.shape[-1])) ** 0.5
        for name, table in self.named_parameters():
            nn.init.uniform_(table, -bound, bound, generator=generator(name))

    @property
    def replaces_softmax(self) -> bool:
        return self.values

    def score_mod(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Places) -> ScoreMod:
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        scale = q_BHTK.shape[-1] ** -0.5
        near_BHTN = q_BHTK.to(wide) @ self.key_table[pos.layer].to(wide).mT * scale

        def add(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            n = self.row(pos.q(b, i) - pos.k(b, j))
            if n.dim() == 0:
                return score + near_BHTN[b, h, i, n]
            return score + near_BHTN.gather(-1, n.expand(*near_BHTN.shape[:3], -1))  # the same, three times faster

        return add

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Places, attention: DenseAttention
    ) -> Tensor | None:
        if self.value_table is None:
            return None
        weight_BHTS = attention.score_BHTS.masked_fill(~attention.allowed_BHTS, float("-inf")).softmax(-1)
        weight_BHTS = attention.drop(weight_BHTS)
        n = self.row(pos.q_BT[:, None, :, None] - pos.k_BS[:, None, None, :])
        table_NK = self.value_table[pos.layer].to(weight_BHTS.dtype)
        near_BHTN = weight_BHTS.new_zeros(*weight_BHTS.shape[:3], len(table_NK))
        near_BHTN = near_BHTN.scatter_add(-1, n.expand_as(weight_BHTS), weight_BHTS)
        return weight_BHTS @ v_BHSK + near_BHTN @ table_NK

    def row(self, distance: Tensor) -> Tensor:
        """The tables' row for each distance i - j; keys to come have row 0."""
        return distance.clamp(0, self.clip_distance)
