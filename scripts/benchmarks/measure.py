"""Timing that a busy machine cannot bend: contestants take turns, and a ratio is taken within each round."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

Seconds = dict[str, list[float]]  # name of a contestant -> seconds of one step, one figure for each round
Row = dict[str, str | int | float | None]


@dataclass(frozen=True)
class Ratio:
    """How many times faster, over the rounds: the median and the middle half."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass
class Report:
    """What one part found: tables of flat rows, and what one must know to read them."""

    part: str
    settings: dict
    tables: dict[str, list[Row]] = field(default_factory=dict)
    machine: dict = field(default_factory=lambda: machine_facts())
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def show(self) -> None:
        console = Console() if sys.stdout.isatty() else Console(width=150)
        for title, rows in self.tables.items():
            table = Table(title=title, title_justify="left")
            for name in rows[0]:
                table.add_column(name, justify="left" if isinstance(rows[0][name], str) else "right")
            for row in rows:
                table.add_row(*(format_cell(cell) for cell in row.values()))
            console.print(table)
        console.print(", ".join(f"{key} {value}" for key, value in self.machine.items()), style="dim")

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def format_cell(cell: str | int | float | None) -> str:
    """A figure as a reader wants it: thousands apart, two decimals below a hundred, a dash where there is none."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def take_turns(
    contestants: dict[str, Callable[[], object]], *, rounds: int, steps: int, warmup: int, title: str = ""
) -> Seconds:
    """Seconds per step of each contestant in each round; a round lets each take `steps` steps, first come last next time."""
    for step in contestants.values():
        repeat(step, warmup)
    seconds: Seconds = {name: [] for name in contestants}
    order = list(contestants)
    for _ in track(range(rounds), title or "rounds", console=Console(stderr=True), transient=True):
        for name in order:
            seconds[name].append(repeat(contestants[name], steps))
        order.reverse()
    return seconds


def repeat(step: Callable[[], object], times: int) -> float:
    """Seconds of one step, over `times` of them."""
    start = time.perf_counter()
    for _ in range(times):
        step()
    return (time.perf_counter() - start) / max(times, 1)


def times_faster(ours: list[float], theirs: list[float]) -> Ratio:
    """theirs / ours round by round: above 1, ours is faster."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Ratio(median, low, high)


def median_ms(seconds: list[float]) -> float:
    return 1e3 * statistics.median(seconds)


def machine_facts(packages: tuple[str, ...] = ("torch", "wordorder")) -> dict[str, str | int | float]:
    """What the figures depend on and the reader cannot see; `load` is that of the last minute, ours included."""
    facts: dict[str, str | int | float] = {"cpu": cpu_name(), "cores": os.cpu_count() or 0}
    facts |= {"load": round(os.getloadavg()[0], 2), "python": platform.python_version()}
    for package in packages:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    return facts


def cpu_name() -> str:
    """The processor's own name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
