"""reverse: a row of symbols is said backwards.

Kazemnejad et al. 2023, 2305.19466 (once: their mc, twice: mc2x, then_forward: mcrv). Ruoss et al. 2023,
2305.16843, have `once` over two symbols, as reverse_string.

Length: symbols of the prompt, each drawn by itself from the first `n_symbols` of a-z, A-Z, 0-9.
    once          the row backwards
    twice         the row backwards, and that again
    then_forward  the row backwards, then as it was

Example: reverse: c a t t =[ t t a c]
Example variant=twice: reverse: c a t =[ t a c ; t a c]
Example variant=then_forward: reverse: c a t =[ t a c ; c a t]
Differs: symbols are letters, not 100 words of the T5 vocabulary, and the texts around them are shorter. Ruoss et al. ask an
encoder for all symbols at once.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

from wordorder.source.task import Example, Task, take_symbols


@dataclass(kw_only=True, eq=False)
class Reverse(Task):
    """The end of the document is scored too, so that stopping too late is a mistake."""

    variant: Literal["once", "twice", "then_forward"]
    n_symbols: int

    def __post_init__(self):
        super().__post_init__()
        self.symbols = take_symbols(self.n_symbols)

    def draw(self, length: int, rng: Random) -> Example:
        row = rng.choices(self.symbols, k=length)
        back = list(reversed(row))
        rest = {"once": [], "twice": [";", *back], "then_forward": [";", *row]}[self.variant]
        prompt, answer = " ".join(["reverse:", *row, "="]), "".join(f" {word}" for word in back + rest)
        return Example([(prompt, False), (answer, True)], chance=self.n_symbols**-length)

    def solve(self, before: str) -> str:
        row = before[len("reverse:") : -len(" =")]
        back = " " + row[:0:-1]
        return back + {"once": "", "twice": " ;" + back, "then_forward": " ;" + row}[self.variant]
