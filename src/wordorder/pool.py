"""Runs side by side on one machine: one process each, forked from a server that has imported everything once.

What Python and its packages take to start, seconds, is thus paid once for a whole sweep and not once a run. The server only
imports: it computes nothing, begins no thread that a fork would break, and never asks CUDA for anything. It can be begun
early, to import while the plan is made; the pool itself needs no torch.
A run that another process holds waits at the end of the queue until it is free; what that process left is kept or gone on with.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from wordorder import identity
from wordorder.board import choose_view
from wordorder.check import Config, make
from wordorder.cores import card_of
from wordorder.outcome import Outcome
from wordorder.record.holder import read_holder
from wordorder.record.run_record import RunRecord
from wordorder.task import Busy, Task
from wordorder.training.interrupt import Interrupt, Interrupted
from wordorder.training.progress import At
from wordorder.view import View

LOOK = 1.0  # seconds until the note of who holds a run is read again
TRY = 10.0  # seconds until a lock is tried again that is held without a note
START_TRIES = 5
LATE = (  # what a run imports on its way: the typed script, Lightning at its first Trainer, the writing of items
    "wordorder.commands",
    "omegaconf",
    "pandas",
    "pyarrow.parquet",
    "pyarrow.dataset",
)
END = 10.0  # seconds that a process may take to end when it has told its outcome


@dataclass
class Worker:
    """A run that is under way in its process."""

    number: int
    process: BaseProcess
    answer: Connection


def begin(config: Config) -> None:
    """Begin the server, which imports what runs of such a config need. It hears no Ctrl-C, which this process answers."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list_modules(config))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is ignored here, a process begins with
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)


def run_all(
    tasks: Sequence[Task], *, n_jobs: int, cards: Sequence[str] = (), on_end: Callable[[Task], object] = lambda _: None
) -> list[Outcome]:
    """Train every run, `n_jobs` at a time, each on one of the `cards` if there are any, as CUDA_VISIBLE_DEVICES names them.

    A worker that dies costs its own run only. `on_end` is told each run whose process has ended, and must not wait.
    Raises Interrupted after a stop.
    """
    with Interrupt() as interrupt, choose_view([task.folder.name for task in tasks], n_jobs) as view:
        pool = Pool(tasks, n_jobs, cards, view, on_end)
        try:
            while pool.workers or (pool.waiting and not interrupt.asked):
                if not interrupt.asked:
                    pool.fill()
                interrupt.pass_on([worker.process.pid for worker in pool.workers.values()])
                view.draw(stopping=interrupt.asked)
                wait([worker.answer for worker in pool.workers.values()], timeout=0.05)
                pool.listen()
        finally:
            for worker in pool.workers.values():  # none is left but after an error here
                worker.process.terminate()
    outcomes = pool.outcomes
    if interrupt.asked or any(outcome.status == "interrupted" for outcome in outcomes.values()):
        raise Interrupted("the sweep")
    return [outcomes[number] for number in sorted(outcomes)]


