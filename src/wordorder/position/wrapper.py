"""wrapper: a scheme around other schemes, which passes every hook and promise through until one overrides it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import Generator, Tensor, nn

from wordorder.position.base import KERNELS, Context, DenseAttention, MaskMod, PositionScheme, ScoreMod, both


@dataclass(frozen=True)
class Wrapped:
    """`pos` of a wrapper: its own, and that of each scheme inside."""

    own: Any
    of: tuple[Any, ...]


class Wrapper(PositionScheme):
    """A scheme around others: every hook is passed on to each of them in turn, every promise is theirs combined."""

    def __init__(self, of: list[PositionScheme]):
        super().__init__()
        self.of = nn.ModuleList(of)

    max_position = property(lambda self: min((s.max_position for s in self.of if s.max_position), default=None))
    orders = property(lambda self: any(scheme.orders for scheme in self.of))
    shift_invariant = property(lambda self: all(scheme.shift_invariant for scheme in self.of))
    length_free = property(lambda self: all(scheme.length_free for scheme in self.of))
    content = property(lambda self: any(scheme.content for scheme in self.of))
    additive = property(lambda self: all(scheme.additive for scheme in self.of))
    by_row = property(lambda self: any(scheme.by_row for scheme in self.of))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        """As each scheme alone: a wrapper changes no weight of what it wraps."""
        for n, scheme in enumerate(self.of):
            scheme.initialise(generator if n == 0 else lambda name, n=n: generator(f"{n}.{name}"))

    def bind(self, vocab: list[bytes]) -> None:
        for scheme in self.of:
            scheme.bind(vocab)

    def at_step(self, step: int, n_steps: int) -> None:
        for scheme in self.of:
            scheme.at_step(step, n_steps)

    def own(self, context: Context) -> Any:
        """What the wrapper itself needs in its hooks."""
        return None

    def prepare(self, context: Context) -> Wrapped:
        return Wrapped(self.own(context), tuple(scheme.prepare(context) for scheme in self.of))

    def embed(self, x_BTD: Tensor, pos: Wrapped) -> Tensor:
        for scheme, inner in zip(self.of, pos.of, strict=True):
            x_BTD = scheme.embed(x_BTD, inner)
        return x_BTD

    def at_layer(self, layer: int, pos: Wrapped) -> Wrapped:
        inner = tuple(scheme.at_layer(layer, one) for scheme, one in zip(self.of, pos.of, strict=True))
        same = all(new is old for new, old in zip(inner, pos.of, strict=True))
        return pos if same else replace(pos, of=inner)

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Wrapped) -> tuple[Tensor, Tensor]:
        for scheme, inner in zip(self.of, pos.of, strict=True):
            q_BHTK, k_BGSK = scheme.transform_qk(q_BHTK, k_BGSK, x_BSD, inner)
        return q_BHTK, k_BGSK

    def visible(self, pos: Wrapped) -> MaskMod | None:
        return both(*(scheme.visible(inner) for scheme, inner in zip(self.of, pos.of, strict=True)))

    def score_mod(
        self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Wrapped
    ) -> ScoreMod | None:
        each = zip(self.of, pos.of, strict=True)
        mods = [mod for scheme, inner in each if (mod := scheme.score_mod(q_BHTK, k_BGSK, x_BSD, inner)) is not None]

        def change(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            for mod in mods:
                score = mod(score, b, h, i, j)
            return score

        return change if mods else None

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Wrapped, attention: DenseAttention
    ) -> Tensor | None:
        each = zip(self.of, pos.of, strict=True)
        outs = (scheme.attend(q_BHTK, k_BHSK, v_BHSK, x_BSD, inner, attention) for scheme, inner in each)
        return next((out for out in outs if out is not None), None)

    @property
    def needs(self) -> Literal["sdpa", "bias", "dense"]:
        own = "bias" if type(self).visible is not Wrapper.visible else "sdpa"
        return max([own, *(scheme.needs for scheme in self.of)], key=KERNELS.index)
