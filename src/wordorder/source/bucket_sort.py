"""bucket_sort: few kinds of digits are put in order, for which it is enough to count them.

Deletang et al. 2022, 2207.02098; Ruoss et al. 2023, 2305.16843.

Length: digits, each drawn by itself from 0 to n_symbols - 1.

Example: bucket: 3 0 4 0 =[ 0 0 3 4]
Differs: a decoder answers in the text, where Ruoss et al. ask an encoder and score symbol by symbol, so published numbers are not
comparable.
"""

from math import comb
from random import Random
from string import digits

from wordorder.source.task import Example, Task


class BucketSort(Task):
    """A guess is one of the rows that are in order."""

    def __init__(
        self,
        *,
        n_symbols: int,
        seed: int,
        train_lengths: list[int],
        val_lengths: list[int],
        test_lengths: list[int],
        n_train: int,
        n_val: int,
        n_test: int,
    ):
        if not 2 <= n_symbols <= len(digits):
            raise ValueError(f"n_symbols={n_symbols} must be 2 to {len(digits)} digits")
        self.n_symbols = n_symbols
        super().__init__(
            seed=seed,
            train_lengths=train_lengths,
            val_lengths=val_lengths,
            test_lengths=test_lengths,
            n_train=n_train,
            n_val=n_val,
            n_test=n_test,
        )

    def draw(self, length: int, rng: Random) -> Example:
        given = rng.choices(digits[: self.n_symbols], k=length)
        pieces = [(f"bucket: {' '.join(given)} =", False), (f" {' '.join(sorted(given))}", True)]
        return Example(pieces, 1 / comb(length + self.n_symbols - 1, length))

    def solve(self, before: str) -> str:
        return "".join(f" {digit}" * before.count(digit) for digit in digits)
