"""mlp: the map that each token goes through by itself. Letters: see transformer.py."""

from functools import partial
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

Activation = Literal["relu", "gelu", "gelu_erf", "swiglu", "geglu"]

gelu_tanh = partial(F.gelu, approximate="tanh")
CURVES = {"relu": F.relu, "gelu": gelu_tanh, "gelu_erf": F.gelu, "swiglu": F.silu, "geglu": gelu_tanh}
GATED = ("swiglu", "geglu")


class MLP(nn.Module):
    """ReLU; GELU (Hendrycks and Gimpel 2016, 1606.08415) in its tanh form or exactly; or one of these gating a third matrix
    (Shazeer 2020, 2002.05202)."""

    def __init__(self, d_model: int, d_ff: int, activation: Activation, *, bias: bool):
        super().__init__()
        self.curve = CURVES[activation]
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.down = nn.Linear(d_ff, d_model, bias=bias)
        self.gate = nn.Linear(d_model, d_ff, bias=bias) if activation in GATED else None

    def forward(self, x_BTD: Tensor) -> Tensor:
        if self.gate is None:
            return self.down(self.curve(self.up(x_BTD)))
        return self.down(self.curve(self.gate(x_BTD)) * self.up(x_BTD))
