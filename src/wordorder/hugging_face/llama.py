"""llama: the classes that follow Llama's, with RoPE in every layer, in a window, or in most layers.

Touvron et al. 2023, 2307.09288; Jiang et al. 2023, 2310.06825; Yang et al. 2024, 2407.10671; Yang et al. 2025, 2505.09388.
"""

from typing import ClassVar

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.layers import by_layer, every_nth, find_every, inside, windowed
from wordorder.hugging_face.rope import read_rope, write_rope
from wordorder.hugging_face.stock import SPELT_OUT, Stock, Unlike, node
from wordorder.hugging_face.weights import BOTH, Weight
from wordorder.model.transformer import Transformer
from wordorder.position.none import NoPE

LAYER = "model.layers.{}."
NORMS = (
    Weight(f"{LAYER}self_attn.q_norm", "blocks.{}.attention.norm_q"),
    Weight(f"{LAYER}self_attn.k_norm", "blocks.{}.attention.norm_k"),
)


def layer_weights(*, qkv: tuple[str, ...] = (".weight",), rest: tuple[str, ...] = (".weight",)) -> tuple[Weight, ...]:
    """Embedding, maps and last norm, which all classes of this line call alike; `qkv` and `rest` are the ends that maps have."""
    maps = {"up": "up", "gate": "gate", "down": "down"}
    return (
        Weight("model.embed_tokens", "embedding"),
        *(Weight(f"{LAYER}self_attn.{x}_proj", f"blocks.{{}}.attention.{x}", ends=qkv) for x in "qkv"),
        Weight(f"{LAYER}self_attn.o_proj", "blocks.{}.attention.o", ends=rest),
        *(Weight(f"{LAYER}mlp.{x}_proj", f"blocks.{{}}.mlp.{x}", ends=rest) for x in maps),
        Weight("model.norm", "norm"),
    )


PRE_NORMS = (
    Weight(f"{LAYER}input_layernorm", "blocks.{}.norm_attention"),
    Weight(f"{LAYER}post_attention_layernorm", "blocks.{}.norm_mlp"),
)


class Llama(Stock):
    model_type = "llama"
    architecture = "LlamaForCausalLM"
    prefix = "model."
    keys = SPELT_OUT | {
        "n_kv_heads": "num_key_value_heads",
        "head_dim": "head_dim",
        "norm_eps": "rms_norm_eps",
        "tie_embeddings": "tie_word_embeddings",
    }
    has = {"norm": "rms_norm", "activation": "swiglu"}
    needs: ClassVar[Config] = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False}
    absent: ClassVar[Config] = {
        "tie_word_embeddings": False,
        "initializer_range": 0.02,
        "num_key_value_heads": None,  # as many as heads
        "head_dim": None,  # hidden_size / heads
    }
    dropouts = ("attention_dropout",)
    heads_alike = False
    weights = layer_weights() + PRE_NORMS
    ignored = (".rotary_emb.inv_freq",)

    def read_position(self, config: Config, choices: Config) -> Config:
        if set(config.get("layer_types") or ()) - {"full_attention"}:
            raise InputError(
                f"layer_types={config['layer_types']} in config.json is not known here, but all full_attention"
            )
        return read_rope(config, choices["head_dim"])

    def write_position(self, model: Transformer) -> Config:
        return write_rope(model.position, model.context_length)


class Mistral(Llama):
    """Every layer in one window, where config.json names one."""

    model_type = "mistral"
    architecture = "MistralForCausalLM"
    needs = {"hidden_act": "silu"}
    absent = Llama.absent | {"num_key_value_heads": 8}

    def read_position(self, config: Config, choices: Config) -> Config:
        return windowed(super().read_position(config, choices), config.get("sliding_window", 4096))

    def write_position(self, model: Transformer) -> Config:
        rope, size = inside(model.position)
        return write_rope(rope, model.context_length) | {"sliding_window": size}


class Qwen2(Llama):
    """Biases on queries, keys and values."""

    model_type = "qwen2"
    architecture = "Qwen2ForCausalLM"
    has = Llama.has | {"qkv_bias": True}
    needs = {"hidden_act": "silu", "use_sliding_window": False}
    absent = Llama.absent | {"num_key_value_heads": 32}
    weights = layer_weights(qkv=BOTH) + PRE_NORMS

    def write_more(self, choices: Config) -> Config:
        if not choices["qkv_bias"]:
            raise Unlike("qkv_bias=False where it has True")
        return {}


class Qwen3(Llama):
    """Queries and keys are normed before they turn."""

    model_type = "qwen3"
    architecture = "Qwen3ForCausalLM"
    has = Llama.has | {"qk_norm": True}
    needs = {"hidden_act": "silu", "use_sliding_window": False, "attention_bias": False}
    absent = Llama.absent | {"num_key_value_heads": 32, "head_dim": 128}
    weights = layer_weights() + PRE_NORMS + NORMS


class SmolLM3(Llama):
    """Some layers without positions: every n-th, all or none."""

    model_type = "smollm3"
    architecture = "SmolLM3ForCausalLM"
    needs = Llama.needs | {"use_sliding_window": False}
    absent = Llama.absent | {
        "tie_word_embeddings": True,
        "num_key_value_heads": 4,
        "rope_theta": 2e6,
        "no_rope_layer_interval": 4,
    }

    def read_position(self, config: Config, choices: Config) -> Config:
        rope, none = super().read_position(config, choices), node("position.none.NoPE")
        turns = config.get("no_rope_layers") or every_nth(choices["n_layers"], config["no_rope_layer_interval"], 1, 0)
        if turns == [0] * choices["n_layers"]:
            return none
        if turns == [1] * choices["n_layers"]:
            return rope
        every = find_every(turns, choices["n_layers"], 1, 0, "no_rope_layers")
        return node("position.by_layer.ByLayer", every=every) | {"scheme": rope, "other": none}

    def write_position(self, model: Transformer) -> Config:
        scheme, n_layers = model.position, len(model.blocks)
        if type(scheme) is NoPE:
            return {"rope_theta": 10000.0, "no_rope_layers": [0] * n_layers}
        rope, every = by_layer(scheme, NoPE)
        turns = every_nth(n_layers, every, 1, 0)
        return write_rope(rope, model.context_length) | {"no_rope_layers": turns, "no_rope_layer_interval": every}
