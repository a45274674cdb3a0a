"""A plan of two stages whose runs are written by hand, for tests."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import plans
import pytest

from wordorder.sweep import tuning
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.planned import Held, Plan, Planned
from wordorder.sweep.stages import Arm, Level, Stages

DIVERGED = plans.FAILED | {"diverged": True, "reason": "the loss of step 3 is nan"}
ROPE, NONE = Arm("position=rope", ("position=rope",)), Arm("position=none", ("position=none",))


def levels_of(*values: float) -> tuple[Level, ...]:
    return tuple(Level(f"lr={value}", value) for value in values)


def stages_of(*values, seeds=(100,), arms=(ROPE, NONE), extend=2) -> Stages:
    """Two final seeds for each arm."""
    tuning_seeds, final = (tuple(Level(f"seed={n}", n) for n in numbers) for numbers in (seeds, (0, 1)))
    return Stages("x", "lr", levels_of(*values), tuning_seeds, extend, arms, final)


def expansion_of(stages: Stages, folder: Path) -> Expansion:
    return Expansion([], dict, [], [], folder, 1, stages=stages)


def folder_of(words: Sequence[str], at: Path) -> Path:
    """A folder by what the words say, so that a tuning run and a final one lie apart."""
    said = dict(word.split("=") for word in words)
    return at / said.get("name", "x") / f"{said['position']}-{said['lr']}-{said['seed']}"


def plan_by_words(monkeypatch: pytest.MonkeyPatch, at: Path, *, rerun: str = "no") -> None:
    """In place of composing configs."""

    def obtain(expansion: Expansion, **_: object) -> Plan:
        runs = {folder_of(words, at): words for words in expansion.points}  # each folder once, as make_plan has it
        return Plan([plans.planned(folder, words=words, rerun=rerun) for folder, words in runs.items()], Held())

    monkeypatch.setattr(tuning, "obtain", obtain)


def answer(run: Planned, bits: float | None) -> None:
    """A tuning run that is done."""
    folder = plans.write_run(Path(run.folder), plans.DONE)
    rows = [("e0", "bits_per_byte", 0.0), ("e1", "bits_per_byte_with_end", 0.0), ("e1", "bits_per_byte", bits)]
    text = "".join(
        json.dumps({"evaluation_id": one, "metric": metric, "value": value}) + "\n" for one, metric, value in rows
    )
    (folder / "scores.jsonl").write_text(text)


def answering(bits_of: Callable[[str, float, int], float | None]) -> tuning.Make:
    """A training that ends with these bits for an arm's scheme, value and seed; None: it diverges."""

    def make(runs: Sequence[Planned]) -> None:
        for run in runs:
            if Path(run.folder).exists():
                continue
            position, lr, seed = Path(run.folder).name.split("-")
            bits = bits_of(position, float(lr), int(seed))
            if bits is None:
                plans.write_run(Path(run.folder), DIVERGED)
            else:
                answer(run, bits)

    return make
