"""convolution: a short causal convolution over the tokens of a document, for schemes that make positions from the text."""

from dataclasses import dataclass
from typing import Self

import torch.nn.functional as F
from torch import Tensor

from wordorder.position.context import Context


@dataclass(frozen=True)
class Documents:
    """Which document each of the S tokens in view is of, how many of them are queries, and the layer."""

    document_BS: Tensor | None
    n_new: int
    layer: int = 0

    @classmethod
    def of(cls, context: Context) -> Self:
        """All that such a scheme needs of a forward."""
        return cls(context.document_BS, context.n_new)


def convolve(x_BSN: Tensor, tap_MN: Tensor, document_BS: Tensor | None) -> Tensor:
    """sum_m tap[m] x[s - m], channel by channel, over the tokens of s's own document."""
    out_BSN = x_BSN * tap_MN[0]
    for m in range(1, min(len(tap_MN), x_BSN.shape[1])):
        earlier_BSN = F.pad(x_BSN[:, :-m], (0, 0, m, 0))
        if document_BS is not None:
            earlier_BSN = earlier_BSN * (document_BS == document_BS.roll(m, 1))[..., None]
        out_BSN = out_BSN + earlier_BSN * tap_MN[m]
    return out_BSN
