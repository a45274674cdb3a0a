"""Evaluations of runs that are trained already."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from wordorder import identity
from wordorder.check import check_type, make
from wordorder.data.building import open_store
from wordorder.data.rows import Packing
from wordorder.errors import InputError
from wordorder.evaluation.base import Evaluation, Subject
from wordorder.job import choose_device
from wordorder.opening import open_run
from wordorder.record.mirror import Mirror
from wordorder.record.run_record import RunRecord
from wordorder.saved import load
from wordorder.scoring import score_missing
from wordorder.source.base import Source

Override = Callable[[dict[str, Any]], dict[str, Any]]  # a trained config -> its position section as it shall be


def evaluate_runs(config: dict[str, Any], *, override: Override) -> None:
    """Ask every run what it has not been asked, and print the scores."""
    for key, hint in {
        "run": str,
        "experiment_name": str,
        "output_dir": str,
        "threads": int,
        "overrides": list[str],
        "allow": list[str],
    }.items():
        check_type(config[key], hint, key)
    under = " ".join(word.removeprefix("position").lstrip("./") for word in config["overrides"])
    config["evaluation"] = {f"{name} ({under})" if under else name: v for name, v in config["evaluation"].items()}
    evaluations = {name: make(node, f"evaluation.{name}") for name, node in config["evaluation"].items()}
    folders = chosen_folders(config)
    records = [open_run(folder, "run") for folder in folders]
    torch.set_num_threads(config["threads"])
    for record in records:
        with record.hold():
            asked = ask(record, evaluations, config, override)
        show(record, list(evaluations), asked)


def chosen_folders(config: dict[str, Any]) -> list[Path]:
    """The run named by run=, or all trained runs of experiment=. Raises InputError for neither, both or none."""
    run, experiment = config["run"], config["experiment_name"]
    if bool(run) == bool(experiment):
        raise InputError("say which run to evaluate: run=FOLDER, or experiment=NAME for all of its runs")
    if run:
        return [Path(run)]
    folder = Path(config["output_dir"]) / experiment
    trained = [path.parent for path in sorted(folder.glob("*/run.json")) if RunRecord(path.parent).trained]
    if not trained:
        raise InputError(f"experiment={experiment} has no trained run in {folder}")
    return trained


def ask(record: RunRecord, evaluations: dict[str, Evaluation], config: dict[str, Any], override: Override) -> list[str]:
    """Run the missing evaluations of one run; returns their names. Raises InputError if its text has changed."""
    allow = ("wordorder", *config["allow"])
    model, tokenizer, trained = load(record.folder, allow=tuple(config["allow"]), override=override)
    source: Source = make(trained["source"], "source", allow=allow)
    if source.digest() != record.facts["digests"]["data"]:
        raise InputError(
            f"run={record.folder} was trained on another text than source now yields: its file has changed"
        )
    changed = override(trained) if config["overrides"] else {}
    device = choose_device(config["device"])
    store = open_store(source, tokenizer, Path(config["output_dir"]) / "token_store")
    packing: Packing = make(trained["data"], "data", allow=allow)
    across, layout = packing.attend_across, packing.layout_of(source)
    subject = Subject(model.to(device), tokenizer, store, device, layout=layout, attend_across=across)
    ids = {
        name: identity.evaluation_identity(node, source_digest=source.digest(), overrides=changed)
        for name, node in config["evaluation"].items()
    }
    asked = score_missing(record, subject, evaluations, ids)
    if asked:
        mirror: Mirror = make(trained["logger"], "logger", allow=allow)
        mirror.close(record.folder)
    return asked


def show(record: RunRecord, names: list[str], asked: list[str]) -> None:
    """The scores of these evaluations, as they stand in the record."""
    table = Table(title=str(record.folder), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in ("evaluation", "metric", "about", "value", "tokens"):
        table.add_column(column, justify="right" if column in ("value", "tokens") else "left")
    current = record.facts["evaluations"]
    for row in record.scores():
        if row["evaluation"] in names and row["evaluation_id"] == current[row["evaluation"]]:
            about = ", ".join(f"{name} {value}" for name, value in row["facts"].items())
            value = f"{row['value']:.4f}" if row["value"] is not None else f"n/a: {row['why']}"
            table.add_row(row["evaluation"], row["metric"], about, value, str(row["count"]))
    console = Console(width=None if Console().is_terminal else 140)
    console.print(table)
    kept = [name for name in names if name not in asked]
    if kept:
        console.print(f"already known: {', '.join(kept)}")
