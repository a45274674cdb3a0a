"""Verdicts beside the main table: how each arm differs from the baseline, how sure that is, and what the rule makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.bootstrap import draw_documents, interval
from wordorder.compare.documents import pair_documents
from wordorder.compare.paired import ALPHA
from wordorder.compare.power import minimum_detectable_effect
from wordorder.compare.quantities import Column, Heading, average_seeds
from wordorder.compare.tables import Table, add_footnote
from wordorder.compare.verdict import LEAST, MARGIN, TOO_FEW, Verdict, decide
from wordorder.compare.verdict_text import HEADINGS, list_extras, list_notes, write_cells

NO_VARIANCE = (
    "the same at every pair of seeds, which leaves nothing to estimate an error from: p is 1 for no difference, else 0"
)
ROUNDING = 1e-12  # of the baseline's value


@dataclass(frozen=True)
class Measure:
    """A quantity that verdicts are about; share: its margin is a share of the baseline's value."""

    title: str
    unit: str
    lower_is_better: bool
    margin: float
    share: bool = False


MEASURES = {
    "bits_per_byte": Measure("bits per byte", "bits per byte", True, MARGIN, share=True),
    "exact_match_in": Measure("exact match inside of the trained lengths", "exact match", False, 0.03),
    "exact_match_out": Measure("exact match outside of the trained lengths", "exact match", False, 0.03),
}


@dataclass(frozen=True)
class VerdictTable(Table):
    """seeds: label -> pairs of seeds that the arm and the baseline both have; numbers: a row for each arm; differences: label
    -> that of each pair, in the order of the seeds."""

    numbers: tuple[dict[str, Any], ...] = ()
    differences: dict[str, tuple[float, ...]] = field(default_factory=dict)
    measure: Measure = MEASURES["bits_per_byte"]

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(list(self.numbers))


def add_verdicts(table: Table, arms: list[Arm], read: Callable[[], pd.DataFrame]) -> tuple[Table, list[VerdictTable]]:
    """The main table, and one of verdicts for each quantity that has them; `read` gives what read_documents returns.

    Where no arm has 3 pairs of seeds in common with the baseline there are no verdicts, and the main table says so.
    """
    others = [arm for arm in arms if arm.label != table.baseline]
    measured = [column for column in table.columns if isinstance(column, Column) and column.key in MEASURES]
    if not table.baseline or not others or not measured:
        return table, []
    baseline = next(arm for arm in arms if arm.label == table.baseline)
    if not enough_pairs(measured, baseline, others):
        said = f"Against {baseline.label}: {TOO_FEW}; a verdict takes {LEAST} pairs of seeds that both have."
        return replace(table, about=(*table.about, said)), []
    documents = read()
    made = [make_verdicts(column, baseline, others, documents) for column in measured]
    return table, [one for one in made if any(one.seeds.values())]


def enough_pairs(measured: list[Column], baseline: Arm, others: list[Arm]) -> bool:
    """Does any quantity of any arm have as many pairs of seeds as a verdict takes?"""
    known = {column.key: average_seeds(column.values(baseline)[0]).index for column in measured}
    return any(
        len(average_seeds(column.values(arm)[0]).index.intersection(known[column.key])) >= LEAST
        for column in measured
        for arm in others
    )


def make_verdicts(column: Column, baseline: Arm, others: list[Arm], documents: pd.DataFrame) -> VerdictTable:
    """The verdicts on one quantity, Holm over these arms; documents count for bits per byte alone."""
    measure, own = MEASURES[column.key], average_seeds(column.values(baseline)[0])
    differences = {arm.label: subtract(average_seeds(column.values(arm)[0]), own) for arm in others}
    margin = measure.margin * (float(own.mean()) if measure.share and len(own) else 1.0)
    verdicts = decide(differences, margin=margin, lower_is_better=measure.lower_is_better)
    family = sum(one.p_holm is not None for one in verdicts.values())
    numbers, cells, footnotes = [], {}, []
    for arm in others:
        verdict, difference = verdicts[arm.label], differences[arm.label]
        row = tell(arm.label, verdict, difference, margin=margin, family=family)
        row |= describe(documents, arm, baseline, verdict) if column.key == "bits_per_byte" else describe_none()
        numbers.append(row)
        cells[arm.label] = write_cells(row, add_footnote(_choose_footnote(column, arm, baseline, verdict), footnotes))
    described = any(row["bootstrap_low"] is not None for row in numbers)
    shown = [name for name in HEADINGS if name != "bootstrap" or described]
    size = f"{margin:.3g} {measure.unit}"
    return VerdictTable(
        heading="",
        baseline="",
        columns=[Heading(name, "", HEADINGS[name]) for name in shown],
        rows={label: [own[name] for name in shown] for label, own in cells.items()},
        seeds={label: verdict.n for label, verdict in verdicts.items()},
        footnotes=footnotes,
        title=f"Verdicts: {measure.title}",
        about=list_notes(
            baseline=baseline.label,
            lower_is_better=measure.lower_is_better,
            margin=f"{size}, {100 * measure.margin:.1f}\u00a0% of the baseline's" if measure.share else size,
        ),
        more=list_extras(numbers, described=described),
        numbers=tuple(numbers),
        differences={label: tuple(own.tolist()) for label, own in differences.items()},
        measure=measure,
    )


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
    if paired:
        low, high = paired.interval()
        row |= {"deviation": paired.deviation, "low": low, "high": high, "p": paired.p, "p_holm": verdict.p_holm}
        row |= {"p_equivalent": verdict.p_equivalent, "sign_flip_p": paired.sign_flip}
        if paired.deviation:
            row["detectable"] = minimum_detectable_effect(paired.n, paired.deviation, alpha=ALPHA / family)
    mean = float(differences.mean()) if len(differences) else None
    own = {"arm": label, "seeds": verdict.n, "difference": mean}
    return own | row | {"margin": margin, "verdict": verdict.text}


def describe(documents: pd.DataFrame, arm: Arm, baseline: Arm, verdict: Verdict) -> dict[str, float | None]:
    """The bootstrap's interval, where each pair of seeds has its documents."""
    paired = pair_documents(documents, arm, baseline) if verdict.p_holm is not None else None
    if paired is None or len(paired[0]) < verdict.n:
        return describe_none()
    low, high = interval(draw_documents(*paired))
    return {"bootstrap_low": low, "bootstrap_high": high}


def describe_none() -> dict[str, float | None]:
    return {"bootstrap_low": None, "bootstrap_high": None}


def _choose_footnote(column: Column, arm: Arm, baseline: Arm, verdict: Verdict) -> str:
    if not verdict.n:
        values, why = column.values(arm)
        return why if values.dropna().empty else f"no seed in common with {baseline.label}"
    if mark := column.mark(arm) or column.mark(baseline):
        return mark
    return NO_VARIANCE if verdict.p_holm is not None and verdict.paired and not verdict.paired.deviation else ""
