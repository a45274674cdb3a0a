"""base: where text comes from. A source yields documents, split once and for all into train, val and test."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Document:
    """One text with what an evaluation may group it by (`facts`)."""

    text: str
    facts: dict[str, int | float | str] = field(default_factory=dict)


class Source:
    """Interface of the shelf: override `documents`; `digest` only where it can be had without reading every text."""

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split` in an order that never changes. Raises InputError for text that cannot be used."""
        raise NotImplementedError

    def digest(self) -> str:
        """Name the content of all splits: two sources with equal digests yield equal documents."""
        content = hashlib.sha256()
        for split in SPLITS:
            for document in self.documents(split):
                text = document.text.encode("utf-8")
                content.update(f"{split} {len(text)} {sorted(document.facts.items())}\n".encode())
                content.update(text)
        return content.hexdigest()

    def describe(self) -> dict[str, int | float | str]:
        """Say what the record should hold about this text, such as sizes and overlap between splits."""
        return {}
