"""A small text and an untrained model to ask, and its nats one window at a time."""

import random

import numpy as np
import torch

from wordorder.evaluation.base import Item, Subject
from wordorder.source.base import Document, Source

LENGTH = 16
CLOSE = 1e-5  # relative; logits are float32
SIZES = {"context_length": LENGTH, "n_heads": 2, "n_kv_heads": 1, "d_model": 8, "d_ff": 16, "n_layers": 1}


class Fixed(Source):
    """A few documents of letters, the first one empty but for a character of four bytes."""

    def documents(self, split):
        draw = random.Random(split)
        yield Document("🙂")
        for length in (1, 40, 3, 200, 0, 150, 90):
            yield Document("".join(draw.choices("abc déf\n", k=length)))


class Questions(Source):
    """Prompts with an answer; `length` is the document's in tokens of a byte, its end counted, and "out" past LENGTH."""

    layout = "document"

    def documents(self, split):
        draw = random.Random(f"questions {split}")
        for n in range(60 if split == "train" else 24):
            length = 6 + n % (4 if split == "train" else 18)
            prompt, answer = draw.choices("abc", k=length - 4), draw.choices("xy", k=2)
            facts = {"length": length, "range": "in" if length <= LENGTH else "out", "chance": 0.25}
            yield Document.of([("".join(prompt), False), (f" {''.join(answer[:1])}", True), (answer[1], True)], facts)


def nats_of(subject: Subject, start: int, target: int) -> float:
    """Of one target after the inputs from `start` on: one window at a time, in float64."""
    ids = subject.store.stream("test").ids.astype(np.int64)
    with torch.no_grad():
        logits = subject.model(torch.from_numpy(ids[start:target])[None])[0, -1]
    return -float(logits.double().log_softmax(-1)[ids[target]])


def raw_lengths() -> list[int]:
    return [len(document.text.encode()) for document in Fixed().documents("test")]


def asked(items: list[Item]) -> list[Item]:
    return [item for item in items if "why" not in item.facts]


def uniform(subject: Subject, monkeypatch) -> Subject:
    monkeypatch.setattr(subject.model, "logits", lambda x_BTD: torch.zeros(*x_BTD.shape[:-1], 257))
    return subject
