"""gpt_neox: GPTNeoXForCausalLM, RoPE on a part of the channels (Black et al. 2022, 2204.06745)."""

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.rope import read_rope, write_rope
from wordorder.hugging_face.stock import SPELT_OUT, Stock, Unlike
from wordorder.hugging_face.weights import ATTENTION, BOTH, QKV_BY_HEAD, Weight
from wordorder.model.transformer import Transformer

ACTIVATIONS = {"gelu": "gelu_erf", "gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "relu": "relu"}
PLACEMENTS = {True: "parallel_two_norms", False: "pre"}


class GPTNeoX(Stock):
    """Also in its sequential form, with any activation that is not gated: the plain model with RoPE is one of these."""

    model_type = "gpt_neox"
    architecture = "GPTNeoXForCausalLM"
    prefix = "gpt_neox."
    keys = SPELT_OUT | {"norm_eps": "layer_norm_eps", "tie_embeddings": "tie_word_embeddings"}
    has = {"norm": "layer_norm", "bias": True}
    free = ("norm_placement", "activation")
    needs = {"attention_bias": True}
    absent = {
        "use_parallel_residual": True,
        "hidden_act": "gelu",
        "tie_word_embeddings": False,
        "initializer_range": 0.02,
    }
    dropouts = ("hidden_dropout", "attention_dropout")
    weights = (
        Weight("gpt_neox.embed_in", "embedding"),
        Weight("gpt_neox.layers.{}.input_layernorm", "blocks.{}.norm_attention", ends=BOTH),
        Weight("gpt_neox.layers.{}.attention.query_key_value", ATTENTION, QKV_BY_HEAD, BOTH),
        Weight("gpt_neox.layers.{}.attention.dense", "blocks.{}.attention.o", ends=BOTH),
        Weight("gpt_neox.layers.{}.post_attention_layernorm", "blocks.{}.norm_mlp", ends=BOTH),
        Weight("gpt_neox.layers.{}.mlp.dense_h_to_4h", "blocks.{}.mlp.up", ends=BOTH),
        Weight("gpt_neox.layers.{}.mlp.dense_4h_to_h", "blocks.{}.mlp.down", ends=BOTH),
        Weight("gpt_neox.final_layer_norm", "norm", ends=BOTH),
    )
    head = "embed_out.weight"
    ignored = (".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq")  # masks and angles of old folders

    def read_more(self, config: Config, choices: Config) -> Config:
        if config["hidden_act"] not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise InputError(f"hidden_act={config['hidden_act']} in config.json is not known here, which has {known}")
        placement = PLACEMENTS[bool(config["use_parallel_residual"])]
        return {"activation": ACTIVATIONS[config["hidden_act"]], "norm_placement": placement}

    def write_more(self, choices: Config) -> Config:
        curves = {ours: theirs for theirs, ours in reversed(ACTIVATIONS.items())}
        parallel = {ours: theirs for theirs, ours in PLACEMENTS.items()}
        if choices["activation"] not in curves:
            raise Unlike(f"activation={choices['activation']} where it has {', '.join(curves)}")
        if choices["norm_placement"] not in parallel:
            raise Unlike(f"norm_placement={choices['norm_placement']} where it has {', '.join(parallel)}")
        return {
            "hidden_act": curves[choices["activation"]],
            "use_parallel_residual": parallel[choices["norm_placement"]],
        }

    def read_position(self, config: Config, choices: Config) -> Config:
        old = {"rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct"}
        found = {"partial_rotary_factor": 0.25} | {new: config[name] for new, name in old.items() if name in config}
        return read_rope(found | config, choices["head_dim"], partial=True)

    def write_position(self, model: Transformer) -> Config:
        said, head_dim = write_rope(model.position, model.context_length, partial=True), model.options["head_dim"]
        if int(head_dim * model.position.rotary_fraction) != model.position.width:
            raise Unlike(
                f"rotary_fraction={model.position.rotary_fraction} of head_dim={head_dim} is no number of pairs"
            )
        return said | {"rotary_emb_base": said["rope_theta"], "rotary_pct": said["partial_rotary_factor"]}
