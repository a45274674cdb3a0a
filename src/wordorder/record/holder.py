"""Who holds a run: the lock itself names nobody, so its holder writes machine and process beside it.

A process that was killed leaves the note behind; `alive` tells. Limits: of a process on another machine nothing can be
known from here; where the system does not say when a process began (not Linux), a new process under an old number passes
for the holder. Nothing is ever locked or unlocked by this note.
"""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = ".holder"


@dataclass(frozen=True)
class Holder:
    """A process: its machine, its number, and when it began as the system counts ("" where it does not say)."""

    host: str
    process: int
    began: str

    @property
    def alive(self) -> bool | None:
        """Does the process still run? None where it is on another machine."""
        if self.host != platform.node():
            return None
        return runs(self.process) and began(self.process) == self.began

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"


@contextmanager
def sign(folder: Path) -> Iterator[None]:
    """Leave this process's note in a folder whose lock it has, and take it away at the end."""
    beside = folder / f"{NAME}.part"
    beside.write_text(json.dumps(asdict(Holder(platform.node(), os.getpid(), began(os.getpid())))), encoding="utf-8")
    beside.replace(folder / NAME)
    try:
        yield
    finally:
        (folder / NAME).unlink(missing_ok=True)


def read_holder(folder: Path) -> Holder | None:
    """Who holds a run, or held it when they were killed; None where nobody did."""
    try:
        return Holder(**json.loads((folder / NAME).read_bytes()))
    except FileNotFoundError:
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
