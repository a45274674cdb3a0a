"""Planned runs and their folders for tests, written by hand."""

import json
import os
import platform
from pathlib import Path
from typing import Any

from wordorder.record.holder import began
from wordorder.sweep.planned import Planned

CODE = ["rooms", "shelves"]
EVALUATIONS = {"bits_per_byte": "e1"}
DONE = {"status": "done", "reason": "", "seconds": 100.0, "evaluations": EVALUATIONS, "code": CODE[0]}
DONE |= {"shelf_code": CODE[1], "steps": 50}
RUNNING = {"status": "running", "reason": "", "steps": 50}
FAILED = RUNNING | {"status": "failed", "reason": "ValueError: first\nsecond"}
NOBODY = 2**22 + 7  # above the largest number that a process can have


def planned(folder: Path, **changed: Any) -> Planned:
    """One run of a plan."""
    values = {"words": [f"seed={folder.name}"], "folder": str(folder), "rerun": "no", "arm": "a", "threads": 1}
    values |= {"device": "auto", "devices": 1}
    return Planned(**values | {"evaluations": EVALUATIONS, "code": CODE, "parent": ""} | changed)


def write_run(folder: Path, facts: dict[str, Any] | None, *, step: int = 0, holder: str = "") -> Path:
    """A run's folder: its facts, rows up to a step, and the note of a holder: `alive`, `dead`, or on another
    machine and alive (`elsewhere`) or not (`silent`)."""
    folder.mkdir(parents=True)
    if facts is not None:
        (folder / "run.json").write_text(json.dumps(facts))
    rows = [
        {"step": n, "loss": 1.0, "seconds": 2.0 * n, "tokens": n, "tokens_per_second": 1234.0}
        for n in range(1, step + 1)
    ]
    validation = {"step": step, "tokens": step, "val_loss": 1.0}
    (folder / "train.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in [*rows, validation][: step + 1] if step)
    )
    who = {
        "alive": (platform.node(), os.getpid(), began(os.getpid())),
        "dead": (platform.node(), NOBODY, "1"),
        "elsewhere": ("another", os.getpid(), "1"),
        "silent": ("another", os.getpid(), "1"),
    }
    if holder:
        note = dict(zip(("host", "process", "began"), who[holder], strict=True))
        (folder / ".holder").write_text(json.dumps(note))
        if holder == "silent":
            os.utime(folder / ".holder", (0, 0))
    return folder
