"""The one rule by which an arm is called better, worse or equivalent to the baseline.

Holm 1979 for the family of arms. Each arm is compared with one baseline, so a family is the arms of one table.

A difference can be both: shown not to be zero, and shown to be smaller than the margin. It is then better or worse, because
the rule asks for that first: a difference that is there is not to be called none. That it is a small one is said beside it,
"better, within the margin". Equivalence is not adjusted for the number of arms: each is a claim about one arm, and both of its
tests must reject. What bootstraps and sign-flip tests say stands beside a verdict and does not change it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wordorder.compare.paired import ALPHA, Paired, measure

LEAST = 3  # pairs of seeds, those that share a seed counting as one
MARGIN = 0.005  # of the baseline's bits per byte
BETTER, WORSE, EQUIVALENT, INCONCLUSIVE = "better", "worse", "equivalent", "inconclusive"
TOO_FEW = "too few seeds to tell"
NOT_COMPARABLE = "not comparable"  # decided by no test: what two arms were scored on is not the same
RULE = (
    f"Rule: better or worse where the two-sided paired t-test has p < {ALPHA} after Holm's adjustment over the arms of this"
    f" table; else equivalent where both one-sided tests reject a difference as large as the margin at {ALPHA}; else"
    f" inconclusive; below {LEAST} pairs of seeds, {TOO_FEW}. Pairs that share a weight or a data seed count as one, with their"
    " mean, unless that seed is the same in all. Differences that are all one number other than 0 are inconclusive: the t-test is"
    " undefined where nothing varies. A difference that is there and is shown to be smaller than the margin is better or worse,"
    " within the margin."
)


@dataclass(frozen=True)
class Verdict:
    """word: one of the five, or NOT_COMPARABLE and why; within: the difference is shown to be smaller than the margin; p's are
    None below 3 observations and where the t-test is undefined."""

    word: str
    n: int  # independent observations
    paired: Paired | None = None  # from two pairs on
    p_holm: float | None = None
    p_equivalent: float | None = None
    within: bool = False

    @property
    def tests(self) -> bool:
        """Does Holm's adjustment count the arm?"""
        return self.paired is not None and self.n >= LEAST

    @property
    def text(self) -> str:
        return f"{self.word}, within the margin" if self.within and self.word in (BETTER, WORSE) else self.word


def decide(
    differences: Mapping[str, Sequence[float] | np.ndarray], *, margin: float, lower_is_better: bool
) -> dict[str, Verdict]:
    """A verdict for each arm of a family, given its differences from the baseline, which are independent of each other.

    margin: the size of difference, in the unit of the quantity, below which two arms count as equivalent. Arms of fewer than
    3 differences are not tested and not counted in the family; one whose differences are all the same is counted, as if its p
    were 1, for which arm that is chance decides.
    """
    if not 0 <= margin < np.inf:
        raise ValueError(
            f"margin={margin} must be a finite number, not negative; for bits per byte {MARGIN} of the baseline's"
        )
    paired = {label: measure(own) for label, own in differences.items() if len(own) >= 2}
    tested = [label for label in paired if paired[label].n >= LEAST]
    p_values = [1.0 if (p := paired[label].p) is None else p for label in tested]
    adjusted = dict(zip(tested, adjust_holm(p_values), strict=True))
    verdicts = {}
    for label, own in differences.items():
        if label in adjusted:
            verdicts[label] = _judge(paired[label], adjusted[label], margin, lower_is_better)
        else:
            verdicts[label] = Verdict(TOO_FEW, len(own), paired.get(label))
    return verdicts


def _judge(paired: Paired, p_holm: float, margin: float, lower_is_better: bool) -> Verdict:
    p_equivalent = paired.p_equivalent(margin)
    if p_equivalent is None:
        return Verdict(INCONCLUSIVE, paired.n, paired)
    within = p_equivalent < ALPHA
    if p_holm < ALPHA:
        word = BETTER if (paired.mean < 0) == lower_is_better else WORSE
    else:
        word = EQUIVALENT if within else INCONCLUSIVE
    return Verdict(word, paired.n, paired, p_holm, p_equivalent, within)


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Each p times the number of hypotheses not yet rejected before it, smallest first; never below an earlier one, never
    above 1."""
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
