"""FoX against the paper's products of gates and x_transformers' cumulative sums."""

import math

import pytest
import torch
from hooks import attention, context_of, random_parameters

from wordorder.model.attention import indices
from wordorder.position.fox import FoX

B, H, G, K, D, T = 2, 6, 2, 4, 10, 8


def fox(**changed) -> FoX:
    options = dict(n_layers=3, d_model=D, n_heads=H, sign="plus", init_std=0.02, init_bias=0.0)
    return FoX(**{**options, **changed})


def bias(scheme: FoX, x: torch.Tensor, *, n_new: int | None = None, layer: int = 0) -> torch.Tensor:
    """What one layer adds to scores, (B, H, T, S)."""
    context = context_of(*x.shape[:2], n_new)
    mod = scheme.score_mod(None, None, x, scheme.at_layer(layer, scheme.prepare(context)))
    return mod(torch.zeros((), dtype=torch.float64), *indices(context, n_heads=H, by_row=True)).detach()


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def logit(scheme: FoX, x: torch.Tensor, b: int, t: int, h: int, layer: int) -> float:
    row = zip(scheme.weight[layer, h].tolist(), x[b, t].tolist(), strict=True)
    return sum(w * value for w, value in row) + scheme.bias[layer, h].item()


def test_output_is_weighted_by_products_of_gates():
    scheme, layer = random_parameters(fox()), 1
    q, k, v, x = draw(B, H, T, K), draw(B, G, T, K), draw(B, G, T, K), draw(B, T, D)
    got = attention(scheme, q, k, v, x, context_of(B, T), layer=layer)
    for h in range(H):
        g, gates = h // (H // G), [1 / (1 + math.exp(-logit(scheme, x, 1, t, h, layer))) for t in range(T)]
        for i in range(T):
            weights = []
            for j in range(i + 1):
                kept = math.prod(gates[j + 1 : i + 1])
                weights.append(kept * math.exp(float(q[1, h, i] @ k[1, g, j]) / math.sqrt(K)))
            expected = sum(weight / sum(weights) * v[1, g, j] for j, weight in enumerate(weights))
            torch.testing.assert_close(got[1, h, i], expected, rtol=0, atol=1e-12)


def test_bias_is_that_of_x_transformers():
    from x_transformers.x_transformers import DataDependentAlibi

    scheme, x = random_parameters(fox()), draw(B, 50, D)
    theirs = DataDependentAlibi(D, H).double()
    theirs.to_forget_gates[0].weight.data, theirs.to_forget_gates[0].bias.data = scheme.weight[2], scheme.bias[2]
    torch.testing.assert_close(bias(scheme, x, layer=2), theirs(x).detach(), rtol=0, atol=1e-12)


def test_minus_sums_softplus_as_cable_does():
    scheme, x = random_parameters(fox(sign="minus")), draw(B, T, D)
    got = bias(scheme, x)
    for h in range(H):
        steps = [-math.log1p(math.exp(logit(scheme, x, 1, t, h, 0))) for t in range(T)]
        for i in range(T):
            for j in range(i + 1):
                assert got[1, h, i, j].item() == pytest.approx(sum(steps[j + 1 : i + 1]), abs=1e-12)


def test_gates_start_at_one_half():
    scheme = fox(init_std=0.0, init_bias=0.0)
    scheme.initialise(lambda name: torch.Generator().manual_seed(0))
    got, place = bias(scheme, draw(1, T, D)), torch.arange(T)
    expected = -math.log(2) * (place[:, None] - place).double().expand(1, H, T, T)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)  # float32 parameters


def test_new_tokens_are_the_last():
    scheme, x = random_parameters(fox()), draw(B, T, D)
    torch.testing.assert_close(bias(scheme, x, n_new=4), bias(scheme, x)[:, :, -4:], rtol=0, atol=0)


def test_sums_do_not_round_to_bfloat16():
    scheme, x = fox(n_layers=1), draw(1, 2048, D).bfloat16()
    scheme.initialise(lambda name: torch.Generator().manual_seed(0))
    mod = scheme.score_mod(None, None, x, scheme.at_layer(0, scheme.prepare(context_of(1, 2048))))
    at = [torch.tensor(value) for value in (0, 0, 2047, 2040)]
    steps = [-math.log1p(math.exp(-logit(scheme, x.double(), 0, t, 0, 0))) for t in range(2041, 2048)]
    # near 2048 ln 2 = 1420 a float32 has steps of 1.2e-4, a bfloat16 of 8
    assert mod(torch.zeros(()), *at).item() == pytest.approx(sum(steps), abs=2e-3)


@pytest.mark.parametrize("bad", [{"sign": "both"}, {"init_std": -0.1}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        fox(**bad)
