"""One run's folder: the truth about it. Every file is whole at every moment, or (train.jsonl) whole up to its last line.

config.yaml     resolved                     items.parquet   per-document sums of the evaluations
run.json        what, how, status            scores.jsonl    scores, which can be rebuilt from the items
                                             items.*.part.jsonl  those of an evaluation that is under way
train.jsonl     log steps                    checkpoints/    last.ckpt while training, weights.safetensors after it
log.txt         what its processes printed, where they were workers of a pool; never rewritten
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from wordorder.errors import InputError
from wordorder.record.folders import read_config, read_facts
from wordorder.record.holder import read_holder, sign
from wordorder.record.rows import Row, read_rows
from wordorder.whole_files import write_whole

LOG = "log.txt"
LOOK = 0.5  # seconds between two looks at a lock that is waited for


class Held(InputError):
    """Another process has the run's lock; `who` says which."""

    def __init__(self, folder: Path, who: str):
        super().__init__(f"{who} holds {folder}: wait for it, or stop it")
        self.who = who


class RunRecord:
    """Reads and writes one run folder; `facts` is what run.json says, {} where there is none yet.

    Raises InputError for a run.json that is damaged.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.facts = read_facts(folder)

    @contextmanager
    def hold(self, *, wait: Callable[[str], None] | None = None) -> Iterator[None]:
        """Keep other processes from writing this run, and read again what they may have written meanwhile.

        Where one is at it: raises Held, or with `wait` tells it once for whom this process waits, and waits.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.take(wait), sign(self.folder):
            self.facts = read_facts(self.folder)
            yield

    def take(self, wait: Callable[[str], None] | None) -> AbstractContextManager[Any]:
        """The lock, taken; the end of the context gives it back."""
        lock = FileLock(self.folder / ".lock")
        try:
            return lock.acquire(timeout=0)
        except Timeout:
            if wait is None:
                raise Held(self.folder, self.holder()) from None
        wait(f"waiting for {self.holder()}, which holds {self.folder}")
        return lock.acquire(timeout=-1, poll_interval=LOOK)

    def holder(self) -> str:
        """Who has the lock, in words; the note comes an instant after the lock, and may still be that of who died before."""
        holder = read_holder(self.folder)
        return str(holder) if holder and holder.alive is not False else "another process"

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoints" / "last.ckpt"

    @property
    def weights(self) -> Path:
        return self.folder / "checkpoints" / "weights.safetensors"

    def config(self) -> dict[str, Any]:
        """The resolved config. Raises InputError for one that is damaged or lost."""
        if not (self.folder / "config.yaml").exists():
            raise InputError(f"{self.folder / 'config.yaml'} is not there: remove the run's folder and run it again")
        return read_config(self.folder)

    @property
    def trained(self) -> bool:
        """The final weights are there, and run.json knows them."""
        return self.weights.exists() and "weights" in self.facts.get("digests", {})

    def create(self, config: dict[str, Any], facts: dict[str, Any]) -> None:
        """Make the folder with its config and first facts."""
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / "config.yaml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
        self.update(**facts)

    def update(self, **facts: Any) -> None:
        """Merge facts into run.json."""
        self.facts |= facts
        write_whole(self.folder / "run.json", json.dumps(self.facts, indent=1, allow_nan=False))

    def clear(self) -> None:
        """Forget everything measured, before a run is made again; the reason of a failure stays in `earlier`."""
        earlier = self.facts.get("earlier", [])
        if self.facts.get("status") == "failed":
            earlier = [*earlier, self.facts["reason"]]
        # In this order a kill leaves a run to be trained, never a checkpoint or a status without its record.
        names = ("checkpoints/last.ckpt", "run.json", "checkpoints/weights.safetensors")
        for name in (*names, "train.jsonl", "items.parquet", "scores.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
        for part in self.folder.glob("items.*.part.jsonl"):
            part.unlink()
        self.facts = {"earlier": earlier} if earlier else {}

    def add_row(self, row: dict[str, Any]) -> None:
        """Append one row to train.jsonl, on disk when this returns."""
        with (self.folder / "train.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """All whole rows of train.jsonl."""
        return read_rows(self.folder / "train.jsonl")

    def cut_rows(self, step: int) -> None:
        """Drop rows past a checkpoint's step: the resumed run writes them again."""
        kept = [row for row in self.rows() if row["step"] <= step]
        write_whole(self.folder / "train.jsonl", "".join(json.dumps(row) + "\n" for row in kept))

    def scores(self) -> list[dict[str, Any]]:
        """All rows of scores.jsonl."""
        return read_rows(self.folder / "scores.jsonl")

    def add_scores(self, evaluation_id: str, items: list[Row], scores: Iterable[Row]) -> None:
        """Put the items and scores of one evaluation in place of earlier ones of the same identity."""
        import pandas as pd  # which training goes without

        path, table = self.folder / "items.parquet", pd.DataFrame(items)
        if path.exists():
            earlier = pd.read_parquet(path)
            table = pd.concat([earlier[earlier["evaluation_id"] != evaluation_id], table], ignore_index=True)
        write_whole(path, table.to_parquet(index=False), synced=False)
        rows = [row for row in self.scores() if row["evaluation_id"] != evaluation_id] + list(scores)
        text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        write_whole(self.folder / "scores.jsonl", text)
