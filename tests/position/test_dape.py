"""DAPE's scores against torch's own Linear and LeakyReLU, at one query and key at a time."""

from dataclasses import replace

import pytest
import torch
from hooks import attention, context_of, random_parameters
from torch import nn

from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import DenseAttention, PositionScheme
from wordorder.position.by_layer import ByLayer
from wordorder.position.dape import DAPE
from wordorder.position.fox import FoX
from wordorder.position.none import NoPE
from wordorder.position.randomized import Randomized
from wordorder.position.shaw import Shaw
from wordorder.position.stick_breaking import StickBreaking
from wordorder.position.t5 import T5

B, H, G, K, T, LAYER, HIDDEN = 2, 4, 2, 4, 8, 1, 5
SLOPES = [2.0 ** -(2 * h + 2) for h in range(H)]
SUMMED = dict(rtol=0, atol=1e-12)  # float64, another order of summation


def dape(scheme: PositionScheme | None = None, **changed) -> DAPE:
    options = dict(scheme=scheme or ALiBi(n_heads=H, learned=False), n_layers=2, n_heads=H, n_hidden=HIDDEN)
    return DAPE(**{**options, **changed})


def t5(share: str = "layer") -> T5:
    return T5(n_heads=H, n_layers=2, n_buckets=4, max_distance=9, share=share, init_std=0.5)


def fox() -> FoX:
    return FoX(n_layers=2, d_model=H * K, n_heads=H, sign="plus", init_std=0.02, init_bias=0.0)


def qkvx() -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, T, K), (B, G, T, K), (B, G, T, K), (B, T, H * K))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def network(scheme: DAPE, layer: int) -> nn.Sequential:
    """f, built of torch's modules."""
    f = nn.Sequential(nn.Linear(2 * H, HIDDEN), nn.LeakyReLU(), nn.Linear(HIDDEN, H)).double()
    f[0].weight.data, f[0].bias.data = scheme.hidden_weight[layer].data, scheme.hidden_bias[layer].data
    f[2].weight.data, f[2].bias.data = scheme.out_weight[layer].data, scheme.out_bias[layer].data
    return f


