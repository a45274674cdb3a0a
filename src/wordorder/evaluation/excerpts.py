"""excerpts: whole words of natural text, the same for every tokenizer that gives back its text, and two of them swapped."""

import re
from random import Random

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject
from wordorder.source.base import Split

TRIES = 200  # draws for one excerpt before the split is said to have none


def draw(subject: Subject, split: Split, distances: list[int], *, n: int, n_bytes: int, seed: int) -> list[str]:
    """n excerpts of at most n_bytes bytes, in each of which two words may be swapped at every distance; fewer where the split
    has one that cannot be found."""
    stream, found = subject.store.stream(split), []
    for number in range(n):
        rng = Random(f"{seed} {split} {number}")
        tries = (excerpt(subject, stream, rng.randrange(max(1, stream.n_bytes)), n_bytes) for _ in range(TRIES))
        text = next((text for text in tries if all(swaps(text, distance) for distance in distances)), "")
        if not text:
            break
        found.append(text)
    return found


def excerpt(subject: Subject, stream: Stream, at: int, n_bytes: int) -> str:
    """Whole words of one document, the first that begins at byte `at` of the split or after it."""
    number = int(np.searchsorted(stream.ends[:, 1], at, side="right"))
    inside = at - (int(stream.ends[number - 1, 1]) if number else 0)
    raw, to_end = read_bytes(subject, stream, number, max(0, inside - 1), 2 * n_bytes)
    text = raw.decode(errors="ignore")
    words = list(re.finditer(r"\S+", text))
    if inside and words and words[0].start() == 0:
        words = words[1:]  # it begins before
    if not to_end and words and words[-1].end() == len(text):
        words = words[:-1]  # it may go on
    first = words[0].start() if words else 0
    ends = (word.end() for word in words if len(text[first : word.end()].encode()) <= n_bytes)
    return text[first : max(ends, default=first)]


def read_bytes(subject: Subject, stream: Stream, number: int, at: int, n: int) -> tuple[bytes, bool]:
    """n bytes of a document's text from byte `at` on, fewer where it ends before; and whether they reach its end."""
    first, past = stream.document_bounds()
    ids, at = stream.ids[first[number] + 1 : past[number]], at + len(subject.tokenizer.prefix)
    ends = np.cumsum(subject.tokenizer.byte_lengths_V[ids])
    begin, end = np.searchsorted(ends, at, side="right"), np.searchsorted(ends, at + n) + 1
    raw = b"".join(subject.tokenizer.vocab[i] for i in ids[begin:end].tolist())
    skipped = at - (int(ends[begin - 1]) if begin else 0)
    return raw[skipped : skipped + n], not len(ids) or at + n >= int(ends[-1])


def swaps(text: str, distance: int) -> list[tuple[int, int]]:
    """Which two words may change places: numbers of words so far apart that differ."""
    words = text.split()
    pairs = zip(range(len(words) - distance), range(distance, len(words)), strict=True) if distance < len(words) else ()
    return [(one, other) for one, other in pairs if words[one] != words[other]]


def swap(text: str, one: int, other: int) -> str:
    """The text with two words in each other's place; `one` comes before `other`."""
    (a, b), (c, d) = (word.span() for n, word in enumerate(re.finditer(r"\S+", text)) if n in (one, other))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
