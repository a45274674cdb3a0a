"""word_order: does the model prefer the true order of the words to one in which two of them have changed places?

Excerpts of natural text, whole words of one document and at most `bytes` bytes, each put after an end token. Two different
words that stand `distance` words apart change places; the white space between all words stays. Each text is encoded by the
tokenizer and goes through the model, and the nats of both orders are compared from the first token that differs to the end of
the excerpt: the same bytes in another order. `preference` is the share of excerpts in which the true order has fewer nats, a
tie counting half, so that chance is 1/2; `difference` is the mean of the nats of the swapped order minus those of the true one.

All distances are asked of the same excerpts. Which these are is drawn from the bytes of the split, so it is the same for every
tokenizer that gives back its text; one whose texts have more tokens than the trained length is left out, and the count says
how many are not. Limits: a word is what stands between white space; an excerpt holds as many words as the longest distance
needs, so text of very long words is left out; its first words lack the text before them, in either order.
"""

from collections.abc import Iterable, Iterator
from math import fsum
from random import Random

import numpy as np

from wordorder.evaluation.base import Item, OfStreams, Score, Subject, add_up, group_items
from wordorder.evaluation.excerpts import draw, swap, swaps
from wordorder.evaluation.texts import nats_of_texts
from wordorder.source.base import Split

AT_ONCE = 128  # excerpts, whose texts go through the model with others of equal length


class WordOrder(OfStreams):
    """`distances` in words, `pairs` of a true and a swapped text for each; `seed` draws where they stand."""

    def __init__(self, *, split: Split, distances: list[int], pairs: int, bytes: int, seed: int):
        if not distances or min(distances) < 1:
            raise ValueError(f"distances={distances} must be words from one to the other, such as [1, 2, 4]")
        if pairs < 1:
            raise ValueError(f"pairs={pairs} must be at least 1")
        if bytes < 3:
            raise ValueError(f"bytes={bytes} must hold two words at least, 3 bytes")
        self.split, self.distances, self.pairs = split, sorted(set(distances)), pairs
        self.bytes, self.seed = bytes, seed

    def of_stream(self, subject: Subject, done: int) -> Iterator[Item]:
        """For each excerpt an item for each distance."""
        excerpts = draw(subject, self.split, self.distances, n=self.pairs, n_bytes=self.bytes, seed=self.seed)
        if len(excerpts) < self.pairs:
            far = max(self.distances)
            why = f"the {self.split} split has too few texts of {self.bytes} bytes with two words {far} apart"
            whys = [Item({"split": self.split, "distance": distance, "why": why}, {}) for distance in self.distances]
            yield from whys[done:]
            return
        past, inside = divmod(done, len(self.distances))
        for first in range(past - past % AT_ONCE, self.pairs if past < self.pairs else 0, AT_ONCE):
            texts = [self.orders(text, first + n) for n, text in enumerate(excerpts[first : first + AT_ONCE])]
            for number, own in enumerate(self.ask(subject, texts, first), start=first):
                yield from own[inside if number == past else 0 :] if number >= past else []

    def orders(self, text: str, number: int) -> list[str]:
        """The true text, then the swapped ones in the order of `distances`."""
        places = (
            Random(f"{self.seed} {self.split} {number} {distance}").choice(swaps(text, distance))
            for distance in self.distances
        )
        return [text, *(swap(text, *place) for place in places)]

    def ask(self, subject: Subject, texts: list[list[str]], first: int) -> Iterator[list[Item]]:
        """An item for each distance of each row of texts, the true order first; `first` numbers the rows in the whole run."""
        tokenizer, trained = subject.tokenizer, subject.model.context_length
        ids = [[np.append(tokenizer.end_id, tokenizer.encode(text)) for text in row] for row in texts]
        longest = [max(len(one) - 1 for one in row) for row in ids]
        numbers = [n for n, length in enumerate(longest) if length <= trained for _ in ids[n]]
        fitting = [one for row, length in zip(ids, longest, strict=True) if length <= trained for one in row]
        nats = iter(nats_of_texts(subject, fitting, np.array(numbers, dtype=np.int64) + first))
        for n, row in enumerate(ids):
            about = [{"split": self.split, "distance": distance, "item": first + n} for distance in self.distances]
            if longest[n] > trained:
                why = f"its texts have up to {longest[n]} tokens, the trained length is {trained}: fewer bytes"
                yield [Item(facts | {"why": why}, {}) for facts in about]
                continue
            true, *swapped = [(one, next(nats)) for one in row]
            sums = (sums_of(tokenizer.byte_lengths_V, true, one) for one in swapped)
            yield [Item(facts, own) for facts, own in zip(about, sums, strict=True)]

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        for facts, group in group_items(items, apart=("item", "why")):
            if not (asked := [item for item in group if item.sums]):
                why = str(group[0].facts["why"])
                yield from (Score(metric, None, 0, facts, why) for metric in ("preference", "difference"))
                continue
            total = add_up(asked)
            yield Score("preference", total["preferred"] / len(asked), len(asked), facts)
            yield Score("difference", (total["swapped_nats"] - total["nats"]) / len(asked), len(asked), facts)


def sums_of(
    byte_lengths_V: np.ndarray, true: tuple[np.ndarray, np.ndarray], swapped: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """What both orders, each its ids after the end token's and their nats, need from their first different token on."""
    shared = min(len(true[0]), len(swapped[0]))
    at = int(np.flatnonzero(np.append(true[0][:shared] != swapped[0][:shared], True))[0])
    ours, theirs = fsum(true[1][at - 1 :]), fsum(swapped[1][at - 1 :])
    return {
        "nats": ours,
        "bytes": float(byte_lengths_V[true[0][at:]].sum()),
        "tokens": float(len(true[0]) - at),
        "swapped_nats": theirs,
        "swapped_tokens": float(len(swapped[0]) - at),
        "preferred": 0.5 if ours == theirs else float(ours < theirs),
    }
