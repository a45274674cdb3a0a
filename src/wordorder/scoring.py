"""Asking a trained run what has not been asked yet. Items are kept as they come, so that a long evaluation may be stopped."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from math import isfinite

import torch

import wordorder
from wordorder import identity
from wordorder.check import Config
from wordorder.evaluation.base import Evaluation, Item, Score, Subject
from wordorder.record.items_part import ItemsPart
from wordorder.record.rows import Row
from wordorder.record.run_record import RunRecord
from wordorder.training.progress import Progress, alone


def identify(nodes: Config, record: RunRecord, changed: Config) -> dict[str, str]:
    """The identity of each evaluation, asked of the record's text, under a changed scheme if one is given."""
    source = record.facts["digests"]["data"]
    return {
        name: identity.evaluation_identity(node, source_digest=source, overrides=changed)
        for name, node in nodes.items()
    }


def score_missing(
    record: RunRecord,
    subject: Subject,
    evaluations: dict[str, Evaluation],
    ids: dict[str, str],
    *,
    nodes: Config,
    progress: Progress | None = None,
) -> list[str]:
    """Run each evaluation whose identity the record does not know; returns the names of those that ran.

    `nodes` are their configs, which the record keeps as `asked`: an identity tells that two were asked differently, not how.
    `progress` is told how far each is; without one this process shows it itself.
    """
    known = {row["evaluation_id"] for row in record.scores()}
    missing = [name for name in evaluations if ids[name] not in known]
    for name in missing:
        score(record, subject, name, evaluations[name], ids[name], progress or alone(record.folder.name))
    counting = {name: ids[name] for name in evaluations}  # also those scored before a kill, or before another identity
    asked = {name: nodes[name] for name in evaluations}
    record.update(
        evaluations=record.facts.get("evaluations", {}) | counting, asked=record.facts.get("asked", {}) | asked
    )
    for name in evaluations:
        part_of(record, subject, ids[name]).remove()
    return missing


def score(
    record: RunRecord, subject: Subject, name: str, evaluation: Evaluation, evaluation_id: str, progress: Progress
) -> None:
    """Run one evaluation from where it was stopped, and write its items and scores together."""
    part = part_of(record, subject, evaluation_id)
    items = [Item(**row) for row in part.read()]
    progress.begin(name)
    try:
        with part.writing() as write:
            for item in evaluation.run(replace(subject, advance=progress.advance), done=len(items)):
                write({"facts": item.facts, "sums": item.sums})
                items.append(item)
    finally:
        progress.end()
    own = {"evaluation": name, "evaluation_id": evaluation_id}
    scores = [own | tell(one) for one in evaluation.scores(items)]
    record.add_scores(evaluation_id, table(items, own), scores)


def part_of(record: RunRecord, subject: Subject, evaluation_id: str) -> ItemsPart:
    """Where the items are kept meanwhile; on another device or by other code they would have other bits."""
    versions = {"torch": torch.__version__, "wordorder": wordorder.__version__}
    own = {"weights": record.facts["digests"]["weights"], "device": subject.device}
    return ItemsPart(record.folder, evaluation_id, own | versions)


def tell(score: Score) -> Row:
    """A row of scores.jsonl; of a model whose answers overflow it says so."""
    if score.value is None or isfinite(score.value):
        return asdict(score)
    return asdict(score) | {"value": None, "why": f"the model's answer is {score.value}"}


def table(items: Iterable[Item], own: dict[str, str]) -> list[Row]:
    """A row for each item: its sums, and its facts as JSON."""
    return [own | item.sums | {"facts": json.dumps(item.facts)} for item in items]
