"""Run folders replayed into wandb, each as a run of its experiment's group, and the experiment's comparison as one more.

Doing it again makes no second copy: offline an unchanged copy is left and another replaced, online a run has the same id.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, get_args

from tqdm import tqdm

from wordorder.check import Config, check_types, make
from wordorder.compare import report
from wordorder.comparing import choose_settings, compare, show_in_wandb
from wordorder.errors import InputError
from wordorder.opening import find_run
from wordorder.record.folders import find_experiment, list_runs, read_run
from wordorder.record.holder import NAME as HOLDER
from wordorder.record.holder import read_holder
from wordorder.record.run_record import RunRecord
from wordorder.record.wandb_copy import explaining
from wordorder.record.wandb_mirror import WandbMirror

KEYS = {"run": str, "experiment_name": str, "output_dir": str}
Name = Literal["sent", "unchanged", "skipped", "failed"]
Fate = tuple[Name, str]  # what became of it, and why


def sync(config: Config, *, typed: list[str]) -> bool:
    """Replay what is named, and say what to type next; False where something could not be replayed.

    `typed` are the words that a person typed. Raises InputError, also where wandb cannot be reached.
    """
    check_keys(config)
    mirror = make_mirror(config)
    if config["run"]:
        folders = [find_run(Path(config["run"]), "run").folder]
    else:
        experiment = find_experiment(config["experiment_name"], output_dir=config["output_dir"])
        folders = list_runs(experiment)
    bar = tqdm(folders, desc="wandb", unit="run", leave=False, disable=None)  # none where it is no terminal
    fates = {folder: send(mirror, folder) for folder in bar}
    if not config["run"]:
        fates[experiment / "compare"] = send_comparison(mirror, experiment, config, typed)
    tell(mirror, fates)
    return all(fate != "failed" for fate, _ in fates.values())


def check_keys(config: Config) -> None:
    """Raise InputError for none or both of the two that can be replayed."""
    check_types(config, KEYS)
    if bool(config["run"]) == bool(config["experiment_name"]):
        raise InputError("say what to replay: run=FOLDER, or experiment=NAME for all of its runs and their comparison")


def make_mirror(config: Config) -> WandbMirror:
    """Raises InputError for another logger."""
    mirror = make(config["logger"], "logger")
    if not isinstance(mirror, WandbMirror):
        raise InputError(f"logger={type(mirror).__name__} is not wandb: leave logger= out, or logger=wandb")
    return mirror


def send(mirror: WandbMirror, folder: Path) -> Fate:
    """One run as it is, finished or not; unless a process is at it. Raises InputError where wandb cannot be reached."""
    try:
        if read_run(folder)["status"] == "missing":
            return "skipped", "it has no run.json, so it was not begun"
    except InputError as error:
        return "failed", str(error)
    holder = read_holder(folder)
    if holder and holder.alive:
        return "skipped", f"{holder} is at it; the same command sends it later"
    if holder and holder.alive is None:
        return "skipped", f"{holder} is at it, or was when it was killed: then remove {folder / HOLDER}"
    with ExitStack() as held:
        try:
            held.enter_context(RunRecord(folder).hold())
        except InputError as error:
            return "skipped", str(error)
        return write(mirror, folder)


def write(mirror: WandbMirror, folder: Path) -> Fate:
    """A run that is held. Raises InputError where wandb cannot be reached."""
    try:
        return ("sent" if mirror.write(folder) else "unchanged"), ""
    except InputError as error:  # a file of the run
        return "failed", str(error)
    except Exception as error:
        if mirror.mode == "online":
            with explaining(mirror.mode):
                raise
        return "failed", f"wandb has no copy of it ({error})"


def send_comparison(mirror: WandbMirror, experiment: Path, config: Config, typed: list[str]) -> Fate:
    """The table and figures of an experiment, made anew."""
    try:
        if all(read_run(folder)["status"] != "done" for folder in list_runs(experiment)):
            return "skipped", "no run is finished, so there is nothing to compare"
        settings, question = choose_settings(experiment, config["compare"], typed)
        comparison = compare(experiment, settings, question=question)
        report.write(comparison, experiment / "compare")
        return ("sent" if show_in_wandb(comparison, experiment / "compare", mirror) else "unchanged"), ""
    except InputError as error:
        return "failed", str(error)


def tell(mirror: WandbMirror, fates: dict[Path, Fate]) -> None:
    """A line for what was not sent, how many were, and what to type next."""
    for folder, (fate, why) in fates.items():
        if why:
            print(f"{folder}: {fate}: {why}", file=sys.stderr if fate == "failed" else sys.stdout)
    counts = {name: sum(fate == name for fate, _ in fates.values()) for name in get_args(Name)}
    runs = f"{len(fates)} {'run' if len(fates) == 1 else 'runs'}"
    where = f"project {mirror.project}" + f" of {mirror.entity}" * bool(mirror.entity)
    print(f"{runs} for {where}, {mirror.mode}: " + ", ".join(f"{n} {name}" for name, n in counts.items() if n))
    if hint := mirror.hint(*fates):
        print(hint)
