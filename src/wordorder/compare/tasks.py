"""What a comparison shows of tasks: exact match inside and outside of the trained lengths, and length by length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from wordorder.compare.arms import Arm
from wordorder.compare.figure import Curves, Panel
from wordorder.compare.quantities import Column, choose_split, read_values, select_scores, write_score
from wordorder.record.read import SCORE_COLUMNS

if TYPE_CHECKING:
    from .comparison import Comparison

RANGES = {"in": "exact match inside", "out": "exact match outside"}
NOT_LEARNED = "the task was not learned inside the trained lengths, so this says nothing about length"
BASELINES = {"chance": ("#777777", (0, (1, 2))), "majority": ("#777777", (0, (5, 3)))}


def list_answers(scores: pd.DataFrame) -> list[Column]:
    """Exact match over all trained lengths and over all others; none where no text asks for answers."""
    rows = _select(scores, "exact_match")
    if not rows["value"].notna().any():
        return []
    whole, learned = rows[rows["length"].isna()], _select(scores, "learned")
    columns = []
    for name, title in RANGES.items():
        own = whole[whole["range"] == name]
        mark = (lambda arm: NOT_LEARNED if _unlearned(learned, arm) else "") if name == "out" else (lambda arm: "")
        values = lambda arm, own=own: read_values(own, arm)  # noqa: E731
        if len(own):
            columns.append(Column(f"exact_match_{name}", "of the trained lengths", title, values, write_score, mark))
    return columns


class ExactMatchCurves(Curves):
    """Exact match against length, the trained lengths shaded, and what needs no model dashed."""

    def __init__(self) -> None:
        self.name = "exact_match"
        self.title = "Answers by length"
        self.ylabel = "exact match"
        self.caption = "Share of documents answered without any mistake, by length; higher is better."

    def panels(self, comparison: Comparison) -> list[Panel]:
        rows = _by_length(comparison.scores, "exact_match").reindex(columns=["run", "length", "value", "why"])
        points = rows.set_axis(["run", "x", "y", "why"], axis=1).assign(at=rows["length"])
        return [Panel("exact_match", "", "length", points)]

    def limits(self, panels: list[Panel]) -> tuple[float, float, dict[str, float]]:
        return -0.03, 1.04, {}

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if trained := find_trained(comparison):
            axes.axvspan(trained[0] - 0.5, trained[1] + 0.5, color="#efefe9", zorder=0.5, linewidth=0)
            axes.annotate(
                "trained", (trained[0], 1), (0, 3), xycoords=("data", "axes fraction"), fontsize=8.5,
                textcoords="offset points", ha="left", va="bottom", color="#555555",
            )  # fmt: skip
        for metric, (colour, line) in BASELINES.items():
            if (values := _agreed(comparison, metric)) is not None:
                axes.plot(values.index, values, color=colour, linestyle=line, linewidth=1.2, label=metric, zorder=1.5)

    def notes(self, comparison: Comparison) -> list[str]:
        notes = super().notes(comparison)
        learned = _select(comparison.scores, "learned")
        if labels := [arm.label for arm in comparison.arms if _unlearned(learned, arm, comparison.done)]:
            who = "All arms" if len(labels) == len(comparison.arms) > 1 else "; ".join(labels)
            notes.append(f"{who}: {NOT_LEARNED}.")
        if differing := [metric for metric in BASELINES if _agreed(comparison, metric) is None]:
            notes.append(f"Not drawn because it differs between the arms: {' and '.join(differing)}.")
        if not find_trained(comparison):
            notes.append("The arms were trained on different lengths, which are not shaded.")
        return notes

    def say_empty(self, comparison: Comparison) -> str:
        return ""  # most texts do not ask for answers


def find_trained(comparison: Comparison) -> tuple[int, int] | None:
    """The shortest and longest trained length; None where arms differ in them."""
    rows = _by_length(comparison.scores, "exact_match")
    inside = (
        rows[(rows["range"] == "in") & rows["run"].isin(comparison.done)].groupby("run")["length"].agg(["min", "max"])
    )
    ranges = set(inside.itertuples(index=False, name=None))
    return next(iter(ranges)) if len(ranges) == 1 else None


def _select(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    split = choose_split(scores, "exact_match")
    rows = select_scores(scores, evaluation="exact_match", metric=metric, split=split)
    rows = rows.reindex(columns=[*rows.columns.union(["length", "range"], sort=False)])
    tables = [name for name in rows.columns if name not in (*SCORE_COLUMNS, "split", "range", "length")]
    return rows[rows[tables].isna().all(axis=1)]  # those by other facts, such as depth, are tables of their own


def _by_length(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    rows = _select(scores, metric)
    return rows[rows["length"].notna()]


def _unlearned(learned: pd.DataFrame, arm: Arm, done: frozenset[str] | None = None) -> bool:
    """Whether a run of the arm missed the gate."""
    own = learned[learned["run"].isin(arm.runs if done is None else done.intersection(arm.runs))]
    return bool((own["value"] == 0).any())


def _agreed(comparison: Comparison, metric: str) -> pd.Series | None:
    """A baseline by length, if all runs have the same."""
    rows = _by_length(comparison.scores, metric)
    by_length = rows[rows["run"].isin(comparison.done)].dropna(subset="value").groupby("length")["value"]
    return by_length.mean() if np.allclose(by_length.max(), by_length.min(), atol=1e-9) else None
