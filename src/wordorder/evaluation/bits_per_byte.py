"""bits_per_byte: how many bits the model needs for each byte of unseen text, every byte once.

Windows of the trained length, one behind the other. The headline counts text only; `bits_per_byte_with_end` adds what the
ends of documents cost, and is the length of a code for the collection. Comparable across tokenizers on the same text.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Evaluation, Item, Score, Subject, add_up, bits_per_byte, target_nats
from wordorder.source.base import Split


class BitsPerByte(Evaluation):
    """`tokens` limits the text to the first documents that hold so many; 0: all."""

    def __init__(self, *, split: Split, tokens: int):
        if tokens < 0:
            raise ValueError(f"tokens={tokens} must not be negative; 0 scores the whole split")
        self.split, self.tokens = split, tokens

    def run(self, subject: Subject) -> Iterator[Item]:
        stream = subject.store.stream(self.split)
        ends = stream.ends
        if self.tokens:
            ends = ends[: max(1, int(np.searchsorted(ends[:, 0], self.tokens, side="right")))]
        n_targets = int(ends[-1, 0])
        nats = stream_nats(subject, stream, n_targets)
        lengths = subject.tokenizer.byte_lengths_V[stream.ids[1 : n_targets + 1]]
        assert int(lengths.sum()) == int(ends[-1, 1]) + len(ends) * len(subject.tokenizer.prefix)
        first = 0
        for number, (end, _) in enumerate(ends):
            text, own = nats[first : end - 1], lengths[first : end - 1]
            sums = {"nats": float(text.sum()), "bytes": float(own.sum()), "tokens": float(len(text))}
            yield Item({"split": self.split, "item": number}, sums | {"end_nats": float(nats[end - 1])})
            first = end

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        total = add_up(items := list(items))
        facts = {"split": self.split}
        n_bytes, n_tokens = total["bytes"], int(total["tokens"])
        yield Score("bits_per_byte", bits_per_byte(total["nats"], n_bytes), n_tokens, facts)
        with_end = bits_per_byte(total["nats"] + total["end_nats"], n_bytes)
        yield Score("bits_per_byte_with_end", with_end, n_tokens + len(items), facts)


def stream_nats(subject: Subject, stream: Stream, n_targets: int) -> np.ndarray:
    """Nats of the first n_targets targets of a stream, each once, in windows of the trained length: float64 (n_targets,)."""
    length = min(subject.model.context_length, n_targets)
    n_whole = n_targets // length
    starts = np.arange(n_whole) * length
    nats = target_nats(subject, stream, starts, length=length, last=length).ravel()
    if rest := n_targets - n_whole * length:  # the last window reaches back, so that its context is as long
        start = np.array([n_targets - length])
        nats = np.append(nats, target_nats(subject, stream, start, length=length, last=rest).ravel())
    return nats


def validation(subject: Subject, *, tokens: int) -> dict[str, float]:
    """The learning curve's point: nats a token and bits a byte over the first documents of the val split."""
    was_training = subject.model.training
    subject.model.eval()
    total = add_up(list(BitsPerByte(split="val", tokens=tokens).run(subject)))
    subject.model.train(was_training)
    return {
        "val_loss": total["nats"] / total["tokens"],
        "val_bits_per_byte": bits_per_byte(total["nats"], total["bytes"]),
    }
