"""base: what is asked of a trained model. An evaluation yields items (sums per document, window or block), and makes
scores of items by summing them and dividing once; scores need no model. Items come one after the other in an order that
never changes, so that an evaluation that was stopped goes on where it was."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import log
from typing import Literal

from torch import nn

from wordorder.data.rows import Layout
from wordorder.data.token_store import TokenStore
from wordorder.source.base import Facts, Split
from wordorder.tokenizer.base import Tokenizer


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

    @property
    def why_no_longer(self) -> str:
        """Why nothing beyond `max_length` can be asked."""
        return f"{type(self.model.position).__name__} ends at position {self.max_length}"


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

    def run(self, subject: Subject, *, done: int = 0) -> Iterator[Item]:
        """Ask the model for all items but the first `done`, bit for bit as if those had come before, without asking again.

        An item whose sums are empty and whose facts hold `why` says what cannot be asked.
        """
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


class OfStreams(Evaluation):
    """An evaluation that is asked of text in a stream alone; of documents that are rows of their own it says that it is not."""

    split: Split

    def run(self, subject: Subject, *, done: int = 0) -> Iterator[Item]:
        if subject.layout == "document":
            yield from [Item({"split": self.split, "why": ONE_A_ROW}, {})][done:]
        else:
            yield from self.of_stream(subject, done)

    def of_stream(self, subject: Subject, done: int) -> Iterator[Item]:
        """What `run` yields of a stream."""
        raise NotImplementedError


def bits_per_byte(nats: float, n_bytes: float) -> float:
    """Nats of text over ln 2 times its bytes."""
    return nats / (log(2) * n_bytes)


def group_items(items: Iterable[Item], *, apart: tuple[str, ...]) -> Iterator[tuple[Facts, list[Item]]]:
    """Items by their facts, those named in `apart` left out; groups in order of first appearance."""
    groups: dict[str, tuple[Facts, list[Item]]] = {}
    for item in items:
        facts = {name: value for name, value in item.facts.items() if name not in apart}
        groups.setdefault(repr(facts), (facts, []))[1].append(item)
    yield from groups.values()


def add_up(items: list[Item]) -> dict[str, float]:
    """Sum each of the items' sums."""
    return {name: sum(item.sums[name] for item in items) for name in items[0].sums}


ONE_A_ROW = "each document is a row of its own: exact_match tells by length"
Scoring = Literal["last_k", "non_overlapping", "window_limited"]
