"""Token ids of a corpus on disk, memory-mapped: built once for a source and a tokenizer, named by both digests.

    <folder>/<key>/meta.json          sizes, digests, counts
    <folder>/<key>/train.ids          uint16 or uint32: end, document, end, document, ..., end
    <folder>/<key>/train.ends.npy     int64 (documents, 2): stream index of each document's end token, bytes up to there

The end token comes before the first document and after each one, so every byte is a target exactly once.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Source, Split
from wordorder.tokenizer.base import Tokenizer, lock_path

CHARACTERS_A_CALL = 1_000_000  # an encoding holds about 100 bytes a token while it lives
FORMAT = 1


@dataclass(frozen=True)
class Stream:
    """One split: ids (N,), and for each document where it ends, in tokens and in bytes (documents, 2)."""

    ids: np.ndarray
    ends: np.ndarray

    @property
    def n_bytes(self) -> int:
        return int(self.ends[-1, 1])

    def documents_of(self, targets: np.ndarray) -> np.ndarray:
        """The document that each target (a stream index from 1 on) belongs to."""
        return np.searchsorted(self.ends[:, 0], targets)


class TokenStore:
    """The three streams of one store folder, opened read-only."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))

    def stream(self, split: Split) -> Stream:
        """Map one split; nothing is read until it is used."""
        ids = np.memmap(self.folder / f"{split}.ids", dtype=self.meta["dtype"], mode="r")
        return Stream(ids, np.load(self.folder / f"{split}.ends.npy"))

    def whole(self) -> bool:
        """Every file holds the bytes that were written, and meta.json says what build made of it."""
        files = self.meta["files"]
        return self.meta["own"] == digest_meta(self.meta) and files == digest_files(self.folder, files)


def open_store(source: Source, tokenizer: Tokenizer, folder: Path) -> TokenStore:
    """Open the store of this source under this tokenizer, building it if it is absent or damaged."""
    key = hashlib.sha256(f"{FORMAT} {source.digest()} {tokenizer.digest()}".encode()).hexdigest()[:16]
    with FileLock(lock_path(f"store-{key}")):
        try:
            if (store := TokenStore(folder / key)).whole():
                return store
        except (OSError, ValueError, KeyError, TypeError):
            pass  # absent or damaged: built again
        build(source, tokenizer, folder / key)
    return TokenStore(folder / key)


def build(source: Source, tokenizer: Tokenizer, folder: Path) -> None:
    """Write all splits beside `folder` and rename them into place."""
    dtype = "uint16" if tokenizer.n_ids <= 2**16 else "uint32"
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}.building."))
    try:
        counts = {split: write_split(source.documents(split), tokenizer, beside / split, dtype) for split in SPLITS}
        for split, count in counts.items():
            if not count["bytes"]:
                raise InputError(f"source: the {split} split has no text; give more, or source.{split} of its own")
        meta = {
            "format": FORMAT,
            "dtype": dtype,
            "vocabulary": len(tokenizer.vocab),
            "source": source.digest(),
            "tokenizer": tokenizer.digest(),
            "splits": counts,
            "files": digest_files(beside, sorted(file.name for file in beside.iterdir())),
        }
        meta["own"] = digest_meta(meta)
        (beside / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


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


def write_split(documents: Iterator[Document], tokenizer: Tokenizer, path: Path, dtype: str) -> dict[str, int]:
    """Append the documents' ids to path.ids; return counts of documents, tokens (end tokens included) and bytes."""
    n_tokens, n_bytes, ends = 1, 0, []
    with (
        path.with_suffix(".ids").open("wb") as file,
        tqdm(desc=f"encode {path.name}", unit="B", unit_scale=True, disable=None, leave=False) as bar,
    ):
        file.write(np.array([tokenizer.end_id], dtype=dtype).tobytes())
        for texts in calls(documents):
            for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
                size = len(text.encode("utf-8"))
                if int(tokenizer.byte_lengths_V[ids].sum()) != size + len(tokenizer.prefix):
                    raise ValueError(f"{type(tokenizer).__name__} is not lossless on {text[:60]!r}")
                file.write(np.append(ids, tokenizer.end_id).astype(dtype).tobytes())
                n_tokens, n_bytes = n_tokens + len(ids) + 1, n_bytes + size
                ends.append((n_tokens - 1, n_bytes))
                bar.update(size)
    np.save(path.with_suffix(".ends.npy"), np.array(ends, dtype=np.int64).reshape(-1, 2))
    return {"documents": len(ends), "tokens": n_tokens, "bytes": n_bytes}


def calls(documents: Iterator[Document]) -> Iterator[list[str]]:
    """Group texts into calls of about CHARACTERS_A_CALL characters."""
    texts, size = [], 0
    for document in documents:
        texts.append(document.text)
        size += len(document.text)
        if size >= CHARACTERS_A_CALL:
            yield texts
            texts, size = [], 0
    if texts:
        yield texts
