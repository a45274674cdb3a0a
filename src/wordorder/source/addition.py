"""addition: the sum of two decimal numbers.

Kazemnejad et al. 2023, 2305.19466 (plain digits). Cho et al. 2024, 2405.20671, section 3 (pad, reverse=answer).
McLeish et al. 2024, 2405.17399, section 3 (reverse=all).

Length: digits of the longer number. The numbers of digits (p, q) are drawn from all pairs with that maximum, then each number
from all with so many digits, none of which begins with 0 but 0 itself.
    reverse     which numbers are written least significant digit first: none, the answer or all
    pad         zeros make operands as wide as the longer, and the answer a digit wider than that
    spaces      digits and signs stand apart
    scratchpad  the answer begins with each column from the ones on: its digits, the carry into it, and their sum as two digits
Facts: `first` and `second` are p and q; `carry` is the longest run of columns with a carry out of them.

Example: 6 5 3 + 4 9 =[ 7 0 2]
Example reverse=answer, pad=true, spaces=false: 653+049=[ 2070]
Example reverse=all, spaces=false: 356+94=[ 207]
Example scratchpad=true, spaces=false: 653+49=[ 3+9+0=12;5+4+1=10;6+0+1=07;702]
Differs: Kazemnejad et al. draw (p, q) from all pairs of their split, here each length is as frequent as any other; their
scratchpad has other parts, and their exact match is of what follows it.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class Addition(Task):
    """For digit_index take reverse=all and for coupled pad=true and reverse=answer, both with spaces=false."""

    reverse: Literal["none", "answer", "all"]
    pad: bool
    spaces: bool
    scratchpad: bool

    def draw(self, length: int, rng: Random) -> Example:
        p, q = rng.choice([(p, q) for p in range(1, length + 1) for q in range(1, length + 1) if length in (p, q)])
        first, second = draw_digits(p, length, rng), draw_digits(q, length, rng)
        steps, total, carries = "", "", [0]
        for a, b in zip(first, second, strict=True):  # from the ones on
            both = int(a) + int(b) + carries[-1]
            steps += f"{a}+{b}+{carries[-1]}={both:02d};"
            total += str(both % 10)
            carries.append(both // 10)
        total += str(carries[-1])
        prompt = f"{self.write(first, p, 'all')}+{self.write(second, q, 'all')}="
        answer = steps * self.scratchpad + self.write(total, len(total.rstrip("0")), "answer")
        least = 10 ** (length - 1) if length > 1 else 0
        facts = {"first": p, "second": q, "carry": max(map(len, "".join(map(str, carries)).split("0")))}
        chance = 1 / (2 * 10**length - 1 - least)
        return Example([(self.space(prompt), False), (" " + self.space(answer), True)], chance, facts)

    def write(self, digits: str, width: int, kind: Literal["all", "answer"]) -> str:
        """A number whose digits are given from the ones on, in its order and width."""
        shown = digits if self.pad else digits[: max(1, width)]
        return shown if self.reverse in ("all", kind) else shown[::-1]

    def space(self, text: str) -> str:
        return " ".join(text) if self.spaces else text

    def solve(self, before: str) -> str:
        a, b = before.replace(" ", "").rstrip("=").split("+")
        width = max(len(a), len(b))
        x, y = (int(number[::-1] if self.reverse == "all" else number) for number in (a, b))
        steps = ""
        for power in (10**column for column in range(width * self.scratchpad)):
            one, other, carry = x // power % 10, y // power % 10, (x % power + y % power) // power
            steps += f"{one}+{other}+{carry}={one + other + carry:02d};"
        total = f"{x + y:0{width + 1}d}" if self.pad else str(x + y)
        return " " + self.space(steps + (total if self.reverse == "none" else total[::-1]))


def draw_digits(n: int, width: int, rng: Random) -> str:
    """A number of n digits, from the ones on, with zeros up to the width."""
    first = rng.randrange(10) if n == 1 else rng.randrange(1, 10)
    return "".join(str(rng.randrange(10)) for _ in range(n - 1)) + str(first) + "0" * (width - n)
