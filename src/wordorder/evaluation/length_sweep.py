"""length_sweep: bits per byte at multiples of the trained length, the same model asked in three ways.

last_k: the same blocks of k tokens are scored at every length, only the text before them grows, so a difference between
lengths is due to the length. It is sliding-window evaluation with stride k; at factor 1 it is what the model makes of these
targets with its context cut to the trained length. window_limited: the same targets and contexts, but each query sees only
the last keys, as many as the trained length; positions go on growing. non_overlapping: stretches of text are cut into windows
of the length and all of it is scored, which favours longer windows, because fewer tokens stand near a window's start.

Every context lies in one document, and those documents alone are asked that are as long as the longest context: what is scored
does not change with the length. `documents` is how many, and the digest of their numbers in the split.
`context_benefit` is the bits per byte that last_k has at factor 1, where that is asked, minus those at a longer context:
positive where the model makes use of what is further away. `context_benefit_low` and `_high` are an interval of this one model
over documents; they say nothing about another training.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Item, OfStreams, Score, Scoring, Subject
from wordorder.evaluation.benefit import benefit
from wordorder.evaluation.contexts import limit_window, spread_contexts
from wordorder.evaluation.windows import sums_of_text, target_nats
from wordorder.source.base import Facts, Split


class LengthSweep(OfStreams):
    """`targets` tokens in blocks of `k`, which is the stride, for last_k and window_limited; `tokens` tokens a length for
    non_overlapping. `documents`: long, or any, which lets a context cross the ends of documents."""

    own = ("item", "document")

    def __init__(
        self,
        *,
        split: Split,
        factors: list[int],
        scoring: list[Scoring],
        documents: Literal["long", "any"],
        targets: int,
        k: int,
        tokens: int,
    ):
        if not factors or min(factors) < 1:
            raise ValueError(f"factors={factors} must be multiples of the trained length, such as [1, 2, 4, 8]")
        if k < 1:
            raise ValueError(f"k={k} must be at least 1")
        if targets < k:
            raise ValueError(f"targets={targets} must hold at least one block of k={k} tokens")
        if tokens < 1:
            raise ValueError(f"tokens={tokens} must be at least 1")
        self.split, self.factors, self.scoring, self.documents = split, sorted(set(factors)), scoring, documents
        self.targets, self.k, self.tokens = targets, k, tokens

    def of_stream(self, subject: Subject, done: int) -> Iterator[Item]:
        stream, trained = subject.store.stream(self.split), subject.model.context_length
        first, past = self.bounds(stream)
        n_most = int((past - first).max()) - 1  # targets of the longest text
        longest = max([factor * trained for factor in self.factors if factor * trained <= n_most], default=trained)
        for scoring in self.scoring:
            starts = self.longest_contexts(stream, scoring, longest, trained)
            for factor in self.factors:
                length = factor * trained
                facts = {"split": self.split, "scoring": scoring, "length": length, "factor": factor}
                if why := self.why_not(subject, length, n_most):
                    n_items, items = 1, iter([Item(facts | {"why": why}, {})][done:])
                elif scoring == "non_overlapping":
                    own = (starts[:, None] + np.arange(longest // length) * length).ravel()
                    n_items, items = len(own), self.score(subject, stream, own, length, length, facts, done)
                else:
                    asked = subject
                    if scoring == "window_limited":
                        asked = replace(subject, model=limit_window(subject.model, trained))
                    own, k = starts + longest - length, min(self.k, trained)
                    n_items, items = len(own), self.score(asked, stream, own, length, k, facts, done)
                yield from items
                done = max(0, done - n_items)

    def bounds(self, stream: Stream) -> tuple[np.ndarray, np.ndarray]:
        """First input and past-the-last target of each text that a context may lie in; the ends of documents are no targets."""
        return stream.document_bounds() if self.documents == "long" else (np.array([0]), np.array([len(stream.ids)]))

    def longest_contexts(self, stream: Stream, scoring: Scoring, longest: int, trained: int) -> np.ndarray:
        """Where the contexts of the longest length begin."""
        k = min(self.k, trained)  # a block fits into the shortest context
        step, n = (longest, self.tokens // longest) if scoring == "non_overlapping" else (k, self.targets // k)
        return spread_contexts(*self.bounds(stream), length=longest, step=step, n=max(1, n))

    def why_not(self, subject: Subject, length: int, n_most: int) -> str:
        """Why this length cannot be scored, or nothing."""
        if subject.max_length is not None and length > subject.max_length:
            return subject.why_no_longer
        if length > n_most and self.documents == "any":
            return f"the {self.split} split has only {n_most + 1} tokens"
        if length > n_most:
            return f"the longest document of the {self.split} split has only {n_most} tokens; documents=any joins them"
        return ""

    def score(
        self, subject: Subject, stream: Stream, starts: np.ndarray, length: int, last: int, facts: Facts, done: int
    ) -> Iterator[Item]:
        """One item for each window: the sums of its last targets."""
        nats = target_nats(subject, stream, starts, length=length, last=last, done=done)
        document = stream.documents_of(starts + length)
        for number, own in enumerate(nats, start=done):
            targets = starts[number] + length + np.arange(1 - last, 1)
            about = {"item": number, "document": int(document[number])}
            yield Item(facts | about, sums_of_text(subject, stream, targets, own))

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        """Bits per byte of each way and length, then the benefit of each longer context, then what was asked."""
        items = list(items)
        yield from super().scores(items)
        by_factor: dict[int, list[Item]] = {}
        for item in items:
            if item.facts.get("scoring") == "last_k":
                by_factor.setdefault(item.facts["factor"], []).append(item)
        for factor in sorted(by_factor)[1:] if 1 in by_factor else []:
            yield from benefit(by_factor[1], by_factor[factor], apart=self.own)
        if documents := sorted({item.facts["document"] for item in items if item.sums}):
            digest = hashlib.sha256(str(documents).encode()).hexdigest()[:16]
            n_tokens = sum(int(item.sums["tokens"]) for item in items if item.sums)
            yield Score("documents", len(documents), n_tokens, {"split": self.split, "digest": digest})
