"""Figures of a comparison on texts: learning, contexts beyond the trained length, places along the context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter, NullLocator

from wordorder.compare.figure import Curves, note_own_tokens
from wordorder.compare.look import choose_limits
from wordorder.compare.quantities import choose_split, count_tokenizers, select_scores

if TYPE_CHECKING:
    from .report import Comparison

MOST_TICKS = 8
A_TOKEN = ("loss", "val_loss")  # columns of train.jsonl that are nats a token


class LearningCurves(Curves):
    """Validation loss on the way; the y-axis fits what comes after the share `settle` of the training."""

    def __init__(self, *, metric: str = "val_bits_per_byte", settle: float = 0.2) -> None:
        self.metric, self.settle = metric, settle
        self.name = "learning_curves"
        self.title = "Learning"
        self.xlabel = "training tokens"  # bytes where tokenizers differ
        self.ylabel = f"validation {metric.removeprefix('val_').replace('_', ' ')}"
        self.caption = f"{self.ylabel.capitalize()} during training; lower is better."
        if settle:
            self.caption += f" The first {settle:.0%} of the training may lie above the chart."

    def points(self, comparison: Comparison) -> pd.DataFrame:
        rows = comparison.curves.reindex(columns=["run", "step", "tokens", self.metric]).dropna(subset=self.metric)
        points = rows.set_axis(["run", "step", "x", "y"], axis=1).assign(why="", at=rows["tokens"])
        if count_tokenizers(comparison.runs) < 2:
            return points
        runs = comparison.runs.reindex(columns=["run", "text_bytes_per_token"]).set_index("run")["text_bytes_per_token"]
        return points.assign(x=points["x"] * points["run"].map(runs))

    def name_points(self, comparison: Comparison) -> pd.DataFrame:
        """As for all; where rows differ in length, seeds differ in tokens at a step: each stands at their mean."""
        points = super().name_points(comparison)
        return points.assign(x=points.groupby(["arm", "step"])["x"].transform("mean"))

    def label_x(self, comparison: Comparison) -> str:
        return "training text in bytes" if count_tokenizers(comparison.runs) > 1 else self.xlabel

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

    def limits(self, points: pd.DataFrame) -> tuple[float, float, dict[str, float]]:
        ends = points.groupby("arm")["x"].transform("max")
        return choose_limits(points[points["x"] >= self.settle * ends])

    def shape(self, axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.set_xlim(left=0)


class LengthCurves(Curves):
    """The length sweep; scoring: last_k (every context ends in the same tokens), window_limited (so it does, and each token sees
    the trained length of it) or non_overlapping (all tokens)."""

    def __init__(self, *, scoring: Literal["last_k", "non_overlapping", "window_limited"] = "last_k") -> None:
        self.scoring = scoring
        self.name = f"length_{scoring}"
        title = {"last_k": "same last tokens", "window_limited": "same last tokens, window of the trained length"}
        self.title = f"Beyond the trained length: {title.get(scoring, 'all tokens')}"
        self.xlabel = "context length in tokens"
        scored = {
            "last_k": "the same last tokens of the text, given a longer and longer context",
            "window_limited": "the same last tokens of longer and longer contexts, each token seeing no more than the trained "
            "length before it",
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
        if len(lengths) <= MOST_TICKS:
            axes.set_xticks(lengths, [f"{length:,.0f}" for length in lengths])
        else:  # arms of several trained lengths
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        _mark_trained_length(axes, comparison)

    def notes(self, comparison: Comparison) -> list[str]:
        return super().notes(comparison) + note_own_tokens(comparison)


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

    def notes(self, comparison: Comparison) -> list[str]:
        return super().notes(comparison) + note_own_tokens(comparison)


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
