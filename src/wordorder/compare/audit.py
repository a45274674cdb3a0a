"""Is a comparison fair? Every known way in which it may not be is looked for, and what is found stands before the table.

The rules are those of ablations that a reviewer would accept: arms differ in one factor, or every combination of several
was run; equal budgets, parameters and vocabularies; the same data, questions, code and arithmetic; every run that started is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wordorder.compare.audit_design import find_crossed_factors, find_edges, find_missing_cells, find_missing_seeds
from wordorder.compare.audit_record import (
    find_arithmetic,
    find_budgets,
    find_code,
    find_doubles,
    find_failures,
    find_kernels,
    find_machines,
    find_parameters,
    find_texts,
    find_tokenizers,
    find_vocabularies,
)
from wordorder.compare.comparable import find_evaluations
from wordorder.compare.evidence import Evidence


@dataclass(frozen=True)
class Finding:
    """`kind` is a key of CHECKS, `said` one sentence with the figures."""

    kind: str
    said: str


CHECKS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "more than one factor": find_crossed_factors,
    "unequal budgets": find_budgets,
    "unequal parameters": find_parameters,
    "unequal vocabularies": find_vocabularies,
    "optimum at the edge of its grid": find_edges,
    "missing cells": find_missing_cells,
    "missing seeds": find_missing_seeds,
    "failed runs": find_failures,
    "runs of the same seed": find_doubles,
    "different data": find_texts,
    "different evaluations": find_evaluations,
    "different tokenizers": find_tokenizers,
    "different code": find_code,
    "different precision": find_arithmetic,
    "different kernels": find_kernels,
    "different machines": find_machines,
}


def audit(evidence: Evidence) -> list[Finding]:
    """What was found, in the order of CHECKS; nothing where the comparison is clean."""
    return [Finding(kind, said) for kind, check in CHECKS.items() for said in check(evidence)]


def summarize(findings: list[Finding]) -> str:
    """One line: how much was found, and of which kinds."""
    if not findings:
        return f"Fairness audit: {len(CHECKS)} checks, nothing found."
    kinds = ", ".join(dict.fromkeys(finding.kind for finding in findings))
    return f"Fairness audit: {len(findings)} finding{'s' * (len(findings) > 1)} in {len(CHECKS)} checks: {kinds}."
