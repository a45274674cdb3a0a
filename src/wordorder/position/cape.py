"""cape: in training, ids are shifted, jittered and stretched at random; they are no longer whole numbers.

Likhomanenko et al. 2021, 2106.03143.
acts on: ids   learns: nothing   any length: yes

    id = (place + a + b_place) * exp(c)     a in +-global_shift, c in +-ln global_scale: one each a row and step
                                            b_place in +-local_shift: one for each place
    id = place                              at evaluation

all drawn uniformly. A local shift of at most 1/2 keeps tokens in their order.
The scheme inside is asked with these ids. Angles, slopes and smooth functions of distance take them; a table, which has a row
for each whole id or distance, is refused.
Differs: the paper is for sinusoidal embeddings, where here any such scheme may be inside. It centres the ids of sounds and
images on 0, which needs their length and is not done here.
Oracle: the equation on the numbers drawn, in Python floats; a loop over the sinusoidal table's entries.
"""

import math
from dataclasses import replace

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.draws import uniform
from wordorder.position.wrapper import Wrapped, Wrapper


class CAPE(Wrapper):
    """`global_shift` and `local_shift` in tokens, `global_scale` the largest factor; draws follow `seed`, step and row."""

    by_row = property(lambda self: self.training or self.of[0].by_row)
    whole_ids = True  # a place finds its jitter by its number

    def __init__(
        self, *, scheme: PositionScheme, global_shift: float, local_shift: float, global_scale: float, seed: int
    ):
        super().__init__([scheme])
        if not 0 <= global_shift < math.inf:
            raise ValueError(f"global_shift={global_shift} must not be negative; 0 for none")
        if not 0 <= local_shift <= 0.5:
            raise ValueError(f"local_shift={local_shift} must lie in [0, 0.5]: beyond it tokens would change places")
        if not 1 <= global_scale < math.inf:
            raise ValueError(f"global_scale={global_scale} must be at least 1, which is none")
        if scheme.whole_ids:
            raise ValueError(
                f"scheme={type(scheme).__name__} looks whole position ids up in a table, and ids here lie between: "
                "use sinusoidal, rope or alibi"
            )
        self.global_shift, self.local_shift, self.global_scale, self.seed = (
            global_shift,
            local_shift,
            global_scale,
            seed,
        )

    def prepare(self, context: Context) -> Wrapped:
        if self.training:
            n_batch = context.tokens_BS.shape[0]
            drawn_BN = 2 * uniform(self.seed, "cape", context.step, context.row_B, 2 + context.horizon) - 1
            shift_B1, log_scale_B1 = drawn_BN[:, :1] * self.global_shift, drawn_BN[:, 1:2] * math.log(self.global_scale)
            place_BS = context.place_BS.expand(n_batch, -1)
            jitter_BS = drawn_BN[:, 2:].gather(1, place_BS) * self.local_shift
            id_BS = (place_BS + shift_B1 + jitter_BS) * log_scale_B1.exp()
            context = replace(context, place_BS=id_BS.float())
        return super().prepare(context)
