"""What the pool tells while a sweep runs, and how a file shows it: in lines."""

from collections.abc import Sequence

from wordorder.outcome import Outcome
from wordorder.training.progress import At, Lines


class View:
    """What the pool tells, each run by its number; a subclass shows it."""

    def __init__(self, names: Sequence[str], n_jobs: int):
        self.names, self.n_jobs = names, n_jobs

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def began(self, number: int) -> None:
        """A run has a process."""

    def at(self, number: int, at: At) -> None:
        """How far it is."""

    def waits(self, number: int, why: str) -> None:
        """It has to wait for another process; told again and again."""

    def ended(self, number: int, outcome: Outcome) -> None:
        """What became of it."""

    def draw(self, *, stopping: bool) -> None:
        """A moment has passed."""


class Listing(View):
    """Lines that begin with the run's name."""

    def __init__(self, names: Sequence[str], n_jobs: int):
        super().__init__(names, n_jobs)
        self.lines, self.reasons = [Lines(name) for name in names], [""] * len(names)

    def at(self, number: int, at: At) -> None:
        self.lines[number].tell(at)

    def waits(self, number: int, why: str) -> None:
        if why != self.reasons[number]:
            print(f"{self.names[number]}  {why}", flush=True)
        self.reasons[number] = why

    def ended(self, number: int, outcome: Outcome) -> None:
        print(f"{self.names[number]}  {outcome.status}{f': {outcome.said}' if outcome.said else ''}", flush=True)