class Pool:
    """The runs that wait, those that are under way, by their slots, and what became of the others; all by their numbers."""

    def __init__(
        self, tasks: Sequence[Task], n_jobs: int, cards: Sequence[str], view: View, on_end: Callable[[Task], object]
    ):
        self.tasks, self.n_jobs, self.cards, self.view, self.on_end = tasks, n_jobs, cards, view, on_end
        self.context = multiprocessing.get_context("forkserver")
        self.waiting = list(range(len(tasks)))
        self.workers: dict[int, Worker] = {}
        self.outcomes: dict[int, Outcome] = {}
        self.look_at: dict[int, float] = {}  # when to look again whether a run is still held
        self.rerun: dict[int, str] = {}  # in place of the task's

    def fill(self) -> None:
        """Begin runs while there are slots."""
        for slot in range(self.n_jobs):
            if slot not in self.workers and (number := self.choose()) is not None:
                self.workers[slot] = self.start(number, slot)
                self.view.began(number)

    def choose(self) -> int | None:
        """The first run that waits and that no process holds, out of the queue."""
        for number in list(self.waiting):
            if time.monotonic() < self.look_at.get(number, 0.0):
                continue
            self.waiting.remove(number)
            holder = read_holder(self.tasks[number].folder)
            if not (holder and holder.alive):
                return number
            self.put_back(number, str(holder), LOOK)
        return None

    def put_back(self, number: int, who: str, seconds: float) -> None:
        """A run that is held goes to the end of the queue. Where it is being made, it is not made again after that."""
        self.waiting.append(number)
        self.look_at[number] = time.monotonic() + seconds
        if RunRecord(self.tasks[number].folder).facts.get("status") == "running":
            self.rerun[number] = "no"
        self.view.waits(number, f"waiting for {who}, which holds {self.tasks[number].folder}")

    def start(self, number: int, slot: int) -> Worker:
        """Begin one run in a process of its own."""
        task = self.tasks[number]
        task = replace(task, rerun=self.rerun.get(number, task.rerun), card=card_of(slot, self.cards))
        ours, theirs = self.context.Pipe(duplex=False)
        process = self.context.Process(target=work, args=(task, theirs), name=task.folder.name)
        start_process(process)
        theirs.close()
        return Worker(number, process, ours)

    def listen(self) -> None:
        """Take what the workers have said; the end of a pipe is the end of its worker."""
        for slot, worker in list(self.workers.items()):
            while slot in self.workers and worker.answer.poll():
                said = receive(worker)
                if isinstance(said, At):
                    self.view.at(worker.number, said)
                    continue
                end(self.workers.pop(slot).process)
                if isinstance(said, Busy):
                    self.put_back(worker.number, said.who, TRY)
                else:
                    outcome = replace(said, folder=self.tasks[worker.number].folder)
                    self.outcomes[worker.number] = outcome
                    self.view.ended(worker.number, outcome)
                    self.on_end(self.tasks[worker.number])


def work(task: Task, answer: Connection) -> None:
    """In a worker: do the run."""
    from wordorder import worker  # imported by the server; the pool goes without torch

    worker.work(task, answer)


def start_process(process: BaseProcess) -> None:
    """Start a worker, by a new server where the old one was killed; a server that dies again and again is an error."""
    for attempt in range(START_TRIES):
        try:
            process.start()
            return
        except (EOFError, ConnectionError):
            if attempt == START_TRIES - 1:
                raise
            time.sleep(0.2)  # until the system has told that the old one is gone


def list_modules(config: Config) -> list[str]:
    """What the workers need, to be imported before they are forked: the run, what it imports late, what a config names.

    Not what a mirror needs that this process writes.
    """
    named = [target.rpartition(".")[0] for target in identity.targets(config)]
    mirror = make(config["logger"], "logger")
    late = () if mirror.from_folder else mirror.imports
    # the worker last: it then reads the files of all that is imported, whose digests the runs' records hold
    return list(dict.fromkeys([*LATE, *named, *late, "wordorder.worker"]))


def receive(worker: Worker) -> At | Busy | Outcome:
    """The next thing that a worker says, or what its death says."""
    try:
        return worker.answer.recv()
    except (EOFError, OSError):  # before its answer, or in the middle of it
        worker.process.join()
        code = worker.process.exitcode or 0
        if code == -signal.SIGTERM:  # asked to stop while it was not training
            return Outcome(Path(), "interrupted")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        how += ", often for want of memory" * (code == -signal.SIGKILL)
        said = f"its process died ({how}); the same command goes on from its checkpoint"
        return Outcome(Path(), "failed", said)


def end(process: BaseProcess) -> None:
    """Wait for a process that has told its outcome; one that hangs in its end is killed."""
    process.join(END)
    if process.is_alive():
        process.kill()
        process.join()
