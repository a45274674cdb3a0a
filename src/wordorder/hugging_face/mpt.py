"""mpt: MptForCausalLM, ALiBi on the score (MosaicML 2023)."""

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.alibi import read_alibi, refuse_other
from wordorder.hugging_face.stock import Stock, refuse_width
from wordorder.hugging_face.weights import ATTENTION, QKV, Weight
from wordorder.model.transformer import Transformer

ATTENTION_NEEDS = {
    "alibi": True,
    "alibi_bias_max": 8,
    "clip_qkv": None,
    "qk_ln": False,
    "softmax_scale": None,
    "prefix_lm": False,
}


class MPT(Stock):
    model_type = "mpt"
    architecture = "MptForCausalLM"
    prefix = "transformer."
    keys = {
        "d_model": "d_model",
        "n_layers": "n_layers",
        "n_heads": "n_heads",
        "context_length": "max_seq_len",
        "norm_eps": "layer_norm_epsilon",
        "init_std": "initializer_range",
    }
    has = {"norm": "layer_norm", "activation": "gelu_erf", "tie_embeddings": True}
    needs = {"no_bias": True, "logit_scale": None, "expansion_ratio": 4, "tie_word_embeddings": True}
    absent = {"layer_norm_epsilon": 1e-5, "initializer_range": 0.02}
    dropouts = ("emb_pdrop", "resid_pdrop")
    weights = (
        Weight("transformer.wte", "embedding"),
        Weight("transformer.blocks.{}.norm_1", "blocks.{}.norm_attention"),
        Weight("transformer.blocks.{}.attn.Wqkv", ATTENTION, QKV),
        Weight("transformer.blocks.{}.attn.out_proj", "blocks.{}.attention.o"),
        Weight("transformer.blocks.{}.norm_2", "blocks.{}.norm_mlp"),
        Weight("transformer.blocks.{}.ffn.up_proj", "blocks.{}.mlp.up"),
        Weight("transformer.blocks.{}.ffn.down_proj", "blocks.{}.mlp.down"),
        Weight("transformer.norm_f", "norm"),
    )

    def read_more(self, config: Config, choices: Config) -> Config:
        attention = ATTENTION_NEEDS | (config.get("attn_config") or {})
        for key, value in ATTENTION_NEEDS.items():
            if attention[key] != value:
                raise InputError(
                    f"attn_config.{key}={attention[key]} in config.json is not known here, where it is {value}"
                )
        return {"d_ff": 4 * choices["d_model"]}

    def write_more(self, choices: Config) -> Config:
        refuse_width(choices)
        return {"attn_config": ATTENTION_NEEDS | {"model_type": ""}}

    def read_position(self, config: Config, choices: Config) -> Config:
        return read_alibi(choices)

    def write_position(self, model: Transformer) -> Config:
        refuse_other(model.position)
        return {}
