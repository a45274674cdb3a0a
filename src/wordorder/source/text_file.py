"""text_file: your own text, from UTF-8 files, .jsonl, .parquet or folders of these.

A text file (any suffix) is kept byte for byte, line ends and byte order mark included: the documents of a split joined
together are its bytes. A file longer than `document_bytes` becomes several documents, cut after a paragraph, else after
a line, else between characters. In .jsonl and .parquet a row is a document; empty rows are left out. With `val` and
`test` empty, `train` is split 90/5/5: a text file into three stretches at paragraph borders, a table by rows in its
order, a folder by whole files drawn by their names. Memory does not grow with the text, long rows aside.

Limits: UTF-8 only, nothing compressed; hidden and empty files in folders are passed over; a text is not looked through
for parts that occur twice, so what val shares with train is up to its owner.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path

from wordorder.errors import InputError, nearest
from wordorder.source.base import SPLITS, Document, Source, Split
from wordorder.source.partition import split_files, split_rows, split_text, whole
from wordorder.source.stretches import Part, hash_file, read_rows, read_text


class TextFile(Source):
    """Text of `train`, `val` and `test`, each a file or a folder; `column` is for tables, `document_bytes` for texts.

    Raises InputError for paths that do not exist, texts too short to split, empty splits and bytes that are not UTF-8.
    """

    def __init__(self, *, train: str, val: str, test: str, column: str, document_bytes: int):
        if bool(val) != bool(test):
            given, absent = ("val", "test") if val else ("test", "val")
            raise ValueError(
                f"{given}={val or test} is given without {absent}; give both, or neither to have train split 90/5/5"
            )
        if document_bytes < 4:
            raise ValueError(f"document_bytes={document_bytes} cannot hold a character; give 4 or more")
        self.paths = {"train": train, "val": val, "test": test}
        self.column = column
        self.document_bytes = document_bytes

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split` in the order of the file, folders in the order of relative names."""
        for part in self._parts[split]:
            yield from map(Document, self._read(part))

    def digest(self) -> str:
        """Name contents and the arguments that shape documents; places and names of files do not count."""
        parts = [(split, part) for split in SPLITS for part in self._parts[split]]
        shas = {path: hash_file(path) for path in {part.path for _, part in parts}}
        shape = {"text": self.document_bytes, "json": self.column, "parquet": self.column}
        content = [
            (split, part.kind, shape[part.kind], shas[part.path], part.start, part.stop) for split, part in parts
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def describe(self) -> dict[str, int | float | str]:
        """Tell files and bytes of text of each split."""
        facts: dict[str, int | float | str] = {}
        for split in SPLITS:
            facts[f"files_{split}"] = len(self._parts[split])
            facts[f"bytes_{split}"] = sum(self._count_bytes(part) for part in self._parts[split])
        return facts

    @cached_property
    def _parts(self) -> dict[Split, list[Part]]:
        train = find_path("train", self.paths["train"])
        list_files("train", train)  # there is some text
        if self.paths["val"]:
            parts = {split: whole(list_files(split, find_path(split, self.paths[split]))) for split in SPLITS}
        elif train.is_dir():
            parts = split_files(train, list_files("train", train))
        elif Part(train, 0, None).kind == "text":
            parts = split_text(train)
        else:
            parts = split_rows(train, sum(1 for _ in read_rows(Part(train, 0, None), self.column)))
        for split in SPLITS:
            if not any(True for part in parts[split] for _ in islice(self._read(part), 1)):
                raise InputError(
                    f"source.{split}={self.paths[split] or self.paths['train']} leaves no text for {split}"
                )
        return parts

    def _read(self, part: Part) -> Iterator[str]:
        return read_text(part, self.document_bytes) if part.kind == "text" else read_rows(part, self.column)

    def _count_bytes(self, part: Part) -> int:
        if part.kind == "text" and part.stop is not None:
            return part.stop - part.start
        return sum(len(text.encode()) for text in self._read(part))


def find_path(key: str, value: str) -> Path:
    """Return the path that a user named, or say which names are like it."""
    path = Path(value).expanduser()
    if path.exists():
        return path
    names = os.listdir(path.parent) if path.parent.is_dir() else []
    near = nearest(path.name, names)
    hint = f"near names there: {', '.join(near)}" if near else f"looked in {path.parent.resolve()}"
    raise InputError(f"source.{key}={value} does not exist; {hint}")


def list_files(key: str, path: Path) -> list[Path]:
    """Return the file itself, or the folder's files by relative name, hidden and empty ones left out."""
    if not path.is_dir():
        if not path.stat().st_size:
            raise InputError(f"source.{key}={path} is empty; name a file with text")
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder) / name for name in names if not name.startswith(".")]
    found = [file for file in found if file.is_file() and file.stat().st_size]
    if not found:
        raise InputError(f"source.{key}={path} holds no file with text; put .txt, .jsonl or .parquet files there")
    return sorted(found, key=lambda file: file.relative_to(path).as_posix())
