"""Wait for jobs in Slurm's queue and say what becomes of them; what a run came to is read from its folder, not from Slurm."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from wordorder.errors import InputError
from wordorder.slurm.queue import Queued, read_queue
from wordorder.sweep.planned import Planned
from wordorder.sweep.state import look

GO_ON = "the same command goes on with it"


def follow(runs: Sequence[Planned], place: Path, *, pause: float = 5.0) -> None:
    """Return when none of these runs has a job left. A run whose job was cancelled, killed or failed costs no other.

    Ctrl-C leaves the jobs where they are and exits with 130.
    """
    seen: dict[Path, Queued] = {}
    waiting, said = {Path(run.folder).resolve(): run for run in runs}, ""
    try:
        while waiting:
            jobs = patient_queue(place, seen)
            for folder in [folder for folder in waiting if folder not in jobs]:
                run = waiting.pop(folder)
                say(f"{run.name}: {became(run, seen.get(folder), place)}")
            seen |= jobs
            if (line := counts([jobs[folder] for folder in waiting])) != said:
                said = line
                say(f"Slurm: {line or 'no job is left'}")
            if waiting:
                time.sleep(pause)
    except KeyboardInterrupt:
        leave([seen[folder].job for folder in waiting if folder in seen])


def patient_queue(place: Path, before: dict[Path, Queued]) -> dict[Path, Queued]:
    """The queue; while Slurm cannot be asked, which passes, what was known before."""
    try:
        return read_queue(place)
    except InputError as error:
        say(f"{error}; the jobs go on, asking again")
        return before


def counts(jobs: Sequence[Queued]) -> str:
    """How many jobs are in which state, and why those that wait do."""
    states = Counter(job.state.lower() + f" ({job.reason})" * (job.state == "PENDING") for job in jobs)
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))


def became(run: Planned, job: Queued | None, place: Path) -> str:
    """What a run came to whose job is gone."""
    state = look(Path(run.folder), run.evaluations)
    if state.name == "done":
        return "done"
    if state.name == "failed":
        return f"failed: {next(iter(state.facts['reason'].splitlines()), '')}"
    told = f", its log is {place / job.job}" if job else ""
    at = f" at step {state.step}/{state.steps}" if state.steps else ", before its first step"
    return f"its job ended before the run did{at}; {GO_ON}{told}"


def leave(jobs: Sequence[str]) -> None:
    """Say what goes on without this command, and end it."""
    numbers = " ".join(dict.fromkeys(job.partition("_")[0] for job in jobs))
    say(f"\nstopped watching; {len(jobs)} jobs stay in Slurm's queue: the same command comes back to them")
    if numbers:
        say(f"to end them: scancel {numbers}")
    sys.exit(130)


def say(line: str) -> None:
    print(line, flush=True)
