"""A comparison of an experiment's runs: all that a page shows of them, before any of it is drawn or written."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wordorder.compare.arms import Arm, make_arms
from wordorder.compare.audit import Finding, audit, summarize
from wordorder.compare.documents import read_documents
from wordorder.compare.evidence import Evidence
from wordorder.compare.figure import Drawing
from wordorder.compare.noise_table import make_noise_table
from wordorder.compare.notes import list_failures, list_warnings
from wordorder.compare.quantities import count_tokenizers
from wordorder.compare.sentence import write_verdict
from wordorder.compare.single_arms import make_single_arms
from wordorder.compare.tables import Table, make_table
from wordorder.compare.tokenizers import make_tokenizer_table, warn_of_tokenizers
from wordorder.compare.verdict_table import VerdictTable, add_verdicts
from wordorder.errors import InputError
from wordorder.record.folders import list_runs, read_config, read_run
from wordorder.record.read import read_curves, read_runs, read_scores


@dataclass(frozen=True)
class Comparison:
    """What a page shows. failures: run, arm, status, reason, log of what is not in the table; notes: other warnings."""

    experiment: str
    question: str
    command: str
    runs: pd.DataFrame
    scores: pd.DataFrame
    curves: pd.DataFrame
    arms: list[Arm]
    table: Table
    verdicts: list[VerdictTable]  # where seeds are enough to tell
    tokenizers: Table | None  # where there are several
    noise: Table | None  # where seeds of weights and data are crossed
    figures: list[Drawing]
    findings: list[Finding]
    tuning: dict[str, Any]  # tuning.json, {} where nothing was tuned
    failures: list[dict[str, str]]
    notes: list[str]

    @property
    def tables(self) -> list[Table]:
        return [self.table, *self.verdicts, *(table for table in (self.tokenizers, self.noise) if table)]

    @property
    def verdict(self) -> str:
        return write_verdict(self.table, self.verdicts)

    @property
    def audited(self) -> str:
        return summarize(self.findings)

    @property
    def done(self) -> frozenset[str]:
        """The runs that the table and figures are made of."""
        return frozenset(self.runs.loc[self.runs["status"] == "done", "run"])


def compare(
    folder: Path, *, baseline: str, figures: list[Drawing], question: str = "", command: str = "", each: bool = False
) -> Comparison:
    """Read an experiment's runs and hold them against each other; command: what reproduces them; each: every run is an arm.

    Raises InputError where there is nothing to compare, or a figure would compare what cannot be.
    """
    runs, scores = read_runs(folder), read_scores(folder)
    if runs.empty:
        raise InputError(f"experiment={folder.name}: {folder} holds no runs; run the experiment first")
    tuning = read_tuning(folder)
    arms = make_single_arms(list_runs(folder)) if each else make_arms(list_runs(folder), tuned=tuning.get("key", ""))
    table = make_table(runs, scores, arms, baseline=baseline)
    arms = sorted(arms, key=lambda arm: list(table.rows).index(arm.label))
    evidence = Evidence(runs, scores, arms, tuning, single=each)
    table, verdicts = add_verdicts(table, evidence, lambda: read_documents(folder, runs, scores))
    comparison = Comparison(
        experiment=folder.resolve().name,
        question=question,
        command=command or f"python scripts/train.py experiment={shlex.quote(folder.resolve().name)}",
        runs=runs,
        scores=scores,
        curves=read_curves(folder),
        arms=arms,
        table=table,
        verdicts=verdicts,
        tokenizers=make_tokenizer_table(runs, scores, arms),
        noise=make_noise_table(runs, scores, arms),
        figures=figures,
        findings=audit(evidence),
        tuning=tuning,
        failures=list_failures(folder, runs, arms),
        notes=[*list_warnings(runs, scores), *warn_of_tokenizers(runs, arms, _limits(folder, runs))],
    )
    for number, figure in enumerate(figures):
        if why := figure.refuse(comparison):
            raise InputError(f"compare.figures.{number}.{why}")
    return comparison


def read_tuning(folder: Path) -> dict[str, Any]:
    """What an experiment of two stages chose for each arm; {} for any other. Raises InputError."""
    file = folder / "tuning.json"
    try:
        return json.loads(file.read_bytes()) if file.is_file() else {}
    except ValueError as error:
        raise InputError(f"{file}: not JSON ({error}); remove it, the command that trains writes it again") from error


def _limits(folder: Path, runs: pd.DataFrame) -> dict[str, int]:
    """Run -> the tokens that its bits_per_byte is limited to, 0 for none; read only where tokenizers differ.

    A run records what it was asked last; one that has not says in its config what its training asked.
    """
    if count_tokenizers(runs) < 2:
        return {}
    limits = {}
    for path in list_runs(folder):
        asked = read_run(path).get("asked") or read_config(path).get("evaluation") or {}
        limits[path.name] = (asked.get("bits_per_byte") or {}).get("tokens", 0)
    return limits
