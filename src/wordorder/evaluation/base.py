"""base: what is asked of a trained model. An evaluation yields items (sums per document, window or block), and makes
scores of items by summing them and dividing once; scores need no model."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from math import log
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from wordorder.data.rows import Layout
from wordorder.data.token_store import Stream, TokenStore
from wordorder.source.base import Facts
from wordorder.tokenizer.base import Tokenizer

TOKENS_A_CALL = {"cpu": 2048, "cuda": 65536}  # what the CPU's caches hold; on a card, enough to fill it


@dataclass(frozen=True)
class Subject:
    """A trained model and what an evaluation may ask of it."""

    model: nn.Module
    tokenizer: Tokenizer
    store: TokenStore
    device: str
    layout: Layout = "stream"
    attend_across: bool = True
    advance: Callable[[int], None] = lambda n_tokens: None  # told how many tokens were scored, for a progress bar

    @property
    def max_length(self) -> int | None:
        """The longest input that the position scheme takes; None: any."""
        return self.model.position.max_position


@dataclass(frozen=True)
class Item:
    """Sums over one document, window or block, and what it was about."""

    facts: Facts
    sums: dict[str, float]


@dataclass(frozen=True)
class Score:
    """One number with the count of targets behind it; value None: not applicable, and why."""

    metric: str
    value: float | None
    count: int
    facts: Facts = field(default_factory=dict)
    why: str = ""


class Evaluation:
    """Interface of the shelf. The yaml's name names the evaluation; its arguments are part of its identity."""

    def run(self, subject: Subject) -> Iterator[Item]:
        """Ask the model; an item whose sums are empty and whose facts hold `why` says what cannot be asked."""
        raise NotImplementedError

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        """Bits per byte of the items of equal facts, the facts in `own` apart."""
        for facts, group in group_items(items, apart=self.own):
            if why := facts.pop("why", ""):
                yield Score("bits_per_byte", None, 0, facts, str(why))
            elif not (total := add_up(group))["bytes"]:
                yield Score("bits_per_byte", None, 0, facts, "none of its targets is text")
            else:
                yield Score("bits_per_byte", bits_per_byte(total["nats"], total["bytes"]), int(total["tokens"]), facts)

    own: tuple[str, ...] = ("item",)  # facts that tell items apart, not scores


def bits_per_byte(nats: float, n_bytes: float) -> float:
    """Nats of text over ln 2 times its bytes."""
    return nats / (log(2) * n_bytes)


def group_items(items: Iterable[Item], *, apart: tuple[str, ...]) -> Iterator[tuple[Facts, list[Item]]]:
    """Items by their facts, those named in `apart` left out; groups in order of first appearance."""
    keyed = [({name: value for name, value in item.facts.items() if name not in apart}, item) for item in items]
    order: dict[str, int] = {}
    for facts, _ in keyed:
        order.setdefault(repr(facts), len(order))
    keyed.sort(key=lambda pair: order[repr(pair[0])])
    for _, group in groupby(keyed, key=lambda pair: repr(pair[0])):
        pairs = list(group)
        yield dict(pairs[0][0]), [item for _, item in pairs]


def add_up(items: list[Item]) -> dict[str, float]:
    """Sum each of the items' sums."""
    return {name: sum(item.sums[name] for item in items) for name in items[0].sums}


def target_nats(subject: Subject, stream: Stream, starts: np.ndarray, *, length: int, last: int) -> np.ndarray:
    """Nats of the last `last` targets of each window of `length` inputs from starts on: float64 (windows, last)."""
    rows_a_call = max(1, TOKENS_A_CALL[subject.device] // length)
    nats = np.empty((len(starts), last))
    for first in range(0, len(starts), rows_a_call):
        at = starts[first : first + rows_a_call, None] + np.arange(length + 1)
        ids = torch.from_numpy(stream.ids[at].astype(np.int64)).to(subject.device)
        document = None
        if not subject.attend_across:
            document = torch.from_numpy(stream.documents_into(at[:, :-1])).to(subject.device)
        with torch.inference_mode():
            row_B = torch.arange(first, first + len(at), device=subject.device)
            logits = subject.model(ids[:, :-1], last=last, row_B=row_B, document_BT=document).flatten(0, 1).float()
            loss = F.cross_entropy(logits, ids[:, -last:].flatten(), reduction="none")
        nats[first : first + rows_a_call] = loss.view(-1, last).double().cpu().numpy()
        subject.advance(at.size)
    return nats


def sums_of_text(subject: Subject, stream: Stream, targets: np.ndarray, nats: np.ndarray) -> dict[str, float]:
    """nats, bytes and tokens of those targets (stream indices) that are text; end tokens carry no bytes and do not count."""
    lengths = subject.tokenizer.byte_lengths_V[stream.ids[targets]]
    is_text = lengths > 0
    return {"nats": float(nats[is_text].sum()), "bytes": float(lengths.sum()), "tokens": float(is_text.sum())}


ONE_A_ROW = "each document is a row of its own: exact_match tells by length"
Scoring = Literal["last_k", "non_overlapping"]
