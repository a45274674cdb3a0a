"""answers: what a model makes of the documents of a task, each a row of its own, in one pass with the true text before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject
from wordorder.evaluation.calls import ask, nats_of, rows_a_call


@dataclass(frozen=True)
class Answers:
    """Of one document's targets (T,), the end token the last: ids, whether they are scored, nats, and whether the model's
    first choice is right."""

    number: int
    ids: np.ndarray
    scored: np.ndarray
    nats: np.ndarray
    right: np.ndarray

    @cached_property
    def hits(self) -> list[bool]:
        """Whether each answer, a run of scored targets, is right."""
        edges = np.diff(self.scored.astype(np.int8), prepend=0, append=0)
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        return [bool(self.right[first:past].all()) for first, past in zip(starts, ends, strict=True)]


def read_answers(subject: Subject, stream: Stream, numbers: np.ndarray, *, done: int = 0) -> Iterator[Answers]:
    """Ask about the documents of these numbers, but the first `done` of them in the order of their lengths; those of equal
    length go through the model together, without padding.

    A document longer than the model takes is left out.
    """
    first, past = stream.document_bounds()
    numbers = reading_order(subject, stream, numbers)
    lengths = (past - first)[numbers]
    for length in np.unique(lengths):
        own = numbers[lengths == length]
        if done < len(own):
            yield from _read(subject, stream, first, own, int(length), done)
        done = max(0, done - len(own))


def reading_order(subject: Subject, stream: Stream, numbers: np.ndarray) -> np.ndarray:
    """Those of the documents that the model takes, by their length."""
    first, past = stream.document_bounds()
    lengths = (past - first)[numbers]
    order = np.argsort(lengths, kind="stable")
    return numbers[order] if subject.max_length is None else numbers[order[lengths[order] <= subject.max_length]]


def _read(
    subject: Subject, stream: Stream, first: np.ndarray, numbers: np.ndarray, length: int, done: int
) -> Iterator[Answers]:
    n_rows = rows_a_call(subject, length)
    for start in range(done - done % n_rows, len(numbers), n_rows):
        own = numbers[start : start + n_rows]
        at = first[own, None] + np.arange(length + 1)
        logits, targets = ask(subject, stream.ids[at], numbers=own)
        nats, right = nats_of(logits, targets), (logits.argmax(-1) == targets).cpu().numpy()
        ids = targets.cpu().numpy()
        scored = np.ones(ids.shape, dtype=bool) if stream.scored is None else stream.scored[at[:, 1:]] > 0
        for n in range(max(0, done - start), len(own)):
            yield Answers(int(own[n]), ids[n], scored[n], nats[n], right[n])
