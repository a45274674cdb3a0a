"""task: what synthetic tasks share. A task draws examples, prompt and answer, by length; answers alone are scored.

Document n of a split is a function of (seed, split, its lengths, n). Lengths take turns, so that each is as frequent as any
other. A prompt belongs to one split for ever, by its hash (80/10/10), so that none of val or test occurs in train. Every
document has facts: `length`, `range` ("in" the trained lengths or "out" of them) and `chance`, see Example.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from string import ascii_letters, digits

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Facts, Source, Split

SYMBOLS = ascii_letters + digits
TRIES = 1000  # draws for one document before a length is said to have no prompt of the split
SHARE = {"train": range(8), "val": range(8, 9), "test": range(9, 10)}  # tenths of all prompts


@dataclass(frozen=True)
class Example:
    """Pieces of text in order, each with whether it is (part of) an answer; an answer begins with its separating space.

    `chance`: how probable it is that guesses, uniform among what each answer could be at its length, are all right.
    """

    pieces: list[tuple[str, bool]]
    chance: float
    facts: Facts = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """All that is given."""
        return "\0".join(text for text, scored in self.pieces if not scored)


@dataclass(kw_only=True, eq=False)
class Task(Source):
    """Lengths are [lowest, highest], both included; `n_*` counts documents.

    A subclass, decorated alike, declares the arguments of its own and checks them in `__post_init__`.
    Raises ValueError for lengths that are none, and InputError where no prompt of a length falls to a split that asks for it.
    """

    layout = "document"  # this and the next two have no annotation, so they are no arguments
    shortest = 1  # length that the task is defined for
    longest = None  # or a length

    seed: int
    train_lengths: list[int]
    val_lengths: list[int]
    test_lengths: list[int]
    n_train: int
    n_val: int
    n_test: int

    def __post_init__(self):
        self.lengths = {"train": self.train_lengths, "val": self.val_lengths, "test": self.test_lengths}
        self.counts = {"train": self.n_train, "val": self.n_val, "test": self.n_test}
        for split in SPLITS:
            given = self.lengths[split]
            if len(given) != 2 or not self.shortest <= given[0] <= given[1] <= (self.longest or given[1]):
                at_most = f" and the highest at most {self.longest}" if self.longest else ""
                raise ValueError(
                    f"{split}_lengths={given} must be [lowest, highest], the lowest at least {self.shortest}{at_most}"
                )
            n_lengths = len(self.turns(split))
            if not n_lengths:
                raise ValueError(f"{split}_lengths={given} holds no length that the task has; make the range wider")
            if self.counts[split] < n_lengths:
                raise ValueError(
                    f"n_{split}={self.counts[split]} must hold a document of each of the {n_lengths} lengths"
                )

    @abstractmethod
    def draw(self, length: int, rng: Random) -> Example:
        """One example of this length, all chance from `rng`."""

    @abstractmethod
    def solve(self, before: str) -> str:
        """The answer, its separating space included, that follows this text: the task's definition by another route."""

    def exists(self, length: int) -> bool:
        """Whether the task has this length; override where some between two others are missing."""
        return True

    def turns(self, split: Split) -> list[int]:
        """The lengths of a split, which its documents take in turn."""
        low, high = self.lengths[split]
        return [length for length in range(low, high + 1) if self.exists(length)]

    def documents(self, split: Split) -> Iterator[Document]:
        turns = self.turns(split)
        for n in range(self.counts[split]):
            yield self.document(split, turns[n % len(turns)], n)

    def document(self, split: Split, length: int, n: int) -> Document:
        """Document n of a split: the first draw whose prompt belongs there."""
        rng = Random(f"{self.seed} {split} {n}")
        low, high = self.lengths["train"]
        for _ in range(TRIES):
            example = self.draw(length, rng)
            if hashlib.sha256(example.prompt.encode()).digest()[0] % 10 in SHARE[split]:
                facts = {"length": length, "range": "in" if low <= length <= high else "out", "chance": example.chance}
                return Document.of(example.pieces, facts | example.facts)
        raise InputError(
            f"source.{split}_lengths={self.lengths[split]}: so few prompts have length {length} that none of {TRIES} drawn "
            f"falls to {split}; begin with a larger length"
        )


def take_symbols(n_symbols: int) -> str:
    """The first letters and digits, so many of them. Raises ValueError."""
    if not 2 <= n_symbols <= len(SYMBOLS):
        raise ValueError(f"n_symbols={n_symbols} must be 2 to {len(SYMBOLS)}, the letters and digits there are")
    return SYMBOLS[:n_symbols]
