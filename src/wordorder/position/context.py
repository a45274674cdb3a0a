"""context: what a scheme is told of one forward, and the position ids that it makes of that unless it makes its own."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Context:
    """One forward's side input, passed on unread by the model.

    `tokens_BS` holds every token in view, the queries are its last `n_new`; `place_BS` the index of each token inside
    its document, (1, S) when all rows are equal; `document_BS` the number of its document, None for one document a row;
    `row_B` the sample's number in the whole run; `step` the optimizer step that the forward is part of, 0 outside training,
    so that what is drawn for a text does not depend on the checkpoint; `horizon` the length that this sequence will reach.
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

    def q(self, b: Tensor, i: Tensor) -> Tensor:
        """Ids of the queries with batch index b and index i among the new tokens."""
        return self.q_BT[b * int(self.k_BS.shape[0] > 1), i]

    def k(self, b: Tensor, j: Tensor) -> Tensor:
        """Ids of the keys with batch index b and index j among all tokens in view."""
        return self.k_BS[b * int(self.k_BS.shape[0] > 1), j]
