"""lego: signs are followed along a chain of variables.

Zhang et al. 2022, 2206.04301; Kazemnejad et al. 2023, 2305.19466.

Length: clauses. The variables are that many letters of a-z in a random order. The first is +1 or -1, each other one is the one
before it or its negative, and one of the second half of the chain is asked for.
    chain     clauses stand in the order of the chain
    shuffled  in any order
Fact: `hops` is how many clauses lead to what is asked.

Example: lego: t=-1 a=+t c=-a b=+c ; b =[ +1]
Example order=shuffled: lego: c=-a t=-1 b=+c a=+t ; c =[ +1]
Differs: a chain is asked for one of its variables, theirs for each of the second half in an example of its own.
"""

import re
from dataclasses import dataclass
from random import Random
from string import ascii_lowercase
from typing import Literal

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class Lego(Task):
    """Chains are no longer than the alphabet."""

    longest = len(ascii_lowercase)

    order: Literal["chain", "shuffled"]

    def draw(self, length: int, rng: Random) -> Example:
        names = rng.sample(ascii_lowercase, length)
        signs = [rng.choice((-1, 1)) for _ in names]
        asked = rng.randrange(length // 2, length)
        before = ["1", *names]  # what each variable refers to
        clauses = [f"{name}={'-+'[sign > 0]}{of}" for name, sign, of in zip(names, signs, before, strict=False)]
        if self.order == "shuffled":
            rng.shuffle(clauses)
        n_minus = signs[: asked + 1].count(-1)
        pieces = [(f"lego: {' '.join(clauses)} ; {names[asked]} =", False), (" -1" if n_minus % 2 else " +1", True)]
        return Example(pieces, chance=1 / 2, facts={"hops": asked + 1})

    def solve(self, before: str) -> str:
        said = {name: (sign, of) for name, sign, of in re.findall(r"(\w)=([+-])(\w)", before)}
        at, value = before.split()[-2], 1
        while at != "1":
            sign, at = said[at]
            value *= int(f"{sign}1")
        return f" {value:+d}"
