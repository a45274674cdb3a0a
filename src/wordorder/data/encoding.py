"""From documents to ids, some megabyte of text at a call; a border of a scored span is a border between tokens."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from wordorder.source.base import Document
from wordorder.tokenizer.base import Tokenizer

CHARACTERS_A_CALL = 1_000_000  # an encoding holds about 100 bytes a token while it lives
DOCUMENTS_A_CALL = 10_000


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """One call, ready to be appended."""

    ids: np.ndarray
    scored: np.ndarray
    sizes: np.ndarray  # (documents, 2): tokens with the end token, bytes
    n_scored_bytes: int
    has_scored: bool
    facts: bytes
    has_facts: bool


def calls(documents: Iterator[Document]) -> Iterator[list[Document]]:
    """Group documents into calls of about CHARACTERS_A_CALL characters."""
    group, size = [], 0
    for document in documents:
        group.append(document)
        size += len(document.text)
        if size >= CHARACTERS_A_CALL or len(group) >= DOCUMENTS_A_CALL:
            yield group
            group, size = [], 0
    if group:
        yield group


def encode(tokenizer: Tokenizer, call: list[Document]) -> list[list[np.ndarray]]:
    """The ids of each piece of each document: a border of a span is a border between tokens."""
    pieces = [[text for text, _ in document.pieces()] or [""] for document in call]
    first = tokenizer.encode_batch([texts[0] for texts in pieces])
    inside = [text for texts in pieces for text in texts[1:]]
    later = iter(tokenizer.encode_inside(inside) if inside else [])
    return [[ids, *islice(later, len(texts) - 1)] for ids, texts in zip(first, pieces, strict=True)]


def assemble(tokenizer: Tokenizer, call: list[Document], encoded: list[list[np.ndarray]], dtype: np.dtype) -> Encoded:
    """One array of a call's ids, end tokens between. Raises ValueError where the ids do not stand for the text's bytes."""
    end = np.array([tokenizer.end_id])
    ids, scored, sizes, n_scored = [], [], [], 0
    for document, parts in zip(call, encoded, strict=True):
        size = len(document.text.encode("utf-8"))
        n_bytes = sum(int(tokenizer.byte_lengths_V[part].sum()) for part in parts)
        if tokenizer.lossless and n_bytes != size + len(tokenizer.prefix):
            raise ValueError(f"{type(tokenizer).__name__} is not lossless on {document.text[:60]!r}")
        flags = [counts for _, counts in document.pieces()] or [True]
        scored += [np.full(len(part), flag) for part, flag in zip(parts, flags, strict=True)]
        scored.append(np.array([document.end_scored]))
        spans = ((0, size),) if document.scored is None else document.scored
        n_scored += sum(past - first for first, past in spans)
        ids += [*parts, end]
        sizes.append((sum(map(len, parts)) + 1, size))
    return Encoded(
        ids=np.concatenate(ids).astype(dtype),
        scored=np.concatenate(scored).astype(np.uint8),
        sizes=np.array(sizes, dtype=np.int64),
        n_scored_bytes=n_scored,
        has_scored=any(document.scored is not None for document in call),
        facts="".join(f"{json.dumps(document.facts)}\n" for document in call).encode(),
        has_facts=any(document.facts for document in call),
    )
