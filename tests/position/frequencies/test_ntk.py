"""NTK-aware interpolation against what defines its theta: the highest frequency stays, the lowest is linear's."""

import pytest
import torch

from wordorder.position.frequencies.ntk import NTK

CASES = [(4, 10000.0, 8.0), (8, 100.0, 3.0), (64, 10000.0, 4.0), (128, 500000.0, 2.5)]


@pytest.mark.parametrize(("width", "theta", "factor"), CASES)
def test_the_highest_stays_and_the_lowest_is_that_of_linear(width, theta, factor):
    omega = NTK(factor=factor).omega(width, theta, horizon=1)
    assert omega[0] == 1.0
    assert float(omega[-1]) == pytest.approx(theta ** (-(width - 2) / width) / factor, rel=1e-13)


@pytest.mark.parametrize(("width", "theta", "factor"), CASES)
def test_between_the_ends_each_pair_is_slowed_by_a_power_of_the_factor(width, theta, factor):
    omega = NTK(factor=factor).omega(width, theta, horizon=1)
    steps = width // 2 - 1  # from the pair that keeps its frequency to the one divided by the factor
    expected = [theta ** (-2 * m / width) * factor ** (-m / steps) for m in range(width // 2)]
    assert omega.tolist() == pytest.approx(expected, rel=1e-13)


def test_factor_1_changes_nothing():
    expected = [100.0 ** (-2 * m / 16) for m in range(8)]
    assert NTK(factor=1.0).omega(16, 100.0, horizon=1).tolist() == pytest.approx(expected, rel=1e-14)


def test_one_pair_has_no_lowest_beside_its_highest():
    with pytest.raises(ValueError, match="width=2"):
        NTK(factor=2.0).omega(2, 10000.0, horizon=1)


@pytest.mark.parametrize("factor", [0.5, 0.0, float("nan")])
def test_bad_factors_are_refused(factor):
    with pytest.raises(ValueError, match="factor="):
        NTK(factor=factor)


def test_the_length_of_a_text_is_not_asked():
    assert NTK(factor=4.0).length_free and NTK(factor=4.0).gain == 1.0
    assert torch.equal(*(NTK(factor=4.0).omega(16, 100.0, horizon=n) for n in (1, 10**6)))
