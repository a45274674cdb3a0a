"""YaRN against published values, Hugging Face's table, the paper's quantities in Python floats, and the squared gain."""

import math

import pytest
import torch
from rotary import ROUNDED, at_pairs, hugging_face, logit

from wordorder.position.frequencies.yarn import YaRN

PUBLISHED = [1, 0.3162278, 0.1, 0.02432521, 5.384615e-3, 2.5e-4, 3.333804e-5]


def yarn(**changed) -> YaRN:
    options = dict(factor=4.0, trained_length=2048, beta_fast=32.0, beta_slow=1.0, gain=0.0, truncate=True)
    return YaRN(**{**options, **changed})


def test_published_values():
    assert at_pairs(yarn().omega(64, 10000.0, horizon=1)) == pytest.approx(PUBLISHED, rel=1e-6)
    assert yarn().gain == pytest.approx(1.138629, abs=5e-7)


@pytest.mark.parametrize("truncate", [True, False])
@pytest.mark.parametrize(
    ("width", "theta", "factor", "trained", "fast", "slow"),
    [
        (4, 10000.0, 8.0, 128, 32.0, 1.0),
        (16, 100.0, 2.0, 128, 32.0, 1.0),
        (32, 10000.0, 8.0, 128, 32.0, 1.0),
        (64, 10000.0, 40.0, 4096, 32.0, 1.0),
        (128, 500000.0, 16.0, 8192, 16.0, 2.0),
        (64, 10000.0, 1.0, 2048, 32.0, 1.0),
    ],
)
def test_the_table_is_that_of_hugging_face(width, theta, factor, trained, fast, slow, truncate):
    rule = yarn(factor=factor, trained_length=trained, beta_fast=fast, beta_slow=slow, truncate=truncate)
    given = dict(factor=factor, beta_fast=fast, beta_slow=slow, truncate=truncate)
    theirs, gain = hugging_face("yarn", width, theta, trained=trained, **given)
    torch.testing.assert_close(rule.omega(width, theta, horizon=1), theirs, **ROUNDED)
    assert rule.gain == pytest.approx(gain, rel=1e-12)


def pair_turning(turns: float, width: int, theta: float, trained: int) -> float:
    """The m, not rounded, whose frequency makes so many turns within the trained length, by bisection."""
    low, high = -1000.0, 1000.0
    for _ in range(200):
        middle = (low + high) / 2
        faster = trained * theta ** (-2 * middle / width) / (2 * math.pi) > turns
        low, high = (middle, high) if faster else (low, middle)
    return low


@pytest.mark.parametrize("truncate", [True, False])
@pytest.mark.parametrize(("width", "theta", "trained"), [(64, 10000.0, 2048), (128, 500000.0, 8192), (32, 1000.0, 256)])
def test_omega_is_the_equation_pair_by_pair(width, theta, trained, truncate):
    first, last = (pair_turning(turns, width, theta, trained) for turns in (32.0, 1.0))
    if truncate:
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, width - 1)
    omega = yarn(trained_length=trained, truncate=truncate).omega(width, theta, horizon=1)
    assert 0 <= first < last < width // 2  # all three cases are met
    for m in range(width // 2):
        kept = theta ** (-2 * m / width)
        share = 0.0 if m <= first else 1.0 if m >= last else (m - first) / (last - first)
        assert float(omega[m]) == pytest.approx((1 - share) * kept + share * kept / 4, rel=1e-10)


def test_fast_pairs_are_kept_and_slow_ones_divided():
    ratio = yarn(factor=8.0).omega(64, 10000.0, horizon=1) / yarn(factor=1.0).omega(64, 10000.0, horizon=1)
    assert ratio[0] == 1.0 and float(ratio[-1]) == pytest.approx(1 / 8, rel=1e-14)
    assert (ratio[1:] <= ratio[:-1]).all()


@pytest.mark.parametrize("given, gain", [(0.0, 0.1 * math.log(4) + 1), (1.0, 1.0), (1.5, 1.5)])
def test_a_logit_grows_by_the_square_of_the_gain(given, gain):
    q, k = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for place in (0, 3, 50):
        assert logit(yarn(gain=given), q, k, place, place) == pytest.approx(gain**2 * float(q @ k), rel=1e-5)


def test_a_trained_length_of_less_than_one_turn_divides_all_but_the_first():
    ratio = yarn(trained_length=3).omega(16, 10000.0, horizon=1) / yarn(factor=1.0).omega(16, 10000.0, horizon=1)
    assert ratio.tolist() == pytest.approx([1] + [1 / 4] * 7, rel=1e-14)


def test_a_trained_length_of_many_turns_divides_none():
    omega = yarn(trained_length=10**9).omega(16, 10.0, horizon=1)
    assert omega.tolist() == pytest.approx([10.0 ** (-2 * m / 16) for m in range(8)], rel=1e-14)


@pytest.mark.parametrize(
    "bad", [{"factor": 0.5}, {"trained_length": 0}, {"beta_slow": 32.0}, {"beta_slow": 0.0}, {"gain": -1.0}]
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        yarn(**bad)


def test_a_theta_that_slows_no_pair_is_refused():
    with pytest.raises(ValueError, match="theta=1.0"):
        yarn().omega(16, 1.0, horizon=1)
