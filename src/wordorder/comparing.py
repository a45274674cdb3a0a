"""The comparison of a folder of runs: printed, written as a page, shown in wandb."""

from pathlib import Path
from typing import Any

from rich.console import Console

from wordorder.check import make
from wordorder.compare import publish, report, tables
from wordorder.compare.comparison import Comparison
from wordorder.compare.comparison import compare as hold_together
from wordorder.compare.figure import Drawing
from wordorder.console import make_console
from wordorder.errors import InputError
from wordorder.record.folders import list_runs, read_config, read_run
from wordorder.record.wandb_mirror import WandbMirror

Settings = dict[str, Any]  # a config's section `compare`


def compare_folder(folder: Path, settings: Settings, logger: dict[str, Any], *, question: str) -> str:
    """Print the tables, write the page, and show it in wandb where the runs are shown there. Returns what was printed."""
    comparison = compare(folder, settings, question=question)
    out = folder / "compare"
    write_page(comparison, out, asked=f"output_dir={folder.parent}")
    console = make_console(record=True)
    for table in comparison.tables:
        console.print(tables.render_terminal(table))
    say_audit(console, comparison)
    mirror = make(logger, "logger")
    if isinstance(mirror, WandbMirror):
        show_in_wandb(comparison, out, mirror)
    console.print(f"report: {out / 'report.html'}", soft_wrap=True)
    return console.export_text()


def show_in_wandb(comparison: Comparison, out: Path, mirror: WandbMirror) -> bool:
    """False where it was there already. Raises InputError where wandb cannot begin."""
    return publish.publish(comparison, out, mode=mirror.mode, project=mirror.project, entity=mirror.entity)


def write_page(comparison: Comparison, out: Path, *, asked: str) -> None:
    """The page with what belongs to it. Raises InputError, by the word that named its place, where nothing can be written."""
    try:
        report.write(comparison, out)
    except OSError as error:
        raise InputError(f"{asked} cannot be written: {error.strerror or error}") from error


def say_audit(console: Console, comparison: Comparison) -> None:
    """The verdict, what the audit found, a line each, and what else could mislead."""
    said = [
        *filter(None, [comparison.verdict]),
        comparison.audited,
        *(f"- {one.kind}: {one.said}" for one in comparison.findings),
    ]
    for line in [*said, *(f"- {note}" for note in comparison.notes)]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def compare(folder: Path, settings: Settings, *, question: str) -> Comparison:
    """The comparison of an experiment's runs, as `settings` ask for it."""
    typed = dict.fromkeys(read_run(path).get("command", "") for path in list_runs(folder))
    return hold_together(
        folder,
        baseline=settings["baseline"],
        figures=make_figures(settings),
        question=question,
        command="\n".join(command for command in typed if command),
    )


def make_figures(settings: Settings) -> list[Drawing]:
    """Raises InputError by the full key."""
    return [make(node, f"compare.figures.{n}") for n, node in enumerate(settings["figures"])]


def choose_settings(folder: Path, own: Settings, typed: list[str]) -> tuple[Settings, str]:
    """How an experiment's runs are shown, and its question: as its newest config says, where a typed word does not.

    `own` is the composed section `compare`, `typed` the words that a person typed.
    """
    files = [run / "config.yaml" for run in list_runs(folder) if (run / "config.yaml").is_file()]
    newest = max(files, key=lambda file: file.stat().st_mtime, default=None)
    saved = read_config(newest.parent) if newest else {}
    keys = [word.split("=")[0].lstrip("+").split(".") for word in typed]
    said = {key[1]: own[key[1]] for key in keys if key[0] == "compare" and len(key) > 1}
    return saved.get("compare", own) | said, saved.get("question", "")
