"""Evaluations of a model that someone else trained, kept in a record like that of a run."""

from wordorder.check import Config
from wordorder.evaluation.base import Evaluation, Subject
from wordorder.pretrained_record import open_record
from wordorder.pretrained_run import PretrainedRun
from wordorder.score_table import print_scores
from wordorder.scoring import identify, score_missing
from wordorder.training.progress import say


def ask_pretrained(run: PretrainedRun, nodes: Config, evaluations: dict[str, Evaluation], *, position: Config) -> None:
    """Run the missing evaluations under the scheme that `position` says, and print all. Raises InputError."""
    subject = run.load(position)
    record = open_record(run, subject)
    say(f"{record.folder.name}: {describe(subject)}")
    changed = position if run.config["overrides"] else {}
    with record.hold():
        asked = score_missing(record, subject, evaluations, identify(nodes, record, changed), nodes=nodes)
        record.update(status="done")
    print_scores(record, list(nodes), asked)


def describe(subject: Subject) -> str:
    """How large the model is, and how it is asked."""
    total, position = subject.model.count_parameters()["total"], type(subject.model.position).__name__
    text = f"text in contexts of {subject.model.context_length:,} tokens"
    return f"{total:,} parameters, {position}, {text} on {subject.device}"
