"""base: the places where a position scheme may act. Every hook does nothing until a scheme overrides it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from torch import Generator, Tensor, nn

# FlexAttention's own signatures
ScoreMod = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]  # (score, b, h, i, j) -> score
MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # (b, h, i, j) -> may query i see key j

KERNELS = ("sdpa", "bias", "dense")  # each serves what those before it serve


@dataclass(frozen=True)
class Context:
    """One forward's side input, passed on unread by the model.

    `tokens_BS` holds every token in view, the queries are its last `n_new`; `place_BS` the index of each token inside
    its document, (1, S) when all rows are equal; `document_BS` the number of its document, None for one document a row;
    `row_B` the sample's number in the whole run; `horizon` the length that this sequence will reach.
    """

    tokens_BS: Tensor
    n_new: int
    place_BS: Tensor
    document_BS: Tensor | None
    row_B: Tensor
    step: int
    horizon: int


@dataclass(frozen=True)
class Places:
    """Position ids of one forward: `k_BS` of all tokens in view, `q_BT` of the new ones; (1, .) when all rows are equal."""

    k_BS: Tensor
    n_new: int
    layer: int = 0

    @classmethod
    def of(cls, context: Context) -> Self:
        """The index of each token inside its document."""
        return cls(context.place_BS, context.n_new)

    @property
    def q_BT(self) -> Tensor:
        return self.k_BS[:, -self.n_new :]

    def at(self, layer: int) -> Self:
        """The same ids as another layer sees them, for schemes whose parameters differ by layer."""
        return replace(self, layer=layer)

    def q(self, b: Tensor, i: Tensor) -> Tensor:
        """Ids of the queries with batch index b and index i among the new tokens."""
        return self.q_BT[b * int(self.k_BS.shape[0] > 1), i]

    def k(self, b: Tensor, j: Tensor) -> Tensor:
        """Ids of the keys with batch index b and index j among all tokens in view."""
        return self.k_BS[b * int(self.k_BS.shape[0] > 1), j]


class PositionScheme(nn.Module):
    """How order enters the model. The promises below are checked, in both directions, by the contract test."""

    max_position: int | None = None  # largest id accepted + 1; None: any
    orders: bool = True  # one layer tells a shuffled past from the true one
    shift_invariant: bool = False  # ids + c change nothing
    length_free: bool = True  # the output at t does not depend on how long the sequence is
    content: bool = False  # score_mod reads q, k or x; False: made once a forward, shared by layers with the same pos
    additive: bool = True  # score_mod(s) == s + score_mod(0)

    def __init__(self) -> None:
        super().__init__()  # nn.Module's own takes any argument, so a yaml could not be held against it

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        """Draw the scheme's own parameters, each from `generator(its name)`."""

    def bind(self, vocab: list[bytes]) -> None:
        """Learn, once before training, which bytes each token id stands for."""

    def at_step(self, step: int, n_steps: int) -> None:
        """Follow a schedule: a pure function of the optimizer step, called before each and after loading weights."""

    def prepare(self, context: Context) -> Any:
        """Make, once a forward, what the other hooks receive as `pos`; opaque to the model."""
        return Places.of(context)

    def embed(self, x_BTD: Tensor, pos: Any) -> Tensor:
        """Change the embedded tokens; a factor on the embedding belongs here too."""
        return x_BTD

    def at_layer(self, layer: int, pos: Any) -> Any:
        """What the hooks below receive as `pos` in this layer; the same object where layers may share one bias."""
        return pos

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Any) -> tuple[Tensor, Tensor]:
        """Change queries and keys; called with autocast off, returns them in the dtype it was given."""
        return q_BHTK, k_BGSK

    def visible(self, pos: Any) -> MaskMod | None:
        """Return which keys a query may see, beside causality and documents; None for all."""
        return None

    def score_mod(
        self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Any
    ) -> ScoreMod | None:
        """Return the change of the scaled score, reading ids through `pos.q(b, i)` and `pos.k(b, j)`; tensors only if `content`."""
        return None

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Any, attention: "DenseAttention"
    ) -> Tensor | None:
        """Replace the softmax itself and return (B, H, T, K); None for the model's own. Keys and values come one a head."""
        return None

    @property
    def needs(self) -> Literal["sdpa", "bias", "dense"]:
        """The simplest kernel that serves: sdpa changes no score, bias adds or hides, dense does anything."""
        if overrides(self, "attend") or not self.additive:
            return "dense"
        return "bias" if overrides(self, "score_mod") or overrides(self, "visible") else "sdpa"


@dataclass(frozen=True)
class DenseAttention:
    """What a scheme with its own `attend` is given: the scale, which keys are visible, the changed scores, and dropout."""

    scale: float
    allowed_BHTS: Tensor
    score_BHTS: Tensor  # scaled, changed by score_mod, not masked; float32 or better
    drop: Callable[[Tensor], Tensor]


def overrides(scheme: PositionScheme, hook: str) -> bool:
    """Does the scheme's class define this hook?"""
    return getattr(type(scheme), hook) is not getattr(PositionScheme, hook)


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


def both(*masks: MaskMod | None) -> MaskMod | None:
    """What all of these allow."""
    masks = tuple(mask for mask in masks if mask is not None)
    if len(masks) < 2:
        return masks[0] if masks else None

    def allowed(b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
        out = masks[0](b, h, i, j)
        for mask in masks[1:]:
            out = out & mask(b, h, i, j)
        return out

    return allowed
