"""In a job: what Slurm sends before it takes the machine away asks for a checkpoint, and afterwards the job is put back.

SIGUSR2, which Slurm sends ahead of the time limit, counts as a SIGTERM after which the job is requeued; where a job is
cancelled or preempted Slurm sends SIGTERM itself and knows whether the job comes back. Training answers a SIGTERM at its
next step; outside of training every file is whole at every moment, so there the process ends at once.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def requeued() -> Iterator[None]:
    """Hand a SIGUSR2 to the handler that was there before, which puts the job back, once the run has ended early."""
    owner, put_back, told = os.getpid(), signal.getsignal(signal.SIGUSR2), []

    def ask(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:  # a forked helper of the run, which Slurm tells as well
            return
        print("SIGUSR2: a checkpoint at the next step, then back into the queue", file=sys.stderr, flush=True)
        told.append(number)
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGUSR2, ask)
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    except SystemExit:
        if told:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # with which Slurm takes back a job that is put back
            put_back(signal.SIGUSR2, None)
        raise


def end(number: int, frame: FrameType | None) -> None:
    """SystemExit, which neither Hydra nor a run's record takes for a failure."""
    sys.exit(128 + number)
