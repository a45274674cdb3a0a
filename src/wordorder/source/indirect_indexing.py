"""indirect_indexing: which letter stands so many places left or right of a given one?

Gopalakrishnan et al. 2025, 2509.10534 (PoPE).

Length: letters, distinct, of 52. The shift is uniform over those from -most_shift to most_shift that the length allows, 0 left
out; the letter is any from which the shift leads to another. Content finds the letter, position alone finds the answer from
there. Facts: `shift`, `place` (of the answer, from 0). A guess is one of the letters given.

Example: index: Q c f X b | c + 2 =[ X]
Differs: a space between letters; theirs has 20 to 40 of them and shifts up to 15.
"""

from dataclasses import dataclass
from random import Random
from string import ascii_letters

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class IndirectIndexing(Task):
    """`most_shift`: the furthest that is asked, either way."""

    shortest = 2
    longest = len(ascii_letters)

    most_shift: int

    def __post_init__(self):
        if self.most_shift < 1:
            raise ValueError(f"most_shift={self.most_shift} must be at least 1")
        super().__post_init__()

    def draw(self, length: int, rng: Random) -> Example:
        letters = rng.sample(ascii_letters, length)
        shift = rng.randint(1, min(self.most_shift, length - 1)) * rng.choice((-1, 1))
        place = rng.randrange(max(0, shift), length + min(0, shift))
        sign = "+" if shift > 0 else "-"
        asked = f"index: {' '.join(letters)} | {letters[place - shift]} {sign} {abs(shift)} ="
        facts = {"shift": shift, "place": place}
        return Example([(asked, False), (f" {letters[place]}", True)], 1 / length, facts)

    def solve(self, before: str) -> str:
        text, _, question = before.removeprefix("index: ").partition(" | ")
        letter, sign, size, _ = question.split()
        return " " + text[text.index(letter) + 2 * int(sign + size)]
