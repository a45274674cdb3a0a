"""wrapper: a scheme around other schemes, which passes every hook and promise through until one overrides it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Generator, Tensor, nn

from wordorder.position.base import KERNELS, DenseAttention, PositionScheme, ScoreMod
from wordorder.position.context import Context
from wordorder.position.masks import MaskMod, both


@dataclass(frozen=True)
class Wrapped:
    """`pos` of a wrapper: its own, and that of each scheme inside."""

    own: Any
    of: tuple[Any, ...]
    made: list["Wrapped"] = field(default_factory=list, init=False)  # what `holding` returned for other layers

    def holding(self, of: tuple[Any, ...]) -> "Wrapped":
        """The same around other `pos`; one object for the same ones, so that layers may share a bias."""
        for known in (self, *self.made):
            if all(new is old for new, old in zip(of, known.of, strict=True)):
                return known
        self.made.append(Wrapped(self.own, of))
        return self.made[-1]


class Wrapper(PositionScheme):
    """A scheme around others: every hook is passed on to each of them in turn, every promise is theirs combined."""

    def __init__(self, of: list[PositionScheme]):
        super().__init__()
        self.of = nn.ModuleList(of)

    orders = property(lambda self: any(scheme.orders for scheme in self.acting))
    reads_ids = property(lambda self: any(scheme.reads_ids for scheme in self.acting))
    whole_ids = property(lambda self: any(scheme.whole_ids for scheme in self.acting))
    shift_invariant = property(lambda self: all(scheme.shift_invariant for scheme in self.acting))
    length_free = property(lambda self: all(scheme.length_free for scheme in self.acting))
    content = property(lambda self: any(scheme.content for scheme in self.acting))
    reads_qk = property(lambda self: any(scheme.reads_qk for scheme in self.acting))
    keeps_width = property(lambda self: all(scheme.keeps_width for scheme in self.acting))
    additive = property(lambda self: all(scheme.additive for scheme in self.acting))
    by_row = property(lambda self: any(scheme.by_row for scheme in self.acting))

    @property
    def max_position(self) -> int | None:
        limits = [scheme.max_position for scheme in self.acting if scheme.max_position is not None]
        return min(limits) if limits else None

    @property
    def acting(self) -> Iterable[PositionScheme]:
        """Those inside that act at this step of training; the promises and the hooks are theirs."""
        return self.of

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

    def inside(self, pos: Wrapped) -> list[tuple[PositionScheme, Any]]:
        """The schemes that the hooks below are passed on to, each with its `pos`."""
        return list(zip(self.acting, pos.of, strict=True))

    def prepare(self, context: Context) -> Wrapped:
        return Wrapped(self.own(context), tuple(scheme.prepare(context) for scheme in self.acting))

    def embed(self, x_BTD: Tensor, pos: Wrapped) -> Tensor:
        for scheme, inner in self.inside(pos):
            x_BTD = scheme.embed(x_BTD, inner)
        return x_BTD

    def at_layer(self, layer: int, pos: Wrapped) -> Wrapped:
        return pos.holding(tuple(scheme.at_layer(layer, inner) for scheme, inner in self.inside(pos)))

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Wrapped) -> tuple[Tensor, Tensor]:
        for scheme, inner in self.inside(pos):
            q_BHTK, k_BGSK = scheme.transform_qk(q_BHTK, k_BGSK, x_BSD, inner)
        return q_BHTK, k_BGSK

    def visible(self, pos: Wrapped) -> MaskMod | None:
        return both(*(scheme.visible(inner) for scheme, inner in self.inside(pos)))

    def score_mod(
        self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Wrapped
    ) -> ScoreMod | None:
        of = self.inside(pos)
        mods = [mod for scheme, inner in of if (mod := scheme.score_mod(q_BHTK, k_BGSK, x_BSD, inner)) is not None]

        def change(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            for mod in mods:
                score = mod(score, b, h, i, j)
            return score

        return change if mods else None

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Wrapped, attention: DenseAttention
    ) -> Tensor | None:
        of = self.inside(pos)
        outs = (scheme.attend(q_BHTK, k_BHSK, v_BHSK, x_BSD, inner, attention) for scheme, inner in of)
        return next((out for out in outs if out is not None), None)

    def overrides(self, hook: str) -> bool:
        """Beside passing it on."""
        return getattr(type(self), hook) is not getattr(Wrapper, hook)

    def acts(self, hook: str) -> bool:
        return self.overrides(hook) or any(scheme.acts(hook) for scheme in self.of)

    @property
    def replaces_softmax(self) -> bool:
        return super().replaces_softmax or any(scheme.replaces_softmax for scheme in self.acting)

    @property
    def needs(self) -> Literal["sdpa", "bias", "dense"]:
        return max([super().needs, *(scheme.needs for scheme in self.acting)], key=KERNELS.index)
