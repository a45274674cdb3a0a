"""What is printed of a sweep: what would be done, how far each run is, and one run by itself."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from wordorder.record.rows import read_rows
from wordorder.record.run_record import LOG
from wordorder.sweep.estimate import Estimate, duration
from wordorder.sweep.planned import Planned
from wordorder.sweep.state import MEANING, WILL, State, changed_since, will

LISTED = 20  # runs by name, before only their number is told
TAIL = 5  # rows of train.jsonl
LOG_TAIL = 10  # lines of the log
TRACEBACK = "Traceback (most recent call last):"
Looked = Sequence[tuple[Planned, State]]


def say(console: Console, *lines: str) -> None:
    """Print lines as they are."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def new_table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column == "runs" else "left")
    return table


def tell_plan(console: Console, looked: Looked, *, n_jobs: int | None) -> None:
    """A row for each thing that training would do, the runs that it would train, and the time."""
    decided = [will(run, state) for run, state in looked]
    counts, table = Counter(decided), new_table("what train.py would do", "runs")
    for one in WILL:
        if counts[one]:
            table.add_row(WILL[one], str(counts[one]))
    say(console, f"{len(looked)} run{'s' * (len(looked) > 1)} under {folders(looked)}")
    console.print(table)
    work = [
        (*pair, one) for pair, one in zip(looked, decided, strict=True) if one not in ("keep", "leave failed", "wait")
    ]
    for run, _, one in work[:LISTED]:
        say(console, f"  {one}: {run.folder}")
    if len(work) > LISTED:
        say(console, f"  and {len(work) - LISTED} more")
    changed = sum(changed_since(run, state) for (run, state), one in zip(looked, decided, strict=True) if one == "keep")
    if changed:
        say(
            console,
            f"{changed} of those already done were made by code that has changed since (rerun=stale makes them again)",
        )
    estimate = Estimate([run for run, _ in looked], [state for _, state in looked])
    seconds = [
        estimate.whole(run) if one == "make again" else estimate.left(run, state)
        for run, state, one in work
        if one != "score"
    ]
    say(console, estimate.together(seconds, n_jobs))


def tell_status(console: Console, looked: Looked, *, n_jobs: int | None, command: str) -> None:
    """A row for each status, a line for each run that is running, interrupted or failed, progress and time left."""
    counts, table = Counter(state.name for _, state in looked), new_table("status", "runs", "")
    table.add_row("planned", str(len(looked)), f"under {folders(looked)}")
    for name, meaning in MEANING.items():
        table.add_row(name, str(counts[name]), meaning)
    console.print(table)
    estimate = Estimate([run for run, _ in looked], [state for _, state in looked])
    for run, state in looked:
        if state.name in ("running", "interrupted", "failed"):
            say(console, f"{run.name}: {line(run, state, estimate)}")
    if counts["interrupted"]:
        say(console, f"the same command goes on with what was interrupted: {command}")
    done = sum(state.share for _, state in looked)
    left = [estimate.left(run, state) for run, state in looked if state.name not in ("done", "unscored", "failed")]
    say(
        console,
        f"{round(done, 1):g} of {len(looked)} runs trained ({100 * done / len(looked):.0f} %); {estimate.together(left, n_jobs)}",
    )


def folders(looked: Looked) -> str:
    """Where the runs lie."""
    return ", ".join(sorted({str(Path(run.folder).parent) for run, _ in looked}))


def line(run: Planned, state: State, estimate: Estimate) -> str:
    """A run that is not simply done or missing."""
    if state.name == "failed":
        return f"failed: {first_line(state)}"
    at = f"{state.name}, step {state.step}/{state.steps or '?'}"
    if state.name == "interrupted":
        return at + (f"; its {state.holder} is gone" if state.holder else "; it was stopped")
    left = estimate.left(run, state)
    speed = f", {state.row['tokens_per_second']:,.0f} tokens/s" if state.row else ""
    return (
        f"{at}{speed}{f', {duration(left)} left' if left is not None else ''}; {told_holder(state, Path(run.folder))}"
    )


def told_holder(state: State, folder: Path) -> str:
    """Who holds a run, and whether they live, as far as that can be told from here."""
    if state.holder.alive is not None:
        return f"{state.holder}, {'alive' if state.holder.alive else 'gone'}"
    file = folder / "train.jsonl"
    last = f"its last row is {duration(time.time() - file.stat().st_mtime)} old" if file.exists() else "no row yet"
    return f"{state.holder}, which cannot be asked from here; {last}"


def first_line(state: State) -> str:
    return next(iter(state.facts.get("reason", "").splitlines()), "")


def tell_run(console: Console, folder: Path, state: State) -> None:
    """One run: what was chosen, how far it is, and where it failed or its process died what is left to see of that."""
    say(console, str(folder), f"status: {state.name}, {MEANING[state.name]}")
    if state.holder:
        on = ": the same command goes on with it" if state.holder.alive is False else ""
        say(console, f"held by: {told_holder(state, folder)}{on}")
    say(console, f"command: {state.facts.get('command', '?')}")
    chosen = ", ".join(f"{group}={choice}" for group, choice in sorted(state.facts.get("choices", {}).items()))
    say(console, f"choices: {chosen}")
    say(console, f"seeds: {', '.join(f'{name} {seed}' for name, seed in state.facts.get('seeds', {}).items())}")
    rows = read_rows(folder / "train.jsonl")
    say(console, f"progress: step {rows[-1]['step'] if rows else 0}/{state.steps or '?'}")
    if state.name == "failed":
        tell_failure(console, folder, state)
    if state.name in ("failed", "interrupted"):
        tell_log(console, folder)


def tell_failure(console: Console, folder: Path, state: State) -> None:
    """The reason, the traceback and the latest rows."""
    say(console, f"reason: {state.facts['reason']}")
    file = folder / "traceback.txt"
    trace = file.read_text(encoding="utf-8").rstrip() if file.exists() else ""
    if trace.endswith(state.facts["reason"]):  # else it is that of an earlier failure
        say(console, "traceback:", trace)
    if rows := read_rows(folder / "train.jsonl"):
        say(console, f"last rows of {folder / 'train.jsonl'}:", *(str(row) for row in rows[-TAIL:]))


def tell_log(console: Console, folder: Path) -> None:
    """What the run's process printed last, if it was a worker of a pool; a traceback that ends it is told by itself."""
    file = folder / LOG
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    said = text.rpartition(TRACEBACK)[0] if (folder / "traceback.txt").exists() and TRACEBACK in text else text
    if said.strip():
        say(console, f"last lines of {file}:", *said.rstrip().splitlines()[-LOG_TAIL:])
