"""window: a token sees only what is near, around any scheme.

Beltagy et al. 2020, 2004.05150, section 3.1 (sliding); Llama 4 (chunk); as in Jiang et al. 2023, 2310.06825 (Mistral).
acts on: mask   learns: nothing   any length: yes

    sliding:  query i sees key j if i - size < j <= i, `size` keys with its own
    chunk:    query i sees key j if floor(i / size) = floor(j / size) and j <= i

A sliding window counts tokens, a chunk the position ids, which begin anew in each document.
Differs: in units of one side, where the paper's window has size / 2 on either; keys out of sight stay in the cache.
Oracle: the mask functions of Hugging Face's masking_utils, and loops over pairs of tokens.
"""

from typing import Literal

from torch import Tensor

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context, Places
from wordorder.position.masks import MaskMod, both
from wordorder.position.wrapper import Wrapped, Wrapper


class Window(Wrapper):
    """`size` in tokens."""

    orders = True  # which keys are near is a matter of order
    reads_ids = property(lambda self: self.kind == "chunk" or any(scheme.reads_ids for scheme in self.of))
    shift_invariant = property(
        lambda self: self.kind == "sliding" and all(scheme.shift_invariant for scheme in self.of)
    )

    def __init__(self, *, scheme: PositionScheme, kind: Literal["sliding", "chunk"], size: int):
        super().__init__([scheme])
        if size < 1:
            raise ValueError(f"size={size} must be at least 1, the token itself; Mistral has 4096")
        self.kind, self.size = kind, size

    def own(self, context: Context) -> Places:
        return Places.of(context)

    def visible(self, pos: Wrapped) -> MaskMod | None:
        return both(self.near(pos.own), super().visible(pos))

    def near(self, place: Places) -> MaskMod:
        """The mask of the window itself; queries are the last n_new of all tokens."""
        cached = place.k_BS.shape[1] - place.n_new

        def sliding(b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            return j > i + cached - self.size

        def chunk(b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            return place.q(b, i) // self.size == place.k(b, j) // self.size

        return sliding if self.kind == "sliding" else chunk
