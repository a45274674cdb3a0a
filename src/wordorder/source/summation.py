"""summation: the last digit of the sum of a row of digits.

Kazemnejad et al. 2023, 2305.19466.

Length: digits of the prompt, each drawn from 1..9; the answer is their sum modulo 10.

Example: sum: 9 1 5 8 =[ 3]
Differs: the text around the digits is shorter.
"""

from dataclasses import dataclass
from random import Random

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class Summation(Task):
    """A row of one digit has no sum of 0, longer ones have all ten."""

    def draw(self, length: int, rng: Random) -> Example:
        row = [rng.randint(1, 9) for _ in range(length)]
        prompt = f"sum: {' '.join(map(str, row))} ="
        return Example([(prompt, False), (f" {sum(row) % 10}", True)], chance=1 / (9 if length == 1 else 10))

    def solve(self, before: str) -> str:
        return " " + str(sum(digit * before.count(str(digit)) for digit in range(10)))[-1]
