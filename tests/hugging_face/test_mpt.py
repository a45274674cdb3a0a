"""MPT: what its attention may be told."""

import pytest
from stock_configs import DROPPED, Spoken, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes

ATTENTION = {
    "alibi": False,
    "alibi_bias_max": 16,
    "clip_qkv": 8.0,
    "qk_ln": True,
    "softmax_scale": 0.1,
    "prefix_lm": True,
}


@pytest.mark.parametrize("key", ATTENTION)
def test_an_attention_that_computes_otherwise_is_refused_by_its_key(key):
    attention = said("mpt")["attn_config"] | {key: ATTENTION[key]}
    with pytest.raises(InputError, match=f"^attn_config.{key}={ATTENTION[key]} in config.json is not known here"):
        read_nodes(said("mpt", attn_config=attention))


@pytest.mark.parametrize(
    ("key", "value"),
    [("no_bias", False), ("logit_scale", "inv_sqrt_d_model"), ("expansion_ratio", 2), ("tie_word_embeddings", False)],
)
def test_a_key_that_changes_the_computation_is_refused_by_its_name(key, value):
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here"):
        read_nodes(said("mpt", **{key: value}))


def test_an_absent_attention_is_the_usual_one():
    for value in (DROPPED, None, {}):
        assert read_nodes(said("mpt", attn_config=value)) == read_nodes(said("mpt"))


def test_weights_without_the_prefix_read_the_same():
    def bare(state):
        return {name.removeprefix("transformer."): weight for name, weight in state.items() if "lm_head" not in name}

    assert Spoken("mpt", rename=bare).apart() < 1e-5
