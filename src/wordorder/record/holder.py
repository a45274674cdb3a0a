"""Who holds a run: the lock itself names nobody, so its holder writes machine and process beside it, and touches the note.

A process that was killed leaves the note behind; `alive` tells. Of a process on this machine the system knows; of one on
another the note's age tells, by the clock of the file system that both write to, so that no two machines' clocks are
compared. Limits: where this folder cannot be written nothing is known of another machine's process; where the system does
not say when a process began (not Linux), a new process under an old number passes for the holder. Nothing is ever locked or
unlocked by this note: who wants the run asks the lock.
"""

import json
import os
import platform
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wordorder.whole_files import write_whole

NAME = ".holder"
BEAT = 10.0  # seconds between two touches of the note
SILENT = 60.0  # seconds after which another machine's process counts as gone


@dataclass(frozen=True)
class Holder:
    """A process: its machine, its number, when it began as the system counts ("" where it does not say), and how many
    seconds ago it last touched its note (None where that was not asked or cannot be told)."""

    host: str
    process: int
    began: str
    silent: float | None = None

    @property
    def alive(self) -> bool | None:
        """Does the process still run? None where it is on another machine and its note's age cannot be told."""
        if self.host == platform.node():
            return runs(self.process) and began(self.process) == self.began
        return None if self.silent is None else self.silent < SILENT

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"


@contextmanager
def sign(folder: Path) -> Iterator[None]:
    """Leave this process's note in a folder whose lock it has, touch it again and again, and take it away at the end."""
    note = folder / NAME
    own = {"host": platform.node(), "process": os.getpid(), "began": began(os.getpid())}
    write_whole(note, json.dumps(own), synced=False)
    ended = threading.Event()
    beating = threading.Thread(target=beat, args=(note, ended), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()
        note.unlink(missing_ok=True)


def beat(note: Path, ended: threading.Event) -> None:
    """Touch the note until told to end; a disk that does not answer once is asked again."""
    while not ended.wait(BEAT):
        with suppress(OSError):
            os.utime(note)


def read_holder(folder: Path) -> Holder | None:
    """Who holds a run, or held it when they were killed; None where nobody did."""
    try:
        with (folder / NAME).open("rb") as file:  # a network file system looks at the server's file when one is opened
            note, touched = json.load(file), os.fstat(file.fileno()).st_mtime
    except (FileNotFoundError, ValueError):  # ValueError: the machine lost its power as the note was written
        return None
    silent = None if note["host"] == platform.node() else age(folder, touched)
    return Holder(**note, silent=silent)


def age(folder: Path, touched: float) -> float | None:
    """Seconds since a file of this folder was touched, by the file system's own clock; None where nothing can be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b" ")
            file.flush()
            return os.fstat(file.fileno()).st_mtime - touched
    except OSError:
        return None


def runs(process: int) -> bool:
    """Is there a process of this number, on this machine?"""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def began(process: int) -> str:
    """When a process began, in ticks since the machine did; "" where the system does not say or the process has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]  # Z: ended, and its parent has not asked how
