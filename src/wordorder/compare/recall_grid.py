"""Exact match by length and depth: where in a document the model still finds what it was told, an arm a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wordorder.compare.figure import Drawing, note_gaps
from wordorder.compare.layout import HEIGHTS, LINE, WIDTHS, add_title, wrap
from wordorder.compare.look import LOOK
from wordorder.compare.quantities import choose_split, select_scores
from wordorder.compare.unlearned import note_unlearned

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

COLOURS = "cividis"  # dark to light in grey, too, and the same to the colour-blind
FACTS = ["length", "depth"]
SIDE_BY_SIDE = 3
CELL = (0.29, 0.17)  # inches that a number needs, with some air
AROUND = (0.7, 0.95)  # inches of a panel that its cells do not have
BESIDE, ABOVE = 0.9, 0.3  # inches of the scale of colours, and of the title
DARK = 0.5  # below it a number is written in white
LABEL = {1: 60, 2: 40, 3: 28}  # characters of a line above a panel, by columns
MOST_TICKS = 8


class RecallGrid(Drawing):
    """The rows exact_match of `by: [[length, depth]]`; the depth is drawn downwards, as a document is read."""

    def __init__(self) -> None:
        self.name = "recall_grid"
        self.title = "Exact match by length and depth"
        self.caption = (
            "Share of documents answered without any mistake, by their length and by the depth at which stands what is asked"
            " (0: at the beginning), mean over seeds; lighter is better. The bar above a map spans the trained lengths; a"
            " hatched cell has no number."
        )

    def points(self, comparison: Comparison) -> pd.DataFrame:
        """A row per finished run and cell: run, arm, x (length), depth, y, why, count, range, at."""
        scores = comparison.scores
        rows = select_scores(
            scores, evaluation="exact_match", metric="exact_match", split=choose_split(scores, "exact_match")
        )
        rows = rows.reindex(columns=["run", *FACTS, "value", "why", "count", "range"]).dropna(subset=FACTS)
        arms = {run: arm.label for arm in comparison.arms for run in arm.runs if run in comparison.done}
        rows = rows.assign(arm=rows["run"].map(arms), at=rows["length"]).dropna(subset="arm")
        rows = rows.rename(columns={"length": "x", "value": "y"}).astype({"x": int, "depth": int, "y": float})
        return rows.astype({"count": int})

    def is_empty(self, comparison: Comparison) -> bool:
        return not self.points(comparison)["y"].notna().any()

    def say_empty(self, comparison: Comparison) -> str:
        whys = dict.fromkeys(why or "not recorded" for why in self.points(comparison)["why"])
        return f"“{self.title}” is not drawn: {'; '.join(whys)}." if whys else ""

    def notes(self, comparison: Comparison) -> list[str]:
        points = self.points(comparison)
        counts = points.loc[points["y"].notna(), "count"]
        span = f"{counts.min():,}" if counts.min() == counts.max() else f"{counts.min():,} to {counts.max():,}"
        documents = f"A cell is of {span} document{'s' if counts.max() > 1 else ''} of each seed."
        gaps = note_gaps(points, [arm.label for arm in comparison.arms])
        return [*gaps, documents, *(note_unlearned(comparison) if (points["range"] == "out").any() else [])]

    def draw(self, comparison: Comparison) -> Figure:
        points = self.points(comparison)
        known = set(points.dropna(subset="y")["arm"])
        labels = [arm.label for arm in comparison.arms if arm.label in known]
        lengths, depths = sorted(points["x"].unique()), sorted(points["depth"].unique())
        columns = min(len(labels), SIDE_BY_SIDE)
        rows = -(-len(labels) // columns)
        width, height = WIDTHS[columns], HEIGHTS[min(rows, 2)]
        fits = (width - AROUND[0]) / len(lengths) >= CELL[0] and (height - AROUND[1]) / len(depths) >= CELL[1]
        titles = [wrap(label, LABEL[columns]) for label in labels]
        more = LINE * max(title.count("\n") for title in titles)
        with matplotlib.rc_context(LOOK | {"axes.grid": False}):
            size = (columns * width + BESIDE, rows * (height + more) + ABOVE)
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            grid = figure.subplots(rows, columns, squeeze=False)
            add_title(figure, self.title)
            for axes, label, title in zip(grid.flat, labels, titles, strict=False):
                own = points[points["arm"] == label]
                values = average(own).reindex(index=depths, columns=lengths)
                image = axes.imshow(values, cmap=COLOURS, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
                if fits:
                    _write_numbers(axes, values)
                _mark_trained(axes, own, lengths)
                _shape(axes, values, title)
            for axes in grid.flat[len(labels) :]:
                axes.set_axis_off()
            figure.colorbar(image, ax=grid, label="exact match", aspect=30).outline.set_visible(False)
        return figure


def average(points: pd.DataFrame) -> pd.DataFrame:
    """Depth by length of one arm: means over seeds, where as many of them have a value as have one anywhere."""
    cells = points.dropna(subset="y").groupby(["depth", "x"])["y"].agg(["mean", "count"])
    return cells.loc[cells["count"] == cells["count"].max(), "mean"].unstack()


def find_trained(points: pd.DataFrame) -> tuple[int, int] | None:
    """The shortest and longest trained length of an arm; None where none of its documents is inside."""
    inside = points.loc[points["range"] == "in", "x"]
    return (int(inside.min()), int(inside.max())) if len(inside) else None


def _write_numbers(axes: Axes, values: pd.DataFrame) -> None:
    for (row, column), value in np.ndenumerate(values.to_numpy(dtype=float)):
        if np.isfinite(value):
            ink = "white" if value < DARK else "#1a1a1a"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=7.5)


def _mark_trained(axes: Axes, points: pd.DataFrame, lengths: list[int]) -> None:
    """A bar above the columns of the trained lengths, and a line where other lengths follow."""
    if not (trained := find_trained(points)):
        return
    first, last = (lengths.index(length) for length in trained)
    axes.plot(
        [first - 0.5, last + 0.5], [1.015, 1.015], transform=axes.get_xaxis_transform(), color="#1a1a1a", linewidth=2.5,
        clip_on=False, solid_capstyle="butt",
    )  # fmt: skip
    axes.annotate(
        "trained", (first - 0.5, 1), (0, 4), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=8.5,
        ha="left", va="bottom", color="#555555",
    )  # fmt: skip
    for edge, beside in ((first - 0.5, first > 0), (last + 0.5, last + 1 < len(lengths))):
        if beside:
            axes.axvline(edge, color="white", linewidth=2.5)
            axes.axvline(edge, color="#1a1a1a", linewidth=1)


def _shape(axes: Axes, values: pd.DataFrame, title: str) -> None:
    axes.set_title(title, pad=18, fontsize=9.5, fontweight="normal")
    axes.set_xlabel("length")
    axes.set_ylabel("depth")
    for write, names in ((axes.set_xticks, values.columns), (axes.set_yticks, values.index)):
        every = -(-len(names) // MOST_TICKS)
        write(range(0, len(names), every), [f"{name:,}" for name in names[::every]])
    axes.patch.set(hatch="////", edgecolor="#c8c8c8", linewidth=0)  # seen where a cell has no colour
    axes.tick_params(length=2)
    axes.spines[:].set_visible(False)
