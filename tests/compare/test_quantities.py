"""Means that are held against each other are over the same seeds."""

import pandas as pd
import pytest

from wordorder.compare.quantities import SEEDS, average_common


def values_of(own: dict[tuple[int, int], float]) -> pd.Series:
    index = pd.MultiIndex.from_tuples(list(own), names=SEEDS)
    return pd.Series(list(own.values()), index=index, dtype=float)


def test_only_seeds_that_all_have_count_and_what_has_none_takes_none_away() -> None:
    values = {
        "a": values_of({(0, 0): 1.0, (1, 1): 3.0, (1, 2): 9.0}),
        "b": values_of({(1, 1): 5.0, (0, 0): 2.0}),
        "c": pd.Series([], index=pd.MultiIndex.from_arrays([[], []], names=SEEDS), dtype=float),
    }
    assert average_common(values) == pytest.approx({"a": 2.0, "b": 3.5})


def test_without_a_common_seed_there_is_no_mean() -> None:
    assert average_common({"a": values_of({(0, 0): 1.0}), "b": values_of({(1, 1): 5.0})}) == {}
    assert average_common({}) == {}
