"""p-RoPE against published values, Hugging Face's table, and its two ends."""

import pytest
import torch
from rotary import PLAIN, ROUNDED, at_pairs, hugging_face, logit

from wordorder.position.frequencies.plain import Plain
from wordorder.position.frequencies.proportional import Proportional


def test_published_values():
    expected = [w if m < 8 else 0.0 for m, w in zip([0, 4, 8, 12, 16, 24, 31], PLAIN, strict=True)]
    assert at_pairs(Proportional(fraction=0.25).omega(64, 10000.0, horizon=1)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize(("width", "theta"), [(4, 10000.0), (10, 100.0), (64, 10000.0), (256, 1000000.0)])
def test_the_table_is_that_of_hugging_face(width, theta, fraction):
    theirs, gain = hugging_face("proportional", width, theta, trained=128, partial_rotary_factor=fraction)
    rule = Proportional(fraction=fraction)
    torch.testing.assert_close(rule.omega(width, theta, horizon=1), theirs, **ROUNDED)
    assert rule.gain == gain


@pytest.mark.parametrize(("fraction", "turning"), [(0.0, 0), (0.12, 0), (0.13, 1), (0.5, 4), (0.99, 7), (1.0, 8)])
def test_the_fastest_pairs_turn_as_in_rope_and_the_others_stand_still(fraction, turning):
    omega = Proportional(fraction=fraction).omega(16, 100.0, horizon=1)
    assert omega[:turning].tolist() == pytest.approx([100.0 ** (-2 * m / 16) for m in range(turning)], rel=1e-14)
    assert omega[turning:].tolist() == [0.0] * (8 - turning)


def test_one_is_rope_and_zero_is_no_position():
    q, k = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert logit(Proportional(fraction=1.0), q, k, 9, 2) == logit(Plain(), q, k, 9, 2)
    assert logit(Proportional(fraction=0.0), q, k, 9, 2) == float(q @ k)
    assert abs(logit(Plain(), q, k, 9, 2) - float(q @ k)) > 1e-2


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_bad_fractions_are_refused(fraction):
    with pytest.raises(ValueError, match="fraction="):
        Proportional(fraction=fraction)
