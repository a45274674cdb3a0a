"""transformer_xl: queries score distances too, through a learned map of the distance's sines and cosines.

Dai et al. 2019, 1901.02860, section 3.3.
acts on: score   learns: D x H K a layer, and 2 H K   any length: yes

    score_ij = ((q_i + u) . k_j + (q_i + v) . W_R R[n]) / sqrt(K)        n = i - j, at most clamp_len unless that is 0
    R[n] = (sin(n omega_0), .. , cos(n omega_0), ..),  omega_m = base^(-2m/D),  m = 0 .. D/2 - 1

u and v are a vector a head, of which all layers share one, or have one each where `untie`.
Differs: the authors' code drops entries of R in training as it does those of the embedding.
Oracle: the equation as a double loop, and XLNet's attention at Hugging Face, by the same authors.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn

from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Context, Places


@dataclass(frozen=True)
class Distances(Places):
    """Ids, and the sinusoid of each distance up to the largest between them, float32."""

    sinusoid_ND: Tensor = field(kw_only=True)


class TransformerXL(PositionScheme):
    """The memory of earlier segments is not part of it: that is a longer context, cached."""

    whole_ids = True
    shift_invariant = True
    content = True
    reads_qk = True
    per_layer = True

    def __init__(
        self,
        *,
        d_model: int,
        n_layers: int,
        n_heads: int,
        head_dim: int,
        base: float,
        clamp_len: int,
        untie: bool,
        init_std: float,
    ):
        super().__init__()
        if d_model % 2:
            raise ValueError(f"d_model={d_model} must be even: a sine and a cosine for each frequency")
        if base <= 0:
            raise ValueError(f"base={base} must be positive; the paper has 10000")
        if clamp_len < 0:
            raise ValueError(f"clamp_len={clamp_len} must not be negative; 0 lets distances grow")
        if init_std < 0:
            raise ValueError(f"init_std={init_std} must not be negative; the authors' code has 0.02")
        self.d_model, self.base, self.clamp_len, self.untie, self.init_std = d_model, base, clamp_len, untie, init_std
        self.w_r = nn.Parameter(torch.empty(n_layers, n_heads, head_dim, d_model))
        self.u = nn.Parameter(torch.empty(n_layers if untie else 1, n_heads, head_dim))
        self.v = nn.Parameter(torch.empty(n_layers if untie else 1, n_heads, head_dim))

    def initialise(self, generator: Callable[[str], Generator]) -> None:
        for name, weight in self.named_parameters():
            nn.init.normal_(weight, std=self.init_std, generator=generator(name))

    def prepare(self, context: Context) -> Distances:
        place_BS = context.place_BS
        furthest = int((place_BS.amax(1) - place_BS.amin(1)).max())
        furthest = min(furthest, self.clamp_len or furthest)
        n = torch.arange(furthest + 1, device=place_BS.device, dtype=torch.float32)
        m = torch.arange(0, self.d_model, 2, device=place_BS.device, dtype=torch.float32)
        angle_NR = n[:, None] * self.base ** (-m / self.d_model)
        return Distances(place_BS, context.n_new, sinusoid_ND=torch.cat((angle_NR.sin(), angle_NR.cos()), dim=-1))

    def score_mod(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Distances) -> ScoreMod:
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        scale, n_groups = q_BHTK.shape[-1] ** -0.5, k_BGSK.shape[1]
        u_HK, v_HK = (weight[pos.layer if self.untie else 0].to(wide) for weight in (self.u, self.v))
        r_HKN = self.w_r[pos.layer].to(wide) @ pos.sinusoid_ND.to(wide).mT
        near_BHTN = (q_BHTK.to(wide) + v_HK[:, None]) @ r_HKN * scale
        u_GHK = u_HK.unflatten(0, (n_groups, -1))
        liked_BHS = (u_GHK @ k_BGSK.to(wide).mT).flatten(1, 2) * scale

        def add(score: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
            n = self.clamped(pos.q(b, i) - pos.k(b, j))
            if n.dim() == 0:
                return score + liked_BHS[b, h, j] + near_BHTN[b, h, i, n]
            far = near_BHTN.gather(-1, n.expand(*near_BHTN.shape[:3], -1))  # as above, three times faster
            return score + (liked_BHS[:, :, None] + far)

        return add

    def clamped(self, distance: Tensor) -> Tensor:
        """Each distance i - j as the sinusoids know it; keys to come are at 0."""
        return distance.clamp(0, self.clamp_len or None)
