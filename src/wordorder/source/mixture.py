"""mixture: documents of two sources by turns, so that each has its share of the bytes at any place in the text.

The next document comes from the source that is further behind its share: `share` for the first, 1 - share for the second.
So after every document both are off by less than the longest document. Bytes are those of the text itself, whatever the
tokenizer. All splits are mixed by this rule, and a split ends where the source whose turn it is has no more: some text of
the other stays unread. With when_empty=repeat that source begins again, in train alone, until the other too has been read
to its end; val and test hold no document twice.

Each document keeps its facts and has one more, `source`, first or second, for an evaluation to group by. Three sources are
a mixture in a mixture; the facts then say second.first. What `describe` tells of a source by itself begins with `first.`
or `second.`, and what the mixture has of it ends with _first or _second.

Limits: a corpus does not mix with a task, whose rows are made otherwise; text that both sources have is not looked for.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Facts, Source, Split


class Mixture(Source):
    """`share` of the bytes come from `first`, the rest from `second`."""

    def __init__(self, *, first: Source, second: Source, share: float, when_empty: Literal["stop", "repeat"]):
        if not 0 < share < 1:
            raise ValueError(f"share={share} must lie between 0 and 1; one source alone is source=NAME")
        if first.layout != second.layout:
            raise ValueError(
                f"second={type(second).__name__} makes rows by {second.layout}, {type(first).__name__} "
                f"by {first.layout}: mix corpora with corpora and tasks with tasks"
            )
        self.sources = {"first": first, "second": second}
        self.share = share
        self.when_empty = when_empty
        self.layout = first.layout

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of both. Raises InputError where one of them has none."""
        unread = {name: self._read(name, split) for name in self.sources}
        size = {"first": 0, "second": 0}
        ended: set[str] = set()
        while True:
            name = "first" if size["first"] * (1 - self.share) <= size["second"] * self.share else "second"
            document = next(unread[name], None)
            if document is not None:
                yield document
                size[name] += len(document.text.encode())
                continue
            if not size[name]:
                raise InputError(f"source.{name}: its {split} split has no text to mix; give more, or another source")
            ended.add(name)
            if len(ended) == 2 or self.when_empty == "stop" or split != "train":
                return
            unread[name] = self._read(name, split)

    def digest(self) -> str:
        """Name the content by the digests of the two and by how they are mixed."""
        digests = []
        for name, source in self.sources.items():
            with full_key(name):
                digests.append(source.digest())
        return hashlib.sha256(json.dumps([self.share, self.when_empty, *digests]).encode()).hexdigest()

    def describe(self) -> Facts:
        """Tell bytes and documents that each split has of each source, and what the sources tell."""
        facts: Facts = {}
        for split in SPLITS:
            facts |= {f"{what}_{split}_{name}": 0 for what in ("bytes", "documents") for name in self.sources}
            for document in self.documents(split):
                name = str(document.facts["source"]).partition(".")[0]
                facts[f"bytes_{split}_{name}"] += len(document.text.encode())
                facts[f"documents_{split}_{name}"] += 1
        for name, source in self.sources.items():
            with full_key(name):
                facts |= {f"{name}.{key}": value for key, value in source.describe().items()}
        return facts

    def _read(self, name: str, split: Split) -> Iterator[Document]:
        with full_key(name):
            for document in self.sources[name].documents(split):
                inner = document.facts.get("source")
                yield replace(document, facts=document.facts | {"source": f"{name}.{inner}" if inner else name})


@contextmanager
def full_key(name: str) -> Iterator[None]:
    """A source that stands alone has its arguments at `source.`; here they are at `source.NAME.`."""
    try:
        yield
    except InputError as error:
        raise InputError(re.sub(r"^source(?=[.:])", f"source.{name}", str(error))) from error
