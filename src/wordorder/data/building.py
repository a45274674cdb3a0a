"""Building a token store: calls of about a megabyte, encoded while those before them are written, in constant memory.

Files grow beside their place, in <key>.building; after each call progress.json says how far they go. A build that was killed
goes on from there, to the same bytes. The folder is renamed into place when it is whole.
"""

import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from wordorder.data.encoding import Encoded, assemble, calls, encode
from wordorder.data.token_store import TokenStore, digest_files, digest_meta
from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Source, Split
from wordorder.tokenizer.base import Tokenizer
from wordorder.whole_files import lock_beside, write_whole

FORMAT = 2
SUFFIXES = ("ids", "ends", "scored", "facts")
AHEAD = 2  # calls under way beside the one that is written


@dataclass
class Counts:
    """Of one split so far. `longest`: tokens of the longest document, its end token counted."""

    documents: int = 0
    tokens: int = 0
    bytes: int = 0
    scored_bytes: int = 0
    longest: int = 0
    has_scored: bool = False
    has_facts: bool = False


def open_store(source: Source, tokenizer: Tokenizer, folder: Path, *, verified: bool = False) -> TokenStore:
    """Open the store of this source under this tokenizer, building it if it is absent or damaged.

    One that is `verified`, because another process has just found it whole, is not read through again.
    """
    key = hashlib.sha256(f"{FORMAT} {source.digest()} {tokenizer.digest()}".encode()).hexdigest()[:16]
    place = folder / key
    if store := find_store(place, verified=verified):
        return store
    with lock_beside(place):
        if store := find_store(place):  # another process has built it while this one waited
            return store
        build(source, tokenizer, place)
    return TokenStore(place)


def find_store(place: Path, *, verified: bool = False) -> TokenStore | None:
    """The store that lies there whole; None where it is absent or damaged. One that is `verified` is not read through."""
    try:
        store = TokenStore(place)
        return store if verified or store.whole() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def build(source: Source, tokenizer: Tokenizer, folder: Path) -> None:
    """Write all splits beside `folder` and rename them into place. The caller holds the lock of this store."""
    beside = folder.with_name(f"{folder.name}.building")
    beside.mkdir(parents=True, exist_ok=True)
    try:
        counts = write_splits(source, tokenizer, beside)
    except ValueError:  # of a text or tokenizer that cannot be used, so that nothing will go on from here
        shutil.rmtree(beside)
        raise
    meta = {
        "format": FORMAT,
        "dtype": dtype_of(tokenizer),
        "vocabulary": len(tokenizer.vocab),
        "source": source.digest(),
        "tokenizer": tokenizer.digest(),
        "splits": {split: asdict(count) for split, count in counts.items()},
        "files": digest_files(beside, sorted(file.name for file in beside.iterdir())),
    }
    meta["own"] = digest_meta(meta)
    (beside / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def write_splits(source: Source, tokenizer: Tokenizer, beside: Path) -> dict[Split, Counts]:
    """Write what is missing of each split. Raises InputError for a split without text."""
    about, writers = source.describe(), {}
    for split in SPLITS:
        writer = writers[split] = SplitWriter(beside / split, tokenizer)
        total = about.get(f"bytes_{split}")
        with tqdm(total=total, desc=f"encode {split}", unit="B", unit_scale=True, disable=None, leave=False) as bar:
            bar.update(writer.counts.bytes)
            writer.write(source.documents(split), bar)
        if not writer.counts.bytes:
            raise InputError(f"source: the {split} split has no text; give more, or source.{split} of its own")
    for writer in writers.values():
        writer.progress.unlink()
    return {split: writer.counts for split, writer in writers.items()}


def dtype_of(tokenizer: Tokenizer) -> str:
    return "uint16" if tokenizer.n_ids <= 2**16 else "uint32"


class SplitWriter:
    """The growing files of one split."""

    def __init__(self, path: Path, tokenizer: Tokenizer):
        self.path, self.tokenizer, self.dtype = path, tokenizer, np.dtype(dtype_of(tokenizer))
        self.progress = path.with_suffix(".progress")
        self.counts = self.resume()

    def resume(self) -> Counts:
        """How far an earlier build came, files cut back to there; a new one begins with the end token."""
        try:
            said = json.loads(self.progress.read_text(encoding="ascii"))
            counts, sizes = Counts(**said["counts"]), said["sizes"]
            if any(self.file(suffix).stat().st_size < size for suffix, size in sizes.items()):
                raise ValueError("a file is shorter than it was")
        except (OSError, ValueError, KeyError, TypeError):
            counts, sizes = Counts(tokens=1), {}
        for suffix in SUFFIXES:  # also one that was begun just before a kill
            if suffix in sizes:
                os.truncate(self.file(suffix), sizes[suffix])
            else:
                self.file(suffix).unlink(missing_ok=True)
        if not sizes:
            self.append("ids", np.array([self.tokenizer.end_id], dtype=self.dtype))
            self.append("ends", np.empty((0, 2), dtype=np.int64))
        return counts

    def file(self, suffix: str) -> Path:
        return self.path.with_suffix(f".{suffix}")

    def append(self, suffix: str, content: np.ndarray | bytes) -> None:
        with self.file(suffix).open("ab") as file:
            file.write(content if isinstance(content, bytes) else content.tobytes())

    def write(self, documents: Iterator[Document], bar: tqdm) -> None:
        """Append what is not there yet, call by call in order; the next calls are encoded while one is written."""
        rest = calls(islice(documents, self.counts.documents, None))
        waiting: deque[tuple[list[Document], Future]] = deque()
        with ThreadPoolExecutor(max_workers=AHEAD) as pool:
            while True:
                waiting.extend(
                    (call, pool.submit(encode, self.tokenizer, call)) for call in islice(rest, AHEAD - len(waiting))
                )
                if not waiting:
                    return
                call, encoded = waiting.popleft()
                bar.update(self.take(assemble(self.tokenizer, call, encoded.result(), self.dtype)))

    def take(self, one: Encoded) -> int:
        """Append one call, then say how far the files go; returns its bytes of text."""
        counts, n_documents = self.counts, len(one.sizes)
        if one.has_scored and not counts.has_scored:
            self.append("scored", np.ones(counts.tokens, dtype=np.uint8))
        if one.has_facts and not counts.has_facts:
            self.append("facts", b"{}\n" * counts.documents)
        counts.has_scored |= one.has_scored
        counts.has_facts |= one.has_facts
        self.append("ids", one.ids)
        self.append("ends", np.cumsum(one.sizes, axis=0) + (counts.tokens - 1, counts.bytes))
        if counts.has_scored:
            self.append("scored", one.scored)
        if counts.has_facts:
            self.append("facts", one.facts)
        n_tokens, n_bytes = (int(total) for total in one.sizes.sum(axis=0))
        counts.documents, counts.tokens = counts.documents + n_documents, counts.tokens + n_tokens
        counts.bytes, counts.scored_bytes = counts.bytes + n_bytes, counts.scored_bytes + one.n_scored_bytes
        counts.longest = max(counts.longest, int(one.sizes[:, 0].max()))
        self.save()
        return n_bytes

    def save(self) -> None:
        """A kill leaves this or the one before."""
        suffixes = [s for s in SUFFIXES if self.file(s).exists()]
        said = {"counts": asdict(self.counts), "sizes": {s: self.file(s).stat().st_size for s in suffixes}}
        write_whole(self.progress, json.dumps(said), synced=False)
