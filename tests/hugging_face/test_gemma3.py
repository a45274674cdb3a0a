"""Gemma 3: two bases, its layers, old spellings, and what changes its computation."""

import pytest
from families import LINEAR
from stock_configs import DROPPED, Spoken, position_of, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes

OLD = {"rope_parameters": DROPPED, "layer_types": DROPPED, "rope_theta": 1e6, "rope_local_base_freq": 10000.0}
FULL, NEAR = "full_attention", "sliding_attention"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("query_pre_attn_scalar", 16),
        ("hidden_activation", "gelu"),
        ("attention_bias", True),
        ("attn_logit_softcapping", 50.0),
        ("final_logit_softcapping", 30.0),
        ("use_bidirectional_attention", True),
    ],
)
def test_a_key_that_changes_the_computation_is_refused_by_its_name(key, value):
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here"):
        read_nodes(said("gemma3", **{key: value}))


def test_the_old_spelling_reads_and_computes_the_same():
    old = said("gemma3", **OLD, sliding_window_pattern=2)
    assert read_nodes(old) == read_nodes(said("gemma3"))
    assert Spoken("gemma3", old).apart() < 1e-5


def test_the_old_rule_is_that_of_the_layers_that_see_all():
    scheme = position_of(said("gemma3", **OLD, rope_scaling={"type": "linear", "factor": 3.0}))
    kinds = [type(rope.frequencies).__name__ for rope in (scheme.of[0].of[0], scheme.of[1])]
    assert kinds == ["Plain", "Linear"]
    assert [rope.theta for rope in (scheme.of[0].of[0], scheme.of[1])] == [10000.0, 1e6]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"layer_types": [NEAR, NEAR, FULL, NEAR, NEAR]}, 3),
        ({"layer_types": [NEAR] * 5, "num_hidden_layers": 5}, 6),  # none of five, whatever is usual
        ({"layer_types": [NEAR] * 7, "num_hidden_layers": 7}, 8),  # although every sixth is usual
        ({"layer_types": DROPPED, "sliding_window_pattern": 4}, 4),
        ({"layer_types": DROPPED}, 6),
    ],
)
def test_which_layers_see_all(changed, wanted):
    scheme = position_of(said("gemma3", **changed))
    assert scheme.every == wanted and scheme.of[0].size == 7


@pytest.mark.parametrize("layers", [[FULL] * 5, [FULL, NEAR, NEAR, FULL, NEAR], [NEAR, FULL], ["chunked", FULL] * 2])
def test_other_layers_are_refused_by_their_key(layers):
    with pytest.raises(InputError, match="^layer_types="):
        read_nodes(said("gemma3", layer_types=layers))


def test_one_rule_for_both_kinds_of_layers_is_refused():
    with pytest.raises(InputError, match="^rope_parameters.rope_type=linear in config.json is not known here"):
        read_nodes(said("gemma3", rope_parameters=LINEAR))
