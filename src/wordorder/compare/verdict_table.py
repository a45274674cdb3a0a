"""Verdicts beside the main table: how each arm differs from the baseline, how sure that is, and what the rule makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.bootstrap import draw_documents, interval
from wordorder.compare.comparable import WHY, find_obstacle
from wordorder.compare.documents import pair_documents
from wordorder.compare.evidence import Evidence
from wordorder.compare.measures import MEASURES, Measure
from wordorder.compare.paired import ALPHA
from wordorder.compare.power import minimum_detectable_effect
from wordorder.compare.quantities import Column, Heading, average_seeds
from wordorder.compare.seed_groups import Pair, average_groups, find_condition, number_groups
from wordorder.compare.tables import Table, add_footnote
from wordorder.compare.verdict import LEAST, NOT_COMPARABLE, TOO_FEW, Verdict, decide
from wordorder.compare.verdict_text import (
    HEADINGS,
    list_extras,
    list_notes,
    note_conditions,
    note_groups,
    write_cells,
)

NO_DIFFERENCE = "no difference at any pair of seeds: p is 1"
NO_VARIANCE = "one number at every pair of seeds: the t-test is undefined where there is no variation"
ROUNDING = 1e-12  # of the baseline's value


@dataclass(frozen=True)
class VerdictTable(Table):
    """seeds: label -> pairs of seeds that the arm and the baseline both have, those that share a seed counting as one; numbers: a
    row for each arm; differences: label -> that of each such pair, in the order of the seeds."""

    numbers: tuple[dict[str, Any], ...] = ()
    differences: dict[str, tuple[float, ...]] = field(default_factory=dict)
    measure: Measure = MEASURES["bits_per_byte"]

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(list(self.numbers))


def add_verdicts(
    table: Table, evidence: Evidence, read: Callable[[], pd.DataFrame]
) -> tuple[Table, list[VerdictTable]]:
    """The main table, and one of verdicts for each quantity that has them; `read` gives what read_documents returns.

    Where no arm has 3 pairs of seeds in common with the baseline there are no verdicts, and the main table says so.
    """
    arms = evidence.arms
    others = [arm for arm in arms if arm.label != table.baseline]
    measured = [column for column in table.columns if isinstance(column, Column) and column.key in MEASURES]
    if not table.baseline or not others or not measured:
        return table, []
    baseline = next(arm for arm in arms if arm.label == table.baseline)
    common = {(column.key, arm.label): find_common(column, baseline, arm) for column in measured for arm in others}
    counts = {key: len(set(number_groups(pairs))) for key, pairs in common.items()}
    if max(counts.values()) < LEAST:
        said = f"Against {baseline.label}: {TOO_FEW}; a verdict takes {LEAST} pairs of seeds that both have."
        rows = [
            {"arm": label, "pairs": len(pairs), "seeds": counts[key, label]} for (key, label), pairs in common.items()
        ]
        return replace(table, about=(*table.about, said, *note_groups(rows))), []
    documents = read()
    made = [make_verdicts(column, baseline, others, documents, evidence) for column in measured]
    return table, [one for one in made if any(one.seeds.values())]


def find_common(column: Column, baseline: Arm, arm: Arm) -> list[Pair]:
    """The pairs of seeds at which both have a value."""
    values = [average_seeds(column.values(one)[0]) for one in (arm, baseline)]
    return list(subtract(*values).index)


def make_verdicts(
    column: Column, baseline: Arm, others: list[Arm], documents: pd.DataFrame, evidence: Evidence
) -> VerdictTable:
    """The verdicts on one quantity, Holm over these arms; documents count for bits per byte alone."""
    measure, own = MEASURES[column.key], average_seeds(column.values(baseline)[0])
    pairs = {arm.label: subtract(average_seeds(column.values(arm)[0]), own) for arm in others}
    margin = measure.margin * (float(own.mean()) if measure.share and len(own) else 1.0)
    differences, verdicts = judge(measure, margin, baseline, others, pairs, evidence)
    family = sum(verdict.tests for verdict in verdicts.values())
    numbers, cells, footnotes = [], {}, []
    for arm in others:
        verdict, seeds = verdicts[arm.label], pairs[arm.label].index
        row = tell(arm.label, verdict, differences[arm.label], margin=margin, family=family)
        row |= {"pairs": len(seeds), "condition": find_condition(list(seeds))}
        paired = verdict.p_holm is not None and column.key == "bits_per_byte"
        row |= describe(documents, arm, baseline, seeds) if paired else describe_none()
        numbers.append(row)
        cells[arm.label] = write_cells(row, add_footnote(_choose_footnote(column, arm, baseline, verdict), footnotes))
    described = any(row["bootstrap_low"] is not None for row in numbers)
    shown = [name for name in HEADINGS if name != "bootstrap" or described]
    size = f"{margin:.3g} {measure.unit}"
    notes = list_notes(
        baseline=baseline.label,
        lower_is_better=measure.lower_is_better,
        margin=f"{size}, {100 * measure.margin:.1f}\u00a0% of the baseline's" if measure.share else size,
    )
    return VerdictTable(
        heading="",
        baseline="",
        columns=[Heading(name, "", HEADINGS[name]) for name in shown],
        rows={label: [own[name] for name in shown] for label, own in cells.items()},
        seeds={label: verdict.n for label, verdict in verdicts.items()},
        footnotes=footnotes,
        title=f"Verdicts: {measure.title}",
        about=(*notes, *note_groups(numbers), *note_conditions(numbers)),
        more=list_extras(numbers, family=family, described=described),
        numbers=tuple(numbers),
        differences={label: tuple(own.tolist()) for label, own in differences.items()},
        measure=measure,
    )


def judge(
    measure: Measure, margin: float, baseline: Arm, others: list[Arm], pairs: dict[str, pd.Series], evidence: Evidence
) -> tuple[dict[str, pd.Series], dict[str, Verdict]]:
    """The independent differences of each arm, and its verdict; none of scores that cannot be held against each other."""
    differences = {label: average_groups(one) for label, one in pairs.items()}
    asked, same_text = measure.evaluation, measure.same_text
    apart = {arm.label: find_obstacle(evidence, arm, baseline, evaluation=asked, same_text=same_text) for arm in others}
    held = {label: one for label, one in differences.items() if not apart[label]}
    verdicts = decide(held, margin=margin, lower_is_better=measure.lower_is_better)
    for label, why in apart.items():
        if why:
            verdicts[label] = Verdict(f"{NOT_COMPARABLE}: {why}", len(differences[label]))
            differences[label] = differences[label].iloc[:0]
    return differences, verdicts


def subtract(values: pd.Series, baseline: pd.Series) -> pd.Series:
    """Differences over the pairs of seeds that both have; what is only rounding is 0."""
    difference = (values - baseline).dropna()
    return difference.where(difference.abs() > ROUNDING * baseline.reindex(difference.index).abs(), 0.0)


def tell(
    label: str, verdict: Verdict, differences: pd.Series, *, margin: float, family: int
) -> dict[str, str | float | None]:
    """The numbers of one arm; family: how many arms Holm's adjustment counts."""
    paired = verdict.paired if verdict.p_holm is not None else None
    row = dict.fromkeys(("deviation", "low", "high", "p", "p_holm", "p_equivalent", "sign_flip_p", "detectable"))
    if verdict.tests and verdict.paired:
        row |= {"deviation": verdict.paired.deviation, "sign_flip_p": verdict.paired.sign_flip}
    if paired and (bounds := paired.interval()):
        low, high = bounds
        row |= {"low": low, "high": high, "p": paired.p, "p_holm": verdict.p_holm, "p_equivalent": verdict.p_equivalent}
        if paired.deviation:
            row["detectable"] = minimum_detectable_effect(paired.n, paired.deviation, alpha=ALPHA / family)
    mean = float(differences.mean()) if len(differences) else None
    own = {"arm": label, "seeds": verdict.n, "difference": mean}
    return own | row | {"margin": margin, "verdict": verdict.text}


