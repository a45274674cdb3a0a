"""position_in_context: bits per byte by how many tokens of context a target has, inside and beyond the trained length.

Windows of `factor` times the trained length, one behind the other; targets are gathered in bins that double in width.
A scheme with a limit is asked up to it, on the same windows, and not applicable beyond.
"""

from collections.abc import Iterator

import numpy as np

from wordorder.evaluation.base import Item, OfStreams, Subject
from wordorder.evaluation.windows import sums_of_text, target_nats
from wordorder.source.base import Split


class PositionInContext(OfStreams):
    """`tokens`: how many are scored."""

    def __init__(self, *, split: Split, factor: int, tokens: int):
        if factor < 1:
            raise ValueError(f"factor={factor} must be at least 1")
        if tokens < 1:
            raise ValueError(f"tokens={tokens} must be at least 1")
        self.split, self.factor, self.tokens = split, factor, tokens

    def of_stream(self, subject: Subject, done: int) -> Iterator[Item]:
        stream = subject.store.stream(self.split)
        length = min(self.factor * subject.model.context_length, len(stream.ids) - 1)
        n_windows = min(max(1, self.tokens // length), (len(stream.ids) - 1) // length)
        starts = np.arange(n_windows) * length
        asked = length if subject.max_length is None else min(length, subject.max_length)
        whole = [edges for edges in bins(length) if edges[1] <= asked]
        windows_done, inside = divmod(done, len(whole))
        windows = target_nats(subject, stream, starts, length=asked, last=asked, done=windows_done)
        for number, nats in enumerate(windows, start=windows_done):
            for first, past in whole[inside:]:
                facts = {"split": self.split, "length": length, "position": first, "position_end": past, "item": number}
                targets = starts[number] + 1 + np.arange(first, past)
                yield Item(facts, sums_of_text(subject, stream, targets, nats[first:past]))
            inside = 0
        for first, past in bins(length)[len(whole) :][max(0, done - n_windows * len(whole)) :]:
            facts = {"split": self.split, "length": length, "position": first, "position_end": past}
            yield Item(facts | {"why": subject.why_no_longer}, {})


def bins(length: int) -> list[tuple[int, int]]:
    """[0, 1), [1, 2), [2, 4), [4, 8), ... up to length."""
    edges = [0, 1]
    while edges[-1] < length:
        edges.append(min(2 * edges[-1], length))
    return list(zip(edges, edges[1:], strict=False))
