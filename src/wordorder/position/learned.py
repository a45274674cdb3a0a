"""learned: one trained vector for each position, added to the embedding.

Gehring et al. 2017, 1705.03122, section 3.1; as in Devlin et al. 2018, 1810.04805 (BERT) and Radford et al. 2019 (GPT-2).
acts on: embedding   learns: (n_positions + offset) x D   any length: no, n_positions

    h_t = E[token_t] + W[t + offset],   W of n_positions + offset rows drawn from N(0, init_std^2)

OPT (Zhang et al. 2022, 2205.01068) and BART have an offset of 2, whose first rows are never read.
Differs: nothing
Oracle: torch.nn.functional.one_hot times the table; OPTLearnedPositionalEmbedding of Hugging Face.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Places


class Learned(PositionScheme):
    """Positions from n_positions on do not exist: a longer input is refused."""

    whole_ids = True

    def __init__(self, *, d_model: int, n_positions: int, offset: int, init_std: float):
        super().__init__()
        if n_positions < 1:
            raise ValueError(f"n_positions={n_positions} must be at least 1; the trained length is the usual choice")
        if offset < 0:
            raise ValueError(f"offset={offset} must not be negative; OPT has 2")
        if init_std < 0:
            raise ValueError(f"init_std={init_std} must not be negative; GPT-2 has 0.02")
        self.max_position, self.offset, self.init_std = n_positions, offset, init_std
        self.table = nn.Parameter(torch.empty(n_positions + offset, d_model))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.normal_(self.table, std=self.init_std, generator=generator("table"))

    def embed(self, x_BTD: Tensor, pos: Places) -> Tensor:
        return x_BTD + nn.functional.embedding(pos.q_BT + self.offset, self.table).to(x_BTD.dtype)
