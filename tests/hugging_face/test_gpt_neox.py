"""GPT-NeoX: old names of its rotary part, its two forms, and the activations that it may have."""

import pytest
import torch
from stock_configs import DROPPED, Spoken, position_of, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes


def test_old_names_of_the_rotary_part_read_the_same():
    old = said("gpt_neox", rope_parameters=DROPPED, rotary_pct=0.25, rotary_emb_base=10000)
    assert read_nodes(old) == read_nodes(said("gpt_neox"))
    other = position_of(old | {"rotary_pct": 0.5, "rotary_emb_base": 500})
    assert (other.rotary_fraction, other.theta, other.width) == (0.5, 500.0, 4)


def test_absent_names_are_those_of_transformers():
    scheme = position_of(said("gpt_neox", rope_parameters=DROPPED, rotary_pct=DROPPED, rotary_emb_base=DROPPED))
    assert (scheme.rotary_fraction, scheme.theta) == (0.25, 10000.0)
    model, _ = read_nodes(said("gpt_neox", use_parallel_residual=DROPPED, hidden_act=DROPPED))
    assert (model["norm_placement"], model["activation"]) == ("parallel_two_norms", "gelu_erf")


@pytest.mark.parametrize(
    ("theirs", "ours"), [("gelu", "gelu_erf"), ("gelu_new", "gelu"), ("gelu_pytorch_tanh", "gelu"), ("relu", "relu")]
)
def test_the_activation_is_the_curve_of_transformers(theirs, ours):
    from transformers.activations import ACT2FN

    from wordorder.model.mlp import CURVES

    assert read_nodes(said("gpt_neox", hidden_act=theirs))[0]["activation"] == ours
    x = torch.linspace(-5, 5, 101)
    torch.testing.assert_close(CURVES[ours](x), ACT2FN[theirs](x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("key", "value"), [("hidden_act", "silu"), ("attention_bias", False)])
def test_what_changes_the_computation_is_refused_by_its_name(key, value):
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here"):
        read_nodes(said("gpt_neox", **{key: value}))


def test_masks_and_angles_of_old_folders_are_passed_over():
    def with_more(state):
        names = ("attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq")
        return state | {f"gpt_neox.layers.{n}.{name}": torch.ones(3) for n in range(2) for name in names}

    assert Spoken("gpt_neox", rename=with_more).apart() < 1e-5
