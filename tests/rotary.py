"""What is known of RoPE's frequency rules from outside: published values and Hugging Face's tables."""

from dataclasses import replace

import torch
from hooks import context_of

from wordorder.position.frequencies.base import Frequencies
from wordorder.position.rope import RoPE

PAIRS = [0, 4, 8, 12, 16, 24, 31]  # of the 32 of R = 64
PLAIN = [1.0, 0.3162278, 0.1, 0.03162278, 0.01, 0.001, 1.333521e-4]  # theta = 10000
ROUNDED = dict(rtol=1e-6, atol=0)  # published values have seven figures, Hugging Face's tables are float32


def at_pairs(omega_R: torch.Tensor) -> list[float]:
    """The frequencies of which values are published."""
    assert omega_R.shape == (32,) and omega_R.dtype == torch.float64
    return omega_R[PAIRS].tolist()


def hugging_face(kind: str, width: int, theta: float, *, trained: int, horizon: int | None = None, **given):
    """Their frequencies, float64 but computed in float32, and their gain."""
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    asked, longest = {"rope_type": kind, "rope_theta": theta, **given}, trained
    if kind in ("yarn", "longrope", "llama3"):
        asked["original_max_position_embeddings"], longest = trained, 2 * trained
    sizes = dict(hidden_size=width, num_attention_heads=1, head_dim=width, max_position_embeddings=longest)
    config = LlamaConfig(**sizes, rope_parameters=asked)
    make = LlamaRotaryEmbedding.compute_default_rope_parameters if kind == "default" else ROPE_INIT_FUNCTIONS[kind]
    omega_R, gain = make(config, device=torch.device("cpu"), seq_len=horizon)
    return omega_R.double(), gain


def logit(rule: Frequencies, q: torch.Tensor, k: torch.Tensor, i: int, j: int, *, horizon: int = 1) -> float:
    """q at place i times k at place j, each turned by RoPE under this rule, theta = 10000."""
    scheme = RoPE(head_dim=len(q), theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=rule)
    context = replace(context_of(1, 2), place_BS=torch.tensor([[i, j]]), horizon=horizon)
    both = torch.stack((q, k))[None, None]
    turned, _ = scheme.transform_qk(both, both, None, scheme.prepare(context))
    return float(turned[0, 0, 0] @ turned[0, 0, 1])
