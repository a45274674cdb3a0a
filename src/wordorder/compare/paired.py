"""Differences of an arm from the baseline, one for each pair of seeds that both have: how large, and how sure.

Student 1908 (the t-test of differences), Fisher 1935 section 21 (the exact test over their signs), Schuirmann 1987 (two
one-sided tests of equivalence). The t-tests take the differences for normal: heavy tails make them miss effects, and a skew makes
them see some that are not there (of centred lognormal differences, 16 in 100 instead of 5, at 3 pairs as at 10). Two arms whose
runs vary alike have differences without a skew. The sign-flip test asks only that a difference be as likely as its opposite; what
it pays is a floor: over n pairs its p is never below 2^(1 - n).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import stdtr, stdtrit

ALPHA = 0.05
ROUNDING = 1e-9  # of the largest difference
ENUMERABLE = 40  # pairs, of which two times 2^20 half patterns are counted


@dataclass(frozen=True)
class Paired:
    """Two finite differences or more, independent of each other, in the unit of the quantity; every number of it follows
    from them."""

    differences: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.differences)

    @cached_property
    def mean(self) -> float:
        return sum(self.differences) / self.n

    @cached_property
    def deviation(self) -> float:
        """Standard deviation (n - 1); exactly 0 where all differences are one number, up to rounding."""
        if max(self.differences) - min(self.differences) <= ROUNDING * max(map(abs, self.differences)):
            return 0.0
        return (sum((one - self.mean) ** 2 for one in self.differences) / (self.n - 1)) ** 0.5

    @cached_property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.deviation / self.n**0.5

    @property
    def testable(self) -> bool:
        """Has the t-test anything to estimate an error from? Not of one number other than 0; of zeros nothing is to be tested."""
        return bool(self.deviation) or self.mean == 0

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Student's interval of the mean; None where the t-test is undefined."""
        if not self.testable:
            return None
        half = float(stdtrit(self.n - 1, (1 + level) / 2)) * self.error
        return self.mean - half, self.mean + half

    @cached_property
    def p(self) -> float | None:
        """Two-sided paired t-test of no difference: 1 where all differences are 0, None where all are one other number.

        Nothing that varies leaves nothing to estimate an error from. Such ties are ordinary where a quantity is a count, as exact
        match is: three shares that each rose by one document in a hundred are no proof beyond all doubt.
        """
        if not self.deviation:
            return 1.0 if self.testable else None
        return 2 * float(stdtr(self.n - 1, -abs(self.mean) / self.error))

    def p_equivalent(self, margin: float) -> float | None:
        """The larger p of two one-sided t-tests, of a difference at -margin or below and of one at margin or above: 0 where all
        differences are 0, None where all are one other number."""
        if not self.deviation:
            return 0.0 if self.testable else None
        return float(stdtr(self.n - 1, (abs(self.mean) - margin) / self.error))

    @cached_property
    def sign_flip(self) -> float | None:
        """Two-sided exact p: the share of all 2^n patterns of signs whose sum lies as far from 0; None above 40 pairs.

        Every pattern is one of the first half of the pairs and one of the others, so counting needs the sums of the halves.
        """
        if self.n > ENUMERABLE:
            return None
        some, others = (sum_signs(half) for half in (self.differences[: self.n // 2], self.differences[self.n // 2 :]))
        others.sort()
        total = sum(map(abs, self.differences))
        far = abs(sum(self.differences)) - ROUNDING * total  # what differs by rounding alone lies as far
        if far <= 0:
            return 1.0
        above = len(others) - np.searchsorted(others, far - some, side="left")
        return 2 * float(above.sum()) / 2.0**self.n  # the patterns below -far are those above far with all signs turned


def measure(differences: Sequence[float] | np.ndarray) -> Paired:
    """What these differences say; ValueError below two, or where one is not finite."""
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"differences={values.tolist()}: a deviation takes two of them; give one for each pair of seeds"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"differences={values.tolist()} must be finite; leave out the pairs of seeds without a value")
    return Paired(tuple(values.tolist()))


def sum_signs(values: Sequence[float]) -> np.ndarray:
    """The sum under each pattern of signs: (2^n,)."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums
