"""parity: whether a row of bits has an odd number of ones.

Kazemnejad et al. 2023, 2305.19466. Ruoss et al. 2023, 2305.16843 (parity_check).

Length: bits of the prompt, each 0 or 1 with probability 1/2; the answer is the number of ones modulo 2.

Example: parity: 1 0 1 1 =[ 1]
Differs: Kazemnejad et al. ask for Yes or No in a longer text; Ruoss et al. ask an encoder.
A row of n bits is one of 2^n, so short ones repeat, and the shortest may lack a prompt of val or test.
"""

from dataclasses import dataclass
from random import Random

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class Parity(Task):
    """Every bit counts: a change of one changes the answer."""

    def draw(self, length: int, rng: Random) -> Example:
        bits = [rng.randrange(2) for _ in range(length)]
        prompt = f"parity: {' '.join(map(str, bits))} ="
        return Example([(prompt, False), (f" {sum(bits) % 2}", True)], chance=1 / 2)

    def solve(self, before: str) -> str:
        odd = False
        for bit in before.split()[1:-1]:
            odd ^= bit == "1"
        return " 1" if odd else " 0"
