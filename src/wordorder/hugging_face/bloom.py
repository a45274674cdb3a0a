"""bloom: BloomForCausalLM, ALiBi on the score (BigScience 2022, 2211.05100)."""

from wordorder.check import Config
from wordorder.hugging_face.rope import node
from wordorder.hugging_face.stock import Stock, Unlike
from wordorder.hugging_face.weights import ATTENTION, BOTH, QKV_BY_HEAD, Weight
from wordorder.model.transformer import Transformer
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme


def read_alibi(choices: Config) -> Config:
    return node("position.alibi.ALiBi", n_heads=choices["n_heads"], learned=False)


def refuse_other(scheme: PositionScheme) -> None:
    """Raise Unlike for what is not ALiBi with the published slopes."""
    if type(scheme) is not ALiBi:
        raise Unlike(f"position={type(scheme).__name__} where it has ALiBi")
    if scheme.learned:
        raise Unlike("learned=True where it has the published slopes")


def refuse_width(choices: Config) -> None:
    if choices["d_ff"] != 4 * choices["d_model"]:
        raise Unlike(f"d_ff={choices['d_ff']} where it has 4 d_model")


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
