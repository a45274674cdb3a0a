"""copy: a row of symbols is said again.

Kazemnejad et al. 2023, 2305.19466 (words: their cmc, same: rsc, twice: cmc2x). Ruoss et al. 2023, 2305.16843,
have `twice` over two symbols, as duplicate_string.

Length: symbols of the prompt. They are the first `n_symbols` of a-z, A-Z, 0-9.
    words   each drawn by itself
    same    one, said `length` times: what is asked is to count
    twice   as words, and the answer has the row two times

Example: copy: c a t t =[ c a t t]
Example variant=same: copy: k k k =[ k k k]
Example variant=twice: copy: c a t =[ c a t ; c a t]
Differs: symbols are letters, not 100 words (for rsc thousands) of the T5 vocabulary, and the texts around them are shorter.
With `same` a length has n_symbols prompts, a tenth of them for test, so examples repeat.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

from wordorder.source.task import Example, Task, take_symbols


@dataclass(kw_only=True, eq=False)
class Copy(Task):
    """The end of the document is scored too, so that stopping too late is a mistake."""

    variant: Literal["words", "same", "twice"]
    n_symbols: int

    def __post_init__(self):
        super().__post_init__()
        self.symbols = take_symbols(self.n_symbols)

    def draw(self, length: int, rng: Random) -> Example:
        known = self.symbols
        row = rng.choice(known) * length if self.variant == "same" else rng.choices(known, k=length)
        said = " ".join(row)
        answer = f" {said} ; {said}" if self.variant == "twice" else f" {said}"
        n_rows = self.n_symbols if self.variant == "same" else self.n_symbols**length
        return Example([(f"copy: {said} =", False), (answer, True)], chance=1 / n_rows)

    def solve(self, before: str) -> str:
        row = before[len("copy:") : -len(" =")]
        return row + " ;" + row if self.variant == "twice" else row
