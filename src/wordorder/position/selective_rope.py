"""selective_rope: queries and keys are rotated by angles that each token on the way adds to, as its text asks for.

Movahedi et al. 2025, 2511.17388, section 4.
acts on: q and k   learns: D x rank + G x K/2 x (rank + conv_width) a layer   any length: yes

    angle_tm = theta^(-2m/K) (phi_1m + ... + phi_tm)      m = 0 .. K/2 - 1, pairs (m, m + K/2) rotated as in RoPE
    phi_t    = conv(U D x^)_t                             conv: each channel over t - conv_width + 1 .. t
    x^_t     = x_t cut into H slices, each made a unit vector        x_t: what the layer's queries are made of

so that a key j is seen by i through the rotation of the tokens j+1 .. i. A constant phi of 1 would be RoPE. Each key-value head
has its own U and conv, whose angles the queries that share its keys share. All three maps start small, and so do angles.
Differs: sums run on from one packed document to the next, which no score can tell.
Oracle: the rotation matrices multiplied token by token.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.convolution import Documents, convolve
from wordorder.position.frequencies.base import plain
from wordorder.position.rotation import rotate


class SelectiveRoPE(PositionScheme):
    """Angles are float32 or better; a convolution sees its own document only."""

    reads_ids = False
    shift_invariant = True
    per_layer = True

    def __init__(
        self,
        *,
        n_layers: int,
        d_model: int,
        n_heads: int,
        n_kv_heads: int,
        head_dim: int,
        rank: int,
        conv_width: int,
        theta: float,
        init_std: float,
    ):
        super().__init__()
        if head_dim % 2:
            raise ValueError(f"head_dim={head_dim} must be even: channels are rotated in pairs")
        if rank < 1:
            raise ValueError(f"rank={rank} must be at least 1; the authors' code has 16")
        if conv_width < 1:
            raise ValueError(f"conv_width={conv_width} must be at least 1, the token alone; the authors' code has 4")
        if theta <= 0:
            raise ValueError(f"theta={theta} must be positive; the authors' code has 500000")
        if init_std <= 0:
            raise ValueError(f"init_std={init_std} must be positive: three factors that are 0 never learn")
        self.n_heads, self.n_kv_heads, self.head_dim = n_heads, n_kv_heads, head_dim
        self.theta, self.init_std = theta, init_std
        self.down = nn.Parameter(torch.empty(n_layers, rank, d_model))
        self.up = nn.Parameter(torch.empty(n_layers, n_kv_heads * head_dim // 2, rank))
        self.conv = nn.Parameter(torch.empty(n_layers, conv_width, n_kv_heads * head_dim // 2))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        for name, weight in self.named_parameters():
            nn.init.normal_(weight, std=self.init_std, generator=generator(name))

    def prepare(self, context: Context) -> Documents:
        return Documents.of(context)

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Documents) -> tuple[Tensor, Tensor]:
        angle_BGSR = self.angles(x_BSD, pos)
        angle_BHTR = angle_BGSR[:, :, -pos.n_new :].repeat_interleave(self.n_heads // self.n_kv_heads, 1)
        q_BHTK = rotate(q_BHTK, angle_BHTR.cos(), angle_BHTR.sin(), "half")
        return q_BHTK, rotate(k_BGSK, angle_BGSR.cos(), angle_BGSR.sin(), "half")

    def angles(self, x_BSD: Tensor, pos: Documents) -> Tensor:
        """The angles of all tokens in view, (B, G, S, K/2)."""
        x = x_BSD.to(torch.promote_types(x_BSD.dtype, torch.float32))
        down, up, conv = (weight[pos.layer].to(x.dtype) for weight in (self.down, self.up, self.conv))
        unit_BSD = F.normalize(x.unflatten(-1, (self.n_heads, -1)), dim=-1).flatten(-2)
        phi_BSN = convolve(F.linear(F.linear(unit_BSD, down), up), conv, pos.document_BS)
        sum_BGSR = phi_BSN.cumsum(1).unflatten(-1, (self.n_kv_heads, -1)).transpose(1, 2)
        return sum_BGSR * plain(self.head_dim, self.theta).to(x)
