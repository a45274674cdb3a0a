"""gemma3: Gemma3ForCausalLM, RoPE in a window, every n-th layer whole and with another base (Gemma Team 2025, 2503.19786)."""

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.layers import by_layer, every_nth, find_every, inside, windowed
from wordorder.hugging_face.llama import Llama, layer_weights
from wordorder.hugging_face.rope import read_rope, write_rope
from wordorder.hugging_face.stock import Unlike, node
from wordorder.hugging_face.weights import ITSELF, Weight
from wordorder.model.transformer import Transformer
from wordorder.position.rope import RoPE

GAINS = {  # their norm -> ours
    "model.layers.{}.input_layernorm": "blocks.{}.norm_attention",
    "model.layers.{}.post_attention_layernorm": "blocks.{}.after_attention",
    "model.layers.{}.pre_feedforward_layernorm": "blocks.{}.norm_mlp",
    "model.layers.{}.post_feedforward_layernorm": "blocks.{}.after_mlp",
    "model.layers.{}.self_attn.q_norm": "blocks.{}.attention.norm_q",
    "model.layers.{}.self_attn.k_norm": "blocks.{}.attention.norm_k",
    "model.norm": "norm",
}


class Gemma3(Llama):
    """The text model; its gains are held as what exceeds 1, as ours are."""

    model_type = "gemma3_text"
    architecture = "Gemma3ForCausalLM"
    has = {
        "norm": "rms_norm_plus_one",
        "norm_placement": "sandwich",
        "activation": "geglu",
        "qk_norm": True,
        "embedding_scale": "sqrt_d",
    }
    needs = {
        "hidden_activation": "gelu_pytorch_tanh",
        "attention_bias": False,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "use_bidirectional_attention": False,
    }
    absent = Llama.absent | {
        "tie_word_embeddings": True,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "sliding_window": 4096,
    }
    weights = tuple(weight for weight in layer_weights() if weight.ours != "norm") + tuple(
        Weight(f"{theirs}.weight", f"{ours}.gain_minus_one", ends=ITSELF) for theirs, ours in GAINS.items()
    )

    def read_more(self, config: Config, choices: Config) -> Config:
        scalar = config.get("query_pre_attn_scalar", 256)
        if scalar != choices["head_dim"]:
            raise InputError(
                f"query_pre_attn_scalar={scalar} in config.json is not known here, where it is head_dim={choices['head_dim']}"
            )
        return {}

    def write_more(self, choices: Config) -> Config:
        return {"query_pre_attn_scalar": choices["head_dim"]}

    def read_position(self, config: Config, choices: Config) -> Config:
        every = config.get("sliding_window_pattern") or config.get("_sliding_window_pattern") or 6
        if layers := config.get("layer_types"):
            every = find_every(layers, choices["n_layers"], "sliding_attention", "full_attention", "layer_types")
        said = config.get("rope_parameters") or {}
        if unknown := [key for key in said if key not in ("sliding_attention", "full_attention")]:
            raise InputError(f"rope_parameters.{unknown[0]}={said[unknown[0]]} in config.json is not known here")
        length = {"max_position_embeddings": choices["context_length"]}
        near = {"rope_theta": config.get("rope_local_base_freq", 10000.0)} | said.get("sliding_attention", {})
        far = (
            {"rope_theta": config.get("rope_theta", 1e6)}
            | (config.get("rope_scaling") or {})
            | said.get("full_attention", {})
        )
        near, far = (read_rope(length | {"rope_parameters": one}, choices["head_dim"]) for one in (near, far))
        return node("position.by_layer.ByLayer", every=every) | {
            "scheme": windowed(near, config["sliding_window"]),
            "other": far,
        }

    def write_position(self, model: Transformer) -> Config:
        window, every = by_layer(model.position, RoPE)
        near, size = inside(window)
        near = write_rope(near, model.context_length)
        if near["rope_scaling"]:
            raise Unlike(f"frequencies={near['rope_scaling']['rope_type']} in the window, where it has plain ones")
        layers = every_nth(len(model.blocks), every, "sliding_attention", "full_attention")
        own = {"sliding_window": size, "sliding_window_pattern": every, "layer_types": layers}
        return (
            write_rope(model.position.of[1], model.context_length) | own | {"rope_local_base_freq": near["rope_theta"]}
        )
