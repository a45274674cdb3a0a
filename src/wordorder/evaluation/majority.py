"""majority: what a task's training answers alone would answer, whatever is asked."""

from collections import Counter, defaultdict

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject


def majority_answers(subject: Subject) -> dict[int | None, bytes]:
    """The most frequent answer, all scored tokens of a document, of the training documents of each length, and of all."""
    stream, facts = subject.store.stream("train"), subject.store.facts("train")
    counts: dict[int | None, Counter[bytes]] = defaultdict(Counter)
    for (first, past), own in zip(zip(*stream.document_bounds(), strict=True), facts, strict=True):
        key = answer_of(stream, int(first), int(past))
        counts[own["length"]][key] += 1
        counts[None][key] += 1
    return {length: max(counter, key=lambda key: (counter[key], key)) for length, counter in counts.items()}


def answer_of(stream: Stream, first: int, past: int) -> bytes:
    ids, scored = stream.ids[first + 1 : past + 1], stream.scored[first + 1 : past + 1] > 0
    return answer_key(np.asarray(ids[scored]))


def answer_key(ids: np.ndarray) -> bytes:
    return ids.astype(np.int64).tobytes()
