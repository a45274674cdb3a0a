"""flip_flop: a bit is written, others are to be ignored, and the one written last is to be read.

Liu et al. 2023, 2306.00946, FFL(T, p).

Length: instructions, each a letter and a bit: w(rite), i(gnore), r(ead). The first is w, the last r; between them it is i with
probability `ignore`, else w or r with equal probability. Bits of w and i are 0 or 1 with probability 1/2; that of r is the bit of
the last w, and is asked.
`test_ignores` take turns in the test split: [0.8] asks what is trained, [0.98] and [0.1] are their sparse and dense test. The fact
`range` is about lengths alone; `ignore` tells the documents of several apart.
Facts: `ignore`, `reads`, `distance` (most instructions from a write to its read).

Example: flip_flop: w 0 i 1 r[ 0] w 1 r[ 1] |
Differs: length counts instructions, half the published T (512 there).
"""

from copy import copy
from dataclasses import dataclass
from random import Random

from wordorder.source.base import Document, Split
from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class FlipFlop(Task):
    """Raises ValueError for an ignore that is no probability, or a test split too small to ask all of them of all lengths."""

    shortest = 2

    ignore: float
    test_ignores: list[float]

    def __post_init__(self):
        if not 0 <= self.ignore <= 1:
            raise ValueError(f"ignore={self.ignore} must be a probability, 0 to 1")
        if not self.test_ignores or not all(0 <= one <= 1 for one in self.test_ignores):
            raise ValueError(
                f"test_ignores={self.test_ignores} must be probabilities, 0 to 1; [{self.ignore}] asks what is trained"
            )
        super().__post_init__()
        needed = len(self.turns("test")) * len(self.test_ignores)
        if self.n_test < needed:
            raise ValueError(
                f"n_test={self.n_test} must hold a document of each length and test_ignores, {needed} of them"
            )

    def document(self, split: Split, length: int, n: int) -> Document:
        """Of the test split, as of a task that ignores as often as it is this document's turn to."""
        if split != "test":
            return super().document(split, length, n)
        asked = copy(self)
        asked.ignore = self.test_ignores[n // len(self.turns(split)) % len(self.test_ignores)]
        return super(FlipFlop, asked).document(split, length, n)

    def draw(self, length: int, rng: Random) -> Example:
        pieces, bit, written, distances = [("flip_flop:", False)], "", 0, []
        for n in range(length):
            kind = "w" if n == 0 else "r" if n == length - 1 else draw_kind(self.ignore, rng)
            if kind == "r":
                distances.append(n - written)
                pieces += [(" r", False), (bit, True)]
                continue
            shown = rng.choice((" 0", " 1"))
            pieces.append((f" {kind}{shown}", False))
            if kind == "w":
                bit, written = shown, n
        facts = {"ignore": self.ignore, "reads": len(distances), "distance": max(distances)}
        return Example([*pieces, (" |", False)], 0.5 ** len(distances), facts)  # the end is not an answer

    def solve(self, before: str) -> str:
        return before[before.rindex(" w ") + 2 :][:2]


def draw_kind(ignore: float, rng: Random) -> str:
    return "i" if rng.random() < ignore else rng.choice("wr")
