"""How much runs of one arm differ that differ in chance alone: in the seed of their weights, in that of their data, or in both.

Two-way random effects without replication (Scheffé 1959, chapter 7): a run's value is a mean, plus W of its weight seed, plus D
of its data seed, plus E of the two together, all drawn independently. Half the mean squared difference of two runs that differ
in both seeds estimates var W + var D + var E, of two that differ in the weight seed alone var W + var E, in the data seed alone
var D + var E; the components follow by subtraction. Where a weight seeds are fully crossed with b data seeds, these are the
estimates from mean squares, var E = MS_E, var W = (MS_W - MS_E) / b, var D = (MS_D - MS_E) / a. No crossing need be full.

Two arms that are compared at the same seeds share some of W, D and E, which falls out of their differences. Runs of one scheme
cannot say how much. If two arms vary alike, and no seed helps one and harms the other, the variance of their differences is at
most that of nothing shared, 2 (var W + var D + var E). Runs of several arms at the same seeds do say it. Limit: of 3 x 3 runs
each component is a rough guess, its mean square having 2 or 4 degrees of freedom.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from wordorder.compare.paired import Paired
from wordorder.compare.seed_groups import number_groups
from wordorder.compare.verdict import LEAST

Values = Mapping[tuple[int, int], float]  # (weight seed, data seed) -> what a run scored
KINDS = {(True, False): "weight", (False, True): "data", (True, True): "both"}  # which of the two seeds differ


@dataclass(frozen=True)
class Noise:
    """Of `n` runs the variance between two that differ in one seed alone or in both; None where no two differ so."""

    n: int
    mean: float
    weight: float | None
    data: float | None
    both: float | None

    @property
    def components(self) -> tuple[float, float, float] | None:
        """Standard deviations of W, D and E, an estimated variance below 0 counting as 0; None without all three kinds."""
        if self.weight is None or self.data is None or self.both is None:
            return None
        variances = (self.both - self.data, self.both - self.weight, self.weight + self.data - self.both)
        weight, data, rest = (max(0.0, one) ** 0.5 for one in variances)
        return weight, data, rest

    @property
    def difference(self) -> float | None:
        """The standard deviation of differences between runs that share nothing; None where all share a seed."""
        return None if self.both is None else (2 * self.both) ** 0.5


def measure_noise(arms: Iterable[Values]) -> Noise:
    """From one value or more; runs are held against those of their own arm only."""
    squares: dict[str, list[float]] = {kind: [] for kind in KINDS.values()}
    values: list[float] = []
    for arm in arms:
        values += arm.values()
        for ((weight, data), one), ((other_weight, other_data), other) in combinations(arm.items(), 2):
            squares[KINDS[weight != other_weight, data != other_data]].append((one - other) ** 2 / 2)
    return Noise(len(values), fmean(values), **{kind: fmean(own) if own else None for kind, own in squares.items()})


def pool_paired(arms: Sequence[Values]) -> float | None:
    """The standard deviation of an arm's differences from another at the same seeds, pooled over every two arms with 3 pairs of
    seeds or more in common, none of which share a seed; None where no two have."""
    squares, freedom = 0.0, 0
    for one, other in combinations(arms, 2):
        common = [seeds for seeds in one if seeds in other]
        alone = dict(zip(number_groups(common), common, strict=True)).values()  # one of those that share a seed
        differences = tuple(one[seeds] - other[seeds] for seeds in alone)
        if len(differences) >= LEAST:
            squares += (len(differences) - 1) * Paired(differences).deviation ** 2
            freedom += len(differences) - 1
    return (squares / freedom) ** 0.5 if freedom else None
