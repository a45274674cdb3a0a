"""Figures of a comparison on texts: learning, contexts beyond the trained length, places along the context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from wordorder.compare.arms import Arm
from wordorder.compare.figure import Curves, Panel, note_own_tokens
from wordorder.compare.look import choose_limits, choose_styles
from wordorder.compare.progress import AGAINST, Against, place
from wordorder.compare.quantities import choose_split, count_tokenizers, select_scores

if TYPE_CHECKING:
    from .comparison import Comparison

MOST_TICKS = 4  # lengths that are written one by one in one of several panels, twice as many in a single one
A_TOKEN = ("loss", "val_loss")  # columns of train.jsonl that are nats a token
Scoring = Literal["last_k", "non_overlapping", "window_limited"]
PANELS = {
    "last_k": "same last tokens",
    "non_overlapping": "all tokens",
    "window_limited": "window of the trained length",
}
SCORED = {
    "last_k": "the same last tokens of the text, given longer and longer contexts",
    "non_overlapping": "all tokens, the text cut into contexts of this length",
    "window_limited": "the same last tokens of longer and longer contexts, each token seeing no more than the trained length"
    " before it",
}

TRUNCATED = (
    "Level dashed lines are what each arm has of the same last tokens with its context cut to the trained length: where a curve"
    " lies below its line, the arm makes use of what is further away."
)


class LearningCurves(Curves):
    """Validation loss on the way, a panel for each of `against`; the y-axis fits what comes after the share `settle`."""

    def __init__(
        self, *, metric: str = "val_bits_per_byte", settle: float = 0.2, against: Sequence[Against] = tuple(AGAINST)
    ) -> None:
        if unknown := [one for one in against if one not in AGAINST]:
            raise ValueError(f"against={unknown} are not known: choose of {', '.join(AGAINST)}")
        self.metric, self.settle, self.against = metric, settle, list(against)
        self.name = "learning_curves"
        self.title = "Learning"
        self.ylabel = f"validation {metric.removeprefix('val_').replace('_', ' ')}"
        self.caption = f"{self.ylabel.capitalize()} during training; lower is better."
        if settle:
            self.caption += f" The first {settle:.0%} of the training may lie above the chart."
        if "seconds" in self.against:
            self.caption += " Seconds are those of the machines that trained."

    def panels(self, comparison: Comparison) -> list[Panel]:
        rows = comparison.curves.reindex(columns=["run", "step", "tokens", self.metric]).dropna(subset=self.metric)
        rows = rows.rename(columns={self.metric: "y"}).assign(why="", at=rows["tokens"])
        placed = {one: place(rows, one, runs=comparison.runs, curves=comparison.curves) for one in self.against}
        return [Panel(one, "", label, rows.assign(x=x)) for one, (x, label) in placed.items()]

    def name_points(self, comparison: Comparison) -> list[Panel]:
        """As for all; seeds may differ in tokens and seconds at a step: each stands at their mean."""
        return [
            replace(panel, points=panel.points.assign(x=panel.points.groupby(["arm", "step"])["x"].transform("mean")))
            for panel in super().name_points(comparison)
        ]

    def notes(self, comparison: Comparison) -> list[str]:
        first = (
            "A point scores the first tokens of the split (record.validate_tokens), more text where a token holds more."
        )
        return super().notes(comparison) + ([first] if count_tokenizers(comparison.runs) > 1 else [])

    def refuse(self, comparison: Comparison) -> str:
        n_tokenizers = count_tokenizers(comparison.runs)
        if self.metric not in A_TOKEN or n_tokenizers < 2:
            return ""
        return (
            f"metric={self.metric} is a loss per token, and the tokens of these runs come from {n_tokenizers} tokenizers, "
            "so that it would compare nothing: metric=val_bits_per_byte"
        )

    def limits(self, panels: list[Panel]) -> tuple[float, float, dict[str, float]]:
        settled = [
            points[points["step"] >= self.settle * points.groupby("arm")["step"].transform("max")]
            for points in (panel.points for panel in panels)
        ]
        return choose_limits(pd.concat(settled))

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        axes.xaxis.set_major_formatter(EngFormatter(sep="" if len(self.against) > 1 else " "))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlim(left=0)


class LengthCurves(Curves):
    """The length sweep, a panel for each of `scoring`: last_k (every context ends in the same tokens), window_limited (so it
    does, and each token sees the trained length of it) or non_overlapping (all tokens)."""

    def __init__(self, *, scoring: Scoring | Sequence[Scoring] = "last_k") -> None:
        self.scoring = [scoring] if isinstance(scoring, str) else list(scoring)
        if not self.scoring or (unknown := [one for one in self.scoring if one not in PANELS]):
            raise ValueError(f"scoring={self.scoring and unknown} is not known: choose of {', '.join(PANELS)}")
        self.name = "length" if len(self.scoring) > 1 else f"length_{self.scoring[0]}"
        self.title = "Beyond the trained length"
        self.caption = "Bits per byte by length of the context; lower is better."
        if len(self.scoring) == 1:
            self.title += f": {PANELS[self.scoring[0]]}"
            self.caption = f"Bits per byte of {SCORED[self.scoring[0]]}; lower is better."
            self.caption += f" {TRUNCATED}" if self.scoring == ["last_k"] else ""

    def panels(self, comparison: Comparison) -> list[Panel]:
        split = choose_split(comparison.scores, "length_sweep")
        found = []
        for scoring in self.scoring:
            facts = {"evaluation": "length_sweep", "metric": "bits_per_byte", "split": split, "scoring": scoring}
            rows = select_scores(comparison.scores, **facts).reindex(
                columns=["run", "length", "value", "why", "factor"]
            )
            points = rows.set_axis(["run", "x", "y", "why", "factor"], axis=1).assign(at=rows["length"])
            found.append(Panel(scoring, PANELS[scoring], "context length in tokens", points))
        return found

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        lengths = sorted(panel.points["x"].dropna().unique())
        axes.set_xscale("log", base=2)
        if len(lengths) <= MOST_TICKS * (1 if len(self.scoring) > 1 else 2):
            axes.set_xticks(lengths, [f"{length:,.0f}" for length in lengths])
        else:  # many factors, or arms of several trained lengths
            axes.xaxis.set_major_locator(LogLocator(2, numticks=MOST_TICKS + 1))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        _mark_trained_length(axes, comparison)
        if panel.key == "last_k":
            _mark_truncation(axes, panel.points, comparison)

    def notes(self, comparison: Comparison) -> list[str]:
        drawn = [panel.key for panel in self.name_points(comparison)] if len(self.scoring) > 1 else []
        scored = ["; ".join(f"“{PANELS[key]}”: {SCORED[key]}" for key in drawn) + "."] if drawn else []
        return [
            *scored,
            *([TRUNCATED] if "last_k" in drawn else []),
            *super().notes(comparison),
            *note_own_tokens(comparison),
        ]


class PositionCurves(Curves):
    """Bits per byte by place in the context; length: the context's tokens, 0 for the longest that was scored."""

    def __init__(self, *, length: int = 0) -> None:
        self.length = length
        self.name = "position_in_context"
        self.title = "Along the context"
        context = f"a context of {length:,} tokens" if length else "the longest context that was scored"
        self.caption = f"Bits per byte of each stretch of {context}; lower is better."

    def panels(self, comparison: Comparison) -> list[Panel]:
        split = choose_split(comparison.scores, "position_in_context")
        rows = select_scores(comparison.scores, evaluation="position_in_context", metric="bits_per_byte", split=split)
        rows = rows.reindex(columns=["run", "length", "fact_position", "position_end", "value", "why"])
        rows = _at_length(rows, self.length or rows["length"].max(), comparison.arms)
        middle = np.sqrt((rows["fact_position"] + 1).astype(float) * rows["position_end"].astype(float))
        points = rows[["run", "value", "why"]].set_axis(["run", "y", "why"], axis=1)
        points = points.assign(x=middle, at=rows["fact_position"])
        return [Panel("position", "", "position in the context, in tokens", points)]

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        _mark_trained_length(axes, comparison)

    def notes(self, comparison: Comparison) -> list[str]:
        return super().notes(comparison) + note_own_tokens(comparison)


