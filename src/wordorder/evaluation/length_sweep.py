"""length_sweep: bits per byte at multiples of the trained length, on the same targets (last_k) and on all (non_overlapping).

last_k: the same blocks of k tokens are scored at every length, only the text before them grows, so a difference between
lengths is due to the length. non_overlapping: the text is cut into windows of the length and all of it is scored, which
favours longer windows, because fewer tokens stand near a window's start.
"""

from collections.abc import Iterator

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import ONE_A_ROW, Evaluation, Item, Scoring, Subject
from wordorder.evaluation.windows import sums_of_text, target_nats
from wordorder.source.base import Split


class LengthSweep(Evaluation):
    """`targets` tokens in blocks of `k` for last_k; `tokens` tokens a length for non_overlapping."""

    def __init__(self, *, split: Split, factors: list[int], scoring: list[Scoring], targets: int, k: int, tokens: int):
        if not factors or min(factors) < 1:
            raise ValueError(f"factors={factors} must be multiples of the trained length, such as [1, 2, 4, 8]")
        if k < 1:
            raise ValueError(f"k={k} must be at least 1")
        if targets < k:
            raise ValueError(f"targets={targets} must hold at least one block of k={k} tokens")
        if tokens < 1:
            raise ValueError(f"tokens={tokens} must be at least 1")
        self.split, self.factors, self.scoring = split, sorted(factors), scoring
        self.targets, self.k, self.tokens = targets, k, tokens

    def run(self, subject: Subject) -> Iterator[Item]:
        if subject.layout == "document":
            yield Item({"split": self.split, "why": ONE_A_ROW}, {})
            return
        stream = subject.store.stream(self.split)
        trained = subject.model.context_length
        fitting = [factor for factor in self.factors if factor * trained < len(stream.ids)]
        k = min(self.k, trained)  # a block fits into the shortest context
        blocks = self.blocks(len(stream.ids), max(fitting, default=1) * trained, k)
        for scoring in self.scoring:
            for factor in self.factors:
                length = factor * trained
                facts = {"split": self.split, "scoring": scoring, "length": length, "factor": factor}
                if why := self.why_not(subject, length, len(stream.ids)):
                    yield Item(facts | {"why": why}, {})
                elif scoring == "last_k":
                    yield from self.score(subject, stream, blocks + k - 1 - length, length, k, facts)
                else:
                    n_windows = min(max(1, self.tokens // length), (len(stream.ids) - 1) // length)
                    yield from self.score(subject, stream, np.arange(n_windows) * length, length, length, facts)

    def blocks(self, n_stream: int, longest: int, k: int) -> np.ndarray:
        """First target of each block of k: evenly spread, no two overlapping, the last of each with `longest` tokens before."""
        first, last = longest - k + 1, n_stream - k
        n_blocks = max(1, min(self.targets // k, (last - first) // k + 1))
        return np.linspace(first, last, n_blocks).astype(np.int64)

    def why_not(self, subject: Subject, length: int, n_stream: int) -> str:
        """Why this length cannot be scored, or nothing."""
        if subject.max_length is not None and length > subject.max_length:
            return f"{type(subject.model.position).__name__} ends at position {subject.max_length}"
        if length >= n_stream:
            return f"the {self.split} split has only {n_stream} tokens"
        return ""

    def score(
        self, subject: Subject, stream: Stream, starts: np.ndarray, length: int, last: int, facts: dict
    ) -> Iterator[Item]:
        """One item for each window: the sums of its last targets."""
        nats = target_nats(subject, stream, starts, length=length, last=last)
        for number, (start, own) in enumerate(zip(starts, nats, strict=True)):
            targets = np.arange(start + length + 1 - last, start + length + 1)
            yield Item(facts | {"item": number}, sums_of_text(subject, stream, targets, own))
