"""dape: the bias of another scheme is changed by a small network that sees the scores and biases of all heads at once.

Zheng et al. 2024, 2405.14722, section 3.
acts on: score   learns: n_hidden x (3H + 1) + H a layer   any length: yes

    score_ij = A_ij + B_ij + f([A_ij, B_ij])        all heads at one i and j: A_ij, B_ij and f's output have H entries
    A_ij     = q_i . k_j / sqrt(K)                  B_ij: what the scheme inside adds
    f(z)     = U leaky_relu(V z + v) + u            V: n_hidden x 2H, U: H x n_hidden, slope 0.01 below 0

f sees scores that nothing hides yet, so that no infinity enters it; keys are hidden after it.
Differs: nothing
Oracle: torch's own Linear and LeakyReLU at one i and j at a time, and the authors' parameter count.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import DenseAttention, PositionScheme
from wordorder.position.context import Context
from wordorder.position.wrapper import Wrapped, Wrapper


class DAPE(Wrapper):
    """The scheme inside must add a bias of positions alone; each map is drawn as torch draws a Linear."""

    def __init__(self, *, scheme: PositionScheme, n_layers: int, n_heads: int, n_hidden: int):
        super().__init__([scheme])
        name = type(scheme).__name__
        if scheme.acts("attend"):
            raise ValueError(f"scheme={name} replaces the softmax, as DAPE does: the paper has ALiBi, KERPLE and FIRE")
        if not scheme.acts("score_mod") or scheme.content or not scheme.additive:
            raise ValueError(f"scheme={name} adds no bias of positions alone: the paper has ALiBi, KERPLE and FIRE")
        if n_hidden < 1:
            raise ValueError(f"n_hidden={n_hidden} must be at least 1; the paper has 32")
        self.hidden_weight = nn.Parameter(torch.empty(n_layers, n_hidden, 2 * n_heads))
        self.hidden_bias = nn.Parameter(torch.empty(n_layers, n_hidden))
        self.out_weight = nn.Parameter(torch.empty(n_layers, n_heads, n_hidden))
        self.out_bias = nn.Parameter(torch.empty(n_layers, n_heads))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        super().initialise(generator)
        for name, weight in self.named_parameters(recurse=False):
            bound = getattr(self, f"{name.split('_')[0]}_weight").shape[-1] ** -0.5
            nn.init.uniform_(weight, -bound, bound, generator=generator(name))

    def own(self, context: Context) -> tuple[int, int]:
        """The layer, and for how many rows B differs."""
        same = context.place_BS.shape[0] == 1 and not self.by_row
        return 0, 1 if same else context.tokens_BS.shape[0]

    def at_layer(self, layer: int, pos: Wrapped) -> Wrapped:
        return Wrapped((layer, pos.own[1]), super().at_layer(layer, pos).of)

    def score_mod(self, q_BHTK: Tensor | None, k_BGSK: Tensor | None, x_BSD: Tensor | None, pos: Wrapped) -> None:
        return None  # so that `attend` is given A alone

    def attend(
        self, q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, x_BSD: Tensor, pos: Wrapped, attention: DenseAttention
    ) -> Tensor:
        layer, n_rows = pos.own
        score_BHTS = attention.score_BHTS
        bias_BHTS = self.bias(torch.zeros_like(score_BHTS[:n_rows]), pos)
        own = (self.hidden_weight, self.hidden_bias, self.out_weight, self.out_bias)
        V, v, U, u = (weight[layer].to(score_BHTS.dtype) for weight in own)
        of_score, of_bias = V.chunk(2, dim=-1)
        hidden_BNTS = mix(of_score, score_BHTS) + mix(of_bias, bias_BHTS) + v[:, None, None]
        score_BHTS = score_BHTS + bias_BHTS + mix(U, F.leaky_relu(hidden_BNTS)) + u[:, None, None]
        weight_BHTS = score_BHTS.masked_fill(~attention.allowed_BHTS, float("-inf")).softmax(-1)
        return attention.drop(weight_BHTS) @ v_BHSK

    def bias(self, zero_BHTS: Tensor, pos: Wrapped) -> Tensor:
        """What the scheme inside adds to scores of 0; nothing in layers or at steps without it."""
        mod = super().score_mod(None, None, None, pos)
        sizes = zero_BHTS.shape
        at = (torch.arange(n, device=zero_BHTS.device).view([-1, *[1] * (3 - axis)]) for axis, n in enumerate(sizes))
        return zero_BHTS if mod is None else mod(zero_BHTS, *at)


def mix(weight_NH: Tensor, score_BHTS: Tensor) -> Tensor:
    """One linear map over the heads at each i and j: (B, N, T, S)."""
    return torch.einsum("nh,bhts->bnts", weight_NH, score_BHTS)
