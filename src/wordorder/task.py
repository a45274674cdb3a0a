"""What goes between the pool and a worker besides progress: a run to do, and that somebody else is at it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Task:
    """A run as it is handed to a process. `words` are typed for it alone, `rerun` stands for the config's where it is not
    empty, `card` names a card."""

    config: dict[str, Any]
    choices: dict[str, str]
    folder: Path
    words: tuple[str, ...] = ()
    rerun: str = ""
    card: str | None = None


@dataclass(frozen=True)
class Busy:
    """Instead of an outcome: another process holds the run."""

    who: str
