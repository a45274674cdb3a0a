"""answers: what a model makes of the documents of a task, each a row of its own, in one pass with the true text before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject
from wordorder.evaluation.windows import TOKENS_A_CALL


@dataclass(frozen=True)
class Answers:
    """Of one document's targets (T,), the end token the last: ids, whether they are scored, nats, and whether the model's
    first choice is right."""

    number: int
    ids: np.ndarray
    scored: np.ndarray
    nats: np.ndarray
    right: np.ndarray


def scored_targets(stream: Stream) -> np.ndarray:
    """The ids of all targets of a split that count."""
    ids = np.asarray(stream.ids[1:])
    return ids if stream.scored is None else ids[stream.scored[1:] > 0]


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
    rows_a_call = max(1, TOKENS_A_CALL[subject.device] // length)
    for start in range(done - done % rows_a_call, len(numbers), rows_a_call):
        own = numbers[start : start + rows_a_call]
        at = first[own, None] + np.arange(length + 1)
        ids = torch.from_numpy(stream.ids[at].astype(np.int64)).to(subject.device)
        with torch.inference_mode():
            logits = subject.model(ids[:, :-1], row_B=torch.from_numpy(own).to(subject.device)).flatten(0, 1).float()
            nats = F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none").view(-1, length)
            right = logits.argmax(-1).view(-1, length) == ids[:, 1:]
        nats, right, targets = nats.double().cpu().numpy(), right.cpu().numpy(), ids[:, 1:].cpu().numpy()
        scored = np.ones(targets.shape, dtype=bool) if stream.scored is None else stream.scored[at[:, 1:]] > 0
        subject.advance(ids.numel())
        for n in range(max(0, done - start), len(own)):
            yield Answers(int(own[n]), targets[n], scored[n], nats[n], right[n])
