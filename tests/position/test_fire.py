"""FIRE's bias against a double loop, and where it stops being a function of the distance alone."""

import math
from dataclasses import replace

import pytest
import torch
from hooks import attention, bias, context_of, random_parameters

from wordorder.position.fire import FIRE

H, LAYERS, T = 6, 3, 40


def fire(**changed) -> FIRE:
    options = dict(n_heads=H, n_layers=LAYERS, n_hidden=32, c=0.1, threshold=512.0, eps=1e-6, share="layer")
    return FIRE(**{**options, **changed})


def drawn(*, threshold: float, **changed) -> FIRE:
    """Random parameters, but this threshold."""
    scheme = random_parameters(fire(**changed))
    torch.nn.init.constant_(scheme.log_threshold, math.log(threshold))
    return scheme


def one(scheme: FIRE, layer: int, h: int, i: int, j: int) -> float:
    """The bias of one query and key in Python floats."""
    names = ("c", "log_threshold", "inner", "offset", "outer")
    c, log_threshold, inner, offset, outer = (getattr(scheme, name)[layer].tolist() for name in names)

    def psi(x: float) -> float:
        return math.log(abs(c * x) + 1)

    ratio = psi(i - j) / (psi(max(i, math.exp(log_threshold))) + 1e-6)
    return sum(out[h] * max(0.0, w * ratio + b) for w, b, out in zip(inner, offset, outer, strict=True))


@pytest.mark.parametrize("share, layer", [("model", 0), ("layer", 2)])
@pytest.mark.parametrize("threshold", [0.5, 12.3, 512.0])
def test_bias_is_that_of_the_equation(threshold, share, layer):
    scheme = drawn(threshold=threshold, share=share)
    got = bias(scheme, context_of(1, T), n_heads=H, layer=layer)
    for h in range(H):
        for i in range(0, T, 3):
            for j in range(i + 1):
                assert got[0, h, i, j].item() == pytest.approx(one(scheme, layer, h, i, j), rel=1e-11, abs=1e-12)


def test_places_inside_a_document_are_read_and_not_indices():
    scheme = drawn(threshold=5.0)
    place = torch.tensor([[0, 1, 2, 0, 1, 2, 3], [3, 9, 40, 41, 600, 700, 701]])
    context = replace(context_of(2, 7), place_BS=place)
    got = bias(scheme, context, n_heads=H)
    for row, h, i, j in ((0, 0, 5, 4), (0, 5, 6, 3), (1, 2, 3, 1), (1, 4, 6, 0)):
        expected = one(scheme, 0, h, place[row, i].item(), place[row, j].item())
        assert got[row, h, i, j].item() == pytest.approx(expected, rel=1e-11)


def test_bias_depends_on_the_distance_alone_until_the_threshold():
    got = bias(drawn(threshold=20.0), context_of(1, T), n_heads=H)[0]
    for i in range(1, 20):
        torch.testing.assert_close(got[:, i, 1 : i + 1], got[:, i - 1, :i], rtol=0, atol=1e-14)
    for i in range(22, T):
        assert (got[:, i, 1:i] - got[:, i - 1, : i - 1]).abs().max() > 1e-3


def test_beyond_the_threshold_the_first_key_is_always_as_far():
    got = bias(drawn(threshold=20.0), context_of(1, 400), n_heads=H)[0, :, 21:, 0]
    # the ratio is 1 but for eps, which is 1e-6 of a logarithm of 0.5 and more
    torch.testing.assert_close(got, got[:, :1].expand_as(got), rtol=0, atol=1e-4)


def test_softmax_cancels_the_bias_that_the_last_layer_lacks():
    scheme = drawn(threshold=10.0)
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, H, T, 4, dtype=torch.float64, generator=draw) for _ in range(3))
    got = attention(scheme, q, k, v, torch.zeros(2, T, 8), context_of(2, T))
    last = torch.randn(H, 1, 1, dtype=torch.float64, generator=draw)
    made = [[[one(scheme, 0, h, i, j) for j in range(T)] for i in range(T)] for h in range(H)]
    score = q @ k.mT / 2 + torch.tensor(made, dtype=torch.float64) + last
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    expected = score.masked_fill(future, -torch.inf).softmax(-1) @ v
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


def test_training_begins_where_published():
    scheme = fire()
    scheme.initialise(lambda name: torch.Generator().manual_seed(ord(name[0])))
    assert torch.equal(scheme.c, torch.full((LAYERS,), 0.1))
    torch.testing.assert_close(scheme.log_threshold.exp(), torch.full((LAYERS,), 512.0))
    for name, bound in {"inner": 1, "offset": 1, "outer": 32**-0.5}.items():  # as torch.nn.Linear
        size = getattr(scheme, name).abs()
        assert 0.9 * bound < size.max() <= bound and 0.4 * bound < size.mean() < 0.6 * bound


@pytest.mark.parametrize("share, n_tables", [("model", 1), ("layer", LAYERS)])
def test_parameters_are_as_many_as_told(share, n_tables):
    assert sum(weight.numel() for weight in fire(share=share).parameters()) == n_tables * (2 + 32 * (2 + H))


def test_gradients_are_finite_where_the_distance_is_zero():
    scheme = drawn(threshold=1.0)
    bias(scheme, context_of(1, 3), n_heads=H).tril().sum().backward()
    assert all(weight.grad.isfinite().all() for weight in scheme.parameters())


@pytest.mark.parametrize("bad", [{"n_hidden": 0}, {"c": 0.0}, {"threshold": -1.0}, {"eps": 0.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"^{next(iter(bad))}="):
        fire(**bad)
