"""Every family computes what the class of transformers computes, and passes through both forms without losing a bit."""

import pytest
import torch
from families import FAMILIES, build
from safetensors.torch import load_file

from wordorder.hugging_face import from_hugging_face, to_hugging_face

LOGITS, GRADIENTS = 1e-5, 1e-4  # relative to the largest; float32 in another order of summation
T = 45  # past the windows of 7 and the trained lengths of 16 and 32
each_family = pytest.mark.parametrize("family", FAMILIES)


def ids() -> torch.Tensor:
    return torch.randint(53, (2, T), generator=torch.Generator().manual_seed(2))


def apart(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


@each_family
def test_logits_and_gradients_are_those_of_transformers(family):
    theirs = build(family)
    ours, _ = from_hugging_face(theirs)
    logits, wanted = ours(ids()), theirs(input_ids=ids()).logits
    assert apart(logits, wanted) < LOGITS
    push = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(3))
    (logits * push).sum().backward()
    (wanted * push).sum().backward()
    mine = to_stock_gradients(ours, theirs)
    for name, weight in theirs.named_parameters():
        scale = max(float(weight.grad.abs().max()), 1e-3)
        assert float((mine[name] - weight.grad).abs().max()) / scale < GRADIENTS, name


def to_stock_gradients(ours, theirs) -> dict[str, torch.Tensor]:
    """The gradients of our weights under the stock names."""
    from wordorder.hugging_face.folder import choose_stock
    from wordorder.hugging_face.weights import to_stock

    grads = {name: weight.grad for name, weight in ours.named_parameters()}
    stock, _ = choose_stock(ours)
    made = to_stock(grads, stock.all_weights(ours.options), len(ours.blocks), ours.options["head_dim"])
    in_memory = dict(theirs.named_parameters())
    return {name if name in in_memory else "lm_head.weight": grad for name, grad in made.items()}


@each_family
def test_a_folder_read_and_written_again_holds_the_same_bits(family, tmp_path):
    theirs = build(family)
    theirs.save_pretrained(tmp_path / "theirs")
    ours, _ = from_hugging_face(tmp_path / "theirs")
    to_hugging_face(ours, tmp_path / "ours")
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("theirs", "ours"))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@each_family
def test_transformers_loads_what_is_written_and_computes_the_same(family, tmp_path):
    from transformers import AutoModelForCausalLM

    theirs = build(family)
    ours, _ = from_hugging_face(theirs)
    to_hugging_face(ours, tmp_path)
    again, report = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    assert torch.equal(again.eval()(input_ids=ids()).logits, theirs(input_ids=ids()).logits)


@each_family
def test_decoding_with_the_cache_gives_the_same_logits(family):
    ours, _ = from_hugging_face(build(family))
    whole, cache = ours(ids()), ours.empty_cache()
    parts = [ours(part, cache=cache, horizon=T) for part in ids().split((20, 1, 24), dim=1)]
    assert apart(torch.cat(parts, 1), whole) < LOGITS
