"""passkey: digits are told somewhere among random words, and asked at the end.

Mohtashami & Jaggi 2023, 2305.16300.

Length: filler words, each drawn by itself from 50. The digits, each drawn by itself, stand after w of them, w uniform from 0 to
length.
Facts: `depth` is the eighth of the filler that w falls to, 0 to 7; `distance` counts the filler words after the digits.

Example: passkey: sun key 4 0 7 hat owl key[ 4 0 7]
Differs: random words, not one sentence repeated, from which a key stands out as new; fewer digits; a model is trained on the
task, where theirs is asked after training on books.
"""

import re
from dataclasses import dataclass
from random import Random

from wordorder.source.task import Example, Task

FILLER = (  # of equal length, so that the bytes of a text tell nothing but its length
    "ant arm bag bat bed bee box bus cap car cat cow cup dog ear egg elk eye fan fig fox gem hat hen ice "
    "ink jam jar jet kit leg lip log map net nut oak owl pan pen pig pot rat sea sky sun tea toy van web"
).split()


@dataclass(kw_only=True, eq=False)
class Passkey(Task):
    """`digits`: of the key."""

    digits: int

    def __post_init__(self):
        if self.digits < 1:
            raise ValueError(f"digits={self.digits} must be at least 1")
        super().__post_init__()

    def draw(self, length: int, rng: Random) -> Example:
        words = rng.choices(FILLER, k=length)
        digits = rng.choices("0123456789", k=self.digits)
        before = rng.randint(0, length)
        told = [*words[:before], "key", *digits, *words[before:]]
        facts = {"depth": 8 * before // (length + 1), "distance": length - before}
        pieces = [(f"passkey: {' '.join(told)} key", False), (f" {' '.join(digits)}", True)]
        return Example(pieces, 10.0**-self.digits, facts)

    def solve(self, before: str) -> str:
        return re.search(r"(?<= key)( \d)+", before)[0]
