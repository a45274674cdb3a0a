"""A class accounts for every choice of a model and every key that it reads, and refuses by its name what it does not know."""

import pytest
from families import FAMILIES
from stock_configs import DROPPED, said

from wordorder.errors import InputError
from wordorder.hugging_face.classes import STOCK
from wordorder.hugging_face.folder import read_nodes
from wordorder.model.transformer import OPTIONS


@pytest.mark.parametrize("stock", STOCK, ids=lambda stock: stock.model_type)
def test_a_class_accounts_for_every_choice_of_a_model(stock):
    said_of = {*stock.keys, *stock.has, *stock.free, "dropout", "kernel"}
    heads = {"n_kv_heads", "head_dim"} if stock.heads_alike else set()
    read = {"d_ff"} if "d_ff" not in stock.keys else set()  # by read_more
    usual = {"norm_placement", "qkv_bias", "qk_norm", "embedding_scale", "embedding_norm", "n_token_types"}
    usual |= {"head_transform", "logit_scale", "bias"}
    assert set(OPTIONS) == said_of | heads | read | usual
    assert not set(stock.has) & set(stock.keys)  # else a choice would be checked by neither


@pytest.mark.parametrize("family", FAMILIES)
def test_every_key_that_is_read_is_missed_by_name_or_has_a_value(family):
    whole = read_nodes(said(family))
    stock = next(stock for stock in STOCK if stock.model_type == said(family)["model_type"])
    for key in ("vocab_size", *stock.keys.values(), *stock.needs):
        try:
            read = read_nodes(said(family, **{key: DROPPED}))
        except InputError as error:
            refused = {"is_decoder": "is_decoder=False", "head_dim": "query_pre_attn_scalar=8"}  # Gemma 3 has 256
            assert str(error).startswith((f"config.json lacks {key}", refused.get(key, "config.json lacks")))
        else:
            assert read[0].keys() == whole[0].keys()


@pytest.mark.parametrize("stock", STOCK, ids=lambda stock: stock.model_type)
def test_an_absent_key_has_the_value_that_it_has_in_transformers(stock):
    import transformers

    config_class = next(config for config, model, _ in FAMILIES.values() if model == stock.architecture)
    fields = getattr(transformers, config_class).__dataclass_fields__
    elsewhere = {"bloom": {"seq_length"}, "bert": {"position_embedding_type"}}  # no version has had another
    elsewhere |= {name: {"head_dim"} for name in ("qwen2", "smollm3", "cohere2")}  # hidden_size / heads
    elsewhere["smollm3"] |= {"rope_theta"}
    for key, value in (stock.needs | stock.absent).items():
        if key not in elsewhere.get(stock.model_type, ()):
            assert fields[key].default == value, key


@pytest.mark.parametrize("family", ["llama2", "mistral", "qwen2", "qwen3", "smollm3", "gpt_neox", "cohere2"])
def test_an_absent_rope_has_the_base_that_it_has_in_transformers(family):
    import transformers

    theta = getattr(transformers, FAMILIES[family][0]).default_theta
    assert f"'theta': {theta}" in str(read_nodes(said(family, rope_parameters=DROPPED))[1])


@pytest.mark.parametrize("value", [0, -1, "8", 2.5, None, True])
def test_a_size_that_is_none_is_refused_by_name(value):
    with pytest.raises(
        InputError, match=f"^num_attention_heads={value} in config.json must be a whole number from 1 on"
    ):
        read_nodes(said("llama2", num_attention_heads=value))


def test_rates_of_dropout_that_differ_are_refused():
    with pytest.raises(InputError, match=r"^embd_pdrop=0.1, attn_pdrop=0.2, resid_pdrop=0.1 in config.json, .* equal"):
        read_nodes(said("gpt2", attn_pdrop=0.2))
    assert read_nodes(said("gpt2", embd_pdrop=0.3, attn_pdrop=0.3, resid_pdrop=0.3))[0]["dropout"] == 0.3
