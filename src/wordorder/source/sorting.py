"""sorting: letters or numbers are put in order.

Kazemnejad et al. 2023, 2305.19466 (letters: their single-token, numbers: their multi-digit variant).

Length: items of the list, each drawn by itself, so that some occur more than once.
    letters   a-z
    numbers   10..9999, in the order of their values

Example: sort: t a c t =[ a c t t]
Example variant=numbers: sort: 1000 37 482 =[ 37 482 1000]
Differs: 26 letters in the order of the alphabet, not 50 words of the T5 vocabulary in an order to be learned; shorter texts.
"""

from dataclasses import dataclass
from math import comb
from random import Random
from string import ascii_lowercase
from typing import Literal

from wordorder.source.task import Example, Task

LOW, HIGH = 10, 9999


@dataclass(kw_only=True, eq=False)
class Sorting(Task):
    """A guess is one of the lists that are in order."""

    variant: Literal["letters", "numbers"]

    def draw(self, length: int, rng: Random) -> Example:
        known = ascii_lowercase if self.variant == "letters" else range(LOW, HIGH + 1)
        row = rng.choices(known, k=length)
        prompt = f"sort: {' '.join(map(str, row))} ="
        answer = "".join(f" {item}" for item in sorted(row))
        return Example([(prompt, False), (answer, True)], chance=1 / comb(len(known) + length - 1, length))

    def solve(self, before: str) -> str:
        left, answer = before.split()[1:-1], ""
        while left:
            least = min(left, key=lambda item: item.rjust(4))  # numbers as wide as the widest are in the order of text
            left.remove(least)
            answer += f" {least}"
        return answer
