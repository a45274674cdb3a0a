"""gpt2: GPT2LMHeadModel, learned positions added to the embedding (Radford et al. 2019)."""

from wordorder.check import Config
from wordorder.hugging_face.learned import read_table, table_length
from wordorder.hugging_face.stock import Stock
from wordorder.hugging_face.weights import ATTENTION, BOTH, ITSELF, QKV_TRANSPOSED, TRANSPOSED, Weight
from wordorder.model.transformer import Transformer


class GPT2(Stock):
    model_type = "gpt2"
    architecture = "GPT2LMHeadModel"
    prefix = "transformer."
    keys = {
        "d_model": "n_embd",
        "n_layers": "n_layer",
        "n_heads": "n_head",
        "d_ff": "n_inner",
        "context_length": "n_positions",
        "norm_eps": "layer_norm_epsilon",
        "init_std": "initializer_range",
        "tie_embeddings": "tie_word_embeddings",
    }
    has = {"norm": "layer_norm", "activation": "gelu", "bias": True}
    needs = {
        "activation_function": "gelu_new",
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
    }
    absent = {"n_inner": None, "tie_word_embeddings": True, "initializer_range": 0.02}
    dropouts = ("embd_pdrop", "attn_pdrop", "resid_pdrop")
    weights = (
        Weight("transformer.wte", "embedding"),
        Weight("transformer.wpe.weight", "position.table", ends=ITSELF),
        Weight("transformer.h.{}.ln_1", "blocks.{}.norm_attention", ends=BOTH),
        Weight("transformer.h.{}.attn.c_attn", ATTENTION, QKV_TRANSPOSED, BOTH),
        Weight("transformer.h.{}.attn.c_proj", "blocks.{}.attention.o", TRANSPOSED, BOTH),
        Weight("transformer.h.{}.ln_2", "blocks.{}.norm_mlp", ends=BOTH),
        Weight("transformer.h.{}.mlp.c_fc", "blocks.{}.mlp.up", TRANSPOSED, BOTH),
        Weight("transformer.h.{}.mlp.c_proj", "blocks.{}.mlp.down", TRANSPOSED, BOTH),
        Weight("transformer.ln_f", "norm", ends=BOTH),
    )
    ignored = (".attn.bias", ".attn.masked_bias")  # the mask, which old folders hold

    def read_more(self, config: Config, choices: Config) -> Config:
        return {"d_ff": choices["d_ff"] or 4 * choices["d_model"]}

    def read_position(self, config: Config, choices: Config) -> Config:
        return read_table(choices)

    def write_position(self, model: Transformer) -> Config:
        return {"n_positions": table_length(model.position)}
