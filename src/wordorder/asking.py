"""Evaluations of models that are trained already, here or by others."""

import re
from collections.abc import Callable
from pathlib import Path

import torch
from rich.table import Table

from wordorder import identity
from wordorder.check import Config, check_type, make
from wordorder.console import make_console
from wordorder.data.building import open_store
from wordorder.data.rows import Packing
from wordorder.devices import choose_device
from wordorder.errors import InputError
from wordorder.evaluation.base import Evaluation, Subject
from wordorder.opening import open_run
from wordorder.pretrained_record import open_record
from wordorder.pretrained_run import PretrainedRun
from wordorder.record.mirror import Mirror
from wordorder.record.run_record import RunRecord
from wordorder.saved import load
from wordorder.scoring import score_missing
from wordorder.source.base import Source
from wordorder.training.progress import say

Override = Callable[[Config], Config]  # a trained config -> its position section as it shall be
Evaluations = dict[str, Evaluation]


KEYS = {
    "run": str,
    "experiment_name": str,
    "hugging_face": str,
    "name": str,
    "context_length": int,
    "allow_lossy": bool,
    "output_dir": str,
    "threads": int,
    "overrides": list[str],
    "allow": list[str],
}
PRETRAINED_ONLY = ("source", "data", "compare", "name", "context_length", "allow_lossy")  # a run has its own


def evaluate(config: Config, choices: dict[str, str], *, typed: list[str], override: Override) -> None:
    """Ask every run, or a pretrained model, what it has not been asked, and print the scores.

    `choices` names the yaml of each group, `typed` is what a person typed. Raises InputError.
    """
    check_keys(config, typed)
    under = " ".join(word.removeprefix("position").lstrip("./=") for word in config["overrides"])
    nodes = {f"{name} ({under})" if under else name: node for name, node in config["evaluation"].items()}
    evaluations = {name: make(node, f"evaluation.{name}") for name, node in nodes.items()}
    torch.set_num_threads(config["threads"])
    if config["hugging_face"]:
        ask_pretrained(PretrainedRun(config, choices), nodes, evaluations, override)
        return
    records = [open_run(folder, "run") for folder in chosen_folders(config)]
    for record in records:
        with record.hold():
            asked = ask_run(record, nodes, evaluations, config, override)
        show(record, list(nodes), asked)


def check_keys(config: Config, typed: list[str]) -> None:
    """Raise InputError for a type, for none or several of the three that can be asked, and for what a run has itself."""
    for key, hint in KEYS.items():
        check_type(config[key], hint, key)
    ways = [config[key] for key in ("run", "experiment_name", "hugging_face") if config[key]]
    if len(ways) != 1:
        raise InputError(
            "say what to evaluate: run=FOLDER, experiment=NAME for all of its runs, or hugging_face=FOLDER for a "
            "pretrained model"
        )
    if not config["name"] or not all(c.isalnum() or c in "._-" for c in config["name"]):
        raise InputError(f"name={config['name']!r} becomes a folder: use letters, digits, '.', '_' and '-'")
    own = [word for word in typed if re.match(r"[+~]*(\w*)", word)[1] in PRETRAINED_ONLY]
    if own and not config["hugging_face"]:
        raise InputError(f"{own[0]} goes with hugging_face=FOLDER: a run is asked with its own, so leave it out")


def chosen_folders(config: Config) -> list[Path]:
    """The run named by run=, or all trained runs of experiment=. Raises InputError where there is none."""
    if config["run"]:
        return [Path(config["run"])]
    folder = Path(config["output_dir"]) / config["experiment_name"]
    trained = [path.parent for path in sorted(folder.glob("*/run.json")) if RunRecord(path.parent).trained]
    if not trained:
        raise InputError(f"experiment={config['experiment_name']} has no trained run in {folder}")
    return trained


def ask_run(
    record: RunRecord, nodes: Config, evaluations: Evaluations, config: Config, override: Override
) -> list[str]:
    """Run the missing evaluations of one run; returns their names. Raises InputError if its text has changed."""
    allow = ("wordorder", *config["allow"])
    trained = record.config()
    position = override(trained)
    model, tokenizer, _ = load(record.folder, allow=tuple(config["allow"]), position=position)
    source: Source = make(trained["source"], "source", allow=allow)
    if source.digest() != record.facts["digests"]["data"]:
        raise InputError(
            f"run={record.folder} was trained on another text than source now yields: its file has changed"
        )
    changed = position if config["overrides"] else {}
    device = choose_device(config["device"])
    store = open_store(source, tokenizer, Path(config["output_dir"]) / "token_store")
    packing: Packing = make(trained["data"], "data", allow=allow)
    across, layout = packing.attend_across, packing.layout_of(source)
    subject = Subject(model.to(device), tokenizer, store, device, layout=layout, attend_across=across)
    asked = score_missing(record, subject, evaluations, identities(nodes, record, changed))
    if asked:
        mirror: Mirror = make(trained["logger"], "logger", allow=allow)
        mirror.close(record.folder)
    return asked


def ask_pretrained(run: PretrainedRun, nodes: Config, evaluations: Evaluations, override: Override) -> None:
    """Run the missing evaluations of a pretrained model, and print all."""
    position = override(run.nodes)
    subject = run.load(position)
    record = open_record(run, subject)
    say(f"{record.folder.name}: {describe(subject)}")
    changed = position if run.config["overrides"] else {}
    with record.hold():
        asked = score_missing(record, subject, evaluations, identities(nodes, record, changed))
        record.update(status="done")
    show(record, list(nodes), asked)


def describe(subject: Subject) -> str:
    """How large the model is, and how it is asked."""
    total, position = subject.model.count_parameters()["total"], type(subject.model.position).__name__
    text = f"text in contexts of {subject.model.context_length:,} tokens"
    return f"{total:,} parameters, {position}, {text} on {subject.device}"


def identities(nodes: Config, record: RunRecord, changed: Config) -> dict[str, str]:
    """The identity of each evaluation, under a changed scheme if one is given."""
    source = record.facts["digests"]["data"]
    return {
        name: identity.evaluation_identity(node, source_digest=source, overrides=changed)
        for name, node in nodes.items()
    }


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
    console = make_console()
    console.print(table)
    kept = [name for name in names if name not in asked]
    if kept:
        console.print(f"already known: {', '.join(kept)}")
