"""Chance with a name: what one module draws cannot shift what another gets."""

import pytest
import torch

from wordorder.model.plain import PLAIN
from wordorder.model.seeding import generator, seed_of
from wordorder.model.transformer import Transformer
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE

SIZES = dict(d_model=64, n_layers=3, n_heads=4, n_kv_heads=2, head_dim=16, d_ff=96, context_length=32)
CHOICES = PLAIN | dict(
    norm="layer_norm", norm_eps=1e-5, activation="swiglu", bias=True, tie_embeddings=False, dropout=0.0
)


def weights(scheme: PositionScheme, seed: int = 0, **options) -> dict[str, torch.Tensor]:
    model = Transformer(300, scheme, **(SIZES | CHOICES | dict(init_std=0.05, kernel="auto") | options))
    return model.initialise(seed).state_dict()


def learned() -> Learned:
    return Learned(d_model=64, n_positions=100, offset=0, init_std=0.2)


@pytest.mark.parametrize("other", [ALiBi(n_heads=4, learned=False), learned()])
def test_a_scheme_shifts_no_weight_outside_itself(other):
    torch.manual_seed(1)
    first = weights(NoPE())
    torch.manual_seed(2)  # neither construction nor initialisation may read the global generator
    second = {name: weight for name, weight in weights(other).items() if not name.startswith("position.")}
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_same_seed_draws_the_scheme_the_same():
    assert torch.equal(weights(learned())["position.table"], weights(learned())["position.table"])


def test_more_layers_leave_the_first_ones_as_they_were():
    few, many = weights(NoPE()), weights(NoPE(), n_layers=5)
    spread = ("attention.o.weight", "mlp.down.weight")  # narrower in a deeper model
    assert all(torch.equal(few[name], many[name]) for name in few if not name.endswith(spread))


def test_every_drawn_weight_differs_between_seeds_and_names():
    drawn = [w for seed in (0, 1) for w in weights(learned(), seed).values() if w.dim() > 1]
    assert len({tuple(w.flatten()[:8].tolist()) for w in drawn}) == len(drawn) == 2 * (3 * 7 + 3)


def test_spreads_are_those_documented():
    for name, weight in weights(learned()).items():
        if weight.dim() == 1:
            expected = torch.zeros_like(weight) if name.endswith("bias") else torch.ones_like(weight)
            assert torch.equal(weight, expected), name
            continue
        std = 0.05
        if name.endswith(("attention.o.weight", "mlp.down.weight")):
            std = 0.05 / 6**0.5  # two additions in each of three layers
        if name == "position.table":
            std = 0.2
        tolerance = 5 * std / (2 * weight.numel()) ** 0.5  # five standard errors
        assert abs(float(weight.std()) - std) < tolerance, name
        assert abs(float(weight.mean())) < 5 * std / weight.numel() ** 0.5, name


def test_a_seed_is_a_function_of_its_whole_name():
    assert seed_of("weights", 0, "a") == seed_of("weights", 0, "a")
    names = [("weights", 0, "a"), ("weights", 0, "b"), ("weights", 1, "a"), ("dropout", 0, "a"), ("weights", "0a")]
    assert len({seed_of(*name) for name in names}) == len(names)
    assert all(0 <= seed_of(*name) < 2**63 for name in names)


def test_a_generator_does_not_depend_on_the_ones_before():
    first = torch.randn(4, generator=generator("weights", 0, "b"))
    torch.randn(9, generator=generator("weights", 0, "a"))
    assert torch.equal(first, torch.randn(4, generator=generator("weights", 0, "b")))
