"""bits_per_byte: how many bits the model needs for each byte of unseen text, every byte once.

Windows of the trained length, one behind the other. The headline counts text only; `bits_per_byte_with_end` adds what the
ends of documents cost, and is the length of a code for the collection. Comparable across tokenizers on the same text.
Where a source knows how probable its documents are, `floor_with_end` is the least that any model can need for them on
average. Of a task the answers count, a document of the trained lengths at a time; `unigram` is what the frequencies of the
training answers' tokens would need for them.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from wordorder.data.token_store import Stream, TokenStore
from wordorder.errors import InputError
from wordorder.evaluation.answers import read_answers
from wordorder.evaluation.base import Evaluation, Item, Score, Subject, add_up, bits_per_byte
from wordorder.evaluation.stream import cut, stream_nats
from wordorder.source.base import Split


class BitsPerByte(Evaluation):
    """`tokens` limits the text to the first documents that hold so many; 0: all."""

    def __init__(self, *, split: Split, tokens: int):
        if tokens < 0:
            raise ValueError(f"tokens={tokens} must not be negative; 0 scores the whole split")
        self.split, self.tokens = split, tokens

    def run(self, subject: Subject, *, done: int = 0) -> Iterator[Item]:
        stream = subject.store.stream(self.split)
        ask = self.of_answers if subject.layout == "document" else self.of_stream
        yield from ask(subject, stream, stream.first_documents(self.tokens), done)

    def of_stream(self, subject: Subject, stream: Stream, n_documents: int, done: int) -> Iterator[Item]:
        """An item for each document, every byte of it once."""
        ends, facts = stream.ends[:n_documents], subject.store.facts(self.split)
        n_targets = int(ends[-1, 0])
        lengths = subject.tokenizer.byte_lengths_V[stream.ids[1 : n_targets + 1]]
        if subject.tokenizer.lossless:
            assert int(lengths.sum()) == int(ends[-1, 1]) + len(ends) * len(subject.tokenizer.prefix)
        sizes = np.diff(ends, axis=0, prepend=0)[done:].tolist()  # tokens with the end, bytes
        nats = stream_nats(subject, stream, n_targets, first=int(ends[done - 1, 0]) if done else 0)
        for number, own in enumerate(cut(nats, [size for size, _ in sizes]), start=done):
            text = own[:-1]
            sums = {"nats": float(text.sum()), "bytes": float(sizes[number - done][1]), "tokens": float(len(text))}
            floor = {"floor_bits": float(facts[number]["bits"])} if "bits" in facts[number] else {}
            yield Item({"split": self.split, "item": number}, sums | {"end_nats": float(own[-1])} | floor)

    def of_answers(self, subject: Subject, stream: Stream, n_documents: int, done: int) -> Iterator[Item]:
        """An item for each document of the trained lengths: what counts in it."""
        facts = subject.store.facts(self.split)
        numbers = np.array([n for n in range(n_documents) if facts[n].get("range") != "out"], dtype=np.int64)
        if why := why_not(subject, stream, numbers):
            yield from [Item({"split": self.split, "why": why}, {})][done:]
            return
        baseline = unigram_nats(subject.store, subject.tokenizer.n_ids)
        for one in read_answers(subject, stream, numbers, done=done):
            text = one.scored & (subject.tokenizer.byte_lengths_V[one.ids] > 0)
            end = one.scored & ~text
            yield Item(
                {"split": self.split, "item": one.number},
                {
                    "nats": float(one.nats[text].sum()),
                    "bytes": float(subject.tokenizer.byte_lengths_V[one.ids[text]].sum()),
                    "tokens": float(text.sum()),
                    "end_nats": float(one.nats[end].sum()),
                    "unigram_nats": float(baseline[one.ids[text]].sum()),
                },
            )

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        items, facts = list(items), {"split": self.split}
        if why := items[0].facts.get("why"):
            yield Score("bits_per_byte", None, 0, facts, str(why))
            return
        if not (total := add_up(items))["bytes"]:
            yield Score("bits_per_byte", None, 0, facts, "none of its targets is text")
            return
        n_bytes, n_tokens = total["bytes"], int(total["tokens"])
        yield Score("bits_per_byte", bits_per_byte(total["nats"], n_bytes), n_tokens, facts)
        with_end = bits_per_byte(total["nats"] + total["end_nats"], n_bytes)
        yield Score("bits_per_byte_with_end", with_end, n_tokens + len(items), facts)
        if "unigram_nats" in total:
            yield Score("unigram", bits_per_byte(total["unigram_nats"], n_bytes), n_tokens, facts)
        if "floor_bits" in total:
            yield Score("floor_with_end", total["floor_bits"] / n_bytes, n_tokens + len(items), facts)


def why_not(subject: Subject, stream: Stream, numbers: np.ndarray) -> str:
    """Why the documents of these numbers cannot be asked, or nothing."""
    if not len(numbers):
        return "none of the documents is of a trained length"
    longer = subject.max_length is not None and stream.longest(numbers) > subject.max_length
    return subject.why_no_longer if longer else ""


def unigram_nats(store: TokenStore, n_ids: int) -> np.ndarray:
    """Nats of each id by its frequency among the scored targets of the training text, one added to each count: (n_ids,)."""
    counts = np.ones(n_ids, dtype=np.int64)
    counts[: len(store.target_counts)] += store.target_counts
    return -np.log(counts / counts.sum())


def validation(subject: Subject, *, tokens: int) -> dict[str, float]:
    """The learning curve's point: nats a token and bits a byte over the first documents of the val split.

    Raises InputError where these cannot be scored.
    """
    was_training = subject.model.training
    subject.model.eval()
    evaluation = BitsPerByte(split="val", tokens=tokens)
    items = list(evaluation.run(subject))
    subject.model.train(was_training)
    score = next(evaluation.scores(items))
    if score.value is None:
        raise InputError(
            f"record.validate_tokens={tokens}: {score.why}; record.validate_steps=0 trains without validation"
        )
    return {"val_loss": add_up(items)["nats"] / score.count, "val_bits_per_byte": score.value}
