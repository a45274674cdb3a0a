"""Whether models prefer the true order of the words to one with two of them swapped, by how far apart these stand."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from wordorder.compare.figure import Curves, Panel
from wordorder.compare.quantities import choose_split, select_scores
from wordorder.compare.tasks import BASELINES
from wordorder.compare.unanswered import say_unanswered

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

CHANCE = 0.5
MOST_TICKS = 10  # distances that are written one by one
ROOM = 0.06  # of the chart, above and below what is drawn


class WordOrderCurves(Curves):
    """The rows preference of the evaluation word_order, and chance."""

    def __init__(self) -> None:
        self.name = "word_order"
        self.title = "True order against two words swapped"
        self.ylabel = "share where the true order is preferred"
        self.caption = (
            "Share of excerpts whose true order the model finds more probable than one in which two words have changed"
            " places, by how far apart these stand (1: neighbours); higher is better, 0.5 is chance."
        )

    def panels(self, comparison: Comparison) -> list[Panel]:
        split = choose_split(comparison.scores, "word_order")
        rows = select_scores(comparison.scores, evaluation="word_order", metric="preference", split=split)
        rows = rows.reindex(columns=["run", "distance", "value", "why", "count"])
        points = rows.set_axis(["run", "x", "y", "why", "count"], axis=1).assign(at=rows["distance"])
        return [Panel("word_order", "", "distance of the swapped words, in words", points)]

    def limits(self, panels: list[Panel]) -> tuple[float, float, dict[str, float]]:
        shares = [CHANCE, *panels[0].points["y"].dropna()]
        room = ROOM * max(max(shares) - min(shares), 0.05)
        return min(shares) - room, max(shares) + room, {}

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        distances = sorted(panel.points["x"].dropna().unique())
        axes.set_xscale("log", base=2)
        if len(distances) <= MOST_TICKS:
            axes.set_xticks(distances, [f"{distance:,.0f}" for distance in distances])
        else:
            axes.xaxis.set_major_locator(LogLocator(2, numticks=MOST_TICKS))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        colour, line = BASELINES["chance"]
        axes.axhline(CHANCE, color=colour, linestyle=line, linewidth=1.2, label="chance", zorder=1.5)

    def notes(self, comparison: Comparison) -> list[str]:
        excerpts = [_note_excerpts(panel.points) for panel in self.name_points(comparison)]
        return super().notes(comparison) + excerpts

    def say_empty(self, comparison: Comparison) -> str:
        return say_unanswered(self, comparison)


def _note_excerpts(points: pd.DataFrame) -> str:
    """Of how many excerpts the shares are, by arm where that differs, and how sure they are."""
    asked = points.dropna(subset=["x", "y"]).astype({"count": int})
    fewest, most = asked["count"].min(), asked["count"].max()
    sure = f"lies within {1.96 * CHANCE / sqrt(fewest):.2f} of what endless text would give, 95 times in 100."
    if fewest == most:
        return f"Each seed's share is of {fewest:,} excerpts and {sure}"
    each = (
        f"{label} {' to '.join(f'{n:,}' for n in sorted({own.min(), own.max()}))}"
        for label, own in asked.groupby("arm", sort=False)["count"]
    )
    return (
        "Arms were asked of different numbers of excerpts, because those that do not fit into the trained length are left"
        f" out: {'; '.join(each)}. With the fewest a seed's share {sure}"
    )
