"""path: between a key and a query, each token on the way reflects the key by a matrix of its own.

Yang et al. 2025, 2505.16381, equation 1 and section 3.
acts on: score   learns: (D + G x K) x rank + G x (K x conv_width + D + 1) a layer   any length: yes

    score_ij = q_i . H_i H_{i-1} ... H_{j+1} k_j / sqrt(K)        H_s = I - b_s w_s w_s^T
    b_s      = 2 sigmoid(a . x_s + b)                             x_s: what the layer's queries are made of
    w_s      = silu(conv(U D x)_s), made a unit vector            conv: each channel over s - conv_width + 1 .. s

Each key-value head has its own a, b, U and conv; D is shared. All products come from one triangular solve. On the way from
key j to a query, token s subtracts c_sj w_s, with c_sj = b_s w_s . (k_j - sum_{j < r < s} c_rj w_r), and so
score_ij = q_i . (k_j - sum_{j < s <= i} c_sj w_s) / sqrt(K).
Differs: the authors' code has a full matrix in place of U D where heads share keys. The forget gate (PaTH-FoX) is left out.
Oracle: the matrices H_s multiplied one by one.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Context
from wordorder.position.convolution import Documents, convolve


class PaTH(PositionScheme):
    """Reflections and their products are float32 or better; a convolution sees its own document only."""

    reads_ids = False
    shift_invariant = True
    content = True
    reads_qk = True
    per_layer = True

    def __init__(
        self,
        *,
        n_layers: int,
        d_model: int,
        n_kv_heads: int,
        head_dim: int,
        rank: int,
        conv_width: int,
        init_std: float,
    ):
        super().__init__()
        if rank < 1:
            raise ValueError(f"rank={rank} must be at least 1; the paper has 32")
        if conv_width < 1:
            raise ValueError(f"conv_width={conv_width} must be at least 1, the token alone; the paper has 3")
        if init_std <= 0:
            raise ValueError(
                f"init_std={init_std} must be positive: a zero has no direction; the authors' code has 0.02"
            )
        self.init_std = init_std
        self.down = nn.Parameter(torch.empty(n_layers, rank, d_model))
        self.up = nn.Parameter(torch.empty(n_layers, n_kv_heads * head_dim, rank))
        self.conv = nn.Parameter(torch.empty(n_layers, conv_width, n_kv_heads * head_dim))
        self.weight = nn.Parameter(torch.empty(n_layers, n_kv_heads, d_model))  # of strengths
        self.bias = nn.Parameter(torch.empty(n_layers, n_kv_heads))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        for name, weight in self.named_parameters():
            nn.init.normal_(weight, std=0.0 if name == "bias" else self.init_std, generator=generator(name))

    def prepare(self, context: Context) -> Documents:
        return Documents.of(context)

    def score_mod(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Documents) -> ScoreMod:
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        q, k, x = q_BHTK.to(wide), k_BGSK.to(wide), x_BSD.to(wide)
        (n_heads, n_new, width), (n_groups, n_tokens) = q.shape[1:], k.shape[1:3]
        w_BGSK, strength_BGS1 = self.reflections(x, pos)
        among_BGSS = (strength_BGS1 * (w_BGSK @ w_BGSK.mT)).tril(-1)
        first_BGSS = (strength_BGS1 * (w_BGSK @ k.mT)).tril(-1)  # row s, column j: tokens after the key only
        taken_BGSS = torch.linalg.solve_triangular(among_BGSS, first_BGSS, upper=False, unitriangular=True)
        w_BHSK, taken_BHSS = (each.repeat_interleave(n_heads // n_groups, 1) for each in (w_BGSK, taken_BGSS))
        change_BHTS = (q @ w_BHSK.mT).tril(n_tokens - n_new) @ taken_BHSS * -(width**-0.5)

        def turn(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            if j.dim() == 0:
                return score + change_BHTS[b, h, i, j]
            return score + change_BHTS  # the same for all indices at once, without a copy

        return turn

    def reflections(self, x_BSD: Tensor, pos: Documents) -> tuple[Tensor, Tensor]:
        """The unit vectors w, (B, G, S, K), and strengths between 0 and 2, (B, G, S, 1), of all tokens in view."""
        own = (self.down, self.up, self.conv, self.weight, self.bias)
        down, up, conv, weight, bias = (each[pos.layer].to(x_BSD.dtype) for each in own)
        mixed_BSN = F.silu(convolve(F.linear(F.linear(x_BSD, down), up), conv, pos.document_BS))
        w_BGSK = F.normalize(mixed_BSN.unflatten(-1, (len(weight), -1)), dim=-1).transpose(1, 2)
        return w_BGSK, 2 * F.linear(x_BSD, weight, bias).sigmoid().mT[..., None]
