"""A small model of each stock class in an odd shape, every parameter perturbed, so that no default hides an omission."""

import torch

TOKENS = dict(bos_token_id=0, eos_token_id=0, pad_token_id=None)  # a padding row would get no gradient
WIDE = dict(hidden_size=24, intermediate_size=44, num_hidden_layers=2, num_attention_heads=6, vocab_size=53) | TOKENS
GROUPED = WIDE | dict(num_key_value_heads=2, max_position_embeddings=32)
APART = GROUPED | dict(head_dim=8)  # not hidden_size / num_attention_heads
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)
DYNAMIC = dict(rope_type="dynamic", factor=2.0)
LINEAR = dict(rope_type="linear", factor=3.0)
LONG = dict(rope_type="longrope", short_factor=[1.0, 1.5, 2.0, 2.5], long_factor=[1.0, 2.0, 4.0, 8.0], factor=2.0)


def rope(rule: dict | None = None, theta: float = 10000.0) -> dict:
    return {"rope_parameters": {"rope_theta": theta, "rope_type": "default"} | (rule or {})}


def gemma_rope() -> dict:
    near, far = ({"rope_theta": theta, "rope_type": "default"} for theta in (10000.0, 1e6))
    return {"rope_parameters": {"sliding_attention": near, "full_attention": far}}


FAMILIES = {  # name -> (config class, model class, arguments)
    "gpt2": (
        "GPT2Config",
        "GPT2LMHeadModel",
        dict(n_embd=24, n_layer=2, n_head=6, n_inner=44, n_positions=64, vocab_size=53),
    ),
    "gpt2 untied": (
        "GPT2Config",
        "GPT2LMHeadModel",
        dict(n_embd=24, n_layer=2, n_head=3, n_positions=64, vocab_size=53, tie_word_embeddings=False),
    ),
    "bert": ("BertConfig", "BertLMHeadModel", WIDE | dict(is_decoder=True, max_position_embeddings=64)),
    "llama2": ("LlamaConfig", "LlamaForCausalLM", WIDE | dict(max_position_embeddings=32, rms_norm_eps=1e-5)),
    "llama3": (
        "LlamaConfig",
        "LlamaForCausalLM",
        APART | rope(LLAMA3 | dict(original_max_position_embeddings=16), 500000.0),
    ),
    "llama yarn": ("LlamaConfig", "LlamaForCausalLM", APART | rope(YARN) | dict(max_position_embeddings=64)),
    "llama dynamic": ("LlamaConfig", "LlamaForCausalLM", APART | rope(DYNAMIC)),
    "llama linear": ("LlamaConfig", "LlamaForCausalLM", APART | rope(LINEAR) | dict(tie_word_embeddings=True)),
    "llama longrope": (
        "LlamaConfig",
        "LlamaForCausalLM",
        APART | rope(LONG | dict(original_max_position_embeddings=16)) | dict(max_position_embeddings=32),
    ),
    "mistral": ("MistralConfig", "MistralForCausalLM", APART | dict(sliding_window=7)),
    "mistral whole": ("MistralConfig", "MistralForCausalLM", APART | dict(sliding_window=None)),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM", GROUPED | rope(theta=1e6)),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM", APART | rope(theta=1e6)),
    "bloom": ("BloomConfig", "BloomForCausalLM", dict(hidden_size=24, n_layer=2, n_head=6, vocab_size=53)),
    "mpt": ("MptConfig", "MptForCausalLM", dict(d_model=24, n_layers=2, n_heads=6, vocab_size=53)),
    "gpt_neox": ("GPTNeoXConfig", "GPTNeoXForCausalLM", WIDE | dict(num_attention_heads=3, max_position_embeddings=32)),
    "gpt_neox sequential": (
        "GPTNeoXConfig",
        "GPTNeoXForCausalLM",
        WIDE | dict(num_attention_heads=3, use_parallel_residual=False, hidden_act="gelu_new"),
    ),
    "smollm3": (
        "SmolLM3Config",
        "SmolLM3ForCausalLM",
        GROUPED | dict(num_hidden_layers=5, no_rope_layer_interval=2),
    ),
    "smollm3 nope": ("SmolLM3Config", "SmolLM3ForCausalLM", GROUPED | dict(no_rope_layers=[0, 0])),
    "gemma3": (
        "Gemma3TextConfig",
        "Gemma3ForCausalLM",
        APART
        | gemma_rope()
        | dict(num_hidden_layers=5, query_pre_attn_scalar=8, sliding_window=7)
        | dict(layer_types=["sliding_attention", "full_attention"] * 2 + ["sliding_attention"]),
    ),
    "cohere2": (
        "Cohere2Config",
        "Cohere2ForCausalLM",
        APART
        | dict(num_hidden_layers=5, sliding_window=7, logit_scale=0.3)
        | dict(layer_types=["sliding_attention"] * 2 + ["full_attention"] + ["sliding_attention"] * 2),
    ),
}


def build(name: str) -> torch.nn.Module:
    """A model of transformers in evaluation mode, each parameter moved by 0.05 N(0, 1)."""
    import transformers

    config_class, model_class, arguments = FAMILIES[name]
    config = getattr(transformers, config_class)(**arguments)
    torch.manual_seed(0)
    model = getattr(transformers, model_class)(config).eval()
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=draw)
    return model
