"""One pre-norm decoder block; its options are those that the model yamls use. Letters: see transformer.py."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wordorder.model.attention import Call, Plan, attend, make_plan
from wordorder.position.base import Context, PositionScheme


@dataclass(frozen=True)
class Shape:
    """The sizes and choices that all blocks of a model share."""

    d_model: int
    n_heads: int
    n_kv_heads: int
    head_dim: int
    d_ff: int
    norm: Literal["layer_norm", "rms_norm"]
    norm_eps: float
    activation: Literal["gelu", "swiglu"]
    bias: bool
    dropout: float

    def make_norm(self) -> nn.Module:
        """LayerNorm has a bias where the linear maps have one; RMSNorm never."""
        if self.norm == "rms_norm":
            return nn.RMSNorm(self.d_model, eps=self.norm_eps)
        return nn.LayerNorm(self.d_model, eps=self.norm_eps, bias=self.bias)


class Cache:
    """What decoding keeps of the tokens already seen: for each layer the inputs of attention, before any position scheme."""

    def __init__(self, n_layers: int):
        self.tokens_BS: Tensor | None = None
        self.layers: list[tuple[Tensor, Tensor, Tensor] | None] = [None] * n_layers

    def add_tokens(self, ids_BT: Tensor) -> Tensor:
        """Append the new ids and return all S of them."""
        old = self.tokens_BS
        self.tokens_BS = ids_BT if old is None else torch.cat((old, ids_BT), 1)
        return self.tokens_BS

    def add(self, layer: int, x_BTD: Tensor, k_BGTK: Tensor, v_BGTK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Append what one layer made of the new tokens and return it for all S."""
        new = (x_BTD, k_BGTK, v_BGTK)
        if (old := self.layers[layer]) is not None:
            new = tuple(torch.cat(pair, axis) for pair, axis in zip(zip(old, new, strict=True), (1, 2, 2), strict=True))
        self.layers[layer] = new
        return new


@dataclass
class Forward:
    """What one forward passes through all blocks; `layers` holds each layer's pos and plan."""

    position: PositionScheme
    context: Context
    layers: list[tuple[Any, Plan]]
    cache: Cache | None = None


class Attention(nn.Module):
    """Causal self-attention with n_kv_heads shared by n_heads; where order enters is the scheme's business."""

    def __init__(self, shape: Shape, layer: int):
        super().__init__()
        D, H, G, K = shape.d_model, shape.n_heads, shape.n_kv_heads, shape.head_dim
        self.layer, self.head_dim, self.dropout = layer, K, shape.dropout
        self.q = nn.Linear(D, H * K, bias=shape.bias)
        self.k = nn.Linear(D, G * K, bias=shape.bias)
        self.v = nn.Linear(D, G * K, bias=shape.bias)
        self.o = nn.Linear(H * K, D, bias=shape.bias)

    def forward(self, x_BTD: Tensor, forward: Forward) -> Tensor:
        q_BHTK, k_BGSK, v_BGSK = (self.split(project(x_BTD)) for project in (self.q, self.k, self.v))
        x_BSD = x_BTD
        if forward.cache is not None:
            x_BSD, k_BGSK, v_BGSK = forward.cache.add(self.layer, x_BTD, k_BGSK, v_BGSK)
        position, context, dtype = forward.position, forward.context, v_BGSK.dtype
        pos, plan = forward.layers[self.layer]
        if v_BGSK.is_cpu and dtype == torch.bfloat16:  # torch's CPU kernel is three times slower backward in bfloat16
            q_BHTK, k_BGSK, v_BGSK = q_BHTK.float(), k_BGSK.float(), v_BGSK.float()
        with torch.autocast(x_BTD.device.type, enabled=False):
            q_BHTK, k_BGSK = position.transform_qk(q_BHTK, k_BGSK, x_BSD, pos)
            if position.content:
                mod = position.score_mod(q_BHTK, k_BGSK, x_BSD, pos)
                plan = make_plan(plan.kernel, mod, plan.allowed, context, n_heads=q_BHTK.shape[1], by_row=True)
            dropout = self.dropout if self.training else 0.0
            call = Call(position, pos, x_BSD, context, plan, self.head_dim**-0.5, dropout)
            out_BHTK = attend(q_BHTK, k_BGSK, v_BGSK, call)
        return self.o(out_BHTK.to(dtype).transpose(1, 2).flatten(2))

    def split(self, x_BTN: Tensor) -> Tensor:
        """(B, T, heads * K) -> (B, heads, T, K)."""
        return x_BTN.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)


class MLP(nn.Module):
    """GELU, or SwiGLU (Shazeer 2020, 2002.05202) with its third matrix."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.up = nn.Linear(shape.d_model, shape.d_ff, bias=shape.bias)
        self.down = nn.Linear(shape.d_ff, shape.d_model, bias=shape.bias)
        gated = shape.activation == "swiglu"
        self.gate = nn.Linear(shape.d_model, shape.d_ff, bias=shape.bias) if gated else None

    def forward(self, x_BTD: Tensor) -> Tensor:
        if self.gate is None:
            return self.down(F.gelu(self.up(x_BTD), approximate="tanh"))
        return self.down(F.silu(self.gate(x_BTD)) * self.up(x_BTD))


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, shape: Shape, layer: int):
        super().__init__()
        self.norm_attention, self.attention = shape.make_norm(), Attention(shape, layer)
        self.norm_mlp, self.mlp = shape.make_norm(), MLP(shape)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x_BTD: Tensor, forward: Forward) -> Tensor:
        x_BTD = x_BTD + self.dropout(self.attention(self.norm_attention(x_BTD), forward))
        return x_BTD + self.dropout(self.mlp(self.norm_mlp(x_BTD)))
