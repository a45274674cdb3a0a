"""python_docs: about 2 MB of English technical prose that every CPython carries, so that a run needs no download.

A document is all docstrings of one standard-library module, one topic of the language reference
(`pydoc_data.topics`) or all docs of one C module. A passage that occurs twice, white space aside, is kept once.
Packages (`_json` belongs to `json`) and topics are split 80/10/10 by bytes; then val and test lose the paragraphs
that share 13 words in a row with train, and test also those shared with val. `describe` tells what overlap remains.

Limits: narrow, templated, practically ASCII, and different in every Python version and packaging, so that numbers may
be compared only where the digest is the same. It serves to try things out, not to make claims about language.
"""

import hashlib
import inspect
import json
import shutil
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from wordorder.errors import InputError
from wordorder.source import disjoint, library
from wordorder.source.base import SPLITS, Document, Source, Split
from wordorder.source.disjoint import Splits


class PythonDocs(Source):
    """The corpus, made once for each Python and seed (a few seconds) and kept in `<cache>/python_docs-<key>/`.

    `seed` draws which packages go to which split. Raises InputError where Python has no sources, topics or C docs.
    """

    def __init__(self, *, seed: int, cache: str):
        self.seed = seed
        self.cache = Path(cache)

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split`: facts hold `kind` (module, c_module, topic) and `name`."""
        files = self._meta["files"]  # asking for it makes and checks them
        with open(self._folder / files[split]["name"], "rb") as lines:
            for line in lines:
                yield Document(**json.loads(line))

    def digest(self) -> str:
        """Name the content without reading every text again: the value was taken when the corpus was made."""
        return self._meta["digest"]

    def describe(self) -> dict[str, int | float | str]:
        """Tell the Python, documents and bytes of each split, paragraphs dropped, and the overlap that remains."""
        return dict(self._meta["facts"])

    @cached_property
    def _folder(self) -> Path:
        sizes = [(name, path.stat().st_size, path.stat().st_mtime_ns) for name, path in library.list_library()]
        code = [inspect.getsource(module) for module in (sys.modules[__name__], library, disjoint)]
        content = repr((sys.version, sys.platform, self.seed, code, sizes))
        return self.cache / f"python_docs-{hashlib.sha256(content.encode()).hexdigest()[:16]}"

    @cached_property
    def _meta(self) -> dict:
        try:
            return read_intact(self._folder) or self._make()
        except OSError as error:
            raise InputError(f"source.cache={self.cache} cannot be used ({error}); name a writable folder") from error

    def _make(self) -> dict:
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._folder}.lock"):
            if (meta := read_intact(self._folder)) is None:  # else another process made it while this one waited
                splits, facts = disjoint.split_corpus(library.collect_documents(), self.seed)
                meta = write_corpus(self._folder, splits, {"python": sys.version.split()[0]} | facts)
        return meta


class _InMemory(Source):
    def __init__(self, splits: Splits):
        self.splits = splits

    def documents(self, split: Split) -> Iterator[Document]:
        return iter(self.splits[split])


def write_corpus(folder: Path, splits: Splits, facts: dict[str, int | float | str]) -> dict:
    """Write splits and meta.json (returned) beside `folder` and rename into place; the caller holds the lock."""
    partial = folder.with_name(f"{folder.name}.partial")
    for leftover in (partial, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    partial.mkdir()
    files = {}
    for split in SPLITS:
        content = "".join(json.dumps({"text": d.text, "facts": d.facts}) + "\n" for d in splits[split]).encode()
        (partial / f"{split}.jsonl").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files[split] = {"name": f"{split}.jsonl", "size": len(content), "sha256": sha256}
    meta = {"digest": _InMemory(splits).digest(), "facts": facts, "files": files}
    (partial / "meta.json").write_text(json.dumps(meta, indent=1))
    partial.rename(folder)
    return meta


def read_intact(folder: Path) -> dict | None:
    """Return meta.json if every file is as it was written, else None."""
    try:
        meta = json.loads((folder / "meta.json").read_text())
        for split in SPLITS:
            file = meta["files"][split]
            content = (folder / file["name"]).read_bytes()
            if (len(content), hashlib.sha256(content).hexdigest()) != (file["size"], file["sha256"]):
                return None
        return meta if meta["digest"] and meta["facts"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
