"""Every rule has the frequencies of transformers, in either spelling, and passes through config.json without losing one."""

import pytest
import torch
from families import DYNAMIC, LINEAR, LLAMA3, LONG, YARN
from stock_configs import DROPPED, old, position_of, said

from wordorder.check import make
from wordorder.errors import InputError
from wordorder.hugging_face.folder import read_nodes
from wordorder.hugging_face.rope import read_rope, write_rope
from wordorder.hugging_face.stock import Unlike

HEAD, CONTEXT, THETA, ORIGINAL = 8, 64, 5000.0, {"original_max_position_embeddings": 16}
RULES = {  # every parameter away from its default
    "default": {"rope_type": "default"},
    "linear": LINEAR,
    "dynamic": DYNAMIC,
    "llama3": LLAMA3 | ORIGINAL | {"low_freq_factor": 1.5, "high_freq_factor": 3.0},
    "yarn": YARN | {"beta_fast": 4.0, "beta_slow": 0.5, "attention_factor": 1.7, "truncate": False},
    "yarn by its paper": YARN,
    "longrope": LONG | ORIGINAL,
}
each_rule = pytest.mark.parametrize("rule", RULES)


def rope_of(config):
    return make(read_rope(config, HEAD), "position")


def theirs(rule, length):
    """inv_freq and gain of transformers for a sequence of so many tokens."""
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    parameters = {"rope_theta": THETA} | RULES[rule]
    config = LlamaConfig(
        hidden_size=24, num_attention_heads=3, max_position_embeddings=CONTEXT, rope_parameters=dict(parameters)
    )
    module = LlamaRotaryEmbedding(config)
    module(torch.ones(1), torch.arange(length)[None])  # the rules that follow the length see it here
    return module.inv_freq, module.attention_scaling


@each_rule
@pytest.mark.parametrize("length", [9, 200])
def test_frequencies_and_gain_are_those_of_transformers(rule, length):
    rope = rope_of({"rope_parameters": {"rope_theta": THETA} | RULES[rule], "max_position_embeddings": CONTEXT})
    wanted, gain = theirs(rule, length)
    found = rope.frequencies.omega(rope.width, rope.theta, horizon=length)
    torch.testing.assert_close(found.float(), wanted, rtol=1e-6, atol=0)
    assert rope.frequencies.gain == pytest.approx(gain, rel=1e-12)


@each_rule
def test_every_parameter_survives_writing_and_reading(rule):
    first = rope_of({"rope_parameters": {"rope_theta": THETA} | RULES[rule], "max_position_embeddings": CONTEXT})
    config = write_rope(first, CONTEXT)
    assert config["rope_theta"] == THETA
    second = rope_of(config | {"max_position_embeddings": CONTEXT})
    assert vars(second.frequencies) == vars(first.frequencies)
    assert write_rope(second, CONTEXT) == config
    told = config["rope_scaling"] or {"rope_type": "default"}
    assert all(told[key] == value for key, value in RULES[rule].items())
    for length in (9, 200):
        a, b = (rope.frequencies.omega(rope.width, rope.theta, horizon=length) for rope in (first, second))
        assert torch.equal(a, b)


@pytest.mark.parametrize("family", ["llama3", "llama yarn", "llama dynamic", "llama linear", "llama longrope", "qwen2"])
def test_the_old_spelling_reads_the_same(family):
    assert "rope_parameters" not in old(family)
    assert read_nodes(old(family)) == read_nodes(said(family))


@pytest.mark.parametrize(
    "rule", [RULES["llama3"], RULES["yarn"], RULES["longrope"]], ids=lambda rule: rule["rope_type"]
)
def test_a_trained_length_beside_the_rule_outweighs_the_one_within(rule):
    config = {"rope_parameters": rule, "max_position_embeddings": CONTEXT}
    assert rope_of(config | {"original_max_position_embeddings": 32}).frequencies.trained_length == 32
    assert rope_of(config).frequencies.trained_length == 16
    without = {key: value for key, value in rule.items() if key not in ORIGINAL}
    assert rope_of(config | {"rope_parameters": without}).frequencies.trained_length == CONTEXT


