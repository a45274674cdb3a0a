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

from wordorder.evaluation.base import Evaluation, Item, Score, Subject
from wordorder.source.base import Split

AT_ONCE = 2**22  # ids that are counted in one call


class Tokenization(Evaluation):
    """`tokens` limits the split to the first documents that hold so many, 0: all; `alpha` is the order of the entropy."""

    def __init__(self, *, split: Split, tokens: int, alpha: float):
        if tokens < 0:
            raise ValueError(f"tokens={tokens} must not be negative; 0 counts the whole split")
        if not 0 <= alpha < inf:
            raise ValueError(f"alpha={alpha} must be a number from 0 on; 2.5 is usual, 1 is Shannon's entropy")
        self.split, self.tokens, self.alpha = split, tokens, alpha

    def run(self, subject: Subject) -> Iterator[Item]:
        """An item for the text, and one for each id of the vocabulary."""
        tokenizer, stream = subject.tokenizer, subject.store.stream(self.split)
        first, past = stream.document_bounds()
        n_documents = len(past)
        if self.tokens:
            n_documents = max(1, int(np.searchsorted(past, self.tokens, side="right")))
        n_words = 0
        for start, end in zip(first[:n_documents].tolist(), past[:n_documents].tolist(), strict=True):
            n_words += len(tokenizer.decode(stream.ids[start + 1 : end].tolist()).split())
        n_bytes = float(stream.ends[n_documents - 1, 1])
        yield Item({"split": self.split, "item": "text"}, {"bytes": n_bytes, "words": float(n_words)})
        seen = count_ids(subject, stream.ids[1 : past[n_documents - 1]])
        trained = count_ids(subject, subject.store.stream("train").ids)
        for number, token in enumerate(tokenizer.vocab):
            sums = {"seen": float(seen[number]), "trained": float(trained[number])}
            about = {"length": float(len(token)), "single": float(is_single(token))}
            yield Item({"split": self.split, "item": number}, sums | about)

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        facts = {"split": self.split}
        text, *ids = sorted(items, key=lambda item: -1 if item.facts["item"] == "text" else item.facts["item"])
        seen, trained, length, single = (
            np.array([item.sums[name] for item in ids]) for name in ("seen", "trained", "length", "single")
        )
        if not (n_tokens := int(seen.sum())):
            yield Score("bytes_per_token", None, 0, facts, "there is no text in these documents")
            return
        yield Score("bytes_per_token", text.sums["bytes"] / n_tokens, n_tokens, facts)
        if n_words := text.sums["words"]:
            yield Score("fertility", n_tokens / n_words, n_tokens, facts)
        else:
            yield Score("fertility", None, 0, facts, "there are no words in these documents")
        yield Score("single", float(seen @ single) / n_tokens, n_tokens, facts)
        yield Score("longest", float(length[seen > 0].max()), n_tokens, facts)
        yield Score("renyi_efficiency", entropy(seen[seen > 0] / n_tokens, self.alpha) / log(len(ids)), n_tokens, facts)
        yield Score("unused", float((trained == 0).mean()), len(ids), facts)


def count_ids(subject: Subject, ids: np.ndarray) -> np.ndarray:
    """How often each id occurs, (n_ids,); in parts, because a count needs eight bytes an id."""
    counts = np.zeros(subject.tokenizer.n_ids, dtype=np.int64)
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        counts += np.bincount(part, minlength=len(counts))
        subject.advance(len(part))
    return counts


def is_single(token: bytes) -> bool:
    """One byte, or the bytes of one character."""
    return len(token) == 1 or (1 < len(token) <= 4 and len(token.decode("utf-8", errors="replace")) == 1)


def entropy(p: np.ndarray, alpha: float) -> float:
    """Renyi's entropy of order alpha in nats; 1 is the limit, Shannon's."""
    if alpha == 1:
        return -float(p @ np.log(p))
    return float(np.log((p**alpha).sum())) / (1 - alpha)
