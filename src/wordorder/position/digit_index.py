"""digit_index: each digit is told its place inside its number by a learned vector, so that equal significances line up.

McLeish et al. 2024, 2405.17399, section 3.
acts on: embedding   learns: n_positions x D   any length: yes

    h_t = E[token_t] + W[n_t],   W of n_positions rows drawn from N(0, init_std^2)
    n_t = min(m + k, n_positions - 1)     for the m-th digit of a number, m = 1, 2, ...
    n_t = 0                               for any other token
    k drawn from 0 .. max_offset at every step of training, for all rows alike; k = 0 at evaluation

The paper's name is Abacus. A number is a run of digits; it ends at any other token and with its document. Places count from its
first digit, as a token cannot know how many follow: numbers must be written least significant digit first for the same place to
mean the same power of ten. Attention keeps a scheme of its own in the paper: position=sum position@position.first=digit_index.
Differs: the authors' code fails at numbers beyond the table; here the digits beyond share the last row.
Oracle: the rows of digits that regular expressions find in texts; the ids that the authors' code gives a text.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.digits import DIGITS, refuse_mixed, token_ids
from wordorder.position.draws import uniform


class Abacus(PositionScheme):
    """Every digit must be a token of its own; before `bind` no token is a digit."""

    orders = False  # but for the digits inside a number
    reads_ids = False  # digits are counted
    shift_invariant = True

    def __init__(self, *, d_model: int, n_positions: int, max_offset: int, init_std: float, seed: int):
        super().__init__()
        if max_offset < 0:
            raise ValueError(f"max_offset={max_offset} must not be negative; the paper has 99, and 0 draws nothing")
        if n_positions < max_offset + 2:
            raise ValueError(
                f"n_positions={n_positions} leaves no row for a first digit: give max_offset={max_offset} and 1 more "
                "than the longest number has digits; the paper has 1024"
            )
        if init_std < 0:
            raise ValueError(f"init_std={init_std} must not be negative")
        self.max_offset, self.init_std, self.seed = max_offset, init_std, seed
        self.digits: list[int] = []  # their token ids
        self.table = nn.Parameter(torch.empty(n_positions, d_model))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.normal_(self.table, std=self.init_std, generator=generator("table"))

    def bind(self, vocab: list[bytes]) -> None:
        refuse_mixed(vocab, "digit_index")
        self.digits = token_ids(vocab, DIGITS)

    def prepare(self, context: Context) -> Tensor:
        """The table's row for each new token, (B, T)."""
        place_BT = self.places(context)[:, -context.n_new :]
        offset_11 = 0
        if self.training:
            one_row = torch.zeros(1, dtype=torch.int64, device=place_BT.device)
            offset_11 = (uniform(self.seed, "digit_index", context.step, one_row, 1) * (self.max_offset + 1)).long()
        return torch.where(place_BT > 0, place_BT + offset_11, 0).clamp(max=len(self.table) - 1)

    def places(self, context: Context) -> Tensor:
        """1, 2, ... for the digits of each number and 0 for other tokens, (B, S)."""
        tokens_BS, document_BS = context.tokens_BS, context.document_BS
        at_S = torch.arange(tokens_BS.shape[1], device=tokens_BS.device)
        digit_BS = torch.isin(tokens_BS, torch.tensor(self.digits, dtype=tokens_BS.dtype, device=tokens_BS.device))
        goes_on_BS = digit_BS.roll(1, 1)  # whatever the first token goes on with, its place is 1
        if document_BS is not None:
            goes_on_BS = goes_on_BS & (document_BS == document_BS.roll(1, 1))
        begun_BS = torch.where(goes_on_BS, 0, at_S).cummax(1).values
        return torch.where(digit_BS, at_S - begun_BS + 1, 0)

    def embed(self, x_BTD: Tensor, pos: Tensor) -> Tensor:
        return x_BTD + F.embedding(pos, self.table).to(x_BTD.dtype)