def test_so_it_does_in_transformers():
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    rule, beside = {"rope_theta": THETA} | RULES["llama3"], {"original_max_position_embeddings": 32}
    config = LlamaConfig(hidden_size=24, num_attention_heads=3, rope_parameters=dict(rule), **beside)
    ours = rope_of({"rope_parameters": rule, "max_position_embeddings": CONTEXT} | beside)
    wanted = LlamaRotaryEmbedding(config).inv_freq
    torch.testing.assert_close(ours.frequencies.omega(8, THETA, horizon=9).float(), wanted, rtol=1e-6, atol=0)


@pytest.mark.parametrize("rule", [YARN, LONG | ORIGINAL], ids=lambda rule: rule["rope_type"])
def test_an_absent_factor_is_the_context_over_the_trained_length(rule):
    rule = {key: value for key, value in rule.items() if key != "factor"}
    assert rope_of({"rope_scaling": rule, "max_position_embeddings": CONTEXT}).frequencies.factor == 4.0


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"rope_type": "mrope"}, "rope_type=mrope in config.json is not known here, which has default, linear"),
        ({"type": "su"}, "rope_type=su in config.json is not known"),
        (LINEAR | {"mscale": 0.7}, "mscale=0.7 of rope_type=linear in config.json is not known"),
        (YARN | {"mscale_all_dim": 1.0}, "mscale_all_dim=1.0 of rope_type=yarn in config.json is not known"),
        (LONG | {"attention_factor": 1.2}, "attention_factor=1.2 of rope_type=longrope in config.json is not known"),
        ({"rope_type": "default", "factor": 8.0}, "factor=8.0 of rope_type=default in config.json is not known"),
        ({"rope_type": "linear"}, "rope_type=linear needs factor in config.json"),
        ({"rope_type": "llama3", "factor": 8.0}, "rope_type=llama3 needs low_freq_factor in config.json"),
        (
            {"rope_type": "default", "partial_rotary_factor": 0.5},
            "partial_rotary_factor=0.5 in config.json is not known",
        ),
    ],
    ids=str,
)
def test_an_unknown_rule_or_key_is_refused_by_its_name(rule, why):
    for spelling in ("rope_scaling", "rope_parameters"):
        with pytest.raises(InputError, match=f"^{why}"):
            read_nodes(said("llama2", rope_parameters=DROPPED) | {spelling: rule})


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["position=alibi"], "position=ALiBi where it has RoPE"),
        (["position=rope", "position.layout=interleaved"], "layout=interleaved where it has half"),
        (["position=rope", "position.rotary_fraction=0.5"], "rotary_fraction=0.5 where it turns all channels"),
        (["position=rope", "position/frequencies=ntk"], "frequencies=NTK where it has default, linear"),
        (
            ["position=rope", "position/frequencies=dynamic_ntk", "position.frequencies.trained_length=32"],
            "trained_length=32 where it counts from context_length=64",
        ),
    ],
    ids=str,
)
def test_what_config_json_cannot_say_is_not_written(words, why, compose_config):
    scheme = make(compose_config(*words)["position"], "position")
    with pytest.raises(Unlike, match=f"^{why}"):
        write_rope(scheme, CONTEXT)


def test_empty_lists_of_longrope_are_written_out(compose_config):
    words = ["position=rope", "position/frequencies=longrope", "model.head_dim=8"]
    scheme = make(compose_config(*words)["position"], "position")
    assert (scheme.frequencies.short_factors, scheme.frequencies.long_factors) == ([], [])
    told, factor = write_rope(scheme, 64)["rope_scaling"], scheme.frequencies.factor
    assert (told["short_factor"], told["long_factor"]) == ([1.0] * 4, [factor] * 4)


def test_a_part_of_the_channels_is_a_number_of_pairs():
    assert position_of(said("gpt_neox")).width == 2
    with pytest.raises(InputError, match=r"^partial_rotary_factor=0.4 of head_dim=8 is not a number of pairs"):
        read_rope({"partial_rotary_factor": 0.4, "max_position_embeddings": 8}, 8, partial=True)
