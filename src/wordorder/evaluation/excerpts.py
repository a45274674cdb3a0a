"""excerpts: whole words of natural text, the same for every tokenizer that gives back its text, and two of them swapped."""

import re
from functools import lru_cache
from random import Random

import numpy as np

from wordorder.evaluation.base import Subject
from wordorder.source.base import Split

TRIES = 200  # draws for one excerpt before the split is said to have none


def draw(subject: Subject, split: Split, distances: list[int], *, n: int, n_bytes: int, seed: int) -> list[str]:
    """n excerpts of at most n_bytes bytes, in each of which two words may be swapped at every distance; fewer where the split
    has one that cannot be found."""
    text_of, found = SplitText(subject, split), []
    for number in range(n):
        rng = Random(f"{seed} {split} {number}")
        tries = (excerpt(text_of, rng.randrange(max(1, text_of.n_bytes)), n_bytes) for _ in range(TRIES))
        text = next((text for text in tries if all(swaps(text, distance) for distance in distances)), "")
        if not text:
            break
        found.append(text)
    return found


class SplitText:
    """The text of a split by its bytes, whatever its tokens; where those of a document end is kept for the next time."""

    KEPT = 16  # documents: of long ones, which take time, there are few

    def __init__(self, subject: Subject, split: Split):
        self.tokenizer, self.stream = subject.tokenizer, subject.store.stream(split)
        self.first, self.past = self.stream.document_bounds()
        self.ends_of = lru_cache(self.KEPT)(self.find_ends)

    @property
    def n_bytes(self) -> int:
        return self.stream.n_bytes

    def find_ends(self, number: int) -> np.ndarray:
        """How many bytes of a document each of its tokens ends at, (tokens,)."""
        return np.cumsum(self.tokenizer.byte_lengths_V[self.stream.ids[self.first[number] + 1 : self.past[number]]])

    def place(self, at: int) -> tuple[int, int]:
        """The document that byte `at` of the split lies in, and which of its bytes that is."""
        number = int(np.searchsorted(self.stream.ends[:, 1], at, side="right"))
        return number, at - (int(self.stream.ends[number - 1, 1]) if number else 0)

    def read(self, number: int, at: int, n: int) -> tuple[bytes, bool]:
        """n bytes of a document from byte `at` on, fewer where it ends before; and whether they reach its end."""
        ends, at = self.ends_of(number), at + len(self.tokenizer.prefix)
        begin, end = np.searchsorted(ends, at, side="right"), np.searchsorted(ends, at + n) + 1
        ids = self.stream.ids[self.first[number] + 1 : self.past[number]][begin:end]
        raw = b"".join(self.tokenizer.vocab[i] for i in ids.tolist())
        skipped = at - (int(ends[begin - 1]) if begin else 0)
        return raw[skipped : skipped + n], not len(ends) or at + n >= int(ends[-1])


def excerpt(text_of: SplitText, at: int, n_bytes: int) -> str:
    """Whole words of one document, the first that begins at byte `at` of the split or after it."""
    number, inside = text_of.place(at)
    raw, to_end = text_of.read(number, max(0, inside - 1), 2 * n_bytes)
    text = raw.decode(errors="ignore")
    words = list(re.finditer(r"\S+", text))
    if inside and words and words[0].start() == 0:
        words = words[1:]  # it begins before
    if not to_end and words and words[-1].end() == len(text):
        words = words[:-1]  # it may go on
    first = words[0].start() if words else 0
    ends = (word.end() for word in words if len(text[first : word.end()].encode()) <= n_bytes)
    return text[first : max(ends, default=first)]


def swaps(text: str, distance: int) -> list[tuple[int, int]]:
    """Which two words may change places: numbers of words so far apart that differ."""
    words = text.split()
    pairs = zip(range(len(words) - distance), range(distance, len(words)), strict=True) if distance < len(words) else ()
    return [(one, other) for one, other in pairs if words[one] != words[other]]


def swap(text: str, one: int, other: int) -> str:
    """The text with two words in each other's place; `one` comes before `other`."""
    (a, b), (c, d) = (word.span() for n, word in enumerate(re.finditer(r"\S+", text)) if n in (one, other))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
