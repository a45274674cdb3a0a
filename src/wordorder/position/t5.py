"""t5: a learned bias for each head and each bucket of distances, fine near by and logarithmic far away.

Raffel et al. 2019, 1910.10683, section 2.1.
acts on: score   learns: n_buckets x H, once or a layer   any length: yes

    score_ij = q_i . k_j / sqrt(K) + table[bucket(i - j), h]
    bucket(n) = n                                                            for n < e = n_buckets / 2
                e + floor(ln(n / e) / ln(max_distance / e) * (n_buckets - e))   beyond, at most n_buckets - 1

One table serves all layers in the paper. `max_distance` is the first distance that a bucket more would hold.
Differs: the paper does not divide q . k by sqrt(K) but draws the query map narrower by it; the table is the same. It is drawn
N(0, init_std^2) here, N(0, 1/D) in Hugging Face's code.
Oracle: Hugging Face's T5Attention as a decoder, and the first distances of all buckets as published by its formula.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class T5(PositionScheme):
    """Buckets are counted in float32, in which those of the reference code were."""

    whole_ids = True
    shift_invariant = True

    def __init__(
        self,
        *,
        n_heads: int,
        n_layers: int,
        n_buckets: int,
        max_distance: int,
        share: Literal["model", "layer"],
        init_std: float,
    ):
        super().__init__()
        if n_buckets < 2 or n_buckets % 2:
            raise ValueError(f"n_buckets={n_buckets} must be even and at least 2; the paper has 32")
        if max_distance <= n_buckets // 2:
            raise ValueError(f"max_distance={max_distance} must exceed n_buckets / 2 = {n_buckets // 2}")
        if init_std < 0:
            raise ValueError(f"init_std={init_std} must not be negative")
        self.n_buckets, self.max_distance, self.init_std = n_buckets, max_distance, init_std
        self.per_layer = share == "layer"
        self.table = nn.Parameter(torch.empty(1 if share == "model" else n_layers, n_buckets, n_heads))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.normal_(self.table, std=self.init_std, generator=generator("table"))

    def score_mod(self, q_BHTK: Any, k_BGSK: Any, x_BSD: Any, pos: Places) -> ScoreMod:
        table_NH = self.table[pos.layer].to(torch.promote_types(self.table.dtype, torch.float32))

        def add(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            return score + table_NH[self.bucket(pos.q(b, i) - pos.k(b, j)), h]

        return add

    def bucket(self, distance: Tensor) -> Tensor:
        """The bucket of each distance i - j; keys to come are in bucket 0."""
        exact = self.n_buckets // 2
        distance = distance.clamp(min=0)
        ratio = (distance.clamp(min=1).float() / exact).log() / math.log(self.max_distance / exact)
        far = exact + (ratio * (self.n_buckets - exact)).long()
        return torch.where(distance < exact, distance.long(), far.clamp(max=self.n_buckets - 1))
