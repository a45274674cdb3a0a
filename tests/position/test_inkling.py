"""Relative logits against the equation, the published model's module and x_transformers' bias."""

from dataclasses import replace

import pytest
import torch
from hooks import attention, context_of, random_parameters

from wordorder.model.attention import indices
from wordorder.position.inkling import Inkling

B, H, G, K, D, T, RANK = 2, 6, 2, 4, 10, 9, 3


def inkling(**changed) -> Inkling:
    options = dict(n_layers=3, d_model=D, n_heads=H, rank=RANK, extent=5, init_std=0.02)
    return Inkling(**{**options, **changed})


def bias(scheme: Inkling, x: torch.Tensor, *, n_new: int | None = None, place: torch.Tensor | None = None, layer=0):
    """What one layer adds to scores, (B, H, T, S)."""
    context = context_of(*x.shape[:2], n_new)
    context = context if place is None else replace(context, place_BS=place)
    mod = scheme.score_mod(None, None, x, scheme.at_layer(layer, scheme.prepare(context)))
    return mod(torch.zeros((), dtype=torch.float64), *indices(context, n_heads=H, by_row=True)).detach()


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def written_out(scheme: Inkling, x_D: torch.Tensor, h: int, distance: int, layer: int) -> float:
    """The bias of one query and one key at this distance, as a sum over the rank and the input."""
    if not 0 <= distance < scheme.curves.shape[-1]:
        return 0.0
    mixture = [
        sum(w * value for w, value in zip(scheme.weight[layer, h * RANK + r].tolist(), x_D.tolist(), strict=True))
        for r in range(RANK)
    ]
    return sum(m * scheme.curves[layer, r, distance].item() for r, m in enumerate(mixture))


def test_output_is_that_of_the_equation():
    scheme, layer = random_parameters(inkling()), 1
    q, k, v, x = draw(B, H, T, K), draw(B, G, T, K), draw(B, G, T, K), draw(B, T, D)
    got = attention(scheme, q, k, v, x, context_of(B, T), layer=layer)
    for b in range(B):
        for h in range(H):
            g = h // (H // G)
            for i in range(T):
                score = torch.stack(
                    [
                        q[b, h, i] @ k[b, g, j] / K**0.5 + written_out(scheme, x[b, i], h, i - j, layer)
                        for j in range(i + 1)
                    ]
                )
                expected = score.softmax(0) @ v[b, g, : i + 1]
                torch.testing.assert_close(got[b, h, i], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("extent", [1, 7, 40, 1024])
def test_bias_is_that_of_the_published_model(extent):
    from transformers.models.inkling.modeling_inkling import InklingRelativeLogits

    scheme, x, place = random_parameters(inkling(extent=extent)), draw(B, 40, D), torch.arange(40)
    theirs = InklingRelativeLogits(RANK, extent).double()
    theirs.proj.data = scheme.curves[2]
    mixture = torch.nn.functional.linear(x, scheme.weight[2]).view(B, 40, H, RANK)
    expected = theirs(mixture, place, place).detach()
    assert expected.abs().max() > 0.1
    torch.testing.assert_close(bias(scheme, x, layer=2), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("extent", [7, 1024])
def test_bias_is_that_of_x_transformers(extent):
    from x_transformers.x_transformers import RelativeProjPositionalBias

    scheme, x = random_parameters(inkling(extent=extent)), draw(B, 40, D)
    theirs = RelativeProjPositionalBias(D, H, RANK, extent).double()
    projection = theirs.to_distance_weights[0]
    projection.weight.data, theirs.distance_bank.data = scheme.weight[0], scheme.curves[0]
    projection.bias.data.zero_()  # the published model has none
    torch.testing.assert_close(bias(scheme, x), theirs(x).detach(), rtol=0, atol=1e-12)
    got = bias(scheme, x, n_new=6)
    torch.testing.assert_close(got, theirs(x[:, -6:], seq_len_k=40).detach(), rtol=0, atol=1e-12)


def test_ids_are_read_and_not_indices():
    scheme, x = random_parameters(inkling()), draw(2, 4, D)
    place = torch.tensor([[0, 3, 10, 14], [7, 8, 9, 30]])
    got = bias(scheme, x, place=place)
    for b in range(2):
        for i in range(4):
            for j in range(4):
                expected = written_out(scheme, x[b, i], 2, int(place[b, i] - place[b, j]), 0)
                assert got[b, 2, i, j].item() == pytest.approx(expected, abs=1e-12)


def test_curves_start_small_and_in_every_layer_anew():
    scheme = inkling(extent=1024)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    assert scheme.curves.std().item() == pytest.approx(0.02, rel=0.05)  # of 9216 draws: +- 0.7 %
    assert scheme.weight.std().item() == pytest.approx(0.02, rel=0.15)  # of 540 draws: +- 3 %
    assert not torch.equal(scheme.curves[0], scheme.curves[1])


@pytest.mark.parametrize("bad", [{"rank": 0}, {"extent": 0}, {"init_std": 0.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        inkling(**bad)
