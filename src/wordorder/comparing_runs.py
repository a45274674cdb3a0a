"""The comparison of single runs of any experiments: a table, what differs in their configs, and a page."""

import re
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from rich.console import Console

from wordorder.check import Config, check_types
from wordorder.compare import differences, tables
from wordorder.compare.comparison import Comparison
from wordorder.compare.comparison import compare as hold_together
from wordorder.compare.single_arms import make_single_arms
from wordorder.comparing import Settings, make_figures, say_audit, write_page
from wordorder.console import make_console
from wordorder.errors import InputError
from wordorder.opening import find_run
from wordorder.record.folders import read_config

KEYS = {"runs": list[str], "experiment_name": str, "output_dir": str, "out": str}


def check_keys(config: Config, typed: list[str]) -> None:
    """Raise InputError for none or both of the two that can be compared, and for words that go with the other one."""
    check_types(config, KEYS)
    if bool(config["runs"]) == bool(config["experiment_name"]):
        raise InputError(
            "say what to compare: experiment=NAME, a folder under output_dir, or runs=[FOLDER,FOLDER], not both"
        )
    other = [word for word in typed if config["runs"] and re.match(r"[+~]*logger\b", word)]
    if other:
        raise InputError(f"{other[0]} goes with experiment=NAME: runs=[...] are shown on a page alone, so leave it out")
    if config["out"] and not config["runs"]:
        raise InputError(f"out={config['out']} goes with runs=[...]: an experiment's page lies in its own folder")


def compare_runs(named: list[str], settings: Settings, *, output_dir: str, out: str) -> None:
    """Print the table of these runs, each an arm of its own, and what differs in their configs; write the page to `out`.

    The first run is the baseline if settings name none. Raises InputError.
    """
    folders = find_runs(named)
    with linked(folders) as place:
        links = [place / name for name in name_runs(folders)]
        arms = make_single_arms(links)
        first = next(arm.label for arm in arms if arm.runs == (links[0].name,))
        comparison = hold_together(
            place, baseline=settings["baseline"] or first, figures=make_figures(settings), each=True
        )
        comparison = replace(
            comparison,
            experiment=" and ".join(link.name for link in links),
            command=shlex.join(["python", "scripts/compare.py", f"runs=[{','.join(map(str, folders))}]"]),
        )
        order = {arm.runs[0]: arm for arm in comparison.arms}
        asked = [order[link.name] for link in links]
        page = choose_out(folders, [arm.position for arm in asked], output_dir, out)
        write_page(comparison, page, asked=f"out={out}" if out else f"output_dir={output_dir}")
    console = make_console()
    for arm, folder in zip(asked, folders, strict=True):
        console.print(f"{arm.label}: {folder}", markup=False, highlight=False, soft_wrap=True)
    show_runs(console, comparison)
    console.print(f"report: {page / 'report.html'}", soft_wrap=True)


def show_runs(console: Console, comparison: Comparison) -> None:
    """Print tables, differences, what is not in the table, and what could mislead."""
    for table in comparison.tables:
        console.print(tables.render_terminal(table))
    console.print(differences.render_terminal(comparison.arms))
    for run in comparison.failures:
        said = f"not in the table: {run['run']} ({run['arm']}), {run['status']}"
        console.print(said + f", {run['reason']}" * bool(run["reason"]), markup=False, highlight=False, soft_wrap=True)
    say_audit(console, comparison)


def find_runs(named: list[str]) -> list[Path]:
    """The run folders of runs=[...]. Raises InputError."""
    if len(named) < 2:
        raise InputError(f"runs=[{','.join(named)}] must name two runs or more: runs=[FOLDER,FOLDER]")
    folders = [find_run(Path(name), "runs").folder for name in named]
    for number, folder in enumerate(folders):
        if folder.resolve() in [other.resolve() for other in folders[:number]]:
            raise InputError(f"runs={folder} is named twice: a run has no difference to itself")
        if not read_config(folder):
            raise InputError(f"runs={folder} has no config.yaml, so nothing of it can be compared")
    return folders


def name_runs(folders: list[Path]) -> list[str]:
    """A name for each: the run's own; where two have the same, or one passes for no run, with folders above it."""
    paths = [folder.resolve().parts for folder in folders]
    for length in range(1, max(map(len, paths)) + 1):
        names = ["-".join(part.strip("/") for part in parts[-length:]) for parts in paths]
        if len(set(names)) == len(names) and not any(name[0] in "._" or name == "compare" for name in names):
            return names
    raise AssertionError(folders)  # no two are the same folder


@contextmanager
def linked(folders: list[Path]) -> Iterator[Path]:
    """A folder for a while, with a link to each run: to the comparison an experiment like another."""
    with tempfile.TemporaryDirectory(prefix="wordorder-") as name:
        for folder, own in zip(folders, name_runs(folders), strict=True):
            (Path(name) / own).symlink_to(folder.resolve(), target_is_directory=True)
        yield Path(name)


def choose_out(folders: list[Path], positions: list[str], output_dir: str, out: str) -> Path:
    """Where the page goes; asked for nothing, compared/<schemes>-<digest of the runs> under output_dir.

    Raises InputError for a folder of other things, among which a page would clear up.
    """
    if not out:
        digest = sha256("\n".join(str(folder.resolve()) for folder in folders).encode()).hexdigest()[:8]
        return Path(output_dir) / "compared" / "-".join([*dict.fromkeys(positions), digest])
    asked = Path(out)
    if asked.exists() and not (asked / "report.html").is_file() and (not asked.is_dir() or any(asked.iterdir())):
        raise InputError(f"out={out} holds other things than a comparison: name a new or an empty folder")
    return asked