def _at_length(rows: pd.DataFrame, length: int, arms: list[Arm]) -> pd.DataFrame:
    """The rows of contexts of this length; of an arm that has none, its others without their values, and why."""
    at = rows[rows["length"] == length]
    kept = [at]
    for arm in arms:
        own = rows[rows["run"].isin(arm.runs)]
        if len(own) and not at["run"].isin(arm.runs).any():
            lengths = ", ".join(f"{one:,}" for one in sorted(own["length"].dropna().unique()))
            kept.append(own.assign(value=np.nan, why=f"scored in contexts of {lengths} tokens, not {length:,}"))
    return pd.concat(kept)


def _mark_truncation(axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
    """From its trained length on, each arm's own value there."""
    styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
    for label, own in points[points["factor"] == 1].dropna(subset=["x", "y"]).groupby("arm"):
        colour = styles[str(label)][0]
        axes.hlines(own["y"].mean(), own["x"].min(), points["x"].max(), colour, (0, (4, 3)), linewidth=0.8, zorder=1.2)


def _mark_trained_length(axes: Axes, comparison: Comparison) -> None:
    runs = comparison.runs.reindex(columns=["run", "context_length"]).dropna()
    lengths = sorted(runs.loc[runs["run"].isin(comparison.done), "context_length"].unique())
    for length in lengths:
        axes.axvline(length, color="#777777", linewidth=1, linestyle=(0, (4, 3)), zorder=0.9)
    if lengths:
        said = f"trained length{'s' if len(lengths) > 1 else ''} {', '.join(f'{length:,}' for length in lengths)}"
        axes.annotate(
            said, (lengths[0], 1), (0, 3), xycoords=("data", "axes fraction"), fontsize=8.5,
            textcoords="offset points", ha="center" if len(lengths) == 1 else "left", va="bottom", color="#555555",
        )  # fmt: skip
