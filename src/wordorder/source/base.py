"""base: where text comes from. A source yields documents, split once and for all into train, val and test."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal, get_args

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Facts = dict[str, int | float | str | list[int]]  # a list tells of each answer of a document in turn


@dataclass(frozen=True)
class Document:
    """One text, the byte spans of it that count (None: all), and what an evaluation may group it by (`facts`)."""

    text: str
    facts: Facts = field(default_factory=dict)
    scored: tuple[tuple[int, int], ...] | None = None

    @classmethod
    def of(cls, pieces: Iterable[tuple[str, bool]], facts: Facts) -> "Document":
        """Join pieces of text, each with whether it is scored; neighbours that are both scored are one span."""
        text, spans, at = "", [], 0
        for piece, counts in pieces:
            past = at + len(piece.encode())
            if counts and spans and spans[-1][1] == at:
                spans[-1] = (spans[-1][0], past)
            elif counts and piece:
                spans.append((at, past))
            text, at = text + piece, past
        return cls(text, facts, tuple(spans))

    def pieces(self) -> list[tuple[str, bool]]:
        """The text cut at the borders of its spans, each piece with whether it is scored.

        Raises ValueError for spans that are empty, overlap, leave the text or cut a character in two.
        """
        if self.scored is None:
            return [(self.text, True)]
        raw = self.text.encode()
        edges = [0, *(edge for span in self.scored for edge in span), len(raw)]
        if edges != sorted(edges) or any(first == past for first, past in self.scored):
            raise ValueError(f"scored={self.scored} must be spans in order inside the {len(raw)} bytes of the text")
        cut = [raw[first:past].decode() for first, past in pairwise(edges)]
        return [(piece, n % 2 == 1) for n, piece in enumerate(cut) if piece]

    @property
    def end_scored(self) -> bool:
        """Does the end of the document count as a target? It does where the last byte does."""
        return self.scored is None or (bool(self.scored) and self.scored[-1][1] == len(self.text.encode()))


class Source:
    """Interface of the shelf: override `documents`; `digest` only where it can be had without reading every text."""

    layout: Literal["stream", "document"] = "stream"  # how rows are made: out of a stream, or one document a row

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split` in an order that never changes. Raises InputError for text that cannot be used."""
        raise NotImplementedError

    def digest(self) -> str:
        """Name the content of all splits: two sources with equal digests yield equal documents."""
        return self._content_digest

    @cached_property
    def _content_digest(self) -> str:
        content = hashlib.sha256()
        for split in SPLITS:
            for document in self.documents(split):
                text = document.text.encode("utf-8")
                scored = "" if document.scored is None else f" {document.scored}"
                content.update(f"{split} {len(text)} {sorted(document.facts.items())}{scored}\n".encode())
                content.update(text)
        return content.hexdigest()

    def describe(self) -> Facts:
        """Say what the record should hold about this text, such as sizes and overlap between splits."""
        return {}
