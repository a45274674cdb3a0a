"""tokenization: how a tokenizer cuts unseen text; the model is not asked.

Of the text tokens of a split, ends of documents left out and everything between them counted, prompts too:
`bytes_per_token` (UTF-8 bytes of the text over its tokens); `fertility` (tokens over whitespace-separated words);
`single`, the share of tokens that are one byte or one character; `longest`, the bytes of the longest one that occurs;
`renyi_efficiency` = ln(sum of p^alpha) / (1 - alpha) / ln(vocabulary) with p the frequencies of the ids, 1 where all are
alike (Zouhar et al. 2023, 2306.16842); and `unused`, the share of the vocabulary that never occurs in the training split.

Limits: descriptors, no verdicts. More bytes a token and a higher efficiency need not make a better model (Cognetta et al.
2024, 2402.14614), and of a lossy tokenizer words are counted in what it gives back.
"""

from collections.abc import Iterable, Iterator
from math import inf, log

import numpy as np

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Evaluation, Item, Score, Subject
from wordorder.source.base import Split


class Tokenization(Evaluation):
    """`tokens` limits the split to the first documents that hold so many, 0: all; `alpha` is the order of the entropy."""

    def __init__(self, *, split: Split, tokens: int, alpha: float):
        if tokens < 0:
            raise ValueError(f"tokens={tokens} must not be negative; 0 counts the whole split")
        if not 0 <= alpha < inf:
            raise ValueError(f"alpha={alpha} must be a number from 0 on; 2.5 is usual, 1 is Shannon's entropy")
        self.split, self.tokens, self.alpha = split, tokens, alpha

    def run(self, subject: Subject, *, done: int = 0) -> Iterator[Item]:
        """One item: what is counted in the text, and the vocabulary that the training text uses."""
        if done:
            return
        tokenizer, stream = subject.tokenizer, subject.store.stream(self.split)
        first, past = stream.document_bounds()
        n_documents, n_words = stream.first_documents(self.tokens), 0
        for start, end in zip(first[:n_documents].tolist(), past[:n_documents].tolist(), strict=True):
            n_words += len(tokenizer.decode(stream.ids[start + 1 : end].tolist()).split())
        n_vocab = len(tokenizer.vocab)
        seen = count_text(subject, stream, n_documents)
        used = np.count_nonzero(count_text(subject, subject.store.stream("train")))
        occur = np.flatnonzero(seen)
        sums = {
            "bytes": stream.ends[n_documents - 1, 1],
            "words": n_words,
            "tokens": seen.sum(),
            "single": sum(int(seen[i]) for i in occur if is_single(tokenizer.vocab[i])),
            "longest": max((len(tokenizer.vocab[i]) for i in occur), default=0),
            "powers": sum_powers(seen[occur].astype(np.float64), self.alpha),
            "used": used,
            "vocabulary": n_vocab,
        }
        yield Item({"split": self.split}, {name: float(value) for name, value in sums.items()})

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        (item,), facts = items, {"split": self.split}
        total = item.sums
        n_tokens, n_vocab = int(total["tokens"]), int(total["vocabulary"])
        if not n_tokens:
            yield Score("bytes_per_token", None, 0, facts, "there is no text in these documents")
            return
        yield Score("bytes_per_token", total["bytes"] / n_tokens, n_tokens, facts)
        if total["words"]:
            yield Score("fertility", n_tokens / total["words"], n_tokens, facts)
        else:
            yield Score("fertility", None, 0, facts, "there are no words in these documents")
        yield Score("single", total["single"] / n_tokens, n_tokens, facts)
        yield Score("longest", total["longest"], n_tokens, facts)
        efficiency = entropy(total["powers"], n_tokens, self.alpha) / log(n_vocab)
        yield Score("renyi_efficiency", efficiency, n_tokens, facts)
        yield Score("unused", 1 - total["used"] / n_vocab, n_vocab, facts)


def count_text(subject: Subject, stream: Stream, n_documents: int | None = None) -> np.ndarray:
    """How often each entry of the vocabulary occurs in the first or all documents, as far as the highest that does."""
    counts = stream.count_targets(n_documents, scored_only=False)
    subject.advance(int(counts.sum()))
    counts[subject.tokenizer.end_id] = 0  # of a loaded file it may be one of the vocabulary, and is no text
    return counts[: len(subject.tokenizer.vocab)]


def is_single(token: bytes) -> bool:
    """One byte, or the bytes of one character."""
    return len(token) == 1 or (1 < len(token) <= 4 and len(token.decode("utf-8", errors="replace")) == 1)


def sum_powers(counts: np.ndarray, alpha: float) -> float:
    """All of counts that an entropy of order alpha needs beside their sum."""
    return float((counts @ np.log(counts)) if alpha == 1 else (counts**alpha).sum())


def entropy(powers: float, n: int, alpha: float) -> float:
    """Renyi's entropy of order alpha, in nats, of counts with this sum n and these powers; 1 is the limit, Shannon's."""
    return log(n) - powers / n if alpha == 1 else (log(powers) - alpha * log(n)) / (1 - alpha)
