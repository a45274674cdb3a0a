"""Small whole runs for tests: a text, the words of a config that trains on it in a second, and children that may be killed."""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from wordorder import commands
from wordorder.job import Job
from wordorder.outcome import Outcome
from wordorder.run import train

STEPS = 12
SMALL = {
    "source": "text_file",
    "source.train": "my.txt",
    "tokenizer": "byte",
    "position": "learned",
    "logger": "none",
    "device": "cpu",
    "model.d_model": 16,
    "model.n_layers": 2,
    "model.n_heads": 2,
    "model.head_dim": 8,
    "model.d_ff": 32,
    "model.context_length": 16,
    "model.dropout": 0.1,
    "trainer.budget": STEPS,
    "trainer.unit": "steps",
    "trainer.batch_size": 4,
    "trainer.micro_batch_size": 2,
    "record.log_steps": 2,
    "record.validate_steps": 4,
    "record.validate_tokens": 512,
    "record.checkpoint_steps": 5,
    "record.checkpoint_seconds": 0,
    "evaluation": "[bits_per_byte,position_in_context]",
    "evaluation.bits_per_byte.tokens": 512,
    "evaluation.position_in_context.tokens": 512,
}


def write_text(path: Path, *, n_bytes: int = 60_000, seed: int = 0) -> None:
    """Prose of invented words, the same for the same seed."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdefghijklmnop", k=draw.randint(2, 8))) for _ in range(300)]
    text = ""
    while len(text) < n_bytes:
        text += " ".join(draw.choices(words, k=40)) + ".\n\n"
    path.write_text(text, encoding="utf-8")


def words(changed: dict[str, Any] | None = None) -> list[str]:
    """What is typed for a small run, with some words changed; settings of evaluations that are not asked are left out."""
    values = SMALL | (changed or {})
    asked = values["evaluation"].strip("[]").split(",")
    return [
        f"{key}={value}"
        for key, value in values.items()
        if not key.startswith("evaluation.") or key.split(".")[1] in asked
    ]


def make_job(compose_config: Callable[..., dict[str, Any]], changed: dict[str, Any] | None = None) -> Job:
    """The job that the command line would make of these words."""
    values = SMALL | (changed or {})
    choices = {group: str(values.get(group, "default")) for group in ("position", "tokenizer", "source", "model")}
    return Job(compose_config(*words(changed)), choices)


def run(compose_config: Callable[..., dict[str, Any]], changed: dict[str, Any] | None = None) -> Outcome:
    """Train and evaluate in this process."""
    return train(make_job(compose_config, changed))


def typed(name: str, *typed_words: str) -> int:
    """The exit code of a command typed in the current folder."""
    before = sys.argv
    sys.argv = [f"scripts/{name}.py", *typed_words]
    try:
        commands.run(name)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    finally:
        sys.argv = before
    return 0


def environment() -> dict[str, str]:
    """In which a command started as a process of its own, and what it starts, find the package and these helpers."""
    here = Path(__file__).parent
    paths = [str(here.parent / "src"), str(here), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


def until(condition: Callable[[], Any]) -> None:
    """Wait for what other processes do; what never comes fails after minutes."""
    for _ in range(1800):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("what was waited for has not come")


def in_child(act: Callable[[], Any]) -> int:
    """Do something in a forked process; returns its exit code, negative for the signal that killed it."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = int(act() or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The rows of a jsonl file, what differs between equal runs left out; every line must be whole."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [{key: row[key] for key in row if key not in ("seconds", "tokens_per_second")} for row in rows]


def facts_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def result_of(folder: Path) -> dict[str, Any]:
    """All of a finished run that must be equal in an equal run: the bits of its weights, its rows, its scores."""
    weights = load_file(folder / "checkpoints" / "weights.safetensors")
    assert all(np.isfinite(weight).all() for weight in weights.values())
    facts = facts_of(folder)
    return {
        "weights": {name: (weight.shape, weight.tobytes()) for name, weight in weights.items()},
        "digest": facts["digests"]["weights"],
        "status": facts["status"],
        "evaluations": facts["evaluations"],
        "tokens": (facts["tokens"], facts["bytes"], facts["steps"]),
        "rows": rows_of(folder / "train.jsonl"),
        "scores": rows_of(folder / "scores.jsonl"),
    }
