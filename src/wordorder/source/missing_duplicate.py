"""missing_duplicate: a row of bits stands twice, and one bit of the two rows is missing.

Ruoss et al. 2023, 2305.16843 (missing_duplicate_string).

Length: bits of the row, each 0 or 1 with probability 1/2. No border is shown between the two. Any of the 2 * length places may be
the missing one. Fact: `place` is where, from 0.

Example: missing: 0 1 1 0 0 1 _ 0 =[ 1]
Differs: a decoder answers in the text, where theirs is an encoder, so published numbers are not comparable; their length counts
both rows and a padding symbol where it is odd.
"""

from dataclasses import dataclass
from random import Random

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class MissingDuplicate(Task):
    """A guess is 0 or 1."""

    def draw(self, length: int, rng: Random) -> Example:
        bits = rng.choices("01", k=length) * 2
        place = rng.randrange(2 * length)
        shown = [*bits[:place], "_", *bits[place + 1 :]]
        return Example([(f"missing: {' '.join(shown)} =", False), (f" {bits[place]}", True)], 0.5, {"place": place})

    def solve(self, before: str) -> str:
        shown = before.removeprefix("missing:").removesuffix(" =")
        half = len(shown) // 2
        return next(bit for bit in (" 0", " 1") if (whole := shown.replace(" _", bit))[:half] == whole[half:])
