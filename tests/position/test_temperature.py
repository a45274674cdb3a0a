"""The temperature of Llama 4, Ministral 3 and Inkling against their formulas and Llama 4's own attention."""

import math
from dataclasses import replace

import pytest
import torch
from hooks import attention, context_of

from wordorder.position.alibi import ALiBi
from wordorder.position.none import NoPE
from wordorder.position.temperature import Temperature

B, H, G, K, T, D = 2, 4, 2, 8, 40, 32


def temperature(**changed) -> Temperature:
    return Temperature(**{"scheme": NoPE(), "kind": "log_floor", "alpha": 0.1, "floor": 8, **changed})


def tau(scheme: Temperature, places: torch.Tensor) -> torch.Tensor:
    context = context_of(1, places.shape[-1])
    return scheme.prepare(replace(context, place_BS=places[None])).own[0, 0, :, 0]


@pytest.mark.parametrize("floor", [1, 7, 8192])
@pytest.mark.parametrize("kind", ["log_floor", "log_max"])
def test_tau_is_that_of_the_equation(kind, floor):
    places = [0, 1, floor - 2, floor - 1, floor, 2 * floor - 2, 2 * floor - 1, 5 * floor + 3, 131071]
    got = tau(temperature(kind=kind, floor=floor, alpha=0.3), torch.tensor(places))
    for i, one in zip(places, got.tolist(), strict=True):
        grown = 1 + (i + 1) // floor if kind == "log_floor" else max((i + 1) / floor, 1)
        assert one == pytest.approx(1 + 0.3 * math.log(grown), abs=1e-6)  # float32


@pytest.mark.parametrize("kind", ["log_floor", "log_max"])
def test_the_first_queries_are_left_as_they_are(kind):
    assert tau(temperature(kind=kind), torch.arange(7)).tolist() == [1.0] * 7
    assert tau(temperature(kind=kind), torch.tensor([15, 16])).min() > 1.05


def test_output_is_that_of_llama_4():
    from transformers import Llama4TextConfig
    from transformers.models.llama4.modeling_llama4 import Llama4TextAttention

    shape = dict(hidden_size=D, num_attention_heads=H, num_key_value_heads=G, head_dim=K, num_hidden_layers=4)
    config = Llama4TextConfig(**shape, floor_scale=8, attn_scale=0.7, attn_temperature_tuning=True)
    config._attn_implementation = "eager"
    theirs = Llama4TextAttention(config, 3).double().eval()
    for at, weight in enumerate(theirs.parameters()):
        torch.nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(at))
    x = torch.randn(B, T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    mask = torch.full((T, T), -torch.inf, dtype=torch.float64).triu(1)[None, None]
    expected = theirs(x, position_embeddings=None, attention_mask=mask)[0]
    q, k, v = (getattr(theirs, f"{name}_proj")(x).unflatten(-1, (-1, K)).transpose(1, 2) for name in "qkv")
    for alpha, agrees in ((0.7, True), (0.1, False)):
        out = attention(temperature(alpha=alpha), q, k, v, x, context_of(B, T)).transpose(1, 2).flatten(2)
        # tau is float32 in both
        assert torch.allclose(theirs.o_proj(out), expected, rtol=0, atol=1e-6) == agrees


def test_ministral_3_is_one_token_later():
    from transformers.models.ministral3.modeling_ministral3 import get_llama_4_attn_scale

    expected = get_llama_4_attn_scale(torch.arange(1, 200)[None], beta=0.1, max_position_embeddings=8)
    torch.testing.assert_close(tau(temperature(), torch.arange(199)), expected[0, 0, :, 0], rtol=0, atol=1e-6)


def test_only_queries_are_scaled_and_after_the_scheme_inside():
    q, k = (torch.randn(B, n, T, K, dtype=torch.float64) for n in (H, G))
    scheme = temperature(scheme=ALiBi(n_heads=H, learned=False))
    pos = scheme.prepare(context_of(B, T))
    new_q, new_k = scheme.transform_qk(q, k, q, pos)
    assert new_k is k
    torch.testing.assert_close(new_q, q * tau(scheme, torch.arange(T))[:, None].double(), rtol=0, atol=0)
    at = (torch.tensor(0), torch.tensor(1), torch.tensor(39), torch.tensor(9))
    change = scheme.score_mod(None, None, None, pos)(torch.zeros(()), *at)
    assert change.item() == -30 / 16  # the bias of the scheme inside is not scaled


def test_each_row_and_each_new_token_has_its_own():
    scheme, context = temperature(), context_of(2, T, 3)
    places = torch.stack((torch.arange(T), torch.arange(T) + 100))
    own = scheme.prepare(replace(context, place_BS=places)).own
    assert own.shape == (2, 1, 3, 1)
    assert scheme.reads_ids and not scheme.shift_invariant and not scheme.orders
    for row in range(2):
        assert torch.equal(own[row, 0, :, 0], tau(scheme, places[row, -3:]))


def test_bfloat16_queries_are_rounded_once():
    q = torch.randn(1, 1, T, K, generator=torch.Generator().manual_seed(0)).bfloat16()
    scheme = temperature()
    pos = scheme.prepare(context_of(1, T))
    got = scheme.transform_qk(q, q, q, pos)[0]
    assert got.dtype == torch.bfloat16
    assert torch.equal(got, scheme.transform_qk(q.float(), q.float(), q, pos)[0].bfloat16())


@pytest.mark.parametrize("bad", [{"alpha": -0.1}, {"floor": 0}])
def test_bad_arguments_are_refused(bad):
    name, value = next(iter(bad.items()))
    with pytest.raises(ValueError, match=f"{name}={value}"):
        temperature(**bad)
