"""Sandwich's bias against sums of cosines, and what softmax makes of the constant in it."""

import math

import pytest
import torch
from hooks import attention, bias, context_of

from wordorder.position.sandwich import Sandwich

H, T = 6, 40
SUMS = {1: -1.906, 16: -24.298, 128: -42.701, 1024: -50.916}  # at width 128, less 64


def sandwich(**changed) -> Sandwich:
    return Sandwich(**{**dict(n_heads=H, width=128, base=10000.0), **changed})


def cosines(distance: int, width: int = 128, base: float = 10000.0) -> float:
    return sum(math.cos(distance * base ** (-2 * m / width)) for m in range(width // 2))


@pytest.mark.parametrize("distance", SUMS)
def test_sums_are_the_known_ones(distance):
    got = bias(sandwich(n_heads=8), context_of(1, distance + 1, n_new=1), n_heads=8)[0, 0, 0, 0].item()
    assert got == pytest.approx(SUMS[distance], abs=5e-4)  # of 8 heads the first divides by 1; three decimals are known


@pytest.mark.parametrize("width, base", [(128, 10000.0), (6, 100.0)])
def test_bias_is_that_of_the_equation(width, base):
    got = bias(sandwich(width=width, base=base), context_of(1, T), n_heads=H)
    for h in range(H):
        for i in range(T):
            for j in range(i + 1):
                expected = (cosines(i - j, width, base) - width / 2) / (8 * (h + 1) / H)
                assert got[0, h, i, j].item() == pytest.approx(expected, rel=2e-7, abs=1e-12)  # float32


def test_softmax_cancels_the_constant():
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, H, T, 4, dtype=torch.float64, generator=draw) for _ in range(3))
    got = attention(sandwich(), q, k, v, torch.zeros(2, T, 8), context_of(2, T))
    raw = torch.tensor([[cosines(i - j) for j in range(T)] for i in range(T)], dtype=torch.float64)
    score = q @ k.mT / 2 + raw / (torch.arange(1, H + 1) * 8 / H).view(H, 1, 1)
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    expected = score.masked_fill(future, -torch.inf).softmax(-1) @ v
    # the bias is float32: up to 48, so off by up to 2e-6
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


def test_far_positions_keep_their_differences():
    scheme = sandwich(n_heads=8)
    near, far = torch.arange(50)[None], torch.arange(1_000_000, 1_000_050)[None]
    both = [scheme.embedding(place) @ scheme.embedding(place).mT for place in (near, far)]
    torch.testing.assert_close(*both, rtol=0, atol=1e-6)  # in float32 an angle of a million is off by 0.03


@pytest.mark.parametrize("bad", [{"n_heads": 0}, {"width": 7}, {"width": 0}, {"base": 0.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"^{next(iter(bad))}="):
        sandwich(**bad)
