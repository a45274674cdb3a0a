"""bucket_sort: few kinds of digits are put in order, for which it is enough to count them.

Deletang et al. 2022, 2207.02098; Ruoss et al. 2023, 2305.16843.

Length: digits, each drawn by itself from 0 to n_symbols - 1.

Example: bucket: 3 0 4 0 =[ 0 0 3 4]
Differs: a decoder answers in the text, where Ruoss et al. ask an encoder and score symbol by symbol, so published numbers are not
comparable.
"""

from dataclasses import dataclass
from math import comb
from random import Random
from string import digits

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class BucketSort(Task):
    """A guess is one of the rows that are in order."""

    n_symbols: int

    def __post_init__(self):
        if not 2 <= self.n_symbols <= len(digits):
            raise ValueError(f"n_symbols={self.n_symbols} must be 2 to {len(digits)} digits")
        super().__post_init__()

    def draw(self, length: int, rng: Random) -> Example:
        given = rng.choices(digits[: self.n_symbols], k=length)
        pieces = [(f"bucket: {' '.join(given)} =", False), (f" {' '.join(sorted(given))}", True)]
        return Example(pieces, 1 / comb(length + self.n_symbols - 1, length))

    def solve(self, before: str) -> str:
        return "".join(f" {digit}" * before.count(digit) for digit in digits)
