"""What a terminal shows of a sweep while it runs: one table, drawn over itself again and again."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from wordorder.outcome import Outcome
from wordorder.sweep.estimate import duration
from wordorder.training.progress import At
from wordorder.view import Listing, View

EVERY = 0.2  # seconds between two drawings
LATEST = 4  # runs that have ended, in the table
WIDE, NARROW = 110, 72  # columns of a terminal from which on there are bars, and below which speeds are left out


def choose_view(names: Sequence[str], n_jobs: int) -> View:
    """A table where it can be drawn over, else lines."""
    console = Console(stderr=True)
    return Board(names, n_jobs, console) if console.is_interactive else Listing(names, n_jobs)


@dataclass
class Row:
    """A run that is under way."""

    began: float
    at: At


class Board(View):
    """A line of counts and the time left, a row for each run under way, those that wait for others, the latest that ended."""

    def __init__(self, names: Sequence[str], n_jobs: int, console: Console):
        super().__init__(names, n_jobs)
        self.console, self.live = console, Live(console=console, auto_refresh=False, transient=True)
        self.rows: dict[int, Row] = {}
        self.reasons: dict[int, str] = {}
        self.outcomes: dict[int, Outcome] = {}
        self.seconds: list[float] = []  # of each run that was made here
        self.drawn_at = 0.0

    def __enter__(self) -> "Board":
        self.live.start()
        self.live.update(self.render(), refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def began(self, number: int) -> None:
        self.rows[number] = Row(time.monotonic(), At("prepare"))
        self.reasons.pop(number, None)

    def at(self, number: int, at: At) -> None:
        self.rows[number].at = at

    def waits(self, number: int, why: str) -> None:
        self.rows.pop(number, None)
        self.reasons[number] = why

    def ended(self, number: int, outcome: Outcome) -> None:
        row = self.rows.pop(number)
        self.outcomes[number] = outcome
        if outcome.status == "done":
            self.seconds.append(time.monotonic() - row.began)

    def draw(self, *, stopping: bool) -> None:
        if time.monotonic() - self.drawn_at >= EVERY:
            self.live.update(self.render(stopping=stopping), refresh=True)
            self.drawn_at = time.monotonic()

    def render(self, *, stopping: bool = False) -> Group:
        """All of it, no wider than the terminal and no higher."""
        waits = [Text(why, no_wrap=True, overflow="ellipsis") for why in list(self.reasons.values())[:LATEST]]
        latest = [self.last(number) for number in list(self.outcomes)[-LATEST:]]
        room = max(1, self.console.height - 3 - len(waits) - len(latest))
        shown = sorted(self.rows)[: room if len(self.rows) <= room else room - 1]
        more = [Text(f"and {len(self.rows) - len(shown)} more")] if len(shown) < len(self.rows) else []
        return Group(self.header(stopping), *([self.table(shown)] if shown else []), *more, *waits, *latest)

    def header(self, stopping: bool) -> Text:
        """Counts, and how long it will take."""
        ended = Counter(outcome.status for outcome in self.outcomes.values())
        counts = {"done": ended["done"], "kept": ended["kept"], "failed": ended["failed"], "running": len(self.rows)}
        counts["waiting"] = len(self.names) - len(self.rows) - len(self.outcomes)
        said = Text(f"{len(self.names)} runs: ", style="bold", no_wrap=True, overflow="ellipsis")
        told = [(name, count) for name, count in counts.items() if count]
        for number, (name, count) in enumerate(told):
            said.append(", " * (number > 0) + f"{count} {name}", style="red" if name == "failed" else "")
        if stopping:
            return said.append("; stopping at the next step, with a checkpoint (again: at once)", style="yellow")
        if not self.rows and not self.outcomes:
            return said.append("; packages are imported, once for all")
        left = self.left(counts["waiting"])
        return said.append("" if left is None else f"; about {duration(left)} left")

    def left(self, n_waiting: int) -> float | None:
        """Seconds until all have ended, by what runs of this sweep take; None before one tells."""
        now = time.monotonic()
        whole = self.seconds + [now - row.began + row.at.left for row in self.rows.values() if row.at.left is not None]
        if not whole:
            return None
        mean = fmean(whole)
        each = [
            max(0.0, mean - (now - row.began)) if row.at.left is None else row.at.left for row in self.rows.values()
        ]
        return max(*each, 0.0, (sum(each) + n_waiting * mean) / self.n_jobs)

    def table(self, numbers: Sequence[int]) -> Table:
        """A row for each of these runs."""
        wide, narrow = self.console.width >= WIDE, self.console.width < NARROW
        widths = {"": 19 if wide else 10, " ": 12, "step": 15 if wide else 13, "loss": 6, "tokens/s": 9, "left": 6}
        left_out = [" "] * (not wide) + ["tokens/s"] * narrow
        widths = {name: width for name, width in widths.items() if name not in left_out}
        room = self.console.width - sum(widths.values()) - 2 * len(widths)
        room = min(room, max(map(len, self.names)))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("run", width=room, no_wrap=True)
        for name, width in widths.items():
            side = "right" if name.strip() else "left"
            table.add_column(name, width=width, no_wrap=True, overflow="ellipsis", justify=side)
        for number in numbers:
            told = cells(self.rows[number].at)
            table.add_row(Text(shorten(self.names[number], room)), *(told[name] for name in widths))
        return table

    def last(self, number: int) -> Text:
        """A run that has ended."""
        outcome = self.outcomes[number]
        said = next(iter(outcome.said.splitlines()), "")
        style = {"done": "green", "failed": "red"}.get(outcome.status, "")
        line = Text(f"{outcome.status:6} ", style=style, no_wrap=True, overflow="ellipsis", end="\n")
        line.append(f"{self.names[number]}{f': {said}' if said else ''}", style="")
        return line


def cells(at: At) -> dict[str, RenderableType]:
    """What is done, a bar, step, loss, speed and time left, as far as there are any."""
    done = f"{at.done:,}/{at.of:,}" if at.of else f"{count(at.done)} tokens" if at.done else ""
    return {
        "": Text(at.doing),
        " ": ProgressBar(total=at.of, completed=at.done, width=12) if at.of else "",
        "step": done,
        "loss": "" if at.loss is None else f"{at.loss:.3f}",
        "tokens/s": "" if at.tokens_per_second is None else f"{at.tokens_per_second:,.0f}",
        "left": "" if at.left is None else duration(at.left),
    }


def count(number: int) -> str:
    """With three digits or four: 950, 12k, 3.4M."""
    if number < 1000:
        return str(number)
    return f"{number / 1e3:.0f}k" if number < 999_500 else f"{number / 1e6:.1f}M"


def shorten(name: str, room: int) -> str:
    """A name that fits: begin and end stay, because runs differ in either."""
    if len(name) <= room:
        return name
    end = min(12, room // 2)  # the seed and the identity
    return f"{name[: room - end - 1]}…{name[len(name) - end :]}"
