"""The last words of a command: what became of each run and where everything lies, or how to go on."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.table import Table

from wordorder import keeping
from wordorder.console import make_console
from wordorder.outcome import Outcome
from wordorder.record.mirror import Mirror
from wordorder.record.run_record import LOG, RunRecord


def closing_table(outcomes: Sequence[Outcome], mirror: Mirror) -> None:
    """Print a row for each run, with its headline number, and what to type next."""
    console = make_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, justify in (("run", "left"), ("status", "left"), ("bits per byte", "right"), ("tokens/s", "right")):
        table.add_column(column, justify=justify, overflow="fold")
    for outcome in outcomes:
        record = RunRecord(outcome.folder)
        speed = record.facts.get("tokens_per_second")
        table.add_row(str(outcome.folder), outcome.status, headline(record), f"{speed:,.0f}" if speed else "")
    console.print(table)
    for outcome in outcomes:
        if outcome.said:
            said = f"{outcome.folder.name}: {outcome.said}{where(outcome)}"
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    for parent in dict.fromkeys(outcome.folder.parent for outcome in outcomes):
        if hint := mirror.hint(*(outcome.folder for outcome in outcomes if outcome.folder.parent == parent)):
            console.print(hint, markup=False, highlight=False, soft_wrap=True)


def where(outcome: Outcome) -> str:
    """Of a run that failed: where to read what its process printed."""
    log = outcome.folder / LOG
    return f"; log: {log}" if outcome.status == "failed" and log.exists() else ""


def headline(record: RunRecord) -> str:
    """Bits per byte of the whole split, if it was asked."""
    for row in record.scores():
        if row["evaluation"] == row["metric"] == "bits_per_byte" and row["value"] is not None:
            return f"{row['value']:.3f}"
    return ""


def say_how_to_go_on() -> NoReturn:
    """After a stop that was asked for. What this command has made again by rerun=all is not to be made again once more."""
    words = [f"rerun={keeping.since('all')}" if word == "rerun=all" else word for word in typed()]
    print(f"\nstopped, checkpoints written; go on with:\n  {shlex.join(words)}", file=sys.stderr)
    sys.exit(130)


def typed() -> list[str]:
    """The command line that trains, as it was typed in a checkout or for an installed package."""
    installed = {"wordorder": ["wordorder"], "__main__.py": ["python", "-m", "wordorder"]}
    if program := installed.get(Path(sys.argv[0]).name):
        return [*program, *(["train"] if sys.argv[1:2] != ["train"] else []), *sys.argv[1:]]
    return ["python", *sys.argv]
