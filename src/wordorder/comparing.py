"""The comparison of a folder of runs: printed, written as a page, shown in wandb."""

from pathlib import Path
from typing import Any

from rich.console import Console

from wordorder.check import make
from wordorder.compare import publish, report, tables
from wordorder.record.read import list_runs
from wordorder.record.run_record import RunRecord


def compare_folder(folder: Path, settings: dict[str, Any], logger: dict[str, Any], *, question: str) -> None:
    """Print the table, write the page, and show it in wandb where the runs are shown there."""
    figures = [make(node, f"compare.figures.{n}") for n, node in enumerate(settings["figures"])]
    typed = dict.fromkeys(RunRecord(path).facts.get("command", "") for path in list_runs(folder))
    comparison = report.compare(
        folder,
        baseline=settings["baseline"],
        figures=figures,
        question=question,
        command="\n".join(command for command in typed if command),
    )
    out = folder / "compare"
    report.write(comparison, out)
    console = Console(width=None if Console().is_terminal else 140)
    for table in comparison.tables:
        console.print(tables.render_terminal(table))
    if "mode" in logger and "project" in logger:
        publish.publish(comparison, out, mode=logger["mode"], project=logger["project"])
    console.print(f"report: {out / 'report.html'}", soft_wrap=True)
