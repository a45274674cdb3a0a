"""stretches: parts of text files and tables, read in documents without holding the whole."""

import glob
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from wordorder.errors import InputError

TABLES = {".jsonl": "json", ".parquet": "parquet"}  # suffix -> the loader's name; all else is text
LINE = rb"(?:\r\n|\r(?!\n)|\n)"
BORDERS = (re.compile(LINE + rb"(?:[ \t]*" + LINE + rb")+"), re.compile(LINE))


@dataclass(frozen=True)
class Part:
    """A stretch of a file: bytes of a text, rows of a table (`stop` None: all of them)."""

    path: Path
    start: int
    stop: int | None

    @property
    def kind(self) -> str:
        return TABLES.get(self.path.suffix.lower(), "text")


def find_border(block: bytes, want: int, last: int) -> int:
    """Return the end of a paragraph in 1..last nearest to `want`, else of a line, else of a character.

    `block` reaches at least one byte past `last`, so that no line end or character is cut in two unseen.
    """
    for border in BORDERS:
        ends = [found.end() for found in border.finditer(block) if found.end() <= last]
        if ends:
            return min(ends, key=lambda end: abs(end - want))
    inside = 1 if block[want - 1 : want + 1] == b"\r\n" else 0
    while inside < 3 and block[want - inside] & 0xC0 == 0x80:  # 10xxxxxx continues a character
        inside += 1
    return want - inside


def read_text(part: Part, document_bytes: int) -> Iterator[str]:
    """Yield a stretch of a text file in documents of at most `document_bytes`, which joined are the stretch."""
    at, stop = part.start, part.stop or part.path.stat().st_size
    with open(part.path, "rb") as file:
        while at < stop:
            file.seek(at)
            block = file.read(min(document_bytes + 1, stop - at))
            if not block:
                raise InputError(f"{part.path} became shorter while it was read; start again")
            if len(block) > document_bytes:
                block = block[: find_border(block, document_bytes, document_bytes)]
            try:
                yield block.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{part.path} is not UTF-8: byte {at + error.start} is 0x{block[error.start]:02x}; "
                    "save it as UTF-8 (iconv -t UTF-8)"
                ) from error
            at += len(block)


def read_rows(part: Part, column: str) -> Iterator[str]:
    """Yield the texts of a table's rows, empty ones left out, one at a time."""
    return islice(_read_rows(part.path, part.kind, column), part.start, part.stop)


def _read_rows(path: Path, kind: str, column: str) -> Iterator[str]:
    from datasets import load_dataset  # here, since it takes seconds and text files do not need it

    try:
        with TemporaryDirectory() as scratch:  # streaming keeps nothing there but lock files
            files = glob.escape(str(path.absolute()))
            rows = load_dataset(kind, data_files=files, split="train", streaming=True, cache_dir=scratch)
        for row in rows:
            if column not in row:
                raise InputError(f"source.column={column} is not in {path}, which has {', '.join(row)}")
            if not isinstance(row[column] or "", str):
                raise InputError(f"source.column={column} of {path} holds {type(row[column]).__name__}, not text")
            if row[column]:
                yield row[column]
    except InputError:
        raise
    except Exception as error:  # the loader's own, its parsers' and the file system's
        raise InputError(f"{path} cannot be read as {kind}: {error}") from error


def hash_file(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
