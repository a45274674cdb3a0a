"""Power against published examples, the integral that defines it, and the rule itself at the effect that it should find."""

from math import erfc, exp, lgamma, log, sqrt

import numpy as np
import pytest
from scipy.special import stdtrit

from wordorder.compare.power import find_power, minimum_detectable_effect, seeds_needed
from wordorder.compare.verdict import BETTER, decide


def integrate_power(effect: float, n: int, alpha: float) -> float:
    """P(|Z + d sqrt(n)| > c S), where S^2 is chi-square over its degrees of freedom: the mean over S by the trapezium rule."""
    free, shift, critical = n - 1, effect * sqrt(n), float(stdtrit(n - 1, 1 - alpha / 2))
    s = np.linspace(1e-9, 8, 40_001)
    scale = log(2) + free / 2 * log(free / 2) - lgamma(free / 2)
    density = np.array([exp(scale + (free - 1) * log(x) - free * x * x / 2) for x in s])
    tails = np.array([(erfc((critical * x - shift) / sqrt(2)) + erfc((critical * x + shift) / sqrt(2))) / 2 for x in s])
    return float(np.trapezoid(density * tails, s))


def test_published_examples() -> None:
    # G*Power 3, matched pairs (after Cohen 1969, p. 48): 50 pairs, dz = 0.421637, two-sided .05
    assert find_power(0.421637, 50) == pytest.approx(0.832114, abs=1e-6)
    # one sample of 25, 5 points of 15 (Wuensch, G*Power: t tests): power .360
    assert find_power(5, 25, sd=15) == pytest.approx(0.360, abs=5e-4)
    # five pounds with a deviation of five (UCLA, power analysis for the paired t-test): 10 people
    assert seeds_needed(5, 5) == 10


@pytest.mark.parametrize(
    ("n", "effect", "alpha"), [(3, 3.26, 0.05), (3, 6.55, 0.0125), (5, 1.0, 0.05), (10, 0.0, 0.05), (20, 0.5, 0.01)]
)
def test_power_is_the_integral_of_its_definition(n: int, effect: float, alpha: float) -> None:
    assert find_power(effect, n, alpha=alpha) == pytest.approx(integrate_power(effect, n, alpha), abs=1e-6)
    assert find_power(-effect, n, alpha=alpha) == find_power(effect, n, alpha=alpha)


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("alpha", [0.01, 0.0025, 0.0001])
def test_the_detectable_effect_of_many_arms_has_its_power_by_the_integral(n: int, alpha: float) -> None:
    effect = minimum_detectable_effect(n, 1.0, alpha=alpha)
    assert integrate_power(effect, n, alpha) == pytest.approx(0.8, abs=1e-5)
    powers = [find_power(effect * share, n, alpha=alpha) for share in np.linspace(0, 10, 301)]
    assert powers == sorted(powers) and powers[-1] == pytest.approx(1)


@pytest.mark.parametrize("effect", [0.0, 1.0, 30.0, 1000.0])
@pytest.mark.parametrize("n", [2, 3, 200])
def test_power_is_a_probability_however_large_the_effect(n: int, effect: float) -> None:
    power = find_power(effect, n, alpha=0.001)
    assert 0.001 - 1e-9 <= power <= 1 + 1e-9


@pytest.mark.parametrize("n", [3, 5, 10])
def test_the_rule_finds_the_detectable_effect_four_times_in_five(n: int) -> None:
    effect = minimum_detectable_effect(n, 0.01)
    drawn = np.random.default_rng(n).normal(-effect, 0.01, size=(2000, n))
    found = [decide({"arm": one}, margin=0.0, lower_is_better=True)["arm"].word == BETTER for one in drawn]
    assert np.mean(found) == pytest.approx(0.8, abs=0.027)  # three standard errors


@pytest.mark.parametrize("n", [3, 4, 5, 8, 20, 77])
@pytest.mark.parametrize("alpha", [0.05, 0.0125])
def test_seeds_and_effect_are_inverse(n: int, alpha: float) -> None:
    effect = minimum_detectable_effect(n, 0.02, power=0.9, alpha=alpha)
    assert find_power(effect, n, sd=0.02, alpha=alpha) == pytest.approx(0.9, abs=1e-9)
    assert seeds_needed(1.0001 * effect, 0.02, 0.9, alpha) == n
    assert seeds_needed(0.9999 * effect, 0.02, 0.9, alpha) == n + 1


def test_a_small_effect_needs_the_seeds_of_the_normal_law() -> None:
    # for many seeds (z.975 + z.8)^2 / d^2, and half of z.975^2 for the deviation that is estimated
    assert seeds_needed(0.01, 1.0) == pytest.approx((1.959964 + 0.841621) ** 2 / 0.01**2 + 1.92, abs=1)


def test_no_fewer_seeds_than_the_rule_takes() -> None:
    assert seeds_needed(1000.0, 1.0) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: seeds_needed(0.0, 1.0), "^effect=0.0 is too small"),
        (lambda: seeds_needed(1.0, 0.0), "^sd=0.0 must be positive"),
        (lambda: seeds_needed(1.0, 1.0, power=1.0), "^power=1.0"),
        (lambda: minimum_detectable_effect(5, 1.0, power=0.01), "^power=0.01"),
        (lambda: minimum_detectable_effect(1, 1.0), "^n=1 pairs"),
        (lambda: minimum_detectable_effect(5, -1.0), "^sd=-1.0"),
    ],
)
def test_what_cannot_be_planned_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
