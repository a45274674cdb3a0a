"""Groups against a search through every pair, and how often the rule errs when differences follow their seeds."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from wordorder.compare.seed_groups import Pair, average_groups, find_condition, number_groups
from wordorder.compare.verdict import BETTER, TOO_FEW, WORSE, decide

SIMULATIONS = 2000
CROSSED = list(product(range(3), range(3)))
ALONE = [(n, n) for n in range(3)]
BLOCKS = [(2 * block + w, 2 * block + d) for block in range(3) for w, d in product(range(2), range(2))]
ONE_DATA_SEED = [(n, 0) for n in range(3)]
SHARES = {"weight seed alone": (1.0, 0.0, 0.0), "both seeds": (1.0, 1.0, 0.0), "seeds and the rest": (1.0, 1.0, 1.0)}


def parts(pairs: list[Pair]) -> set[frozenset[Pair]]:
    numbers = number_groups(pairs)
    return {frozenset(pair for pair, own in zip(pairs, numbers, strict=True) if own == number) for number in numbers}


def search(pairs: list[Pair]) -> set[frozenset[Pair]]:
    """Groups grown from each pair by whatever shares a seed with one of them."""
    found = set()
    for pair in pairs:
        group = {pair}
        while more := {new for new in pairs for old in group if new[0] == old[0] or new[1] == old[1]} - group:
            group |= more
        found.add(frozenset(group))
    return found


def index(pairs: list[Pair]) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(pairs, names=["weight_seed", "data_seed"])


def frame(pairs: list[Pair], values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=index(pairs))


def draw(pairs: list[Pair], share: tuple[float, float, float], generator: np.random.Generator) -> np.ndarray:
    """Differences of arms that do not differ, by what each weight seed, each data seed and each run adds."""
    weights, data = (generator.normal(size=1 + max(pair[side] for pair in pairs)) for side in (0, 1))
    rest = generator.normal(size=len(pairs))
    return np.array([share[0] * weights[w] + share[1] * data[d] + share[2] * rest[n] for n, (w, d) in enumerate(pairs)])


def rate_of_errors(pairs: list[Pair], share: tuple[float, float, float], *, grouped: bool = True) -> float:
    generator = np.random.default_rng([len(pairs), *map(int, share)])
    drawn = pd.DataFrame([draw(pairs, share, generator) for _ in range(SIMULATIONS)], columns=index(pairs)).T
    differences = (average_groups(drawn) if grouped else drawn).to_numpy().T
    words = [decide({"arm": own}, margin=0.0, lower_is_better=True)["arm"].word for own in differences]
    return sum(word in (BETTER, WORSE) for word in words) / SIMULATIONS


def test_groups_are_those_that_a_search_finds() -> None:
    generator = np.random.default_rng(0)
    for _ in range(300):
        pairs = sorted({(int(w), int(d)) for w, d in generator.integers(0, 6, size=(5, 2))})
        if not find_condition(pairs):
            assert parts(pairs) == search(pairs)


def test_pairs_that_share_nothing_stay_as_they_are() -> None:
    values = frame([(2, 7), (0, 5), (1, 6)], np.array([0.1, 0.2, 0.7]))
    assert average_groups(values).tolist() == [0.1, 0.2, 0.7]
    assert average_groups(values.iloc[:0]).empty


def test_a_group_counts_once_with_its_mean() -> None:
    values = frame([(0, 0), (0, 1), (2, 2)], np.array([1.0, 2.0, 5.0]))
    assert average_groups(values).tolist() == [1.5, 5.0]
    table = pd.DataFrame({0: values, 2: 2 * values})  # columns that are also numbers of groups, as documents are
    assert average_groups(table).to_numpy().tolist() == [[1.5, 3.0], [5.0, 10.0]]


def test_a_seed_of_all_pairs_is_a_condition_and_joins_none() -> None:
    assert len(parts(ONE_DATA_SEED)) == 3 and find_condition(ONE_DATA_SEED) == "data seed 0"
    assert find_condition([(4, 0), (4, 1)]) == "weight seed 4"
    assert find_condition(CROSSED) == find_condition([(0, 0)]) == find_condition([]) == ""
    assert number_groups([(0, 0)]) == [0] and number_groups([]) == []


@pytest.mark.parametrize("share", SHARES.values(), ids=list(SHARES))
@pytest.mark.parametrize("pairs", [CROSSED, ALONE, BLOCKS], ids=["crossed", "alone", "blocks"])
def test_without_an_effect_no_more_than_a_twentieth_of_verdicts_are_wrong(
    pairs: list[Pair], share: tuple[float, float, float]
) -> None:
    rate = rate_of_errors(pairs, share)
    assert rate <= 0.065
    assert (rate >= 0.035) == (pairs is not CROSSED)  # which are one group and have no verdict


def test_for_one_data_seed_alone_what_the_weight_seed_does_is_chance() -> None:
    assert 0.035 <= rate_of_errors(ONE_DATA_SEED, (1.0, 0.0, 1.0)) <= 0.065


def test_crossed_pairs_taken_for_independent_would_err_in_a_third_of_cases() -> None:
    assert rate_of_errors(CROSSED, SHARES["weight seed alone"], grouped=False) > 0.3


def test_seeds_that_are_fully_crossed_are_too_few_to_tell() -> None:
    values = frame(CROSSED, np.linspace(-0.06, -0.04, 9))
    assert decide({"arm": average_groups(values)}, margin=0.0, lower_is_better=True)["arm"].word == TOO_FEW
