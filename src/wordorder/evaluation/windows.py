"""windows: what a model makes of stretches of a stream, each with the text before it."""

from collections.abc import Iterator

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject
from wordorder.evaluation.calls import ask, nats_of, rows_a_call


def target_nats(
    subject: Subject, stream: Stream, starts: np.ndarray, *, length: int, last: int, done: int = 0
) -> Iterator[np.ndarray]:
    """Nats of the last `last` targets of each window of `length` inputs from starts on, float64 (last,); of all windows but
    the first `done`.

    Windows share a call with the same others whatever is done, because a bit may depend on them.
    """
    n_rows = rows_a_call(subject, length)
    for first in range(done - done % n_rows, len(starts) if done < len(starts) else 0, n_rows):
        at = starts[first : first + n_rows, None] + np.arange(length + 1)
        document = None if subject.attend_across else stream.documents_into(at[:, :-1])
        numbers = np.arange(first, first + len(at))
        nats = nats_of(*ask(subject, stream.ids[at], numbers=numbers, last=last, document=document))
        yield from nats[max(0, done - first) :]


def sums_of_text(subject: Subject, stream: Stream, targets: np.ndarray, nats: np.ndarray) -> dict[str, float]:
    """nats, bytes and tokens of those targets (stream indices) that are text; end tokens carry no bytes and do not count."""
    lengths = subject.tokenizer.byte_lengths_V[stream.ids[targets]]
    is_text = lengths > 0
    return {"nats": float(nats[is_text].sum()), "bytes": float(lengths.sum()), "tokens": float(is_text.sum())}
