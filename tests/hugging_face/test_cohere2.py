"""Cohere 2: one norm for both maps, pairs of neighbours, its layers, and what changes its computation."""

import pytest
from stock_configs import DROPPED, Spoken, position_of, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes
from wordorder.position.none import NoPE

FULL, NEAR = "full_attention", "sliding_attention"


@pytest.mark.parametrize(("key", "value"), [("hidden_act", "gelu"), ("attention_bias", True)])
def test_a_key_that_changes_the_computation_is_refused_by_its_name(key, value):
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here"):
        read_nodes(said("cohere2", **{key: value}))


def test_neighbours_are_turned_in_a_window_and_every_nth_layer_goes_without():
    scheme = position_of(said("cohere2"))
    window, none = scheme.of
    assert (window.size, window.of[0].layout, type(none), scheme.every) == (7, "interleaved", NoPE, 3)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"layer_types": [NEAR] * 5}, 6),
        ({"layer_types": DROPPED, "sliding_window_pattern": 2}, 2),
        ({"layer_types": DROPPED}, 4),
    ],
)
def test_which_layers_see_all(changed, wanted):
    assert position_of(said("cohere2", **changed)).every == wanted


@pytest.mark.parametrize("layers", [[FULL] * 5, [NEAR, FULL, FULL, NEAR, FULL], [NEAR, FULL], ["chunked", FULL] * 2])
def test_other_layers_are_refused_by_their_key(layers):
    with pytest.raises(InputError, match="^layer_types="):
        read_nodes(said("cohere2", layer_types=layers))


def test_scores_are_scaled_as_it_says_and_by_a_sixteenth_where_it_says_nothing():
    assert read_nodes(said("cohere2"))[0]["logit_scale"] == 0.3
    assert read_nodes(said("cohere2", logit_scale=DROPPED))[0]["logit_scale"] == 0.0625
    assert Spoken("cohere2", said("cohere2", logit_scale=0.6)).apart() > 0.5
