"""learned: one trained vector for each position, added to the embedding.

Gehring et al. 2017, 1705.03122, section 3.1; as in Devlin et al. 2018, 1810.04805 (BERT) and Radford et al. 2019 (GPT-2).
acts on: embedding   learns: n_positions x D   any length: no, n_positions

    h_t = E[token_t] + W[t],   W drawn from N(0, init_std^2)

Differs: nothing
Oracle: torch.nn.functional.one_hot times the table.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import Places, PositionScheme


class Learned(PositionScheme):
    """Positions from n_positions on do not exist: a longer input is refused."""

    def __init__(self, *, d_model: int, n_positions: int, init_std: float):
        super().__init__()
        if n_positions < 1:
            raise ValueError(f"n_positions={n_positions} must be at least 1; the trained length is the usual choice")
        if init_std < 0:
            raise ValueError(f"init_std={init_std} must not be negative; GPT-2 has 0.02")
        self.max_position, self.init_std = n_positions, init_std
        self.table = nn.Parameter(torch.empty(n_positions, d_model))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.normal_(self.table, std=self.init_std, generator=generator("table"))

    def embed(self, x_BTD: Tensor, pos: Places) -> Tensor:
        return x_BTD + nn.functional.embedding(pos.q_BT, self.table).to(x_BTD.dtype)
