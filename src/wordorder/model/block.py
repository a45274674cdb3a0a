"""One decoder block; its options are those that the model yamls use. Letters: see transformer.py."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from wordorder.model.attention import Call, ScorePlan, attend, make_plan
from wordorder.model.cache import Cache
from wordorder.model.mlp import MLP, Activation
from wordorder.model.norm import NormKind, make_norm
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context

NormPlacement = Literal["pre", "post", "sandwich", "parallel", "parallel_two_norms"]


@dataclass(frozen=True)
class Shape:
    """The sizes and choices that all blocks of a model share."""

    d_model: int
    n_heads: int
    n_kv_heads: int
    head_dim: int
    d_ff: int
    norm: NormKind
    norm_eps: float
    activation: Activation
    bias: bool
    dropout: float
    norm_placement: NormPlacement
    qkv_bias: bool
    qk_norm: bool

    def make_norm(self, width: int | None = None) -> nn.Module:
        """LayerNorm has a bias where the linear maps have one; RMSNorm never."""
        return make_norm(self.norm, width or self.d_model, self.norm_eps, bias=self.bias)


@dataclass
class Forward:
    """What one forward passes through all blocks; `layers` holds each layer's pos and plan."""

    position: PositionScheme
    context: Context
    layers: list[tuple[Any, ScorePlan]]
    cache: Cache | None = None


class Attention(nn.Module):
    """Causal self-attention with n_kv_heads shared by n_heads; where order enters is the scheme's business."""

    def __init__(self, shape: Shape, layer: int):
        super().__init__()
        D, H, G, K = shape.d_model, shape.n_heads, shape.n_kv_heads, shape.head_dim
        bias = shape.bias or shape.qkv_bias
        self.layer, self.head_dim, self.dropout = layer, K, shape.dropout
        self.q = nn.Linear(D, H * K, bias=bias)
        self.k = nn.Linear(D, G * K, bias=bias)
        self.v = nn.Linear(D, G * K, bias=bias)
        self.o = nn.Linear(H * K, D, bias=shape.bias)
        self.norm_q = shape.make_norm(K) if shape.qk_norm else nn.Identity()
        self.norm_k = shape.make_norm(K) if shape.qk_norm else nn.Identity()

    def forward(self, x_BTD: Tensor, forward: Forward) -> Tensor:
        q_BHTK, k_BGSK, v_BGSK = (self.split(project(x_BTD)) for project in (self.q, self.k, self.v))
        q_BHTK, k_BGSK, x_BSD = self.norm_q(q_BHTK), self.norm_k(k_BGSK), x_BTD
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
            call = Call(
                position=position,
                pos=pos,
                x_BSD=x_BSD,
                context=context,
                plan=plan,
                scale=self.head_dim**-0.5,
                dropout=dropout,
            )
            out_BHTK = attend(q_BHTK, k_BGSK, v_BGSK, call)
        return self.o(out_BHTK.to(dtype).transpose(1, 2).flatten(2))

    def split(self, x_BTN: Tensor) -> Tensor:
        """(B, T, heads * K) -> (B, heads, T, K)."""
        return x_BTN.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)


class Block(nn.Module):
    """Attention, then the map of each token by itself; where the norms stand (Xiong et al. 2020, 2002.04745):

    pre                  x = x + attention(norm(x));                x + mlp(norm'(x))                   GPT-2, Llama
    post                 x = norm(x + attention(x));                norm'(x + mlp(x))                   the original, BERT
    sandwich             x = x + after(attention(norm(x)));         x + after'(mlp(norm'(x)))           Gemma 3
    parallel             x + attention(norm(x)) + mlp(norm(x))                                          Cohere
    parallel_two_norms   x + attention(norm(x)) + mlp(norm'(x))                                         GPT-NeoX
    """

    def __init__(self, shape: Shape, layer: int):
        super().__init__()
        self.placement = shape.norm_placement
        self.norm_attention, self.attention = shape.make_norm(), Attention(shape, layer)
        self.norm_mlp = None if self.placement == "parallel" else shape.make_norm()
        self.mlp = MLP(shape.d_model, shape.d_ff, shape.activation, bias=shape.bias)
        sandwich = self.placement == "sandwich"
        self.after_attention = shape.make_norm() if sandwich else nn.Identity()
        self.after_mlp = shape.make_norm() if sandwich else nn.Identity()
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x_BTD: Tensor, forward: Forward) -> Tensor:
        if self.placement == "post":
            x_BTD = self.norm_attention(x_BTD + self.dropout(self.attention(x_BTD, forward)))
            return self.norm_mlp(x_BTD + self.dropout(self.mlp(x_BTD)))
        normed_BTD = self.norm_attention(x_BTD)
        attended_BTD = x_BTD + self.dropout(self.after_attention(self.attention(normed_BTD, forward)))
        if self.norm_mlp is not None:
            normed_BTD = self.norm_mlp(x_BTD if self.placement == "parallel_two_norms" else attended_BTD)
        return attended_BTD + self.dropout(self.after_mlp(self.mlp(normed_BTD)))
