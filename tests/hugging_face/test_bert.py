"""BERT: only as a decoder."""

import pytest
import torch
from stock_configs import DROPPED, Spoken, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes


@pytest.mark.parametrize("value", [False, DROPPED])
def test_an_encoder_is_refused(value):
    with pytest.raises(InputError, match="^is_decoder=False in config.json is not known here, where it is True"):
        read_nodes(said("bert", is_decoder=value))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "relu"),
        ("position_embedding_type", "relative_key"),
        ("add_cross_attention", True),
        ("tie_word_embeddings", False),
    ],
)
def test_a_key_that_changes_the_computation_is_refused_by_its_name(key, value):
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here"):
        read_nodes(said("bert", **{key: value}))


def test_the_head_tied_to_the_embedding_may_be_there_twice():
    def twice(state):
        again = {"cls.predictions.decoder.weight": state["bert.embeddings.word_embeddings.weight"]}
        again |= {"cls.predictions.decoder.bias": state["cls.predictions.bias"]}
        return state | again | {"bert.embeddings.position_ids": torch.arange(64)[None]}

    assert Spoken("bert", rename=twice).apart() < 1e-5


def test_each_token_is_of_the_first_type():
    theirs = Spoken("bert")
    with torch.no_grad():
        theirs.theirs.bert.embeddings.token_type_embeddings.weight[1] += 7
    assert theirs.apart() < 1e-5
