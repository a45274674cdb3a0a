"""fox: each token says by how much all that came before it is forgotten, and the score is lowered by the sum of that.

Lin et al. 2025, 2503.02130, section 3.
acts on: score   learns: (D + 1) x H a layer   any length: yes

    f_th     = sigmoid(w_h . x_t + b_h)        x_t: what the layer's queries are made of
    score_ij = q_i . k_j / sqrt(K) + ln f_{j+1,h} + ... + ln f_{i,h}
             = q_i . k_j / sqrt(K) + c_ih - c_jh,    c_th = ln f_1h + ... + ln f_th

`sign: minus` has sigmoid(-(w_h . x_t + b_h)), whose logarithm is -softplus(w_h . x_t + b_h), as in `cable`.
Differs: nothing; the paper's "Pro" block (output gate, output norm, QK-norm, shifted keys and values) is another architecture.
Oracle: the paper's weights, products of gates in front of exp(q . k / sqrt(K)), as a double loop; x_transformers' bias.
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Places


class FoX(PositionScheme):
    """Sums are float32 or better: they reach -1000, where bfloat16 has steps of 4."""

    reads_ids = False  # a gate counts once for each token, whatever its id
    shift_invariant = True
    content = True
    per_layer = True

    def __init__(
        self,
        *,
        n_layers: int,
        d_model: int,
        n_heads: int,
        sign: Literal["plus", "minus"],
        init_std: float,
        init_bias: float,
    ):
        super().__init__()
        if sign not in ("plus", "minus"):
            raise ValueError(f"sign={sign} must be plus or minus; the paper has plus")
        if init_std < 0:
            raise ValueError(f"init_std={init_std} must not be negative; the paper's code has 0.02")
        self.sign, self.init_std, self.init_bias = 1.0 if sign == "plus" else -1.0, init_std, init_bias
        self.weight = nn.Parameter(torch.empty(n_layers, n_heads, d_model))
        self.bias = nn.Parameter(torch.empty(n_layers, n_heads))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        nn.init.normal_(self.weight, std=self.init_std, generator=generator("weight"))
        nn.init.constant_(self.bias, self.init_bias)

    def score_mod(self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor, pos: Places) -> ScoreMod:
        wide = torch.promote_types(x_BSD.dtype, torch.float32)
        gate_BSH = F.linear(x_BSD.to(wide), self.weight[pos.layer].to(wide), self.bias[pos.layer].to(wide))
        sum_BHS = F.logsigmoid(self.sign * gate_BSH).mT.cumsum(-1)
        again_BHS = sum_BHS.clone()  # FlexAttention has a gradient for a tensor that is read at one place only
        cached = x_BSD.shape[1] - pos.n_new

        def forget(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            return score + (sum_BHS[b, h, i + cached] - again_BHS[b, h, j])

        return forget
