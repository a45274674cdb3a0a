"""How documents become rows: out of one stream, whatever ends where, or one document a row."""

from functools import partial
from typing import Literal, Protocol

import numpy as np
import torch

from wordorder.data.batch import UNSCORED, Batch
from wordorder.data.token_store import Stream, TokenStore
from wordorder.data.window import ByBlock, Windows, shuffle
from wordorder.errors import InputError
from wordorder.source.base import Source

Layout = Literal["stream", "document"]


class Rows(Protocol):
    """The rows of a run by number, the same whatever was asked before."""

    length: int  # inputs of a row, padding counted
    tokens_a_row: float  # on average, padding left out

    def batch(self, rows: np.ndarray) -> Batch:
        """The rows of these numbers (int64)."""
        ...


class Packing:
    """What holds for all arms of a comparison: `layout` (auto: a task has one document a row, a corpus is a stream), whether
    tokens may attend across the borders of documents, and the unit of model.context_length."""

    def __init__(
        self,
        *,
        layout: Literal["auto", "stream", "document"],
        attend_across: bool,
        context_unit: Literal["tokens", "bytes"],
    ):
        self.layout, self.attend_across, self.context_unit = layout, attend_across, context_unit

    def layout_of(self, source: Source) -> Layout:
        return source.layout if self.layout == "auto" else self.layout

    def context_tokens(self, context_length: int, store: TokenStore) -> int:
        """The context in tokens: as it is, or the tokens that so many bytes of the training text have on average."""
        if self.context_unit == "tokens":
            return context_length
        counts = store.meta["splits"]["train"]
        return max(1, round(context_length * counts["tokens"] / counts["bytes"]))

    def rows(self, stream: Stream, source: Source, *, length: int, data_seed: int) -> Rows:
        """The rows of training. Raises InputError for too little text, or a document longer than `length`."""
        if self.layout_of(source) == "document":
            return DocumentRows(stream, length=length, data_seed=data_seed)
        return StreamRows(stream, length=length, data_seed=data_seed, across=self.attend_across)


def refuse_long(longest: int, length: int) -> None:
    """InputError for a document of more tokens, its end counted, than the context has."""
    if longest > length:
        raise InputError(
            f"model.context_length={length} is too short for the longest training document, which has {longest} tokens: "
            f"model.context_length={longest}, or shorter documents"
        )


class StreamRows:
    """Windows of `length` over the stream."""

    def __init__(self, stream: Stream, *, length: int, data_seed: int, across: bool):
        self.stream, self.length, self.tokens_a_row, self.across = stream, length, float(length), across
        self.windows = Windows(len(stream.ids), length=length, data_seed=data_seed)
        self.starts = ByBlock(self.windows.starts)

    def batch(self, rows: np.ndarray) -> Batch:
        at = self.starts(rows)[:, None] + np.arange(self.length + 1)
        ids = torch.from_numpy(self.stream.ids[at].astype(np.int64))
        target = ids[:, 1:]
        if self.stream.scored is not None:
            target = target.masked_fill(~torch.from_numpy(self.stream.scored[at[:, 1:]].astype(bool)), UNSCORED)
        document = None if self.across else torch.from_numpy(self.stream.documents_into(at[:, :-1]))
        return Batch(ids[:, :-1], target, torch.from_numpy(rows), torch.full((len(rows),), self.length), document)


class DocumentRows:
    """Document by document in an order of each epoch's own, padded on the right, as far as the longest one goes."""

    def __init__(self, stream: Stream, *, length: int, data_seed: int):
        self.stream = stream
        self.first, self.past = stream.document_bounds()
        self.order = ByBlock(partial(shuffle, n=len(self.first), data_seed=data_seed))
        self.length = int((self.past - self.first).max())
        self.tokens_a_row = float((self.past - self.first).mean())
        refuse_long(self.length, length)

    def batch(self, rows: np.ndarray) -> Batch:
        which = self.order(rows)
        first, past = self.first[which, None], self.past[which, None]
        at = first + np.arange(self.length + 1)
        inside = at <= past  # targets run to the end token at `past`
        at = np.minimum(at, past)  # padding repeats the end token, which nothing before it sees
        ids = torch.from_numpy(self.stream.ids[at].astype(np.int64))
        scored = inside[:, 1:] if self.stream.scored is None else inside[:, 1:] & (self.stream.scored[at[:, 1:]] > 0)
        target = ids[:, 1:].masked_fill(~torch.from_numpy(scored), UNSCORED)
        return Batch(ids[:, :-1], target, torch.from_numpy(rows), torch.from_numpy((past - first)[:, 0]))
