"""What one step sees."""

from typing import NamedTuple

from torch import Tensor

UNSCORED = -1  # a target that does not count


class Batch(NamedTuple):
    """`ids_BT` go in, `target_BT` are to be predicted (UNSCORED where nothing is asked), `row_B` number the rows of the run.

    `tokens_B` counts each row's tokens, padding left out; `document_BT` numbers the documents that a row's inputs belong to,
    None where all may attend to all before them.
    """

    ids_BT: Tensor
    target_BT: Tensor
    row_B: Tensor
    tokens_B: Tensor
    document_BT: Tensor | None = None

    def cut(self, size: int) -> "list[Batch]":
        """The same rows in batches of `size`, the last one with what is left."""
        starts = range(0, len(self.ids_BT), size)
        return [Batch(*(None if part is None else part[at : at + size] for part in self)) for at in starts]
