"""Which runs have a job in Slurm's queue. A job is recognised by its run, whether it waits, runs or was put back.

Every submission has a number of its own, with which its jobs' name ends, and a file SUBMISSION.json beside the jobs' logs
that lists the folder of each index of the array. The file is there before the jobs are, so none is ever unknown; and a
run's folder ends with the run's identity. Limit: two commands that look at the same moment may both submit a run; its
second job then finds the folder held and ends.
"""

import json
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wordorder.errors import InputError
from wordorder.whole_files import write_whole


@dataclass(frozen=True)
class Queued:
    """A job as squeue tells it; `state` is PENDING, RUNNING and so on, `reason` why it waits."""

    job: str
    state: str
    reason: str


def announce(place: Path, folders: Sequence[Path]) -> str:
    """Write which runs a submission is about to be made of; returns its number."""
    place.mkdir(parents=True, exist_ok=True)
    number = uuid.uuid4().hex[:12]
    write_whole(place / f"{number}.json", json.dumps([str(folder.resolve()) for folder in folders]))
    return number


def read_queue(place: Path) -> dict[Path, Queued]:
    """The jobs of mine that were announced in this place, by the folder of their run. Raises InputError without a Slurm."""
    jobs, lists = {}, {}
    for line in ask("squeue", "--me", "--array", "--noheader", "--format=%i|%T|%r|%j").splitlines():
        job, state, reason, name = line.split("|", 3)
        file = place / f"{name.rpartition('-')[2]}.json"
        if file not in lists:
            lists[file] = json.loads(file.read_bytes()) if file.exists() else []
        if lists[file]:
            jobs[Path(lists[file][index_of(job)])] = Queued(job, state, reason)
    return jobs


def index_of(job: str) -> int:
    """Which of the array: 3 for 12_3, 0 for a job that is no array."""
    return int(job.partition("_")[2] or 0)


def largest_array() -> int:
    """How many jobs one array may have here."""
    told = ask("scontrol", "show", "config")
    return int(next(line.split("=")[1] for line in told.splitlines() if line.startswith("MaxArraySize")))


def ask(*words: str) -> str:
    """What one of Slurm's commands says. Raises InputError where it cannot be asked."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise InputError(f"hydra/launcher=submitit_slurm: {words[0]} does not answer here ({error})") from error
    if done.returncode:
        raise InputError(f"hydra/launcher=submitit_slurm: {words[0]} says {done.stderr.strip() or done.returncode}")
    return done.stdout
