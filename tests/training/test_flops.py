"""Operations of a row against a count by hand."""

import pytest

from wordorder.training.flops import count_flops

SIZES = {"d_model": 24, "n_layers": 2, "n_heads": 6, "n_kv_heads": 2, "head_dim": 4, "d_ff": 40, "vocab_size": 53}
T, D, LAYERS, KV, FF, V = 10, 24, 2, 8, 40, 53


def by_hand(n_matrices: int = 2) -> int:
    """Two operations for each weight and token, forward, and as many again for either gradient; scores and their sums the
    same over T x T."""
    weights = LAYERS * (2 * D * D + 2 * D * KV + n_matrices * D * FF) + V * D
    return 3 * 2 * (T * weights + LAYERS * 2 * T * T * D)


def test_a_row_costs_its_matrix_products(make_model):
    assert count_flops(make_model("none", activation="gelu", **SIZES), T) == by_hand()
    assert count_flops(make_model("none", activation="swiglu", **SIZES), T) == by_hand(n_matrices=3)


@pytest.mark.parametrize("position", ["alibi", "rope", "t5"])
def test_what_only_adds_or_turns_costs_no_products(position, make_model):
    assert count_flops(make_model(position, activation="gelu", **SIZES), T) == by_hand()


@pytest.mark.parametrize("position", ["shaw", "transformer_xl", "fire"])
def test_what_multiplies_costs_more(position, make_model):
    assert count_flops(make_model(position, activation="gelu", **SIZES), T) > by_hand()


def test_counting_leaves_the_model_as_it_was(make_model):
    model = make_model("rope", **SIZES)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    count_flops(model, T)
    assert all(weight.grad is None and (weight == before[name]).all() for name, weight in model.named_parameters())
    assert model.kernel == "auto"
