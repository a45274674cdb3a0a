"""How far each planned run is, and what train.py would do with it, from its folder alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wordorder import keeping
from wordorder.keeping import Facts
from wordorder.record.folders import read_run
from wordorder.record.holder import Holder, read_holder
from wordorder.record.rows import Row, read_rows
from wordorder.sweep.planned import Planned

Name = Literal["done", "unscored", "running", "interrupted", "failed", "missing"]
MEANING: dict[Name, str] = {
    "done": "trained, and every evaluation answered",
    "unscored": "trained, some evaluations not answered",
    "running": "a process is at it",
    "interrupted": "begun, and no process is at it",
    "failed": "ended with an error",
    "missing": "not begun",
}
Will = Literal["start", "go on", "score", "make again", "leave failed", "keep", "wait"]
WILL: dict[Will, str] = {
    "start": "train from the start",
    "go on": "go on where it was stopped",
    "score": "score what has not been asked yet",
    "make again": "make again, as rerun= asks",
    "leave failed": "leave: failed earlier (rerun=failed tries again)",
    "keep": "keep: already done",
    "wait": "wait: another process is at it",
}


@dataclass(frozen=True)
class State:
    """A run as it lies there. `row` is its latest row of training ({} before the first)."""

    name: Name
    facts: Facts
    holder: Holder | None
    row: Row

    @property
    def step(self) -> int:
        return self.row.get("step", 0)

    @property
    def steps(self) -> int:
        """Of the whole run; 0 where it is not known yet."""
        return self.facts.get("steps", 0)

    @property
    def share(self) -> float:
        """How much of its training is done, 0 to 1."""
        if self.name in ("done", "unscored"):
            return 1.0
        return self.step / self.steps if self.steps and self.name != "failed" else 0.0


def look(folder: Path, evaluations: dict[str, str]) -> State:
    """The state of a run of which these evaluations are asked. Raises InputError for files that cannot be read."""
    facts, holder = read_run(folder), read_holder(folder)
    name = name_of(facts, holder, evaluations)
    return State(name, facts, holder, last_row(folder) if name in ("running", "interrupted", "failed") else {})


def name_of(facts: Facts, holder: Holder | None, evaluations: dict[str, str]) -> Name:
    """A run that is done stays done while an evaluation holds it. What is not known to be gone counts as running: a process on
    another machine whose note cannot be asked how old it is."""
    if keeping.complete(facts, evaluations):
        return "done"
    if holder and holder.alive is not False:
        return "running"
    kept: dict[str, Name] = {"done": "unscored", "failed": "failed", "missing": "missing"}
    return kept.get(facts["status"], "interrupted")


def last_row(folder: Path) -> Row:
    """The latest row of training; validation has rows of its own."""
    return next((row for row in reversed(read_rows(folder / "train.jsonl")) if "loss" in row), {})


def will(run: Planned, state: State) -> Will:
    """What the command that trains would do with a run now."""
    if state.name == "running":
        return "wait"
    if keeping.made_again(state.facts, rerun=run.rerun, code=(run.code[0], run.code[1])):
        return "make again"
    decided: dict[Name, Will] = {"done": "keep", "unscored": "score", "failed": "leave failed", "missing": "start"}
    return decided.get(state.name, "go on")


def changed_since(run: Planned, state: State) -> bool:
    """Was a run that is done made by other code than today's?"""
    return keeping.stale(state.facts, (run.code[0], run.code[1]))
