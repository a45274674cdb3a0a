"""What a process of the pool does: one run on its card, printed into the run's log, its progress and end sent to the pool.

When the pool is gone, however it went, a worker is asked to stop as a person would ask: it writes its checkpoint at the next
step and ends, so that nothing is lost; where it does not in GRACE seconds, or was not training, it is killed, and its last
checkpoint counts. It learns of the pool's end by a pipe that only the pool can write to, which closes with the pool on every
system; the system's own signal at a parent's death would come from the fork server, which lives as long as its workers do.
Limit: code that keeps Python's lock for longer than GRACE is killed when it gives it back.
"""

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

from wordorder import identity
from wordorder.errors import InputError
from wordorder.job import Job
from wordorder.outcome import Outcome
from wordorder.record.mirror import NoMirror
from wordorder.record.run_record import LOG, Held
from wordorder.run import refuse_unplanned, telling_full_disk, train
from wordorder.task import Busy, Task
from wordorder.training.interrupt import Interrupted
from wordorder.training.progress import Sent

GRACE = 30.0

identity.freeze()  # the code may be edited while the sweep goes on


def work(task: Task, answer: Connection) -> None:
    """Do the run and say what became of it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server ignores it
    threading.Thread(target=end_with_pool, name="pool's end", daemon=True).start()
    if task.card is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = task.card  # nothing has asked CUDA for its cards yet
    said = run(task, answer)
    if isinstance(said, Outcome) and said.status == "kept":
        log = task.folder / LOG
        with suppress(FileNotFoundError):
            if not log.stat().st_size:
                log.unlink()
    with suppress(BrokenPipeError):  # the pool is gone
        answer.send(said)


def run(task: Task, answer: Connection) -> Outcome | Busy:
    """The run's outcome, whatever happens."""
    try:
        with telling_full_disk(task.folder):
            write_to(task.folder / LOG)
            job = Job(task.config, task.choices, words=task.words)
            refuse_unplanned(job, task.folder)
            if job.mirror.from_folder:
                job.mirror = NoMirror()  # the pool's process closes it, while the next run trains
            return train(job, progress=Sent(task.folder.name, answer.send), wait=None, rerun=task.rerun)
    except Held as held:
        return Busy(held.who)
    except InputError as error:
        log_last(str(error))
        return Outcome(task.folder, "failed", str(error))
    except (Interrupted, KeyboardInterrupt):
        return Outcome(task.folder, "interrupted")
    except Exception as error:
        log_last(traceback.format_exc().rstrip())
        return Outcome(task.folder, "failed", f"{type(error).__name__}: {error}")


def log_last(said: str) -> None:
    """Print why the run ends. Where the log cannot be written, the pool is told all the same."""
    with suppress(OSError):
        print(said, file=sys.stderr)


def write_to(log: Path) -> None:
    """Append to this file whatever is printed from now on, by C++ and by a crash too."""
    log.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(number, stream)
    os.close(number)
    sys.stdout.reconfigure(line_buffering=True)  # a crash loses no line
    faulthandler.disable()  # else it would not see that another handler has taken its place
    faulthandler.enable()


def end_with_pool() -> None:
    """Wait for the pool's end, and end this process: by a checkpoint if that is a matter of seconds."""
    wait([multiprocessing.parent_process().sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)
