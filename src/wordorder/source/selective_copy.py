"""selective_copy: letters stand among blanks, and are said again without them.

Poli et al. 2024, 2403.17844 (MAD).

Length: letters, each drawn by itself. They stand at distinct places, all choices equally probable, among `blanks` blanks for
each: which letter is next depends on how many came before it, not on where it stands.
Fact: `places` counts letters and blanks.

Example: select: . c . . . a . . =[ c a]
Differs: the answer is part of the text, and each letter of it the next input, where theirs is read off blank inputs, so
published numbers are not comparable. Theirs has 16 letters and 223 blanks before the answer, none of them after the last letter.
"""

from dataclasses import dataclass
from random import Random
from re import findall
from string import ascii_lowercase

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class SelectiveCopy(Task):
    """`blanks`: for each letter; `n_symbols`: how many letters there are."""

    blanks: int
    n_symbols: int

    def __post_init__(self):
        if self.blanks < 0:
            raise ValueError(f"blanks={self.blanks} must be 0 or more for each letter")
        if not 2 <= self.n_symbols <= len(ascii_lowercase):
            raise ValueError(f"n_symbols={self.n_symbols} must be 2 to {len(ascii_lowercase)} letters")
        super().__post_init__()

    def draw(self, length: int, rng: Random) -> Example:
        letters = rng.choices(ascii_lowercase[: self.n_symbols], k=length)
        places = ["."] * (length * (1 + self.blanks))
        for place, letter in zip(sorted(rng.sample(range(len(places)), length)), letters, strict=True):
            places[place] = letter
        pieces = [(f"select: {' '.join(places)} =", False), (f" {' '.join(letters)}", True)]
        return Example(pieces, float(self.n_symbols) ** -length, {"places": len(places)})

    def solve(self, before: str) -> str:
        return "".join(findall(r" [a-z]", before))
