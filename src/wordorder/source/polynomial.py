"""polynomial: the last digit of a polynomial's value.

Kazemnejad et al. 2023, 2305.19466.

Length: terms. Each coefficient is drawn from -3..3, each exponent from 0..3, x from -2..2; the answer is the value modulo 10,
from 0 to 9 for negative values too. Where x is 0 most terms vanish, so that 0 is the most frequent answer.

Example: x=-2: +3x^2 -1x^0 +2x^3 =[ 5]
Differs: the text around the terms is shorter, and every coefficient has its sign.
"""

import re
from dataclasses import dataclass
from random import Random

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class Polynomial(Task):
    """One term has no value that ends with 5, more have all ten digits."""

    def draw(self, length: int, rng: Random) -> Example:
        x = rng.randint(-2, 2)
        terms = [(rng.randint(-3, 3), rng.randint(0, 3)) for _ in range(length)]
        prompt = f"x={x}: {' '.join(f'{c:+d}x^{e}' for c, e in terms)} ="
        value = sum(c * x**e for c, e in terms)
        return Example([(prompt, False), (f" {value % 10}", True)], chance=1 / (9 if length == 1 else 10))

    def solve(self, before: str) -> str:
        x, *terms = (int(number) for number in re.findall(r"[+-]?\d+", before))
        of_power = [0, 0, 0, 0]
        for c, e in zip(terms[::2], terms[1::2], strict=True):
            of_power[e] += c
        value = 0
        for c in reversed(of_power):  # Horner
            value = (value * x + c) % 10
        return f" {value}"
