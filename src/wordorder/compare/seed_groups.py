"""Which differences are observations of their own: those at pairs of seeds that share a seed with another pair count as one.

A pair is a weight seed and a data seed, at which both arms were trained. What a seed does to the difference of two arms it does at
every pair that has it, so a test that takes such pairs for independent calls chance a difference: of arms that do not differ, at
3 x 3 crossed seeds, in 22 to 37 cases of 100 in place of 5 (simulated; most where the weight seed alone matters). Pairs are
therefore joined where they share a weight or a data seed, also by way of others (connected components), and the mean of each group
is one observation. A seed that is the same in all pairs is no link but a condition: what is found holds for that seed alone.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

Values = TypeVar("Values", pd.Series, pd.DataFrame)
Pair = tuple[int, int]  # weight seed, data seed
NAMES = ("weight seed", "data seed")


def number_groups(pairs: Sequence[Pair]) -> list[int]:
    """The group of each pair, as a number; pairs that share nothing but a condition have each their own."""
    group_of = list(range(len(pairs)))
    for side in range(len(NAMES)):
        if len({pair[side] for pair in pairs}) == 1:
            continue
        first: dict[int, int] = {}
        for number, pair in enumerate(pairs):
            kept, joined = group_of[first.setdefault(pair[side], number)], group_of[number]
            group_of = [kept if group == joined else group for group in group_of]
    return group_of


def average_groups(values: Values) -> Values:
    """One row for each group, the mean of its pairs; the index of `values` are the pairs of seeds."""
    numbers = np.array(number_groups(list(values.index)))  # no list, whose numbers pandas may take for names of columns
    return values.groupby(numbers).mean() if len(values) else values


def find_condition(pairs: Sequence[Pair]) -> str:
    """The seed that two pairs or more all have, such as `data seed 0`; nothing where there is none."""
    if len(pairs) < 2:
        return ""
    same = [side for side in range(len(NAMES)) if len({pair[side] for pair in pairs}) == 1]
    return " and ".join(f"{NAMES[side]} {pairs[0][side]}" for side in same)
