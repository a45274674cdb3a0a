"""The sweep that is killed, typed as a person would type it, and what must be the same however often it was."""

import hashlib
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from killing.phases import Watch
from killing.processes import Family

from wordorder.record.folders import list_runs
from wordorder.record.rows import read_rows

TRAIN = Path(__file__).resolve().parents[1] / "train.py"
WORDS = (  # 12 runs of a second or two: often logged and checkpointed, so that every phase has its share of the time
    "position=none,rope,alibi tokenizer=byte,bpe seed=0,1 source=text_file logger=none "
    "model.d_model=32 model.n_layers=2 model.n_heads=2 model.head_dim=16 model.d_ff=64 model.context_length=32 "
    "model.dropout=0.1 trainer.budget=40 trainer.unit=steps trainer.batch_size=4 "
    "record.log_steps=5 record.validate_steps=20 record.validate_tokens=512 record.checkpoint_steps=3 "
    "evaluation=[bits_per_byte,length_sweep] evaluation.bits_per_byte.tokens=2048 evaluation.length_sweep.factors=[1,2] "
    "evaluation.length_sweep.targets=256 evaluation.length_sweep.tokens=1024"
).split()
TIMES = ("seconds", "tokens_per_second")  # what differs between equal runs


def write_text(path: Path) -> None:
    """60 kB of invented words, always the same."""
    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefghijklmnop", k=draw.randint(2, 8))) for _ in range(300)]
    lines = [" ".join(draw.choices(words, k=40)) + "." for _ in range(250)]
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")


class Command:
    """One typing of the sweep's command in a folder; what it says goes into a file there."""

    def __init__(self, words: list[str], folder: Path, number: int):
        folder.mkdir(parents=True, exist_ok=True)
        self.said = folder / f"said-{number}.txt"
        self.began = time.monotonic()
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, str(TRAIN), "-m", *words],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.watch = Watch(Family(self.process.pid), folder / "outputs" / "adhoc", self.said)

    @property
    def at(self) -> float:
        """Seconds since it was typed."""
        return time.monotonic() - self.began

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def text(self) -> str:
        return self.said.read_text(encoding="utf-8", errors="replace")


def results(experiment: Path) -> dict[str, dict[str, str]]:
    """Digests of all that must be equal, for each run: run -> weights, rows, scores, items, facts."""
    return {folder.name: result_of(folder) for folder in list_runs(experiment)}


def result_of(folder: Path) -> dict[str, str]:
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    weights, items = folder / "checkpoints" / "weights.safetensors", folder / "items.parquet"
    rows = [{key: row[key] for key in row if key not in TIMES} for row in read_rows(folder / "train.jsonl")]
    return {
        "weights": digest([facts["digests"].get("weights"), weights.read_bytes().hex() if weights.exists() else None]),
        "rows": digest(rows),
        "scores": digest(read_rows(folder / "scores.jsonl")),
        "items": digest(pd.read_parquet(items).to_csv() if items.exists() else None),
        "facts": digest([facts.get(key) for key in ("status", "evaluations", "tokens", "bytes", "steps", "reason")]),
    }


def digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


KEPT = (".lock", ".made_from")


def leftovers(outputs: Path) -> list[str]:
    """Files that only somebody who was killed leaves behind; a drawn ending of a name is taken off."""
    hidden = (path.name for path in outputs.rglob(".*") if path.is_file() and path.name not in KEPT)
    return [re.sub(r"\.(json|jsonl|yaml)\.\w+$", r".\1", name) for name in hidden]
