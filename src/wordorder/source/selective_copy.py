"""selective_copy: letters stand among blanks, and are said again without them.

Poli et al. 2024, 2403.17844 (MAD).

Length: letters, each drawn by itself. They stand at distinct places, all choices equally probable, among `blanks` blanks for
each: which letter is next depends on how many came before it, not on where it stands.
Fact: `places` counts letters and blanks.

Example: select: . c . . . a . . =[ c a]
Differs: the answer is part of the text, and each letter of it the next input, where theirs is read off blank inputs, so
published numbers are not comparable. Theirs has 16 letters and 223 blanks before the answer, none of them after the last letter.
"""

from random import Random
from re import findall
from string import ascii_lowercase

from wordorder.source.task import Example, Task


class SelectiveCopy(Task):
    """`blanks`: for each letter; `n_symbols`: how many letters there are."""

    def __init__(
        self,
        *,
        blanks: int,
        n_symbols: int,
        seed: int,
        train_lengths: list[int],
        val_lengths: list[int],
        test_lengths: list[int],
        n_train: int,
        n_val: int,
        n_test: int,
    ):
        if blanks < 0:
            raise ValueError(f"blanks={blanks} must be 0 or more for each letter")
        if not 2 <= n_symbols <= len(ascii_lowercase):
            raise ValueError(f"n_symbols={n_symbols} must be 2 to {len(ascii_lowercase)} letters")
        self.blanks, self.n_symbols = blanks, n_symbols
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
        letters = rng.choices(ascii_lowercase[: self.n_symbols], k=length)
        places = ["."] * (length * (1 + self.blanks))
        for place, letter in zip(sorted(rng.sample(range(len(places)), length)), letters, strict=True):
            places[place] = letter
        pieces = [(f"select: {' '.join(places)} =", False), (f" {' '.join(letters)}", True)]
        return Example(pieces, float(self.n_symbols) ** -length, {"places": len(places)})

    def solve(self, before: str) -> str:
        return "".join(findall(r" [a-z]", before))
