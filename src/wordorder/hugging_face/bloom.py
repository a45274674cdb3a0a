"""bloom: BloomForCausalLM, ALiBi on the score (BigScience 2022, 2211.05100)."""

from wordorder.check import Config
from wordorder.hugging_face.alibi import read_alibi, refuse_other
from wordorder.hugging_face.stock import Stock, refuse_width
from wordorder.hugging_face.weights import ATTENTION, BOTH, QKV_BY_HEAD, Weight
from wordorder.model.transformer import Transformer


class Bloom(Stock):
    model_type = "bloom"
    architecture = "BloomForCausalLM"
    prefix = "transformer."
    keys = {
        "d_model": "hidden_size",
        "n_layers": "n_layer",
        "n_heads": "n_head",
        "context_length": "seq_length",
        "norm_eps": "layer_norm_epsilon",
        "init_std": "initializer_range",
    }
    has = {"norm": "layer_norm", "activation": "gelu", "bias": True, "embedding_norm": True, "tie_embeddings": True}
    needs = {"apply_residual_connection_post_layernorm": False, "tie_word_embeddings": True}
    absent = {"seq_length": 2048, "initializer_range": 0.02}
    dropouts = ("hidden_dropout", "attention_dropout")
    weights = (
        Weight("transformer.word_embeddings", "embedding"),
        Weight("transformer.word_embeddings_layernorm", "embedding_norm", ends=BOTH),
        Weight("transformer.h.{}.input_layernorm", "blocks.{}.norm_attention", ends=BOTH),
        Weight("transformer.h.{}.self_attention.query_key_value", ATTENTION, QKV_BY_HEAD, BOTH),
        Weight("transformer.h.{}.self_attention.dense", "blocks.{}.attention.o", ends=BOTH),
        Weight("transformer.h.{}.post_attention_layernorm", "blocks.{}.norm_mlp", ends=BOTH),
        Weight("transformer.h.{}.mlp.dense_h_to_4h", "blocks.{}.mlp.up", ends=BOTH),
        Weight("transformer.h.{}.mlp.dense_4h_to_h", "blocks.{}.mlp.down", ends=BOTH),
        Weight("transformer.ln_f", "norm", ends=BOTH),
    )

    def read(self, config: Config) -> tuple[Config, Config]:
        renamed = {"n_embed": "hidden_size", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head"}
        return super().read(config | {new: config[old] for old, new in renamed.items() if old in config})

    def read_more(self, config: Config, choices: Config) -> Config:
        return {"d_ff": 4 * choices["d_model"]}

    def write_more(self, choices: Config) -> Config:
        refuse_width(choices)
        return {}

    def read_position(self, config: Config, choices: Config) -> Config:
        return read_alibi(choices)

    def write_position(self, model: Transformer) -> Config:
        refuse_other(model.position)
        return {}
