"""A whole sweep, from Enter to the prompt, against what its runs need: (sum of their seconds) / (runs at a time).

A run's seconds are those between its first step and its last score, as run.json tells them. The rest is overhead, and lies
before the first step of all, between the runs of a lane, at the end of a lane that waits for the other, and after the last
score. Text and tokenizer are made before, by a sweep of one short run for each lane that also tells how many steps fill
the seconds asked for. Runs differ in their seed alone, so that lanes end together as far as they can.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.measure import Report, Row

TRAIN = Path(__file__).resolve().parents[1] / "train.py"
TRIAL_STEPS = 60
WORDS = [  # asked of so little text that most of a run is training
    "trainer.unit=steps",
    "evaluation.bits_per_byte.tokens=16384",
    "evaluation.length_sweep.targets=512",
    "evaluation.length_sweep.tokens=4096",
    "evaluation.position_in_context.tokens=4096",
]
BEGUN = " at a time, under "  # in what a sweep says when it has built its runs


@dataclass(frozen=True)
class Span:
    """One run, by the calendar, and what of it was training."""

    began: float
    ended: float
    steps: int
    training: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class Typed:
    """A command from Enter to the prompt, when it had built its runs, and the runs."""

    enter: float
    built: float
    prompt: float
    spans: list[Span]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=20.0, help="of a run, about")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--words", nargs="*", default=[], help="for train.py, such as logger=none")


def measure(arguments: argparse.Namespace) -> Report:
    """The ratio, and where the overhead lies."""
    with tempfile.TemporaryDirectory() as name:
        words = [*WORDS, f"hydra.launcher.n_jobs={arguments.jobs}", *arguments.words]
        trial = type_sweep(Path(name), arguments.jobs, [*words, "name=trial", f"trainer.budget={TRIAL_STEPS}"])
        steps = steps_for(arguments.seconds, trial.spans)
        typed = type_sweep(Path(name), arguments.runs, [*words, "name=sweep", f"trainer.budget={steps}"])
    settings = {"runs": arguments.runs, "jobs": arguments.jobs, "steps": steps, "words": " ".join(arguments.words)}
    tables = {
        "from Enter to prompt": [whole(typed, arguments.jobs)],
        "seconds of overhead": parts(typed, arguments.jobs),
    }
    return Report("sweep", settings, tables)


def type_sweep(folder: Path, n_runs: int, words: list[str]) -> Typed:
    """Train as many seeds as that."""
    seeds = "seed=" + ",".join(map(str, range(n_runs)))
    command = [sys.executable, str(TRAIN), "-m", seeds, *words]
    built, said = [], []
    enter = time.time()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:

        def listen() -> None:
            for line in process.stdout:
                said.append(line)
                built.extend([time.time()] * (BEGUN in line))

        listener = threading.Thread(target=listen)
        listener.start()
        process.wait()
        prompt = time.time()  # which does not wait for what the command leaves behind, as wandb's service for a second
        listener.join()
    if process.returncode:
        raise RuntimeError("".join(said[-30:]))
    (name,) = (word.removeprefix("name=") for word in words if word.startswith("name="))
    return Typed(enter, built[0], prompt, [read_span(file) for file in folder.glob(f"outputs/{name}/*/run.json")])


def read_span(file: Path) -> Span:
    """First step and last score, as seconds since 1970."""
    facts = json.loads(file.read_text(encoding="utf-8"))
    began, ended = (datetime.fromisoformat(facts[key]).timestamp() for key in ("first_step_at", "scored_at"))
    return Span(began, ended, facts["steps"], facts["seconds"])


def steps_for(seconds: float, trial: list[Span]) -> int:
    """How many steps fill the seconds, after what is not training (it hardly grows with the steps)."""
    rest = statistics.mean(span.seconds - span.training for span in trial)
    a_step = statistics.mean(span.training / span.steps for span in trial)
    return max(10, round((seconds - rest) / a_step))


def whole(typed: Typed, jobs: int) -> Row:
    """The sentence that this part exists for."""
    needed, took = sum(span.seconds for span in typed.spans) / jobs, typed.prompt - typed.enter
    return {
        "runs": len(typed.spans),
        "at a time": jobs,
        "median run s": statistics.median(span.seconds for span in typed.spans),
        "needed s": needed,
        "took s": took,
        "took / needed": took / needed,
    }


def lanes_of(spans: list[Span], jobs: int) -> list[list[Span]]:
    """Which runs followed each other: each takes the lane that has been free for the longest."""
    lanes: list[list[Span]] = [[] for _ in range(jobs)]
    for span in sorted(spans, key=lambda span: span.began):
        min(lanes, key=lambda lane: lane[-1].ended if lane else 0.0).append(span)
    return lanes


def parts(typed: Typed, jobs: int) -> list[Row]:
    """Overhead by its place; `of needed` is what each adds to the whole, gaps and waits shared by the lanes."""
    lanes, needed = lanes_of(typed.spans, jobs), sum(span.seconds for span in typed.spans) / jobs
    gaps = [later.began - one.ended for lane in lanes for one, later in zip(lane, lane[1:], strict=False)]
    first, last = min(span.began for span in typed.spans), max(span.ended for span in typed.spans)
    places = {
        "Enter to all runs built": typed.built - typed.enter,
        "built to the first step": first - typed.built,
        "a lane's later begin": sum(lane[0].began - first for lane in lanes) / jobs,
        f"between runs ({statistics.median(gaps):.2f} each)" if gaps else "between runs": sum(gaps) / jobs,
        "a lane's earlier end": sum(last - lane[-1].ended for lane in lanes) / jobs,
        "last score to prompt": typed.prompt - last,
    }
    return [{"where": where, "s": seconds, "of needed": seconds / needed} for where, seconds in places.items()]
