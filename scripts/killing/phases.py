"""Where a sweep is when it is killed, seen from outside: in the folders of its runs, and in the files its workers have open.

import      the run has no record yet, or goes on from an earlier one and does not hold its folder yet
train       it holds its folder, and its final weights are not there
checkpoint  it is writing a checkpoint or the final weights
evaluate    the weights are final, and an evaluation that was asked for has no scores
finish      all scores are there; or every run has ended, and tables and report are made
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from killing.processes import Family, open_files

from wordorder.record.holder import read_holder
from wordorder.record.rows import read_rows

PHASES = ("import", "train", "checkpoint", "evaluate", "finish")
CLOSING = "bits per byte"  # a heading of the table that a sweep prints when its last run has ended


@dataclass(frozen=True)
class Sight:
    """What was seen: the run and phase of each worker, and the phase of the command where it has none."""

    workers: dict[int, tuple[str, str]]
    alone: str

    @property
    def phases(self) -> set[str]:
        return {phase for _, phase in self.workers.values()} or {self.alone}


class Watch:
    """Remembers which run a worker holds, for the moment between letting go and ending."""

    def __init__(self, family: Family, experiment: Path, said: Path):
        self.family, self.experiment, self.said = family, experiment, said
        self.held: dict[int, Path] = {}

    def look(self) -> Sight:
        self.family.look()
        for folder in self.experiment.glob("*-*"):
            if (holder := read_holder(folder)) and holder.process in self.family.workers:
                self.held[holder.process] = folder
        workers = {process: self.run_of(process) for process in self.family.workers}
        closing = CLOSING in self.said.read_text(encoding="utf-8", errors="replace")
        return Sight(workers, "finish" if closing else "import")

    def run_of(self, process: int) -> tuple[str, str]:
        folder = self.held.get(process)
        return (folder.name, phase_of(folder, open_files(process))) if folder else ("", "import")


def phase_of(folder: Path, opened: Sequence[str]) -> str:
    """The phase of a run that is under way; `opened` are the files that its process has open."""
    if any(Path(name).parent == (folder / "checkpoints").resolve() and name.endswith(".part") for name in opened):
        return "checkpoint"
    if not (folder / "run.json").exists():
        return "import"
    if "weights" not in json.loads((folder / "run.json").read_text(encoding="utf-8"))["digests"]:
        return "train"
    asked = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["evaluation"]
    scored = {row["evaluation"] for row in read_rows(folder / "scores.jsonl")}
    return "finish" if scored >= set(asked) else "evaluate"
