"""shape: all ids of a text are shifted by one random amount, so that no absolute position can be relied on.

Kiyono et al. 2021, 2109.05644.
acts on: ids   learns: nothing   any length: yes

    id = place + k,   k drawn from 0 .. K for every row at every step of training, k = K at evaluation

The scheme inside is asked with these ids: K = max_shift. A table inside must have K rows beyond the longest text.
Differs: the paper is for sinusoidal embeddings, where here any scheme may be inside. That evaluation has the fixed shift K is
the authors' code, which draws from 0 .. K - 1, so that K itself is new at evaluation; here K is drawn too, as in the paper.
Oracle: a sinusoidal embedding by hand of the shifted places.
"""

from dataclasses import replace

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.draws import uniform
from wordorder.position.wrapper import Wrapped, Wrapper


class SHAPE(Wrapper):
    """Draws follow `seed`, the step and the row; a scheme that is shift-invariant by itself is left as it is."""

    by_row = property(lambda self: self.training or self.of[0].by_row)

    def __init__(self, *, scheme: PositionScheme, max_shift: int, seed: int):
        super().__init__([scheme])
        if max_shift < 1:
            raise ValueError(f"max_shift={max_shift} must be at least 1; the paper has 500")
        limit = scheme.max_position
        if limit is not None and limit <= max_shift:
            raise ValueError(
                f"max_shift={max_shift} leaves no position of the {limit} that the scheme inside has: "
                "give it as many more as the longest text is long"
            )
        self.max_shift, self.seed = max_shift, seed

    @property
    def max_position(self) -> int | None:
        limit = self.of[0].max_position
        return None if limit is None else limit - self.max_shift

    def prepare(self, context: Context) -> Wrapped:
        shift_B1 = self.max_shift
        if self.training:
            drawn_B1 = uniform(self.seed, "shape", context.step, context.row_B, 1)
            shift_B1 = (drawn_B1 * (self.max_shift + 1)).long()
        return super().prepare(replace(context, place_BS=context.place_BS + shift_B1))
