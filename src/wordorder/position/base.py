"""base: the places where a position scheme may act. Every hook does nothing until a scheme overrides it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import Generator, Tensor, nn

from wordorder.position.context import Context, Places
from wordorder.position.masks import MaskMod

# FlexAttention's own signature
ScoreMod = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]  # (score, b, h, i, j) -> score

KERNELS = ("sdpa", "bias", "dense")  # each serves what those before it serve


class PositionScheme(nn.Module):
    """How order enters the model. The promises below are checked, in both directions, by the contract test."""

    max_position: int | None = None  # largest id accepted + 1; None: any
    orders: bool = True  # one layer tells a shuffled past from the true one
    reads_ids: bool = True  # position ids matter; False also for what orders tokens by counting them
    whole_ids: bool = False  # ids index a table, so that none may lie between two whole numbers
    shift_invariant: bool = False  # ids + c change nothing
    length_free: bool = True  # the output at t does not depend on how long the sequence is
    content: bool = False  # score_mod reads q, k or x; False: made once a forward, shared by layers with the same pos
    reads_qk: bool = False  # of content, score_mod reads q or k, which must then be as wide as a head
    keeps_width: bool = True  # transform_qk leaves q and k as wide as a head
    additive: bool = True  # score_mod(s) == s + score_mod(0)
    by_row: bool = False  # without content too, each row has its own ids, as when they are drawn

    per_layer: bool = False  # parameters differ by layer: `pos` is a dataclass with the field `layer`, set by at_layer

    def __init__(self) -> None:
        super().__init__()  # nn.Module's own takes any argument, so a yaml could not be held against it

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        """Draw the scheme's own parameters, each from `generator(its name)`."""

    def check_length(self, n_tokens: int) -> None:
        """Raise ValueError for a sequence that is longer than there are positions."""
        if self.max_position is not None and n_tokens > self.max_position:
            raise ValueError(
                f"{type(self).__name__} ends at position {self.max_position}: {n_tokens} tokens are too many"
            )

    def bind(self, vocab: list[bytes]) -> None:
        """Learn, before the first forward, which bytes each token id stands for; ids beyond the list are special."""

    def at_step(self, step: int, n_steps: int) -> None:
        """Follow a schedule: a pure function of the optimizer step, called before each; with step = n_steps once trained."""

    def prepare(self, context: Context) -> Any:
        """Make, once a forward, what the other hooks receive as `pos`; opaque to the model."""
        return Places.of(context)

    def embed(self, x_BTD: Tensor, pos: Any) -> Tensor:
        """Change the embedded tokens; a factor on the embedding belongs here too."""
        return x_BTD

    def at_layer(self, layer: int, pos: Any) -> Any:
        """What the hooks below receive as `pos` in this layer; the same object where layers may share one bias."""
        return replace(pos, layer=layer) if self.per_layer else pos

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Any) -> tuple[Tensor, Tensor]:
        """Change queries and keys; called with autocast off, returns them in the dtype it was given.

        q is of the T new tokens, k and x of all S in view; x is what the layer makes its queries of, after the norm if that
        stands before. Both may come out wider than a head (`keeps_width`): scores are divided by sqrt(K) all the same.
        """
        return q_BHTK, k_BGSK

    def visible(self, pos: Any) -> MaskMod | None:
        """Return which keys a query may see, beside causality and documents; None for all."""
        return None

    def score_mod(
        self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Any
    ) -> ScoreMod | None:
        """Return the change of the scaled score q . k / sqrt(K), reading ids through `pos.q(b, i)` and `pos.k(b, j)`.

        Tensors are given only if `content`: q and k as `transform_qk` left them, x of all S tokens in view. Index i counts
        the new tokens, j all in view. Indices are scalars, or tensors that broadcast to (B, H, T, S).
        """
        return None

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Any, attention: "DenseAttention"
    ) -> Tensor | None:
        """Replace the softmax itself and return (B, H, T, K); None for the model's own. Keys and values come one a head."""
        return None

    def overrides(self, hook: str) -> bool:
        """Does this scheme itself do anything in this hook?"""
        return getattr(type(self), hook) is not getattr(PositionScheme, hook)

    def acts(self, hook: str) -> bool:
        """Does the scheme, or one inside it, do anything in this hook?"""
        return self.overrides(hook)

    @property
    def replaces_softmax(self) -> bool:
        """Does `attend` return something?"""
        return self.overrides("attend")

    @property
    def needs(self) -> Literal["sdpa", "bias", "dense"]:
        """The simplest kernel that serves: sdpa changes no score, bias adds or hides, dense does anything."""
        if self.replaces_softmax or not self.additive:
            return "dense"
        return "bias" if self.overrides("score_mod") or self.overrides("visible") else "sdpa"


@dataclass(frozen=True)
class DenseAttention:
    """What a scheme with its own `attend` is given: the scale, which keys are visible, the changed scores, and dropout."""

    scale: float
    allowed_BHTS: Tensor
    score_BHTS: Tensor  # scaled, changed by score_mod, not masked; float32 or better
    drop: Callable[[Tensor], Tensor]
