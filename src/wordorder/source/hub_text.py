"""hub_text: a column of text of a data set on the Hugging Face hub, or of a folder with the files of its repository.

`train`, `val` and `test` name the set's own splits. An empty `val` or `test` is drawn from train: 1 document in 20, by a
hash of its text, so that equal documents never part and none changes sides when a limit is raised. A limit in bytes
(0: none) takes documents in the set's order until they hold so much; train's limit also ends what is drawn from it.
A row is a document, empty ones left out; `document=article` joins WikiText's rows from one title to the next as they are.

What is taken is kept in `<cache>/hub_text-<key>/` and read from there. So the hub is asked once for each choice of
arguments, and `main` stays the commit that it was then (the record tells which) until that folder is deleted; a folder
on this machine is taken again when a file in it changes. `streaming` reads no further than the limits ask and leaves no
copy in the hub's own cache; slices, as in 'source.train="train[:98%]"', need it off. Where the hub cannot be reached, a
set that another program left in that cache is taken from there.

Limits: parquet, jsonl and arrow files, whose text stays as it is byte for byte; no code that comes with a set is ever
run. A set's own splits are taken at their word. Texts that are nearly the same may come to lie on both sides of a drawn split.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

from tqdm import tqdm

from wordorder.errors import InputError
from wordorder.source import hub, hub_folder, hub_rows
from wordorder.source.base import SPLITS, Facts, Split
from wordorder.source.hub_rows import Rows
from wordorder.source.kept import KeptSource, Sinks

PARTS: dict[int, Split] = {0: "val", 1: "test"}  # of 20 equal parts of the hashes


class HubText(KeptSource):
    """Texts of `column` in the splits of `name`, at `revision` on the hub; `held_out_bytes` limits val and test each.

    Raises InputError for sets, splits and columns that do not exist, that cannot be reached or that are not kept as they are.
    """

    parts = (hub, hub_folder, hub_rows)

    def __init__(
        self,
        *,
        name: str,
        config: str,
        revision: str,
        train: str,
        val: str,
        test: str,
        column: str,
        document: Literal["row", "article"],
        train_bytes: int,
        held_out_bytes: int,
        streaming: bool,
        cache: str,
    ):
        super().__init__(cache=cache)
        self.splits: dict[Split, str] = {"train": train, "val": val, "test": test}
        named = [value for value in self.splits.values() if value]
        if not train or len(named) != len(set(named)):
            raise ValueError(f"train={train} val={val} test={test} must name a split for train, and none twice")
        for key, value in self.splits.items():
            if streaming and "[" in value:
                raise ValueError(f"{key}={value} is a slice, which needs source.streaming=false")
        for key, limit in (("train_bytes", train_bytes), ("held_out_bytes", held_out_bytes)):
            if limit < 0:
                raise ValueError(f"{key}={limit} must be a number of bytes, or 0 for all there are")
        self.limits: dict[Split, int] = {"train": train_bytes, "val": held_out_bytes, "test": held_out_bytes}
        self.name, self.config, self.revision = name, config, revision
        self.column, self.document, self.streaming = column, document, streaming

    def depends_on(self) -> Any:
        folder = hub_folder.find_folder(self.name)
        place = hub_folder.list_state(folder) if folder else self.name
        return self.config, self.revision, self.splits, self.column, self.document, self.limits, place

    def digest(self) -> str:
        """Name the documents, wherever they lay: a set on the hub and a copy of it in a folder have the same digest."""
        return hashlib.sha256(json.dumps(self.meta["sha256"], sort_keys=True).encode()).hexdigest()

    def prepare(self) -> Callable[[Sinks], Facts]:
        """Find the set, open its splits and look at a row of each: a wrong word is told before anything is written."""
        builder, commit = hub.open_set(self.name, self.config, self.revision)
        opened = {}
        for split, words in self.splits.items():
            if words:
                opened[split] = hub_rows.open_split(builder, self.name, split, words, self.streaming)
                hub_rows.check_column(opened[split], self.name, self.column)
        facts: Facts = {"name": self.name, "config": self.config, "revision": self.revision, "commit": commit}
        return lambda sinks: facts | self._write(sinks, opened)

    def _write(self, sinks: Sinks, opened: dict[Split, Rows]) -> Facts:
        """Write all splits and count them. Raises InputError for a split without text."""
        for split, rows in opened.items():
            self._share(split, rows, sinks)
        counts: Facts = {}
        for split, sink in sinks.items():
            if not sink.documents:
                why = "holds no text" if self.splits[split] else "is drawn from the texts of train, which are too few"
                raise InputError(f"source.{split}={self.splits[split]} {why}; name a split with more text")
            counts |= {f"documents_{split}": sink.documents, f"bytes_{split}": sink.bytes}
        return counts

    def _share(self, split: Split, rows: Rows, sinks: Sinks) -> None:
        """Read a split until its sink has enough; of train's texts some go to the splits that are drawn from it."""
        drawn = [other for other in SPLITS if split == "train" and not self.splits[other]]
        texts = hub_rows.read_texts(rows, self.name, self.column)
        texts = hub_rows.join_articles(texts) if self.document == "article" else texts
        with tqdm(desc=f"read {split}", unit="B", unit_scale=True, disable=None, leave=False) as bar:
            for text in filter(None, texts):
                part = draw(text)
                goal = part if part in drawn else split
                if not self._is_full(goal, sinks):
                    sinks[goal].write(text, {})
                bar.update(len(text.encode()))
                if self._is_full(split, sinks):
                    break

    def _is_full(self, split: Split, sinks: Sinks) -> bool:
        return 0 < self.limits[split] <= sinks[split].bytes


def draw(text: str) -> Split:
    """Say to which split a text of train goes where that split is drawn."""
    return PARTS.get(int.from_bytes(hashlib.sha256(text.encode()).digest()) % 20, "train")
