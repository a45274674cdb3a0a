"""Which class is chosen for which choices, and what is said where none has them."""

import pytest
import torch

from wordorder.check import make
from wordorder.hugging_face.classes import N_NEAREST, STOCK, choose_stock
from wordorder.hugging_face.folder import read_nodes
from wordorder.hugging_face.stock import Unlike
from wordorder.model.transformer import OPTIONS, Transformer

TINY = ["model.d_model=24", "model.n_heads=3", "model.head_dim=8", "model.n_layers=5", "model.d_ff=96"]
TINY += ["model.context_length=32"]
FAMILY = ["model/scale=tiny", "model.n_layers=5"]
WINDOW = ["position=window", "position.size=7"]


@pytest.fixture(scope="session")
def model_of(compose_config):
    """model_of("model=nano", "position=rope") -> a model without memory."""

    def make_model(*words):
        config = compose_config(*words)
        with torch.device("meta"):
            position = make(config["position"], "position")
            return make(config["model"], "model", vocab_size=53, position=position)

    return make_model


def reasons(model):
    """What each class lacks, by its name."""
    lacks = {}
    for stock in STOCK:
        try:
            stock.write(model)
        except Unlike as why:
            lacks[stock.architecture] = why.args
    return lacks


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["model=nano", "position=rope", *TINY], "GPTNeoXForCausalLM"),
        (["model=nano", "position=rope_partial", *TINY], "GPTNeoXForCausalLM"),
        (["model=nano", "position=rope", "model.activation=relu", *TINY], "GPTNeoXForCausalLM"),
        (["model=nano", "position=learned", *TINY], "GPT2LMHeadModel"),
        (["model=micro", "position=rope", *TINY, "model.n_kv_heads=1"], "LlamaForCausalLM"),
        (["model=micro", *WINDOW, *TINY, "model.n_kv_heads=1"], "MistralForCausalLM"),
        (["model=micro", "position=none", *TINY, "model.n_kv_heads=1"], "SmolLM3ForCausalLM"),
        (["model=micro", "position=nope_every_4th", *TINY, "model.n_kv_heads=1"], "SmolLM3ForCausalLM"),
        (["model=gpt2", *FAMILY], "GPT2LMHeadModel"),
        (["model=bert", *FAMILY], "BertLMHeadModel"),
        (["model=bloom", *FAMILY], "BloomForCausalLM"),
        (["model=mpt", *FAMILY], "MptForCausalLM"),
        (["model=gpt_neox", *FAMILY], "GPTNeoXForCausalLM"),
        (["model=llama2", *FAMILY], "LlamaForCausalLM"),
        (["model=llama3", *FAMILY], "LlamaForCausalLM"),
        (["model=mistral", *FAMILY], "MistralForCausalLM"),
        (["model=qwen2", *FAMILY], "Qwen2ForCausalLM"),
        (["model=qwen3", *FAMILY], "Qwen3ForCausalLM"),
        (["model=smollm3", *FAMILY], "SmolLM3ForCausalLM"),
        (["model=gemma3", *FAMILY], "Gemma3ForCausalLM"),
        (["model=cohere2", *FAMILY], "Cohere2ForCausalLM"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
def test_the_class_of_these_choices(words, wanted, model_of):
    model = model_of(*words)
    stock, config = choose_stock(model)
    assert stock.architecture == wanted == config["architectures"][0]
    choices, position = read_nodes(config)
    shown = {name: choices[name] for name in OPTIONS if name not in ("bias", "qkv_bias")}
    assert shown == {name: model.options[name] for name in shown}  # what is written says all choices
    assert type(make(position, "position")) is type(model.position)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["model=nano", "position=sinusoidal"], {"GPT2LMHeadModel": "position=Sinusoidal where it has Learned"}),
        (["model=transformer", "model/scale=tiny"], {"GPTNeoXForCausalLM": "position=Sinusoidal where it has RoPE"}),
        (
            ["model=nano", "position=rope", "model.norm_placement=post"],
            {"GPTNeoXForCausalLM": "norm_placement=post where it has parallel_two_norms, pre"},
        ),
        (
            ["model=bloom", "model/scale=tiny", "position=alibi_learned"],
            {"BloomForCausalLM": "learned=True where it has the published slopes"},
        ),
        (
            ["model=nano", "position=alibi"],
            {
                "BloomForCausalLM": "embedding_norm=False where it has True",
                "MptForCausalLM": "activation=gelu where it has gelu_erf",
            },
        ),
        (["model=nano", "position=t5"], {"GPTNeoXForCausalLM": "position=T5 where it has RoPE"}),
        (
            ["model=micro", "position=rope", "model.logit_scale=0.5"],
            {"LlamaForCausalLM": "logit_scale=0.5 where it has 1.0"},
        ),
        (["model=mpt", "model/scale=tiny", "model.d_ff=100"], {"MptForCausalLM": "d_ff=100 where it has 4 d_model"}),
        (
            ["model=nano", "position=learned", "model.n_kv_heads=2"],
            {"GPT2LMHeadModel": "n_kv_heads=2, head_dim=32 where heads are alike"},
        ),
        (["model=nano", "position=learned", "position.offset=2"], {"GPT2LMHeadModel": "offset=2 where it has none"}),
        (
            ["model=nano", "position=rope_partial", "model.head_dim=12", "model.d_model=48"],
            {"GPTNeoXForCausalLM": "rotary_fraction=0.25 of head_dim=12 is no number of pairs"},
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_no_class_has_is_refused_with_the_reasons(words, why, model_of):
    model = model_of(*words)
    with pytest.raises(ValueError, match="^model: no class of transformers computes it; the nearest: ") as error:
        choose_stock(model)
    lacks = reasons(model)
    assert len(lacks) == len(STOCK)
    for name, reason in why.items():
        assert reason in lacks[name]
        assert f"{name} (" in str(error.value) and reason in str(error.value)
    told = [one.partition(" ")[0] for one in str(error.value).partition("nearest: ")[2].split("; ")]
    ranks = {name: (any(one.startswith("position=") for one in whys), len(whys)) for name, whys in lacks.items()}
    assert [ranks[name] for name in told] == sorted(ranks.values())[:N_NEAREST]  # those with the scheme come first


def test_a_class_says_all_that_it_lacks(model_of):
    lacks = reasons(model_of("model=nano", "position=sinusoidal"))
    assert set(lacks["BertLMHeadModel"]) == {
        "norm_placement=pre where it has post",
        "embedding_norm=False where it has True",
        "head_transform=False where it has True",
        "activation=gelu where it has gelu_erf",
        "position=Sinusoidal where it has Learned",
        "n_token_types=0 where it has at least 1",
    }


def test_a_model_without_biases_is_one_with_zeros(model_of):
    model = model_of("model=nano", "position=rope", *TINY)
    assert not model.options["bias"] and isinstance(model, Transformer)
    stock, config = choose_stock(model)
    assert read_nodes(config)[0]["bias"] is True
    names = {weight.theirs for weight in stock.weights if ".bias" in weight.ends}
    assert "gpt_neox.layers.{}.attention.query_key_value" in names
