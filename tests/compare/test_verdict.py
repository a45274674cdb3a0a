"""The rule: its words by hand, Holm by its definition, and how often it errs, in simulations of the rule itself."""

from itertools import combinations

import numpy as np
import pytest

from wordorder.compare.verdict import BETTER, EQUIVALENT, INCONCLUSIVE, TOO_FEW, WORSE, Verdict, adjust_holm, decide

SIMULATIONS = 2000


def judge(differences: list[float], *, margin: float = 0.01, lower_is_better: bool = True) -> Verdict:
    return decide({"arm": differences}, margin=margin, lower_is_better=lower_is_better)["arm"]


def close_test(p_values: list[float], place: int) -> float:
    """Holm's p as what it is the shortcut of: the largest Bonferroni p of all intersections that hold this hypothesis."""
    every = [set for n in range(1, len(p_values) + 1) for set in combinations(range(len(p_values)), n) if place in set]
    return min(1.0, max(len(set) * min(p_values[one] for one in set) for set in every))


def simulate(differences: np.ndarray, *, margin: float = 0.0) -> list[list[str]]:
    """The words of each family; differences: (families, arms, pairs of seeds)."""
    return [
        [
            one.word
            for one in decide(
                {str(n): arm for n, arm in enumerate(family)}, margin=margin, lower_is_better=True
            ).values()
        ]
        for family in differences
    ]


def rate_of(words: list[list[str]], *wanted: str) -> float:
    """The share of families with any of these words."""
    return float(np.mean([any(word in wanted for word in family) for family in words]))


def test_words_of_lower_and_higher_is_better() -> None:
    fallen, risen = [-0.05, -0.06, -0.055], [0.05, 0.06, 0.055]
    assert [judge(fallen).word, judge(risen).word] == [BETTER, WORSE]
    assert [judge(fallen, lower_is_better=False).word, judge(risen, lower_is_better=False).word] == [WORSE, BETTER]


def test_no_difference_shown_is_not_equivalence_shown() -> None:
    assert judge([-0.03, 0.02, 0.025]).word == INCONCLUSIVE
    assert judge([-0.0002, 0.0001, 0.0002]).word == EQUIVALENT
    assert judge([-0.0002, 0.0001, 0.0002], margin=0.0).word == INCONCLUSIVE


def test_a_small_difference_is_better_within_the_margin() -> None:
    verdict = judge([-0.0010, -0.0011, -0.0009])
    assert (verdict.word, verdict.within, verdict.text) == (BETTER, True, "better, within the margin")
    assert judge([-0.10, -0.11, -0.09]).text == "better"


@pytest.mark.parametrize("differences", [[], [0.0], [-1.0, -1.001]])
def test_below_three_pairs_there_is_no_verdict(differences: list[float]) -> None:
    verdict = judge(differences)
    assert (verdict.text, verdict.n, verdict.p_holm) == (TOO_FEW, len(differences), None)
    assert TOO_FEW == "too few seeds to tell"


def test_the_same_runs_are_equivalent() -> None:
    assert judge([0.0, 0.0, 0.0]).word == EQUIVALENT and judge([0.0, 0.0, 0.0]).p_holm == 1.0
    assert judge([0.0] * 3, margin=0.0).word == EQUIVALENT


@pytest.mark.parametrize("differences", [[0.02] * 3, [0.001] * 3, [0.9 - 0.5, 0.8 - 0.4, 0.7 - 0.3]])
def test_one_number_other_than_zero_is_inconclusive_for_nothing_varies(differences: list[float]) -> None:
    verdict = judge(differences)
    assert (verdict.text, verdict.p_holm, verdict.p_equivalent, verdict.n) == (INCONCLUSIVE, None, None, 3)


def test_an_arm_of_one_number_counts_in_the_family_as_if_its_p_were_1() -> None:
    arm = [-0.05, -0.06, -0.04]
    verdicts = decide({"a": arm, "b": [0.01] * 3}, margin=0.01, lower_is_better=True)
    assert verdicts["a"].p_holm == pytest.approx(2 * verdicts["a"].paired.p) and verdicts["b"].tests


def test_holms_p_by_hand() -> None:
    # .005 x 4, .01 x 3, .03 x 2, and .04 x 1, which may not be below the one before
    assert adjust_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_holm([0.6, 0.9]) == [1.0, 1.0] and adjust_holm([]) == []


def test_holm_is_the_closed_test_of_bonferroni() -> None:
    for p_values in np.random.default_rng(0).beta(0.5, 2, size=(50, 5)).tolist():
        assert adjust_holm(p_values) == pytest.approx([close_test(p_values, place) for place in range(5)])


def test_arms_without_a_test_do_not_count_in_the_family() -> None:
    arm, short = [-0.05, -0.06, -0.04], [-0.05, -0.06]
    verdicts = decide({"a": arm, "b": short, "c": [0.0, 0.1, -0.1]}, margin=0.01, lower_is_better=True)
    assert verdicts["a"].p_holm == pytest.approx(2 * verdicts["a"].paired.p)
    assert verdicts["b"].word == TOO_FEW


def test_a_margin_is_a_size() -> None:
    with pytest.raises(ValueError, match="^margin=-0.1 must be"):
        judge([0.0, 1.0, 2.0], margin=-0.1)
    with pytest.raises(ValueError, match="^margin=nan must be"):
        judge([0.0, 1.0, 2.0], margin=float("nan"))


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("arms", [1, 4])
def test_without_effects_a_family_errs_in_a_twentieth_of_normal_cases(n: int, arms: int) -> None:
    runs = np.random.default_rng([n, arms]).normal(size=(SIMULATIONS, arms + 1, n))
    assert 0.035 <= rate_of(simulate(runs[:, 1:] - runs[:, :1]), BETTER, WORSE) <= 0.065


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("freedom", [3, 1])  # of Student's t: without a fourth moment, and without a mean
def test_without_effects_a_family_errs_no_more_under_heavy_tails(n: int, freedom: int) -> None:
    runs = np.random.default_rng([n, freedom]).standard_t(freedom, size=(SIMULATIONS, 5, n))
    assert rate_of(simulate(runs[:, 1:] - runs[:, :1]), BETTER, WORSE) <= 0.08


@pytest.mark.parametrize("n", [3, 10])
def test_arms_without_an_effect_are_safe_beside_arms_with_one(n: int) -> None:
    runs = np.random.default_rng(n).normal(size=(SIMULATIONS, 5, n))
    runs[:, 1:3] -= 50  # two arms that are better in every case, so that Holm steps down
    words = simulate(runs[:, 1:] - runs[:, :1])
    assert rate_of([family[:2] for family in words], BETTER) == 1.0
    assert rate_of([family[2:] for family in words], BETTER, WORSE) <= 0.065


@pytest.mark.parametrize("n", [3, 5, 10])
def test_a_difference_of_the_margin_passes_for_equivalent_in_a_twentieth_of_cases(n: int) -> None:
    drawn = np.random.default_rng(n).normal(30.0, 1.0, size=(SIMULATIONS, 1, n))
    within = [judge(family[0].tolist(), margin=30.0).within for family in drawn]
    assert 0.035 <= np.mean(within) <= 0.065
    wide = np.random.default_rng(n).normal(1.0, 1.0, size=(SIMULATIONS, 1, n))
    assert rate_of(simulate(wide, margin=1.0), EQUIVALENT) <= 0.065
