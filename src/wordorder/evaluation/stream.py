"""stream: what a model makes of a whole stream, every target once, in windows of the trained length."""

from collections.abc import Iterator

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject
from wordorder.evaluation.windows import target_nats


def stream_nats(subject: Subject, stream: Stream, n_targets: int, *, first: int = 0) -> Iterator[np.ndarray]:
    """Nats of the first n_targets targets of a stream but the first `first`, each once, in windows of the trained length:
    float64, a window's at a time."""
    length = min(subject.model.context_length, n_targets)
    n_whole, rest = divmod(n_targets, length)
    done, inside = divmod(first, length)
    starts = np.arange(n_whole) * length
    for nats in target_nats(subject, stream, starts, length=length, last=length, done=done):
        yield nats[inside:]
        inside = 0
    if rest:  # the last window reaches back, so that its context is as long
        start = np.array([n_targets - length])
        for nats in target_nats(subject, stream, start, length=length, last=rest):
            yield nats[inside:]


def cut(pieces: Iterator[np.ndarray], sizes: list[int]) -> Iterator[np.ndarray]:
    """The same values, in their order, in arrays of these sizes."""
    held = np.empty(0)
    for size in sizes:
        parts, n = [held], len(held)
        while n < size:
            parts.append(next(pieces))
            n += len(parts[-1])
        held = np.concatenate(parts)
        yield held[:size]
        held = held[size:]
