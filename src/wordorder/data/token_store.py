"""Token ids of a corpus on disk, memory-mapped: built once for a source and a tokenizer, named by both digests.

    <folder>/<key>/meta.json          sizes, digests, counts
    <folder>/<key>/train.ids          uint16 or uint32: end, document, end, document, ..., end
    <folder>/<key>/train.ends         int64 (documents, 2): stream index of each document's end token, bytes up to there
    <folder>/<key>/train.scored       uint8: does the token at this index count as a target? Absent where all do
    <folder>/<key>/train.facts        a line of JSON for each document. Absent where none has any

The end token comes before the first document and after each one, so every byte is a target exactly once.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wordorder.source.base import Facts, Split

AT_ONCE = 2**22  # ids that are counted in one call, because a count needs eight bytes an id


@dataclass(frozen=True)
class Stream:
    """One split: ids (N,), for each document where it ends, in tokens and in bytes (documents, 2), and which ids are scored
    as targets (N,), None where all are."""

    ids: np.ndarray
    ends: np.ndarray
    scored: np.ndarray | None = None

    @property
    def n_bytes(self) -> int:
        return int(self.ends[-1, 1])

    def first_documents(self, tokens: int) -> int:
        """How many of the first documents so many tokens hold, ends counted, but at least one; all for 0 tokens."""
        return max(1, int(np.searchsorted(self.ends[:, 0], tokens, side="right"))) if tokens else len(self.ends)

    def count_targets(self, n_documents: int | None = None, *, scored_only: bool = True) -> np.ndarray:
        """How often each id is a target that counts, or with `scored_only` false any target, in the first or all documents:
        int64, as far as the highest that occurs."""
        past = 1 + int(self.ends[:n_documents][-1, 0])
        counts = np.zeros(0, dtype=np.int64)
        for start in range(1, past, AT_ONCE):
            part = slice(start, min(past, start + AT_ONCE))
            ids = self.ids[part]
            ids = ids[self.scored[part] > 0] if scored_only and self.scored is not None else ids
            own = np.bincount(ids, minlength=len(counts))
            own[: len(counts)] += counts
            counts = own
        return counts

    def documents_of(self, targets: np.ndarray) -> np.ndarray:
        """The document that each target (a stream index from 1 on) belongs to."""
        return np.searchsorted(self.ends[:, 0], targets)

    def documents_into(self, inputs: np.ndarray) -> np.ndarray:
        """The document that each input belongs to: an end token is the first input of the document after it."""
        return np.searchsorted(self.ends[:, 0], inputs, side="right")

    def longest(self, numbers: np.ndarray) -> int:
        """Targets of the longest of these documents, its end token counted."""
        first, past = self.document_bounds()
        return int((past - first)[numbers].max())

    def document_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each document the stream index of the end token before it, its first input, and of that after it, its last
        target."""
        past = np.array(self.ends[:, 0])
        return np.append(0, past[:-1]), past


class TokenStore:
    """The three streams of one store folder, opened read-only."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))

    @property
    def bytes_a_token(self) -> float:
        """Of the train split, end tokens counted."""
        counts = self.meta["splits"]["train"]
        return counts["bytes"] / counts["tokens"]

    @cached_property
    def target_counts(self) -> np.ndarray:
        """How often each id is a target that counts in the train split, counted once."""
        return self.stream("train").count_targets()

    def stream(self, split: Split) -> Stream:
        """Map one split; nothing is read until it is used."""
        ids = np.memmap(self.folder / f"{split}.ids", dtype=self.meta["dtype"], mode="r")
        ends = np.memmap(self.folder / f"{split}.ends", dtype=np.int64, mode="r").reshape(-1, 2)
        scored = None
        if f"{split}.scored" in self.meta["files"]:
            scored = np.memmap(self.folder / f"{split}.scored", dtype=np.uint8, mode="r")
        return Stream(ids, ends, scored)

    def facts(self, split: Split) -> list[Facts]:
        """The facts of each document, {} where it has none."""
        if f"{split}.facts" not in self.meta["files"]:
            return [{}] * self.meta["splits"][split]["documents"]
        return [json.loads(line) for line in (self.folder / f"{split}.facts").open(encoding="utf-8")]

    def whole(self) -> bool:
        """Every file holds the bytes that were written, and meta.json says what build made of it."""
        files = self.meta["files"]
        return self.meta["own"] == digest_meta(self.meta) and files == digest_files(self.folder, files)


def digest_files(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """sha256 of each file; a gigabyte takes about a second."""
    digests = {}
    for name in names:
        with (folder / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def digest_meta(meta: dict[str, Any]) -> str:
    """sha256 of all that meta.json says of the store."""
    said = {key: value for key, value in meta.items() if key != "own"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
