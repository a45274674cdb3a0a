"""coupled: digits of equal significance in the numbers of a sum, and in its answer, share an id.

Cho et al. 2024, 2405.20671, section 3.
acts on: ids   learns: nothing   any length: yes

    id = s + place                                       outside of sums, and in a sum's first number
    a sum whose first digit stands at p, after operands of w digits:
                        digit m = 0, 1, ...      symbols    digit m after `=`
        msd_first       s + p + m                s + p + w  s + p + w - 1 - m, at least s + p - 1
        lsd_first       s + p + m                s + p - 1  s + p + m
    s drawn from 1 .. max_start for every row at every step of training, s = 1 at evaluation

A sum is digits and `symbols` without a break; it ends at any other token and with its document. The answer is written least
significant digit first; operands most significant digit first, with zeros in front of the shorter (msd_first, the paper), or
as the answer (lsd_first, no zeros needed). A token cannot know how many digits follow, so numbers are aligned where they begin.
The scheme inside is asked with these ids. A table inside must have max_start rows beyond the longest text.
Differs: the paper's is for learned embeddings and texts of one sum. Such a text, after the end token, has its ids; other words
keep their places, and answers of more than w + 1 digits repeat their last id.
Oracle: the ids published by the authors' code for padded sums; a parser of the whole text by regular expressions.
"""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.digits import DIGITS, refuse_mixed, token_ids
from wordorder.position.draws import uniform
from wordorder.position.wrapper import Wrapped, Wrapper


class Coupled(Wrapper):
    """Every digit must be a token of its own; before `bind` no token is a digit."""

    by_row = True

    def __init__(
        self,
        *,
        scheme: PositionScheme,
        operands: Literal["msd_first", "lsd_first"],
        symbols: str,
        max_start: int,
        seed: int,
    ):
        super().__init__([scheme])
        if "=" not in symbols:
            raise ValueError(f"symbols={symbols!r} must hold '=', which the answer follows")
        if max_start < 1:
            raise ValueError(f"max_start={max_start} must be at least 1, the start at evaluation")
        if scheme.max_position is not None and scheme.max_position <= max_start:
            raise ValueError(
                f"max_start={max_start} leaves no position of the {scheme.max_position} that the scheme inside has: "
                "give it as many more as the longest text is long"
            )
        self.operands, self.symbols, self.max_start, self.seed = operands, symbols, max_start, seed
        self.kinds: list[list[int]] = [[], [], []]  # the token ids of digits, symbols and the equals sign

    @property
    def max_position(self) -> int | None:
        limit = self.of[0].max_position
        return None if limit is None else limit - (self.max_start if self.training else 1)

    def bind(self, vocab: list[bytes]) -> None:
        refuse_mixed(vocab, "coupled")
        kinds = (DIGITS, [symbol.encode() for symbol in self.symbols], [b"="])
        self.kinds = [token_ids(vocab, kind) for kind in kinds]
        super().bind(vocab)

    def prepare(self, context: Context) -> Wrapped:
        start_B1 = 1
        if self.training:
            drawn_B1 = uniform(self.seed, "coupled", context.step, context.row_B, 1)
            start_B1 = 1 + (drawn_B1 * self.max_start).long()
        return super().prepare(replace(context, place_BS=start_B1 + self.couple(context)))

    def couple(self, context: Context) -> Tensor:
        """The ids without their start, (B, S); each is a function of the tokens up to its own."""
        tokens_BS, document_BS = context.tokens_BS, context.document_BS
        place_BS = context.place_BS.expand_as(tokens_BS)
        at_S = torch.arange(tokens_BS.shape[1], device=tokens_BS.device)
        kinds = (torch.tensor(ids, dtype=torch.int64, device=tokens_BS.device) for ids in self.kinds)
        digit, symbol, equal = (torch.isin(tokens_BS, kind) for kind in kinds)
        first = (at_S == 0).expand_as(tokens_BS)
        if document_BS is not None:
            first = first | (document_BS != document_BS.roll(1, 1))

        begun = latest(digit & (first | ~digit.roll(1, 1)))  # the last number's first digit
        n_digits, m = latest(digit) - begun + 1, at_S - begun
        outside = torch.maximum(latest(~(digit | symbol)), latest(first) - 1)
        opened = latest((begun == at_S) & (first | (begun.roll(1, 1) <= outside)))  # the sum's first digit
        if self.operands == "msd_first":
            equals = latest(equal)
            down = (n_digits.gather(1, equals.clamp(min=0)) - 1 - m).clamp(min=-1)
            index = torch.where(digit, torch.where(equals > opened, down, m), n_digits)
        else:
            index = torch.where(digit, m, -1)
        in_sum = (digit | symbol) & (opened > outside)
        return torch.where(in_sum, place_BS.gather(1, opened.clamp(min=0)) + index, place_BS)


def latest(where_BS: Tensor) -> Tensor:
    """The index of the last True up to each token, -1 before the first."""
    at_S = torch.arange(where_BS.shape[1], device=where_BS.device)
    return torch.where(where_BS, at_S, -1).cummax(1).values
