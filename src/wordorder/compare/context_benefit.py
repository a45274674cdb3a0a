"""What a longer context is worth: bits per byte that it saves on the same targets, by its length, with the interval of each
model over documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from wordorder.compare.curves import LengthCurves
from wordorder.compare.figure import Panel
from wordorder.compare.look import choose_limits, choose_styles
from wordorder.compare.quantities import choose_split, select_scores
from wordorder.compare.unanswered import say_unanswered

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

BEGIN = 5.0  # bits per byte; an arm that loses less than the 5 % of it that choose_limits lets pass is as good as level
ROOM = 0.06  # of the chart, above and below what is drawn


class ContextBenefit(LengthCurves):
    """The rows context_benefit of the length sweep: the bits per byte of last_k at the trained length minus those at a longer
    one."""

    def __init__(self) -> None:
        super().__init__(scoring="last_k")
        self.name = "context_benefit"
        self.title = "Benefit of a longer context"
        self.ylabel = "bits per byte saved (above 0: it helps)"
        self.caption = (
            "Bits per byte of the same last tokens with their context cut to the trained length, minus those with the longer"
            " context; higher is better. A line begins with zero at the trained length: above zero the arm makes use of what"
            " is further away, below it does worse for being given more. Upright lines are the 95 % interval of each seed's"
            " model over documents; they say nothing about another seed."
        )

    def panels(self, comparison: Comparison) -> list[Panel]:
        benefit, low, high = (
            _select(comparison.scores, f"context_benefit{end}").set_index(["run", "length"])
            for end in ("", "_low", "_high")
        )
        ends = {"low": low["value"], "high": high["value"], "why_no_interval": low["why"]}
        points = benefit.join(pd.DataFrame(ends)).reset_index()
        points = points.rename(columns={"length": "x", "value": "y"}).assign(at=points["length"])
        points = pd.concat([points, _find_beginnings(points)])
        return [Panel("context_benefit", "", "context length in tokens", points)]

    def limits(self, panels: list[Panel]) -> tuple[float, float, dict[str, float]]:
        return *_choose_limits(panels[0].points), {}  # none leaves it at the top

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        super().shape(axes, panel, comparison)
        axes.axhline(0, color="#555555", linewidth=1, zorder=0.9)
        styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
        for label, own in panel.points.dropna(subset=["y", "low", "high"]).groupby("arm"):
            colour = styles[str(label)][0]
            axes.vlines(own["x"], own["low"].astype(float), own["high"].astype(float), colour, linewidth=0.9, alpha=0.6)

    def notes(self, comparison: Comparison) -> list[str]:
        notes = super().notes(comparison)
        for panel in self.name_points(comparison):
            bottom, _ = _choose_limits(panel.points)
            for label, least in panel.points.groupby("arm", sort=False)["y"].min().items():
                if least < bottom:
                    notes.append(f"{label} leaves the chart at the bottom, it goes down to −{-least:,.2f}.")
            unsure = panel.points[panel.points["y"].notna() & panel.points["low"].isna()]
            for why, own in unsure.groupby("why_no_interval", sort=False):
                notes.append(f"Without an interval: {'; '.join(own['arm'].unique())} ({why}).")
        return notes

    def say_empty(self, comparison: Comparison) -> str:
        return say_unanswered(self, comparison)


def _select(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    rows = select_scores(scores, evaluation="length_sweep", metric=metric, split=choose_split(scores, "length_sweep"))
    return rows.reindex(columns=["run", "length", "factor", "value", "why"])


def _find_beginnings(points: pd.DataFrame) -> pd.DataFrame:
    """The trained length of each run that has a benefit, where it is zero by what it is."""
    first = points.dropna(subset=["y"]).drop_duplicates("run")
    trained = first["x"] // first["factor"]
    return first.assign(x=trained, at=trained, y=0.0, low=0.0, high=0.0)


def _choose_limits(points: pd.DataFrame) -> tuple[float, float]:
    """bottom and top with the intervals; an arm that loses so much that the others had no room is cut off at the bottom, as
    choose_limits does at the top."""
    ends = [points[["arm", name]].set_axis(["arm", "y"], axis=1) for name in ("y", "low", "high")]
    drawn = pd.concat(ends).dropna().astype({"y": float})
    cut = choose_limits(drawn.assign(y=BEGIN - drawn["y"]))[2]
    shown = drawn.loc[~drawn["arm"].isin(cut), "y"]
    room = ROOM * (shown.max() - shown.min()) or ROOM
    return shown.min() - room, shown.max() + room
