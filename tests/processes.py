"""Several processes for a test, forked from it, so that they start at once and know what it has planted."""

import io
import multiprocessing
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

from torch.distributed import TCPStore

from wordorder import following
from wordorder.following import HERE
from wordorder.job import Job
from wordorder.training.group import Group, joined
from wordorder.training.place import Place

FORK = multiprocessing.get_context("fork")


class Forked:
    """As much of a subprocess.Popen as is needed of one."""

    def __init__(self, act: Callable[[], Any]):
        self.process, self.stdin = FORK.Process(target=act), io.BytesIO()
        self.process.start()

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired("", timeout)
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()


def fork_others() -> list[Forked]:
    """From now on a run of this process forks those that train with it; returns the list that they are put in."""
    forked: list[Forked] = []

    def start(job: Job, place: Place) -> Forked:
        forked.append(Forked(partial(following.take_place, job.config, job.choices, place)))
        return forked[-1]

    following.start = start
    return forked


def together(act: Callable[[Group], Any], *, size: int = 2, silent: int = 0) -> list[Any]:
    """What each process of a group answers, by rank; an exception answers for its process. The last `silent` say nothing."""
    store = TCPStore(HERE, 0, size, is_master=True, wait_for_workers=False)
    answers = FORK.Queue()

    def take_part(rank: int) -> None:
        place = Place(rank, size, rank, HERE, store.port)
        own = TCPStore(HERE, store.port, size, is_master=False)
        with joined(place, device="cpu", store=own) as group:
            try:
                answers.put((rank, act(group)))
            except Exception as error:
                answers.put((rank, error))

    processes = [FORK.Process(target=take_part, args=(rank,), daemon=True) for rank in range(size)]
    for process in processes:
        process.start()
    try:
        said = dict(answers.get(timeout=60) for _ in range(size - silent))
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.kill()
    return [said[rank] for rank in range(size - silent)]
