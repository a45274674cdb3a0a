"""The processes that train a run with the one that leads: how they are started, what they do, how they end.

On one machine the first process starts the others when there is something to train; each is `python -m wordorder.following`
in a session of its own, so that Ctrl-C reaches the first alone, and ends when the first one does, however that ends. Where
torchrun or srun has started all, those behind the first wait for its word. Limits: they read what the first has written
(tokenizer, token store, checkpoint), so several machines need one output_dir.
"""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from torch.distributed import TCPStore

from wordorder.errors import InputError
from wordorder.job import Job
from wordorder.parts import make_part, prepare
from wordorder.record.run_record import RunRecord
from wordorder.training import engine
from wordorder.training.group import Group, joined
from wordorder.training.interrupt import Interrupt
from wordorder.training.place import Place
from wordorder.training.steps import Diverged, Steps

HERE = "127.0.0.1"
STARTING = timedelta(minutes=10)
ENDING = 60.0  # seconds


def start(job: Job, place: Place) -> subprocess.Popen:
    """A process that takes this place in the job."""
    words = [sys.executable, "-m", "wordorder.following"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(words, stdin=subprocess.PIPE, env=environment, start_new_session=True)
    pickle.dump((job.config, job.choices, place), process.stdin)
    process.stdin.flush()  # and left open: its end is how the other learns of ours
    return process


@contextmanager
def gathered(job: Job, group: Group) -> Iterator[Group]:
    """All processes of the job, told to train; those that nobody has started are started, and are gone at the end."""
    if job.processes == group.size:
        group.begin()
        yield group
        return
    store = TCPStore(HERE, 0, job.processes, is_master=True, wait_for_workers=False, timeout=STARTING)
    places = [Place(rank, job.processes, rank, HERE, store.port) for rank in range(job.processes)]
    others: list[subprocess.Popen] = []
    try:
        others += [start(job, place) for place in places[1:]]
        wait_for(others, store)
        with joined(places[0], device=job.device, store=store) as group:
            group.begin()
            yield group
            end = time.monotonic() + ENDING
            for process in others:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, end - time.monotonic()))
    finally:
        for process in others:
            process.kill()
            process.wait()
            process.stdin.close()


def wait_for(others: list[subprocess.Popen], store: TCPStore) -> None:
    """Until all have come. Raises InputError if one ends before that."""
    while store.add("come", 0) < len(others):
        for number, process in enumerate(others, 1):
            if (code := process.poll()) is not None:
                raise InputError(f"devices: process {number} ended with code {code} before the first step, see above")
        time.sleep(0.02)


def follow(job: Job, group: Group) -> None:
    """Train where the first process says so; nothing is written here, and how it ended is told there."""
    if not group.tell(None):
        return
    store = prepare(job, verified=True)
    part = make_part(job, store, job.make_model(store))
    with Interrupt() as interrupt, suppress(Diverged):
        record, n_steps = RunRecord(job.folder), job.fit.count_steps(part)
        steps = Steps(job.intervals, n_steps=n_steps, interrupt=interrupt, group=group)
        workers = job.config["workers"]
        engine.run(job.fit, part, record=record, steps=steps, device=job.device, workers=workers, group=group)


def end_with(pipe: int) -> None:
    """End this process when nobody holds the other end any more."""
    os.read(pipe, 1)
    os._exit(1)


def take_place(config: dict[str, Any], choices: dict[str, str], place: Place) -> None:
    """One of the processes that the first has started, from its beginning to its end."""
    store = TCPStore(place.address, place.port, place.size, is_master=False, timeout=STARTING)
    job = Job(config, choices)
    store.add("come", 1)
    with joined(place, device=job.device, store=store) as group:
        follow(job, group)


def main() -> None:
    given = pickle.load(sys.stdin.buffer)
    threading.Thread(target=end_with, args=(sys.stdin.fileno(),), daemon=True).start()
    try:
        take_place(*given)
    except InputError as error:
        sys.exit(f"wordorder, process {given[2].rank}: {error}")


if __name__ == "__main__":
    main()
