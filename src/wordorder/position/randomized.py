"""randomized: the tokens of a text get sorted random ids from a longer range, so that none is new past the trained length.

Ruoss et al. 2023, 2305.16843, section 3.
acts on: ids   learns: nothing   any length: no, max_length

    ids of a text of T tokens = T numbers drawn from 0 .. max_length - 1 without replacement, in ascending order

The scheme inside is asked with these ids. They are drawn anew for every row at every step, and at evaluation too.
Differs: the paper draws once a batch, and anew in each layer of a relative scheme; here each row has its own draw, which
its layers share.
Oracle: a sort of Python's own over the same numbers.
"""

from dataclasses import replace

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.draws import uniform
from wordorder.position.wrapper import Wrapped, Wrapper


class Randomized(Wrapper):
    """`max_length` must exceed the longest text ever read; draws follow `seed`, the step and the row."""

    by_row = True
    whole_ids = True
    shift_invariant = property(lambda self: not self.reads_ids and self.of[0].shift_invariant)
    length_free = property(  # which ids a prefix has depends on how many tokens follow
        lambda self: not self.reads_ids and self.of[0].length_free
    )
    max_position = property(lambda self: self.max_length)

    def __init__(self, *, scheme: PositionScheme, max_length: int, seed: int):
        super().__init__([scheme])
        if max_length < 1:
            raise ValueError(f"max_length={max_length} must be at least 1; the paper has 2048")
        limit = scheme.max_position
        if limit is not None and limit < max_length:
            raise ValueError(
                f"max_length={max_length} exceeds {limit}, where the scheme inside ends: give it as many positions"
            )
        self.max_length, self.seed = max_length, seed

    def prepare(self, context: Context) -> Wrapped:
        n_batch = context.tokens_BS.shape[0]
        drawn_BN = uniform(self.seed, "randomized", context.step, context.row_B, self.max_length)
        chosen_BN = drawn_BN.argsort(dim=1)[:, : context.horizon].sort(dim=1).values
        place_BS = context.place_BS.expand(n_batch, -1)
        return super().prepare(replace(context, place_BS=chosen_BN.gather(1, place_BS)))
