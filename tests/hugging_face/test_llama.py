"""Llama and its line: absent sizes, windows, layers without positions, and what changes the computation."""

import pytest
import torch
from stock_configs import DROPPED, Spoken, old, position_of, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes
from wordorder.position.none import NoPE
from wordorder.position.rope import RoPE
from wordorder.position.window import Window

SLIDING = ["full_attention", "sliding_attention"]


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [
        ("llama2", "hidden_act", "gelu"),
        ("llama2", "attention_bias", True),
        ("llama2", "mlp_bias", True),
        ("mistral", "hidden_act", "gelu"),
        ("qwen2", "use_sliding_window", True),
        ("qwen3", "use_sliding_window", True),
        ("qwen3", "attention_bias", True),
        ("smollm3", "use_sliding_window", True),
        ("smollm3", "mlp_bias", True),
        ("llama2", "layer_types", SLIDING),
        ("qwen2", "layer_types", SLIDING),
        ("qwen3", "layer_types", SLIDING),
        ("smollm3", "layer_types", SLIDING),
    ],
)
def test_a_key_that_changes_the_computation_is_refused_by_its_name(family, key, value):
    with pytest.raises(InputError) as error:
        read_nodes(said(family, **{key: value}))
    assert str(error.value).startswith(f"{key}={value} in config.json is not known here")


def test_absent_heads_are_worked_out():
    model, scheme = read_nodes(said("llama2", head_dim=DROPPED, num_key_value_heads=DROPPED))
    assert (model["head_dim"], model["n_kv_heads"], scheme["head_dim"]) == (4, 6, 4)
    assert read_nodes(said("mistral", num_key_value_heads=None))[0]["n_kv_heads"] == 6
    assert read_nodes(said("qwen3", head_dim=None))[0]["head_dim"] == 4


@pytest.mark.parametrize("family", ["llama3", "llama yarn", "qwen2"])
def test_the_old_spelling_computes_the_same(family):
    assert Spoken(family, old(family)).apart() < 1e-5


def test_angles_of_old_folders_and_absent_prefixes_change_nothing():
    def bare(state):
        state = state | {f"model.layers.{n}.self_attn.rotary_emb.inv_freq": torch.ones(3) for n in range(2)}
        return {name.removeprefix("model."): weight for name, weight in state.items()}

    assert Spoken("llama2", rename=bare).apart() < 1e-5


def test_a_window_is_that_of_mistral_and_none_where_it_is_null():
    assert type(position_of(said("mistral"))) is Window and position_of(said("mistral")).size == 7
    assert position_of(said("mistral", sliding_window=DROPPED)).size == 4096
    assert type(position_of(said("mistral", sliding_window=None))) is RoPE


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"no_rope_layers": [1, 1, 0, 1, 1]}, 3),
        ({"no_rope_layers": DROPPED, "no_rope_layer_interval": 3}, 3),
        ({"no_rope_layers": DROPPED, "no_rope_layer_interval": DROPPED}, 4),
        ({"no_rope_layers": None, "no_rope_layer_interval": 2}, 2),
    ],
)
def test_every_nth_layer_of_smollm3_goes_without_positions(changed, wanted):
    scheme = position_of(said("smollm3", **changed))
    assert (type(scheme.of[0]), type(scheme.of[1]), scheme.every) == (RoPE, NoPE, wanted)


def test_all_layers_of_smollm3_may_turn_or_none():
    """The list says it, whatever the interval would say."""
    assert type(position_of(said("smollm3", no_rope_layers=[1] * 5, no_rope_layer_interval=4))) is RoPE
    assert type(position_of(said("smollm3", no_rope_layers=[0] * 5, no_rope_layer_interval=4))) is NoPE


@pytest.mark.parametrize("layers", [[1, 0, 0, 1, 1], [0, 1, 0, 1, 0], [1, 1, 0], [1, 2, 0, 1, 2]])
def test_another_pattern_of_smollm3_is_refused_by_its_key(layers):
    with pytest.raises(InputError, match="^no_rope_layers="):
        read_nodes(said("smollm3", no_rope_layers=layers))
