"""by_layer: every n-th layer has one scheme, all others another.

Yang et al. 2025, 2501.18795, section 3; also SmolLM3, Llama 4, Cohere Command A and Gemma 3 (2503.19786).
acts on: q and k, score, mask   learns: nothing   any length: yes

    layer l = 0, 1, ... has `other` where (l + 1) mod every = 0, and `scheme` elsewhere

Each scheme is told the true number of its layer. Only what acts in a layer can differ by layer, so a scheme that changes the
embedding is refused. Where the two promise different things, the model makes the weaker promise: the smaller `max_position`;
`shift_invariant`, `length_free`, `keeps_width` and `additive` if both are; every other if it holds of either; and one kernel
that serves both.
A model of fewer than `every` layers has no layer for `other`.
Differs: nothing
Oracle: the attention of each layer of SmolLM3, Cohere2, Llama 4 and Gemma 3 at Hugging Face; each scheme asked alone.
"""

from typing import Any

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.wrapper import Wrapped, Wrapper


class ByLayer(Wrapper):
    """In a layer, hooks are passed on to that layer's scheme only; `pos` is the same object where the scheme makes it so."""

    def __init__(self, *, scheme: PositionScheme, other: PositionScheme, every: int):
        super().__init__([scheme, other])
        if every < 2:
            raise ValueError(f"every={every} must be at least 2; for one scheme in all layers give it alone")
        for name, one in (("scheme", scheme), ("other", other)):
            if one.acts("embed"):
                raise ValueError(
                    f"{name}={type(one).__name__} acts at the embedding, before any layer: put it beside by_layer in a sum"
                )
        self.every = every

    def prepare(self, context: Context) -> Wrapped:
        each = (Wrapped(n, (scheme.prepare(context),)) for n, scheme in enumerate(self.of))
        return Wrapped(None, tuple(each))

    def at_layer(self, layer: int, pos: Wrapped) -> Wrapped:
        n = int((layer + 1) % self.every == 0)
        mine = pos.of[n]
        return mine.holding((self.of[n].at_layer(layer, mine.of[0]),))

    def inside(self, pos: Wrapped) -> list[tuple[PositionScheme, Any]]:
        return [] if pos.own is None else [(self.of[pos.own], pos.of[0])]  # none before the layers
