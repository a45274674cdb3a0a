"""Model yamls of families: published sizes, the class that transformers has for them, and any scheme in any of them."""

from pathlib import Path

import pytest
import torch
from test_conf import compose_plain

from wordorder.by_name import scheme_by_name
from wordorder.check import make
from wordorder.hugging_face.folder import choose_stock
from wordorder.model.transformer import Transformer

CONF = Path(__file__).parents[1] / "conf"
SCHEMES = sorted(path.stem for path in (CONF / "position").glob("*.yaml"))
PUBLISHED = {  # family -> (ids of its tokenizer with padding, parameters of the checkpoint that its size names, its class)
    "transformer": (37000, None, None),  # the paper has no decoder alone
    "bert": (30522, 109_514_298, "BertLMHeadModel"),
    "gpt2": (50257, 124_439_808, "GPT2LMHeadModel"),
    "llama2": (32000, 6_738_415_616, "LlamaForCausalLM"),
    "llama3": (128256, 8_030_261_248, "LlamaForCausalLM"),
    "mistral": (32000, 7_241_732_096, "MistralForCausalLM"),
    "qwen2": (152064, 7_615_616_512, "Qwen2ForCausalLM"),
    "qwen3": (151936, 8_190_735_360, "Qwen3ForCausalLM"),
    "bloom": (250880, 7_069_016_064, "BloomForCausalLM"),
    "mpt": (50432, 6_649_286_656, "MptForCausalLM"),
    "gpt_neox": (50432, 20_554_567_680, "GPTNeoXForCausalLM"),
    "smollm3": (128256, 3_075_098_624, "SmolLM3ForCausalLM"),
    "gemma3": (262144, 999_885_952, "Gemma3ForCausalLM"),
    "cohere2": (256000, 8_028_033_024, "Cohere2ForCausalLM"),
}
each_family = pytest.mark.parametrize("family", PUBLISHED)


def build(vocab_size: int, *words: str, **changed: object) -> Transformer:
    config = compose_plain(*words)
    scheme = make(config["position"], "position")
    return make(config["model"] | changed, "model", vocab_size=vocab_size, position=scheme)


def test_every_family_is_here():
    families = {path.stem for path in (CONF / "model").glob("*.yaml")} - {"nano", "micro"}
    assert families == set(PUBLISHED)


@each_family
def test_the_published_size_has_the_published_number_of_parameters(family):
    vocab_size, published, _ = PUBLISHED[family]
    with torch.device("meta"):
        total = build(vocab_size, f"model={family}").count_parameters()["total"]
    assert published in (None, total)


@each_family
def test_transformers_has_a_class_for_it_at_either_size(family):
    for words in ([], ["model/scale=tiny"]):
        with torch.device("meta"):
            model = build(97, f"model={family}", *words)
        if PUBLISHED[family][2] is None:
            with pytest.raises(ValueError, match="no class of transformers"):
                choose_stock(model)
        else:
            assert choose_stock(model)[0].architecture == PUBLISHED[family][2]


@each_family
def test_a_family_chooses_its_scheme_and_a_word_replaces_it_whole(family):
    assert compose_plain(f"model={family}", "model/scale=tiny", "position=alibi")["position"] == {
        "_target_": "wordorder.position.alibi.ALiBi",
        "n_heads": 4,
        "learned": False,
    }
    own = compose_plain(f"model={family}")
    assert own["position"]["_target_"] == compose_plain(f"model={family}", "model/scale=tiny")["position"]["_target_"]


@each_family
def test_any_scheme_trains_in_it(family):
    """One step: every parameter that can matter gets a gradient, and the loss falls along it."""
    node = compose_plain(f"model={family}", "model/scale=tiny")["model"] | dict(
        d_model=16, n_layers=2, head_dim=4, d_ff=24, dropout=0.0
    )
    sizes = {f"model.{key}": value for key, value in node.items()} | {"data_seed": 0}
    ids = torch.randint(31, (2, 24), generator=torch.Generator().manual_seed(0))
    for name in SCHEMES:
        scheme = scheme_by_name(name, sizes)
        scheme.bind([bytes([48 + number % 10]) for number in range(30)])
        model: Transformer = make(node, "model", vocab_size=31, position=scheme).initialise(0)

        def loss(model: Transformer = model) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())

        before = loss()
        before.backward()
        idle = [
            key for key, weight in model.named_parameters() if weight.grad is None and not key.startswith("position.")
        ]
        assert not idle, (name, idle)
        with torch.no_grad():
            for weight in model.parameters():
                if weight.grad is not None:
                    weight -= 1e-3 * weight.grad
        assert loss() < before, name
