"""The processes of one sweep, found in Linux's /proc: the launcher that was typed, the pool it starts, the pool's workers."""

import os
import signal
import time
from pathlib import Path

from wordorder.record.holder import began


class Family:
    """The live processes of a command. Workers that outlive their pool stay in the family."""

    def __init__(self, launcher: int):
        self.launcher = launcher
        self.pool: int | None = None
        self.workers: set[int] = set()
        self.ever: dict[int, str] = {}  # every process there was, and when it began: numbers are used again

    def look(self) -> None:
        """See who has come and who has gone."""
        pools = [child for child in children(self.launcher) if "forkserver" in command_line(child)]
        self.pool = pools[0] if pools else None
        self.workers = {worker for worker in {*self.workers, *children(self.pool)} if began(worker)}
        self.ever |= {process: began(process) for process in self.all() if process not in self.ever}

    def all(self) -> list[int]:
        """Launcher first, so that nobody it starts is missed."""
        processes = [self.launcher, *([self.pool] if self.pool else []), *sorted(self.workers)]
        return [process for process in processes if began(process)]

    def survivors(self) -> list[int]:
        return [process for process, when in self.ever.items() if when and began(process) == when]

    def freeze(self) -> None:
        """Stop all of them where they are; who waits for the disk stops when it has answered."""
        for process in self.all():
            send(process, signal.SIGSTOP)
        until = time.monotonic() + 5
        while any(state(process) not in "TtZX" for process in self.all()) and time.monotonic() < until:
            time.sleep(0.0005)

    def thaw(self) -> None:
        for process in self.all():
            send(process, signal.SIGCONT)


def send(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def children(process: int | None) -> list[int]:
    """Those that any thread of the process has started and that have not ended."""
    found: list[int] = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        found += map(int, read(file).split())
    return found


def command_line(process: int) -> str:
    return read(Path(f"/proc/{process}/cmdline")).replace("\0", " ")


def state(process: int) -> str:
    """R, S, D, T and so on, as in proc(5); X for one that is gone."""
    return read(Path(f"/proc/{process}/stat")).rpartition(") ")[2][:1] or "X"


def open_files(process: int) -> list[str]:
    """What the process has open, by name."""
    names = []
    for link in Path(f"/proc/{process}/fd").glob("*"):
        try:
            names.append(os.readlink(link))
        except OSError:  # closed meanwhile
            continue
    return names


def read(file: Path) -> str:
    """A file of /proc, empty where its process is gone."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
