"""How many single answers are right, by how far each stands from what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from wordorder.compare.figure import Curves, Panel
from wordorder.compare.quantities import choose_split, select_scores
from wordorder.compare.tasks import BASELINES
from wordorder.compare.unanswered import say_unanswered
from wordorder.compare.unlearned import note_unlearned

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

RANGES = {"in": "inside the trained lengths", "out": "outside the trained lengths"}
UNITS = {"gap": "gap in words"}  # what a fact is called on the axis
LETTER = 0.028  # of the axis, with which the room of a written edge grows


class AnswersByDistance(Curves):
    """The rows answers of exact_match by quantiles of what is told of single answers; a panel for each such fact and range."""

    def __init__(self) -> None:
        self.name = "answers_by_distance"
        self.title = "Single answers by distance"
        self.ylabel = "share of right answers"
        self.caption = (
            "Share of single answers that are right, by what the task tells of each, such as the gap: how many words lie between"
            " what an answer asks for and where it is asked. The answers are in groups of about equal size: each begins at an"
            " upright line and has its point in the middle, the last line is the widest. Higher is better. Chance is that of a"
            " document, spread evenly over its answers."
        )

    def panels(self, comparison: Comparison) -> list[Panel]:
        rows = _select(comparison.scores, "answers")
        panels = []
        for fact in _list_facts(rows):
            for name, title in RANGES.items():
                own = rows[rows[fact].notna() & (rows["range"] == name)]
                if len(own):
                    points = _place(own, fact).assign(at=own[fact])
                    panels.append(Panel(f"{fact}_{name}", title, UNITS.get(fact, fact), points))
        return panels

    def limits(self, panels: list[Panel]) -> tuple[float, float, dict[str, float]]:
        return -0.03, 1.04, {}

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        firsts, pasts = panel.points["first"].astype(int), panel.points["past"].astype(int)
        edges = sorted({*firsts, int(pasts.max()) - 1})
        if edges[0] > 0:
            axes.set_xscale("log", base=2)
        axes.grid(visible=False, axis="x")
        for edge in edges:
            axes.axvline(edge, color="#d5d5d5", linewidth=0.7, zorder=0.8)
        _write_edges(axes, edges)
        if (chance := _find_chance(comparison, panel)) is not None:
            colour, line = BASELINES["chance"]
            axes.plot(chance.index, chance, color=colour, linestyle=line, linewidth=1.2, label="chance", zorder=1.5)

    def notes(self, comparison: Comparison) -> list[str]:
        notes = super().notes(comparison)
        panels = self.name_points(comparison)
        if any(_find_chance(comparison, panel) is None for panel in panels):
            notes.append("Chance is not drawn where the arms differ in it, or where it was not scored.")
        return notes + (note_unlearned(comparison) if any(panel.key.endswith("_out") for panel in panels) else [])

    def say_empty(self, comparison: Comparison) -> str:
        return say_unanswered(self, comparison)


def _select(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    rows = select_scores(scores, evaluation="exact_match", metric=metric, split=choose_split(scores, "exact_match"))
    return rows.reindex(columns=[*rows.columns.union(["range"], sort=False)])


def _list_facts(rows: pd.DataFrame) -> list[str]:
    """The facts that parts are by: each has the end of its part in a column of its own."""
    return [name for name in rows.columns if f"{name}_end" in rows.columns and rows[f"{name}_end"].notna().any()]


def _place(rows: pd.DataFrame, fact: str) -> pd.DataFrame:
    """Points in the middle between the first and the last value of their part."""
    points = rows[["run", "value", "why"]].set_axis(["run", "y", "why"], axis=1)
    first, past = rows[fact].astype(float), rows[f"{fact}_end"].astype(float)
    return points.assign(x=(first + past - 1) / 2, first=first, past=past)


def _find_chance(comparison: Comparison, panel: Panel) -> pd.Series | None:
    """Of a guess by the middle of the part, if all finished runs have the same; None if not, or if none was scored."""
    fact, _, where = panel.key.rpartition("_")
    rows = _select(comparison.scores, "chance")
    if f"{fact}_end" not in rows:
        return None
    own = rows[rows[f"{fact}_end"].notna() & (rows["range"] == where) & rows["run"].isin(comparison.done)]
    by_x = _place(own, fact).dropna(subset="y").groupby("x")["y"]
    agreed = by_x.ngroups and np.allclose(by_x.max(), by_x.min(), atol=1e-9)
    return by_x.mean() if agreed else None


def _write_edges(axes: Axes, edges: list[int]) -> None:
    """The values that parts begin with, and the last one, but those that would lie on the one before."""
    places = np.log2(edges) if axes.get_xscale() == "log" else np.asarray(edges, dtype=float)
    written = [0]
    for number in range(1, len(edges)):
        room = LETTER * (1 + len(f"{edges[number]:,}"))
        if places[number] - places[written[-1]] >= room * (places[-1] - places[0]):
            written.append(number)
    axes.set_xticks([edges[n] for n in written], [f"{edges[n]:,}" for n in written])
    axes.xaxis.set_minor_locator(NullLocator())
