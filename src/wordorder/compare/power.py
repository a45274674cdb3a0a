"""How large a difference must be for so many seeds to find it, and how many seeds a difference needs.

The power of the two-sided paired t-test: under a true difference d its statistic is noncentral t with n - 1 degrees of freedom
and noncentrality d sqrt(n) / sd (Cohen 1988, chapter 2). sd is that of paired differences, as measured between runs of one
scheme (the noise floor) or of the two arms. An sd from few seeds is itself uncertain: of 3, the true one lies between half of it
and six times it (chi-square, 95 %).
"""

from math import isnan

from scipy.special import nctdtr, stdtrit

from wordorder.compare.paired import ALPHA
from wordorder.compare.verdict import LEAST

POWER = 0.8
MOST = 10**7  # seeds that nobody has


def find_power(effect: float, n: int, *, sd: float = 1.0, alpha: float = ALPHA) -> float:
    """The chance that n pairs show a true difference of this size; effect and sd in one unit."""
    _check(sd=sd, alpha=alpha)
    if n < 2:
        raise ValueError(f"n={n} pairs have no deviation; give 2 or more")
    critical, shift = float(stdtrit(n - 1, 1 - alpha / 2)), abs(effect) / sd * n**0.5
    missed, beyond = float(nctdtr(n - 1, shift, critical)), 1 - float(nctdtr(n - 1, -shift, critical))
    # scipy gives nan for some probabilities below 1e-15, of all sizes of effect
    return (1.0 if isnan(missed) else 1 - missed) + (0.0 if isnan(beyond) else beyond)


def minimum_detectable_effect(n: int, sd: float, *, power: float = POWER, alpha: float = ALPHA) -> float:
    """The smallest true difference that n pairs show with this power, in the unit of sd."""
    _check(sd=sd, power=power, alpha=alpha)
    low, high = 0.0, 1.0
    while find_power(high, n, alpha=alpha) < power:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if find_power(middle, n, alpha=alpha) < power else (low, middle)
    return sd * high


def seeds_needed(effect: float, sd: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """The fewest pairs of seeds that show a true difference of this size with this power; never below 3.

    Raises ValueError for an effect that ten million pairs would not show.
    """
    _check(sd=sd, power=power, alpha=alpha)
    low, high = LEAST - 1, LEAST
    while find_power(effect, high, sd=sd, alpha=alpha) < power:
        low, high = high, 2 * high
        if high > MOST:
            raise ValueError(
                f"effect={effect} is too small beside sd={sd}: more than {MOST:,} pairs of seeds; name a larger effect"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if find_power(effect, middle, sd=sd, alpha=alpha) < power else (low, middle)
    return high


def _check(*, sd: float = 1.0, power: float = POWER, alpha: float = ALPHA) -> None:
    if not sd > 0:
        raise ValueError(f"sd={sd} must be positive; give the standard deviation of paired differences")
    if not 0 < alpha < power < 1:
        raise ValueError(f"power={power}, alpha={alpha}: both lie between 0 and 1, and power above alpha")
