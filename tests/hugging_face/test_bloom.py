"""BLOOM: old names of its sizes and weights, and what changes its computation."""

import pytest
from stock_configs import DROPPED, Spoken, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes


@pytest.mark.parametrize("key", ["apply_residual_connection_post_layernorm", "tie_word_embeddings"])
def test_a_key_that_changes_the_computation_is_refused_by_its_name(key):
    value = key.startswith("apply")
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here, where it is {not value}"):
        read_nodes(said("bloom", **{key: value}))


def test_old_names_of_sizes_read_the_same():
    old = {"n_embed": 24, "num_hidden_layers": 2, "num_attention_heads": 6}
    dropped = {key: DROPPED for key in ("hidden_size", "n_layer", "n_head")}
    assert read_nodes(said("bloom", **dropped, **old)) == read_nodes(said("bloom"))


def test_weights_without_the_prefix_read_the_same():
    def bare(state):
        return {name.removeprefix("transformer."): weight for name, weight in state.items() if "lm_head" not in name}

    assert Spoken("bloom", rename=bare).apart() < 1e-5
