"""cohere2: Cohere2ForCausalLM, RoPE in a window, every n-th layer whole and without positions (Cohere 2025, 2504.00698)."""

from wordorder.check import Config
from wordorder.hugging_face.layers import by_layer, every_nth, find_every, inside, windowed
from wordorder.hugging_face.llama import LAYER, Llama, layer_weights
from wordorder.hugging_face.rope import read_rope, write_rope
from wordorder.hugging_face.stock import node
from wordorder.hugging_face.weights import Weight
from wordorder.model.transformer import Transformer
from wordorder.position.none import NoPE


class Cohere2(Llama):
    model_type = "cohere2"
    architecture = "Cohere2ForCausalLM"
    keys = Llama.keys | {"norm_eps": "layer_norm_eps", "logit_scale": "logit_scale"}
    has = {"norm": "layer_norm", "norm_placement": "parallel", "activation": "swiglu"}
    needs = {"hidden_act": "silu", "attention_bias": False}
    absent = Llama.absent | {"tie_word_embeddings": True, "sliding_window": 4096, "logit_scale": 0.0625}
    weights = (*layer_weights(), Weight(f"{LAYER}input_layernorm", "blocks.{}.norm_attention"))

    def read_position(self, config: Config, choices: Config) -> Config:
        every = config.get("sliding_window_pattern") or 4
        if layers := config.get("layer_types"):
            every = find_every(layers, choices["n_layers"], "sliding_attention", "full_attention", "layer_types")
        near = windowed(read_rope(config, choices["head_dim"], layout="interleaved"), config["sliding_window"])
        return node("position.by_layer.ByLayer", every=every) | {"scheme": near, "other": node("position.none.NoPE")}

    def write_position(self, model: Transformer) -> Config:
        window, every = by_layer(model.position, NoPE)
        rope, size = inside(window)
        layers = every_nth(len(model.blocks), every, "sliding_attention", "full_attention")
        own = {"sliding_window": size, "sliding_window_pattern": every, "layer_types": layers}
        return write_rope(rope, model.context_length, layout="interleaved") | own
