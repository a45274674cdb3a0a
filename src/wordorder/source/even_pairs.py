"""even_pairs: whether the number of unequal neighbours in a row of bits is even (0) or odd (1).

Deletang et al. 2022, 2207.02098; Ruoss et al. 2023, 2305.16843.

Length: bits, each 0 or 1 with probability 1/2. The number is even exactly where the first bit is the last, so a scheme that finds
both ends solves every length.

Example: pairs: 0 1 1 0 =[ 0]
Differs: a decoder answers in the text, where Ruoss et al. ask an encoder, so published numbers are not comparable.
A row of n bits is one of 2^n, so short ones repeat, and the shortest may lack a prompt of val or test.
"""

from dataclasses import dataclass
from random import Random

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class EvenPairs(Task):
    """A guess is 0 or 1."""

    def draw(self, length: int, rng: Random) -> Example:
        bits = rng.choices("01", k=length)
        answer = " 0" if bits[0] == bits[-1] else " 1"
        return Example([(f"pairs: {' '.join(bits)} =", False), (answer, True)], 0.5)

    def solve(self, before: str) -> str:
        bits = before.split()[1:-1]
        return f" {sum(one != other for one, other in zip(bits, bits[1:], strict=False)) % 2}"
