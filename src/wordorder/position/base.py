"""base: the places where a position scheme may act. Every hook does nothing until a scheme overrides it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Generator, Tensor, nn

# (score, b, h, i, j) -> score: FlexAttention's own signature
ScoreMod = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


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


class Places:
    """Position ids of one forward: `k_BS` of all tokens in view, `q_BT` of the new ones; (1, .) when all rows are equal."""

    def __init__(self, context: Context):
        self.k_BS = context.place_BS
        self.q_BT = context.place_BS[:, -context.n_new :]
        self._by_row = int(self.k_BS.shape[0] > 1)

    def q(self, b: Tensor, i: Tensor) -> Tensor:
        """Ids of the queries with batch index b and index i among the new tokens."""
        return self.q_BT[b * self._by_row, i]

    def k(self, b: Tensor, j: Tensor) -> Tensor:
        """Ids of the keys with batch index b and index j among all tokens in view."""
        return self.k_BS[b * self._by_row, j]


class PositionScheme(nn.Module):
    """How order enters the model. The promises below are checked, in both directions, by the contract test."""

    max_position: int | None = None  # largest id accepted + 1; None: any
    orders: bool = True  # one layer tells a shuffled past from the true one
    shift_invariant: bool = False  # ids + c change nothing
    length_free: bool = True  # the output at t does not depend on how long the sequence is
    content: bool = False  # score_mod reads q, k or x; False: made once a forward, shared by layers
    additive: bool = True  # score_mod(s) == s + score_mod(0)

    def __init__(self) -> None:
        super().__init__()  # nn.Module's own takes any argument, so a yaml could not be held against it

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        """Draw the scheme's own parameters, each from `generator(its name)`."""

    def prepare(self, context: Context) -> Any:
        """Make, once a forward, what the other hooks receive as `pos`; opaque to the model."""
        return Places(context)

    def embed(self, x_BTD: Tensor, pos: Any) -> Tensor:
        """Change the embedded tokens; a factor on the embedding belongs here too."""
        return x_BTD

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Any) -> tuple[Tensor, Tensor]:
        """Change queries and keys; called with autocast off, returns them in the dtype it was given."""
        return q_BHTK, k_BGSK

    def score_mod(
        self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Any
    ) -> ScoreMod | None:
        """Return the change of the scaled score, reading ids through `pos.q(b, i)` and `pos.k(b, j)`; tensors only if `content`."""
        return None
