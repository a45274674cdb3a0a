"""Figures of a comparison: what is on the axes is each class's own; how arms are drawn is the same for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, NullLocator

from wordorder.compare.look import LOOK, choose_limits, choose_styles, draw_arm
from wordorder.compare.quantities import choose_split, select_scores

if TYPE_CHECKING:
    from .report import Comparison


class Curves:
    """A line per arm: the mean over seeds, each seed thin behind it. Subclasses say what the points are.

    name: file name; title stands in the figure; caption is true of every comparison, notes() of this one.
    """

    name: str
    title: str
    caption: str
    xlabel: str
    ylabel = "bits per byte"

    def points(self, comparison: Comparison) -> pd.DataFrame:
        """Columns run, x, y (missing where not applicable), why, at (what x is called in a note)."""
        raise NotImplementedError

    def shape(self, axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
        """The x-axis of this figure."""
        raise NotImplementedError

    def fitted(self, points: pd.DataFrame) -> pd.DataFrame:
        """The points that the y-axis must show."""
        return points

    def draw(self, comparison: Comparison) -> Figure:
        """The figure; an arm that would leave the others no room is cut off at the top, see notes()."""
        points = self._name_points(comparison)
        styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
        with matplotlib.rc_context(LOOK):
            height = max(4.0, 0.6 + 0.2 * len(styles))  # the legend has a line for each arm
            figure = Figure(figsize=(7.6, height), layout="constrained", facecolor="white")
            axes = figure.subplots()
            axes.set_title(self.title, pad=18)
            axes.set(xlabel=self.xlabel, ylabel=self.ylabel)
            bottom, top, cut = choose_limits(self.fitted(points))
            for label, own in points.groupby("arm", sort=False):
                above = f" (up to {cut[str(label)]:,.2f})" if label in cut else ""
                draw_arm(axes, own, f"{label}{above}", styles[str(label)])
            self.shape(axes, points, comparison)
            axes.set_ylim(bottom, top)
            figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper")
        return figure

    def notes(self, comparison: Comparison) -> list[str]:
        """What is not in the figure, and why."""
        points = self._name_points(comparison)
        missing: dict[str, list[str]] = {}  # what is said -> the arms it is said of
        for arm in comparison.arms:
            own = points[points["arm"] == arm.label]
            gaps = own[own["y"].isna()]
            why = "; ".join(why for why in gaps["why"].unique() if why) or "not recorded"
            at = ", ".join(f"{x:,}" for x in sorted(gaps["at"].dropna().unique()))
            if own["y"].notna().sum() == 0:
                missing.setdefault(f"not in this figure: {why}.", []).append(arm.label)
            elif len(gaps):
                missing.setdefault(f"n/a at {at}: {why}.", []).append(arm.label)
        notes = [
            f"{'; '.join(labels)} {'is' if len(labels) == 1 else 'are'} {said}" for said, labels in missing.items()
        ]
        for label, peak in choose_limits(self.fitted(points))[2].items():
            notes.append(f"{label} leaves the chart at the top, it goes up to {peak:,.2f}.")
        return notes

    def is_empty(self, comparison: Comparison) -> bool:
        """True where no finished run has a point."""
        return not self._name_points(comparison)["y"].notna().any()

    def _name_points(self, comparison: Comparison) -> pd.DataFrame:
        """The points of finished runs, with their arm, in the order of the table."""
        arm_of = {run: arm.label for arm in comparison.arms for run in arm.runs if run in comparison.done}
        order = {arm.label: number for number, arm in enumerate(comparison.arms)}
        points = self.points(comparison)
        points = points.assign(arm=points["run"].map(arm_of)).dropna(subset="arm").astype({"x": float, "y": float})
        return points.assign(order=points["arm"].map(order)).sort_values(["order", "run", "x"]).drop(columns="order")


class LearningCurves(Curves):
    """Validation loss on the way; the y-axis fits what comes after the share `settle` of the training."""

    def __init__(self, *, metric: str = "val_bits_per_byte", settle: float = 0.2) -> None:
        self.metric, self.settle = metric, settle
        self.name = "learning_curves"
        self.title = "Learning"
        self.xlabel = "training tokens"
        self.ylabel = f"validation {metric.removeprefix('val_').replace('_', ' ')}"
        self.caption = f"{self.ylabel.capitalize()} during training; lower is better."
        if settle:
            self.caption += f" The first {settle:.0%} of the training may lie above the chart."

    def points(self, comparison: Comparison) -> pd.DataFrame:
        rows = comparison.curves.reindex(columns=["run", "tokens", self.metric]).dropna(subset=self.metric)
        return rows.set_axis(["run", "x", "y"], axis=1).assign(why="", at=rows["tokens"])

    def fitted(self, points: pd.DataFrame) -> pd.DataFrame:
        return points[points["x"] >= self.settle * points["x"].max()]

    def shape(self, axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.set_xlim(left=0)


class LengthCurves(Curves):
    """The length sweep; scoring: last_k (every context ends in the same tokens) or non_overlapping (all tokens)."""

    def __init__(self, *, scoring: Literal["last_k", "non_overlapping"] = "last_k") -> None:
        self.scoring = scoring
        self.name = f"length_{scoring}"
        self.title = f"Beyond the trained length: {'same last tokens' if scoring == 'last_k' else 'all tokens'}"
        self.xlabel = "context length in tokens"
        scored = {
            "last_k": "the same last tokens of the text, given a longer and longer context",
            "non_overlapping": "all tokens, the text cut into contexts of this length",
        }
        self.caption = f"Bits per byte of {scored[scoring]}; lower is better."

    def points(self, comparison: Comparison) -> pd.DataFrame:
        facts = {"split": choose_split(comparison.scores, "length_sweep"), "scoring": self.scoring}
        rows = select_scores(comparison.scores, evaluation="length_sweep", metric="bits_per_byte", **facts)
        rows = rows.reindex(columns=["run", "length", "value", "why"])
        return rows.set_axis(["run", "x", "y", "why"], axis=1).assign(at=rows["length"])

    def shape(self, axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
        lengths = sorted(points["x"].dropna().unique())
        axes.set_xscale("log", base=2)
        axes.set_xticks(lengths, [f"{length:,.0f}" for length in lengths])
        axes.xaxis.set_minor_locator(NullLocator())
        _mark_trained_length(axes, comparison)


class PositionCurves(Curves):
    """Bits per byte by place in the context; length: the context's tokens, 0 for the longest that was scored."""

    def __init__(self, *, length: int = 0) -> None:
        self.length = length
        self.name = "position_in_context"
        self.title = "Along the context"
        self.xlabel = "position in the context, in tokens"
        context = f"a context of {length:,} tokens" if length else "the longest context that was scored"
        self.caption = f"Bits per byte of each stretch of {context}; lower is better."

    def points(self, comparison: Comparison) -> pd.DataFrame:
        facts = {"split": choose_split(comparison.scores, "position_in_context"), "length": self.length or None}
        rows = select_scores(comparison.scores, evaluation="position_in_context", metric="bits_per_byte", **facts)
        rows = rows.reindex(columns=["run", "length", "fact_position", "position_end", "value", "why"])
        rows = rows[rows["length"] == rows["length"].max()]
        middle = np.sqrt((rows["fact_position"] + 1).astype(float) * rows["position_end"].astype(float))
        points = rows[["run", "value", "why"]].set_axis(["run", "y", "why"], axis=1)
        return points.assign(x=middle, at=rows["fact_position"])

    def shape(self, axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        _mark_trained_length(axes, comparison)


def _mark_trained_length(axes: Axes, comparison: Comparison) -> None:
    runs = comparison.runs.reindex(columns=["run", "context_length"]).dropna()
    for length in sorted(runs.loc[runs["run"].isin(comparison.done), "context_length"].unique()):
        axes.axvline(length, color="#777777", linewidth=1, linestyle=(0, (4, 3)), zorder=0.9)
        axes.annotate(
            f"trained length {length:,}", (length, 1), (0, 3), xycoords=("data", "axes fraction"), fontsize=8.5,
            textcoords="offset points", ha="center", va="bottom", color="#555555",
        )  # fmt: skip
