"""kept: documents that take long to get are got once, kept in a folder of their own and read from there.

The folder is `<cache>/<module of the source>-<key>/`, the key a digest of what the documents depend on, code included. It
holds a line of JSON for each document in train.jsonl, val.jsonl and test.jsonl, and meta.json with the source's facts and
the sha256 of each file. It is written beside its place and renamed, under a lock, so that processes which start at once
make it once; where a file is not as it was written, the folder is made again.
"""

import hashlib
import inspect
import json
import shutil
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from filelock import FileLock

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Facts, Source, Split
from wordorder.source.stretches import hash_file


class Sink:
    """Takes the documents of a split into a file; counts them and the bytes of their texts."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.documents = self.bytes = 0

    def write(self, text: str, facts: Facts) -> None:
        line = {"text": text} | ({"facts": facts} if facts else {})
        self.file.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        self.documents, self.bytes = self.documents + 1, self.bytes + len(text.encode())


Sinks = dict[Split, Sink]


class KeptSource(Source):
    """Override `depends_on` and `prepare`; `parts` are the modules, beside its own, whose code decides what is written.

    Raises InputError for a `cache` that cannot be used.
    """

    parts: tuple[ModuleType, ...] = ()

    def __init__(self, *, cache: str):
        self.cache = Path(cache)

    @abstractmethod
    def depends_on(self) -> Any:
        """What besides code the documents are a function of; its `repr` counts."""

    @abstractmethod
    def prepare(self) -> Callable[[Sinks], Facts]:
        """Return what writes all documents and tells their facts. Where this raises, nothing has been written."""

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split` in the order in which they were written."""
        if split not in self.meta["sha256"]:  # asking for it makes the folder, unless it is there already
            raise KeyError(split)
        with open(self.folder / f"{split}.jsonl", "rb") as lines:
            for line in lines:
                yield Document(**json.loads(line))

    def describe(self) -> Facts:
        """Tell what was found out when the documents were written."""
        return dict(self.meta["facts"])

    @cached_property
    def folder(self) -> Path:
        own = sys.modules[type(self).__module__]
        code = [inspect.getsource(module) for module in (own, sys.modules[__name__], *self.parts)]
        key = hashlib.sha256(repr((self.depends_on(), code)).encode()).hexdigest()[:16]
        return self.cache / f"{own.__name__.rpartition('.')[2]}-{key}"

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What meta.json holds, of files that are as they were written."""
        try:
            return read_intact(self.folder) or self._make(self.prepare())
        except OSError as error:
            raise InputError(f"source.cache={self.cache} cannot be used ({error}); name a writable folder") from error

    def _make(self, write: Callable[[Sinks], Facts]) -> dict[str, Any]:
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.folder}.lock"):  # another process may have made it while this one waited
            return read_intact(self.folder) or write_folder(self.folder, write)


def write_folder(folder: Path, write: Callable[[Sinks], Facts]) -> dict[str, Any]:
    """Write all files beside `folder`, rename into place and return what meta.json holds; the caller has the lock."""
    partial = folder.with_name(f"{folder.name}.partial")
    for leftover in (partial, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir()
    paths = {split: partial / f"{split}.jsonl" for split in SPLITS}
    with ExitStack() as files:
        facts = write({split: Sink(files.enter_context(open(path, "wb"))) for split, path in paths.items()})
    meta = {"facts": facts, "sha256": {split: hash_file(path) for split, path in paths.items()}}
    (partial / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
    partial.rename(folder)
    return meta


def read_intact(folder: Path) -> dict[str, Any] | None:
    """Return what meta.json holds if every file is as it was written, else None."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        same = all(hash_file(folder / f"{split}.jsonl") == meta["sha256"][split] for split in SPLITS)
        return meta if same and meta["facts"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