def describe(documents: pd.DataFrame, arm: Arm, baseline: Arm, seeds: pd.Index) -> dict[str, float | None]:
    """The bootstrap's interval, where each pair of seeds has its documents; it draws groups of pairs, as the tests count them."""
    paired = pair_documents(documents, arm, baseline)
    if paired is None or not seeds.isin(paired[0].index).all():
        return describe_none()
    nats, sizes = paired
    low, high = interval(draw_documents(average_groups(nats.loc[seeds]).to_numpy(float), sizes))
    return {"bootstrap_low": low, "bootstrap_high": high}


def describe_none() -> dict[str, float | None]:
    return {"bootstrap_low": None, "bootstrap_high": None}


def _choose_footnote(column: Column, arm: Arm, baseline: Arm, verdict: Verdict) -> str:
    for why, said in WHY.items():
        if verdict.word == f"{NOT_COMPARABLE}: {why}":
            return said.format(baseline=baseline.label)
    if not verdict.n:
        values, why = column.values(arm)
        return why if values.dropna().empty else f"no seed in common with {baseline.label}"
    if mark := column.mark(arm) or column.mark(baseline):
        return mark
    if not verdict.tests or not verdict.paired or verdict.paired.deviation:
        return ""
    return NO_DIFFERENCE if verdict.paired.testable else NO_VARIANCE
