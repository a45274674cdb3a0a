"""bert: BertLMHeadModel with is_decoder, learned positions added to the embedding (Devlin et al. 2018, 1810.04805)."""

from wordorder.check import Config
from wordorder.hugging_face.learned import read_table, table_length
from wordorder.hugging_face.stock import SPELT_OUT, Stock, Unlike
from wordorder.hugging_face.weights import BOTH, ITSELF, Weight
from wordorder.model.transformer import Transformer

LAYER = "bert.encoder.layer.{}."


class Bert(Stock):
    """An encoder's folder is refused: without its mask it is another model."""

    model_type = "bert"
    architecture = "BertLMHeadModel"
    prefix = "bert."
    keys = SPELT_OUT | {"norm_eps": "layer_norm_eps", "n_token_types": "type_vocab_size"}
    has = {
        "norm": "layer_norm",
        "norm_placement": "post",
        "activation": "gelu_erf",
        "bias": True,
        "embedding_norm": True,
        "tie_embeddings": True,
        "head_transform": True,
    }
    needs = {
        "is_decoder": True,
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "add_cross_attention": False,
        "tie_word_embeddings": True,
    }
    absent = {"is_decoder": False, "type_vocab_size": 2, "initializer_range": 0.02}
    dropouts = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    weights = (
        Weight("bert.embeddings.word_embeddings", "embedding"),
        Weight("bert.embeddings.token_type_embeddings.weight", "embedding.token_type", ends=ITSELF),
        Weight("bert.embeddings.position_embeddings.weight", "position.table", ends=ITSELF),
        Weight("bert.embeddings.LayerNorm", "embedding_norm", ends=BOTH),
        *(
            Weight(f"{LAYER}attention.self.{theirs}", f"blocks.{{}}.attention.{theirs[0]}", ends=BOTH)
            for theirs in ("query", "key", "value")
        ),
        Weight(f"{LAYER}attention.output.dense", "blocks.{}.attention.o", ends=BOTH),
        Weight(f"{LAYER}attention.output.LayerNorm", "blocks.{}.norm_attention", ends=BOTH),
        Weight(f"{LAYER}intermediate.dense", "blocks.{}.mlp.up", ends=BOTH),
        Weight(f"{LAYER}output.dense", "blocks.{}.mlp.down", ends=BOTH),
        Weight(f"{LAYER}output.LayerNorm", "blocks.{}.norm_mlp", ends=BOTH),
        Weight("cls.predictions.transform.dense", "head.dense", ends=BOTH),
        Weight("cls.predictions.transform.LayerNorm", "head.norm", ends=BOTH),
        Weight("cls.predictions.bias", "head.bias", ends=ITSELF),
    )
    ignored = ("decoder.weight", "decoder.bias", ".position_ids")  # the same tensors again, and a count

    def write_more(self, choices: Config) -> Config:
        if not choices["n_token_types"]:
            raise Unlike("n_token_types=0 where it has at least 1")
        return {}

    def read_position(self, config: Config, choices: Config) -> Config:
        return read_table(choices)

    def write_position(self, model: Transformer) -> Config:
        return {"max_position_embeddings": table_length(model.position)}
