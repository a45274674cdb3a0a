"""Turned pairs against complex numbers, one pair at a time."""

import cmath

import pytest
import torch

from wordorder.position.rotation import Rotation, rotate

B, H, S, K = 2, 3, 5, 8
PAIRS = {"half": lambda m, n: (m, m + n), "interleaved": lambda m, n: (2 * m, 2 * m + 1)}  # of n pairs


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def turned(x: torch.Tensor, angle: torch.Tensor, layout: str, gain: float = 1.0) -> torch.Tensor:
    """x, (H, S, K), with each pair as a complex number times gain e^(i angle)."""
    out, n = x.clone(), angle.shape[-1]
    for h in range(x.shape[0]):
        for s in range(x.shape[1]):
            for m in range(n):
                a, b = PAIRS[layout](m, n)
                number = complex(x[h, s, a], x[h, s, b]) * gain * cmath.exp(1j * float(angle[s, m]))
                out[h, s, a], out[h, s, b] = number.real, number.imag
    return out


@pytest.mark.parametrize("layout", PAIRS)
@pytest.mark.parametrize("n_pairs", [1, 3, K // 2])
def test_each_pair_is_turned_by_its_angle_and_the_other_channels_stay(layout, n_pairs):
    x, angle = draw(B, H, S, K), draw(S, n_pairs, seed=1) * 9
    got = rotate(x, angle.cos()[None, None], angle.sin()[None, None], layout)
    expected = torch.stack([turned(row, angle, layout) for row in x])
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-14)
    assert torch.equal(got[..., 2 * n_pairs :], x[..., 2 * n_pairs :])


@pytest.mark.parametrize("layout", PAIRS)
def test_queries_are_the_last_tokens_and_gain_is_on_both_sides(layout):
    q, k, angle = draw(B, H, 2, K, seed=2), draw(B, 1, S, K, seed=3), draw(S, K // 2, seed=4)
    got_q, got_k = Rotation.by(angle[None, None], 2, gain=1.5).qk(q, k, layout)
    expected_q = torch.stack([turned(row, angle[-2:], layout, 1.5) for row in q])
    expected_k = torch.stack([turned(row, angle, layout, 1.5) for row in k])
    torch.testing.assert_close(got_q, expected_q, rtol=0, atol=1e-14)
    torch.testing.assert_close(got_k, expected_k, rtol=0, atol=1e-14)


@pytest.mark.parametrize("layout", PAIRS)
def test_bfloat16_is_rounded_once_at_the_end(layout):
    x, angle = draw(B, H, S, K).bfloat16(), draw(S, K // 2, seed=1).float()
    got = rotate(x, angle.cos()[None, None], angle.sin()[None, None], layout)
    expected = torch.stack([turned(row.double(), angle, layout) for row in x])
    assert got.dtype == torch.bfloat16
    # one rounding of a number below 8 to 8 bits; rounding the products too would be off by twice that
    assert (got.double() - expected).abs().max() <= expected.abs().max() * 2**-8
