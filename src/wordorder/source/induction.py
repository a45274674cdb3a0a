"""induction: what followed this symbol the last time is to follow again.

Poli et al. 2024, 2403.17844 (recall: MAD's in-context recall with multi_query). repeat is from no paper.

Length: pairs (recall) or letters (repeat).
    recall  pairs of a key, a small letter, and a value, a capital. A key keeps its value, which is asked whenever the key was
            seen before. Keys and values are drawn each by itself, but for the last key, which is one of those seen
    repeat  distinct letters, then all of them again, which is asked
Facts (recall): `answers`, how many values are asked; `gap`, of each, words since its key came last. A guess is one of the values
seen so far (recall), any row of distinct letters (repeat).

Example: induction: | c f a |[ c f a] |
Example variant=recall, n_symbols=8: induction: c A f B c[ A] c[ A] |
Differs: MAD trains on every next symbol and tests on answers; here answers alone are scored in both.
"""

from dataclasses import dataclass
from math import perm, prod
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Literal

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class Induction(Task):
    """`n_symbols`: how many keys there are, and how many values (recall); how many letters (repeat)."""

    shortest = 2

    variant: Literal["recall", "repeat"]
    n_symbols: int

    def __post_init__(self):
        most = {"recall": len(ascii_lowercase), "repeat": len(ascii_letters)}[self.variant]
        if not 2 <= self.n_symbols <= most:
            raise ValueError(f"n_symbols={self.n_symbols} must be 2 to {most} letters for variant={self.variant}")
        self.longest = self.n_symbols if self.variant == "repeat" else None
        super().__post_init__()

    def draw(self, length: int, rng: Random) -> Example:
        draw = draw_recall if self.variant == "recall" else draw_repeat
        return draw(length, self.n_symbols, rng)

    def solve(self, before: str) -> str:
        if self.variant == "repeat":
            return before.split(" |")[1]
        value = before.rindex(f"{before[-2:]} ") + 2
        return before[value : value + 2]


def draw_recall(length: int, n_symbols: int, rng: Random) -> Example:
    keys = rng.choices(ascii_lowercase[:n_symbols], k=length - 1)
    keys.append(rng.choice(sorted(set(keys))))
    pieces, value_of, chances, last, gaps = [("induction:", False)], {}, [], {}, []
    for n, key in enumerate(keys):
        known = key in value_of
        if known:
            chances.append(1 / len(set(value_of.values())))
            gaps.append(2 * (n - last[key]))
        else:
            value_of[key] = rng.choice(ascii_uppercase[:n_symbols])
        last[key] = n
        pieces += [(f" {key}", False), (f" {value_of[key]}", known)]
    facts = {"answers": len(chances), "gap": gaps}
    return Example([*pieces, (" |", False)], prod(chances), facts)  # the end is not an answer


def draw_repeat(length: int, n_symbols: int, rng: Random) -> Example:
    text = "".join(f" {letter}" for letter in rng.sample(ascii_letters[:n_symbols], length))
    return Example([(f"induction: |{text} |", False), (text, True), (" |", False)], 1 / perm(n_symbols, length))
