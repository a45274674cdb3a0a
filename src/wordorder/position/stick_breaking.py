"""stick_breaking: from the nearest key back, each breaks its share off what is left of a stick, in place of the softmax.

Tan et al. 2024, 2410.17980, section 2.
acts on: weights   learns: nothing   any length: yes

    weight_ij = sigmoid(z_ij) (1 - sigmoid(z_i,j+1)) ... (1 - sigmoid(z_i,i-1))     z_ij = q_i . k_j / sqrt(K), j < i
    out_i     = sum_j weight_ij v_j  + (1 - sum_j weight_ij) v_i, the remainder     if `remainder: value`

`attend_current: true` begins with the query's own key: j <= i, products up to 1 - sigmoid(z_ii). A recent key shadows an older
one, which is the only order there is. Logarithms are summed, float32 or better.
Differs: nothing; the equations have no remainder, so a first token's output is 0. The authors' training code gives it to v_i.
Oracle: the products as a loop that breaks a stick; the authors' reference as one matrix product in log space.
"""

from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor

from wordorder.position.base import DenseAttention, PositionScheme


class StickBreaking(PositionScheme):
    """Keys that a query may not see take nothing; dropout is on the weights and not on the remainder."""

    reads_ids = False
    shift_invariant = True

    def __init__(self, *, attend_current: bool, remainder: Literal["zero", "value"]):
        super().__init__()
        self.attend_current, self.remainder = attend_current, remainder

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Any, attention: DenseAttention
    ) -> Tensor:
        score_BHTS, allowed_BHTS = attention.score_BHTS, attention.allowed_BHTS
        n_new, n_tokens = score_BHTS.shape[-2:]
        if not self.attend_current:
            allowed_BHTS = allowed_BHTS.tril(n_tokens - n_new - 1)
        left_BHTS = F.logsigmoid(-score_BHTS).masked_fill(~allowed_BHTS, 0.0)  # ln of what each key leaves
        after_BHTS = F.pad(left_BHTS.flip(-1).cumsum(-1).flip(-1)[..., 1:], (0, 1))  # by all keys after it
        weight_BHTS = (F.logsigmoid(score_BHTS) + after_BHTS).exp().masked_fill(~allowed_BHTS, 0.0)
        out_BHTK = attention.drop(weight_BHTS) @ v_BHSK
        if self.remainder == "value":
            rest_BHT1 = left_BHTS.sum(-1, keepdim=True).exp()
            out_BHTK = out_BHTK + rest_BHT1 * v_BHSK[:, :, -n_new:]
        return out_BHTK
