"""What one step sees."""

from typing import NamedTuple

from torch import Tensor

UNSCORED = -1  # a target that does not count


class Batch(NamedTuple):
    """`ids_BT` go in, `target_BT` are to be predicted (UNSCORED where nothing is asked), `row_B` number the rows of the run."""

    ids_BT: Tensor
    target_BT: Tensor
    row_B: Tensor