def output(scheme: DAPE, q, k, v, b: int, bias, layer: int = LAYER, first: int = 0) -> torch.Tensor:
    """One row's output, (H, T - first, K): `bias(i, j)` is B of all heads, and no key before `first` is seen."""
    f, outs = network(scheme, layer), []
    with torch.no_grad():
        for i in range(first, T):
            changed = []
            for j in range(first, i + 1):
                A = torch.stack([q[b, h, i] @ k[b, h // (H // G), j] / K**0.5 for h in range(H)])
                added = torch.tensor(bias(i, j), dtype=torch.float64)
                changed.append(A + added + f(torch.cat((A, added))))
            weight = torch.stack(changed).softmax(0)
            seen = v[b].repeat_interleave(H // G, 0)[:, first : i + 1]
            outs.append(torch.einsum("jh,hjk->hk", weight, seen))
    return torch.stack(outs, 1)


def test_output_is_that_of_the_network_at_one_query_and_key_at_a_time():
    scheme, (q, k, v, x) = random_parameters(dape()), qkvx()
    got = attention(scheme, q, k, v, x, context_of(B, T), layer=LAYER)
    for b in range(B):
        expected = output(scheme, q, k, v, b, lambda i, j: [-slope * (i - j) for slope in SLOPES])
        torch.testing.assert_close(got[b], expected, **SUMMED)


def test_each_row_has_the_bias_of_its_own_ids():
    scheme, (q, k, v, x) = random_parameters(dape()), qkvx()
    place = torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 5, 6, 9, 10, 11, 20]])
    got = attention(scheme, q, k, v, x, replace(context_of(B, T), place_BS=place), layer=LAYER)
    for b, row in enumerate(place.tolist()):
        expected = output(scheme, q, k, v, b, lambda i, j, row=row: [-slope * (row[i] - row[j]) for slope in SLOPES])
        torch.testing.assert_close(got[b], expected, **SUMMED)


def test_ids_drawn_inside_reach_each_row():
    scheme, (q, k, v, x) = random_parameters(dape(Randomized(scheme=dape().of[0], max_length=40, seed=0))), qkvx()
    context = context_of(B, T)
    drawn = scheme.of[0].prepare(context).of[0].k_BS.tolist()
    assert drawn[0] != drawn[1]
    got = attention(scheme, q, k, v, x, context, layer=LAYER)
    for b, row in enumerate(drawn):
        expected = output(scheme, q, k, v, b, lambda i, j, row=row: [-slope * (row[i] - row[j]) for slope in SLOPES])
        torch.testing.assert_close(got[b], expected, **SUMMED)


def test_the_scheme_inside_and_the_network_are_those_of_the_layer():
    scheme, (q, k, v, x) = random_parameters(dape(t5())), qkvx()
    for layer in (0, 1):
        table = scheme.of[0].table[layer].tolist()
        # 4 buckets up to a distance of 9: 0, 1, 2 and 3, 4 and more
        expected = output(scheme, q, k, v, 1, lambda i, j, table=table: table[(0, 1, 2, 2, 2, 3, 3, 3)[i - j]], layer)
        got = attention(scheme, q, k, v, x, context_of(B, T), layer=layer)
        torch.testing.assert_close(got[1], expected, **SUMMED)


def test_a_layer_without_a_bias_inside_has_a_bias_of_0():
    inside = ByLayer(scheme=ALiBi(n_heads=H, learned=False), other=NoPE(), every=2)
    scheme, (q, k, v, x) = random_parameters(dape(inside)), qkvx()
    got = attention(scheme, q, k, v, x, context_of(B, T), layer=1)
    torch.testing.assert_close(got[1], output(scheme, q, k, v, 1, lambda i, j: [0.0] * H), **SUMMED)


def test_documents_are_apart_and_new_tokens_are_the_last():
    scheme, (q, k, v, x) = random_parameters(dape()), qkvx()
    document = torch.tensor([[0] * 3 + [1] * 5] * B)
    ids = torch.zeros_like(document)
    expected = output(scheme, q, k, v, 1, lambda i, j: [-slope * (i - j) for slope in SLOPES], first=3)
    got = attention(scheme, q, k, v, x, make_context(ids, document_BS=document), layer=LAYER)
    torch.testing.assert_close(got[1, :, 3:], expected, **SUMMED)
    whole = attention(scheme, q, k, v, x, context_of(B, T), layer=LAYER)
    new = attention(scheme, q[:, :, -2:], k, v, x, context_of(B, T, 2), layer=LAYER)
    torch.testing.assert_close(new, whole[:, :, -2:], **SUMMED)


def test_a_network_of_zeros_leaves_the_scheme_inside_as_it_is():
    scheme, (q, k, v, x) = dape().double(), qkvx()
    for weight in scheme.parameters():
        nn.init.zeros_(weight)
    expected = attention(scheme.of[0], q, k, v, x, context_of(B, T))
    torch.testing.assert_close(attention(scheme, q, k, v, x, context_of(B, T)), expected, **SUMMED)


def test_dropout_reaches_the_weights():
    scheme, (q, k, v, x) = random_parameters(dape()), qkvx()
    k, v = (each.repeat_interleave(H // G, 1) for each in (k, v))
    allowed = torch.ones(T, T, dtype=torch.bool).tril().expand(B, H, T, T)
    dropped = DenseAttention(1.0, allowed, torch.zeros(B, H, T, T, dtype=torch.float64), lambda weight: 0 * weight)
    assert not scheme.attend(q, k, v, x, scheme.prepare(context_of(B, T)), dropped).any()


def test_it_has_as_many_parameters_a_layer_as_the_authors_code():
    scheme = dape(n_hidden=32, n_layers=3)
    assert sum(weight.numel() for weight in scheme.parameters()) == 3 * (97 * H + 32)


def test_maps_are_drawn_within_the_bounds_of_torchs_linear():
    scheme = dape(n_layers=200, n_hidden=32)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    for weight, bound in (
        (scheme.hidden_weight, (2 * H) ** -0.5),
        (scheme.hidden_bias, (2 * H) ** -0.5),
        (scheme.out_weight, 32**-0.5),
        (scheme.out_bias, 32**-0.5),
    ):
        assert 0.98 * bound < weight.abs().max().item() <= bound


def test_promises_are_those_of_the_scheme_inside():
    assert dape().shift_invariant and dape().orders and dape().reads_ids and dape().needs == "dense"
    drawn = dape(Randomized(scheme=dape().of[0], max_length=40, seed=0))
    assert drawn.max_position == 40 and not drawn.length_free


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (dict(scheme=NoPE()), "scheme=NoPE adds no bias of positions alone"),
        (dict(scheme=fox()), "scheme=FoX adds no bias of positions alone"),
        (
            dict(scheme=StickBreaking(attend_current=False, remainder="zero")),
            "scheme=StickBreaking replaces the softmax",
        ),
        (
            dict(scheme=Shaw(n_layers=2, head_dim=K, clip_distance=3, values=True, share="layer")),
            "scheme=Shaw replaces the softmax",
        ),
        (dict(n_hidden=0), "n_hidden=0 must be at least 1"),
    ],
)
def test_bad_arguments_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        dape(**bad)
