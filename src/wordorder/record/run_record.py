"""One run's folder: the truth about it. Every file is whole at every moment, or (train.jsonl) whole up to its last line.

config.yaml     resolved                     items.parquet   per-document sums of the evaluations
run.json        what, how, status            scores.jsonl    scores, which can be rebuilt from the items
train.jsonl     log steps                    checkpoints/    last.ckpt while training, weights.safetensors after it
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from filelock import FileLock, Timeout

from wordorder.errors import InputError
from wordorder.record.holder import sign
from wordorder.record.rows import read_rows


class RunRecord:
    """Reads and writes one run folder; `facts` is what run.json says, {} where there is none yet."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.facts: dict[str, Any] = {}
        if (folder / "run.json").exists():
            self.facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other processes from writing this run, and read again what they may have written meanwhile.

        Raises InputError if one is at it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / ".lock", timeout=0), sign(self.folder):
                self.facts = RunRecord(self.folder).facts
                yield
        except Timeout:
            raise InputError(f"another process is training {self.folder}: wait for it, or stop it") from None

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoints" / "last.ckpt"

    @property
    def weights(self) -> Path:
        return self.folder / "checkpoints" / "weights.safetensors"

    def config(self) -> dict[str, Any]:
        """The resolved config."""
        return yaml.safe_load((self.folder / "config.yaml").read_text(encoding="utf-8"))

    @property
    def trained(self) -> bool:
        """The final weights are there, and run.json knows them."""
        return self.weights.exists() and "weights" in self.facts.get("digests", {})

    def create(self, config: dict[str, Any], facts: dict[str, Any]) -> None:
        """Make the folder with its config and first facts."""
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        replace_text(self.folder / "config.yaml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
        self.update(**facts)

    def update(self, **facts: Any) -> None:
        """Merge facts into run.json."""
        self.facts |= facts
        replace_text(self.folder / "run.json", json.dumps(self.facts, indent=1, allow_nan=False))

    def clear(self) -> None:
        """Forget everything measured, before a run is made again; the reason of a failure stays in `earlier`."""
        earlier = self.facts.get("earlier", [])
        if self.facts.get("status") == "failed":
            earlier = [*earlier, self.facts["reason"]]
        # In this order a kill leaves a run to be trained, never a checkpoint or a status without its record.
        names = ("checkpoints/last.ckpt", "run.json", "checkpoints/weights.safetensors")
        for name in (*names, "train.jsonl", "items.parquet", "scores.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
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
        replace_text(self.folder / "train.jsonl", "".join(json.dumps(row) + "\n" for row in kept))

    def scores(self) -> list[dict[str, Any]]:
        """All rows of scores.jsonl."""
        return read_rows(self.folder / "scores.jsonl")

    def add_scores(self, evaluation_id: str, items: pd.DataFrame, scores: Iterable[dict[str, Any]]) -> None:
        """Put the items and scores of one evaluation in place of earlier ones of the same identity."""
        path = self.folder / "items.parquet"
        if path.exists():
            earlier = pd.read_parquet(path)
            items = pd.concat([earlier[earlier["evaluation_id"] != evaluation_id], items], ignore_index=True)
        items.to_parquet(beside(path), index=False)
        os.replace(beside(path), path)
        rows = [row for row in self.scores() if row["evaluation_id"] != evaluation_id] + list(scores)
        text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        replace_text(self.folder / "scores.jsonl", text)


def beside(path: Path) -> Path:
    """A name in the same folder, to be renamed to `path` when whole; who writes it holds the run."""
    return path.with_name(f".{path.name}.part")


def replace_text(path: Path, text: str) -> None:
    """Write a text file beside and rename it into place, on disk when this returns."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
