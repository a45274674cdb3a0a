"""pretrained_record: the folder that keeps what a pretrained model was asked, so that a comparison reads it like a run's."""

import shlex
import sys
from pathlib import Path
from typing import Any

from wordorder import identity
from wordorder.check import Config
from wordorder.evaluation.base import Subject
from wordorder.folder_names import to_folder_name
from wordorder.pretrained_run import PretrainedRun
from wordorder.record.run_record import RunRecord
from wordorder.saved import weights_digest

SEEDS = {"weight": 0, "data": 0}  # nothing is drawn, but a comparison groups by them


def open_record(run: PretrainedRun, subject: Subject) -> RunRecord:
    """<folder>-<source>-<identity> under output_dir/name, new or as it was left.

    The same weights, choices, tokenizer, text and context are one record, wherever the folder lies.
    """
    digests = {"tokenizer": subject.tokenizer.digest(), "data": run.source_digest}
    digests["weights"] = weights_digest(subject.model.state_dict())
    own = {"data": run.config["data"], "context_length": run.context_length}
    whole = identity.digest(run.nodes | own | {"digests": digests})
    name = to_folder_name("-".join([run.path.name, run.choices["source"], whole[:8]]))
    record = RunRecord(Path(run.config["output_dir"]) / run.config["name"] / name)
    with record.hold():
        if not record.facts:
            subject.tokenizer.save(record.folder / "tokenizer")
            config = record_config(run, subject, record.folder)
            facts = {"run": name, "training": whole, "digests": digests}
            record.create(config, facts | first_facts(run, subject, config))
    return record


def record_config(run: PretrainedRun, subject: Subject, folder: Path) -> Config:
    """The sections of a training's config that there are; the tokenizer is the copy in this folder."""
    tokenizer = {
        "_target_": "wordorder.tokenizer.pretrained.Pretrained",
        "path": str(folder / "tokenizer"),
        "allow_lossy": run.config["allow_lossy"],
        "end_token": subject.tokenizer.end_token,
    }
    kept = ("name", "source", "data", "evaluation", "compare", "output_dir", "device", "allow")
    model = run.nodes["model"] | {"context_length": run.context_length}
    own = {"initialize_from": "", "model": model, "position": run.nodes["position"], "tokenizer": tokenizer}
    return {key: run.config[key] for key in kept} | own


def first_facts(run: PretrainedRun, subject: Subject, config: Config) -> dict[str, Any]:
    """What run.json says of the model, the text and the machine; of its training nothing is known."""
    commit, dirty = identity.commit()
    position, tokenizer = config["position"], subject.tokenizer
    choices = {"position": file_of(position), "tokenizer": file_of(config["tokenizer"]), "model": run.path.name}
    if "frequencies" in position:
        choices["position/frequencies"] = file_of(position["frequencies"])
    return {
        "experiment": run.config["name"],
        "status": "running",
        "reason": "",
        "hugging_face": str(run.path),
        "choices": choices | {group: run.choices[group] for group in ("source", "data")},
        "seeds": SEEDS,
        "code": identity.code_digest(),
        "shelf_code": identity.shelf_digest(config),
        "command": shlex.join(["python", *sys.argv]),
        "commit": commit,
        "dirty": dirty,
        "versions": identity.versions(),
        "host": identity.host(),
        "device": run.device,
        "parameters": subject.model.count_parameters(),
        "context_length": run.context_length,
        "layout": subject.layout,
        "vocabulary": {"requested": None, "actual": len(tokenizer.vocab), "lossless": tokenizer.lossless},
        "text": run.source.describe() | {"bytes_per_token": subject.store.bytes_a_token},
        "tokens": None,
        "bytes": None,
        "seconds": None,
    }


def file_of(node: Config) -> str:
    """The name under which the shelf has what a node names."""
    return node["_target_"].split(".")[-2]
