"""Evaluations of models that are trained already: what is asked, and the runs that are asked it."""

import re
from collections.abc import Callable
from pathlib import Path

import torch

from wordorder.asking_pretrained import ask_pretrained
from wordorder.check import Config, check_types, make
from wordorder.data.building import open_store
from wordorder.data.rows import Packing
from wordorder.devices import choose_device
from wordorder.errors import InputError
from wordorder.evaluation.base import Evaluation, Subject
from wordorder.folder_names import check_folder_name
from wordorder.opening import open_run
from wordorder.pretrained_run import PretrainedRun
from wordorder.record.mirror import Mirror
from wordorder.record.run_record import RunRecord
from wordorder.saved import load
from wordorder.scalars import Device
from wordorder.score_table import print_scores
from wordorder.scoring import identify, score_missing
from wordorder.source.base import Source

Override = Callable[[Config], Config]  # a trained config -> its position section as it shall be
KEYS = {
    "run": str,
    "experiment_name": str,
    "hugging_face": str,
    "name": str,
    "context_length": int,
    "allow_lossy": bool,
    "output_dir": str,
    "device": Device,
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
        run = PretrainedRun(config, choices)
        ask_pretrained(run, nodes, evaluations, position=override(run.nodes))
        return
    records = [open_run(folder, "run") for folder in chosen_folders(config)]
    for record in records:
        with record.hold():
            asked = ask_run(record, nodes, evaluations, config, override)
        print_scores(record, list(nodes), asked)


def check_keys(config: Config, typed: list[str]) -> None:
    """Raise InputError for a type or a range, for none or several of the three that can be asked, and for what a run has itself."""
    check_types(config, KEYS)
    if config["threads"] < 1:
        raise InputError(f"threads={config['threads']} must be at least 1")
    ways = [config[key] for key in ("run", "experiment_name", "hugging_face") if config[key]]
    if len(ways) != 1:
        raise InputError(
            "say what to evaluate: run=FOLDER, experiment=NAME for all of its runs, or hugging_face=FOLDER for a "
            "pretrained model"
        )
    check_folder_name(config["name"], "name")
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
    record: RunRecord, nodes: Config, evaluations: dict[str, Evaluation], config: Config, override: Override
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
    asked = score_missing(record, subject, evaluations, identify(nodes, record, changed), nodes=nodes)
    if asked:
        mirror: Mirror = make(trained["logger"], "logger", allow=allow)
        mirror.close(record.folder)
    return asked
