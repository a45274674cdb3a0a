"""GPT-2: what a folder may leave out or hold besides, and what changes its computation."""

import pytest
import torch
from stock_configs import DROPPED, Spoken, said

from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("activation_function", "relu"),
        ("scale_attn_weights", False),
        ("scale_attn_by_inverse_layer_idx", True),
        ("add_cross_attention", True),
    ],
)
def test_a_key_that_changes_the_computation_is_refused_by_its_name(key, value):
    with pytest.raises(InputError, match=f"^{key}={value} in config.json is not known here, where it is "):
        read_nodes(said("gpt2", **{key: value}))


def test_masks_of_old_folders_are_passed_over():
    def with_masks(state):
        mask = torch.ones(1, 1, 64, 64)
        return state | {f"transformer.h.{n}.attn.{name}": mask for n in range(2) for name in ("bias", "masked_bias")}

    assert Spoken("gpt2", rename=with_masks).apart() < 1e-5


def test_weights_without_the_prefix_read_the_same():
    def bare(state):
        return {name.removeprefix("transformer."): weight for name, weight in state.items() if "lm_head" not in name}

    assert Spoken("gpt2", rename=bare).apart() < 1e-5


def test_an_absent_width_is_four_times_the_model():
    for value in (None, DROPPED):
        assert read_nodes(said("gpt2", n_inner=value))[0]["d_ff"] == 96
