"""Runs side by side on one machine: one process each, forked from a server that has imported everything once."""

import multiprocessing
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from wordorder.errors import InputError
from wordorder.job import Job
from wordorder.outcome import Outcome
from wordorder.run import train
from wordorder.training.interrupt import Interrupt, Interrupted

Planned = tuple[dict[str, Any], dict[str, str]]  # config, choices


@dataclass
class Worker:
    """A run that is under way in its process."""

    process: BaseProcess
    answer: Connection
    folder: Path


def run_all(jobs: Sequence[Job], *, n_jobs: int) -> list[Outcome]:
    """Train every job, `n_jobs` at a time; a worker that dies costs its own run only. Raises Interrupted after a stop."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["wordorder.run"])
    waiting, workers, outcomes = list(enumerate(jobs)), {}, {}
    with Interrupt() as interrupt:
        while workers or (waiting and not interrupt.asked):
            while waiting and not interrupt.asked and len(workers) < n_jobs:
                slot = next(slot for slot in range(n_jobs) if slot not in {used for used, _ in workers})
                number, job = waiting.pop(0)
                workers[slot, number] = start(context, job, slot)
            for key in [key for key, worker in workers.items() if worker.answer.poll()]:  # an answer, or the end
                outcomes[key[1]] = collect(workers.pop(key))
            interrupt.pass_on([worker.process.pid for worker in workers.values()])
            time.sleep(0.05)
    if interrupt.asked or any(outcome.status == "interrupted" for outcome in outcomes.values()):
        raise Interrupted("the sweep")
    return [outcomes[number] for number in sorted(outcomes)]


def start(context: Any, job: Job, slot: int) -> Worker:
    """Begin one run in a process of its own."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(job.config, job.choices, slot, theirs), name=job.folder.name)
    process.start()
    theirs.close()
    return Worker(process, ours, job.folder)


def work(config: dict[str, Any], choices: dict[str, str], slot: int, answer: Connection) -> None:
    """What a worker does: one run, whose outcome goes back through the pipe."""
    try:
        outcome = train(Job(config, choices), slot=slot)
    except InputError as error:
        outcome = Outcome(Path(), "failed", str(error))
    except (Interrupted, KeyboardInterrupt):
        outcome = Outcome(Path(), "interrupted")
    except Exception as error:
        answer.send(Outcome(Path(), "failed", f"{type(error).__name__}: {error}"))
        raise
    answer.send(outcome)


def collect(worker: Worker) -> Outcome:
    """The outcome of a process that has answered or died."""
    try:
        outcome = worker.answer.recv()
        worker.process.join()
        return Outcome(worker.folder, outcome.status, outcome.said)
    except (EOFError, OSError):  # before its answer, or in the middle of it
        worker.process.join()
        code = worker.process.exitcode or 0
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Outcome(
            worker.folder, "failed", f"its process died ({how}); the same command goes on from its checkpoint"
        )
