"""A figure of tokenizers side by side: what they bring and what they cost, a row per arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wordorder.compare.arms import Arm
from wordorder.compare.figure import Drawing
from wordorder.compare.layout import add_title, wrap
from wordorder.compare.look import LOOK, choose_styles
from wordorder.compare.quantities import Column, average_seeds
from wordorder.compare.tokenizers import list_bits, list_panels

if TYPE_CHECKING:
    from .comparison import Comparison

LETTER, LINE, ROW = 0.075, 0.18, 0.24  # inches of a character and a line of a label, and between two rows


class TokenizerBars(Drawing):
    """A panel for each quantity, a row for each arm: bits per byte as points with their seeds, the rest as bars."""

    def __init__(self) -> None:
        self.name = "tokenizers"
        self.title = "Tokenizers"
        self.caption = (
            "Bits per byte (lower is better) beside how much text a token holds, and what reading a byte costs in training."
            " The axis of bits per byte does not begin at zero."
        )

    def is_empty(self, comparison: Comparison) -> bool:
        return comparison.tokenizers is None or not self.panels(comparison)

    def say_empty(self, comparison: Comparison) -> str:
        return ""  # most comparisons have one tokenizer

    def panels(self, comparison: Comparison) -> list[Column]:
        """The quantities that any arm has."""
        done = comparison.runs[comparison.runs["status"] == "done"]
        scores = comparison.scores[comparison.scores["run"].isin(done["run"])]
        every = [list_bits(scores), *list_panels(done, scores)]
        return [column for column in every if any(column.values(arm)[0].notna().any() for arm in comparison.arms)]

    def draw(self, comparison: Comparison) -> Figure:
        panels, arms = self.panels(comparison), comparison.arms
        styles = choose_styles({arm.label: arm.position for arm in arms})
        with matplotlib.rc_context(LOOK):
            labels = [wrap(arm.label) for arm in arms]
            longest = max(len(line) for label in labels for line in label.split("\n"))
            row = ROW + LINE * max(1 + label.count("\n") for label in labels)
            size = (0.7 + LETTER * longest + 2.2 * len(panels), 1.3 + row * len(arms))
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
            for axes, column in zip(grid, panels, strict=True):
                known = {arm.label: _read(column, arm) for arm in arms}
                axes.set_title(_write_title(column), fontsize=10, fontweight="normal")
                for place, arm in enumerate(arms):
                    _draw_row(axes, place, known[arm.label], column, styles[arm.label][0])
                _shape(axes, column, pd.concat(list(known.values())))
            grid[0].set_yticks(range(len(arms)), labels)
            grid[0].set_ylim(len(arms) - 0.5, -0.5)  # in the order of the table
            add_title(figure, self.title)
        return figure

    def notes(self, comparison: Comparison) -> list[str]:
        lacking = [
            f"{arm.label} has no {_write_title(column)}."
            for column in self.panels(comparison)
            for arm in comparison.arms
            if _read(column, arm).empty
        ]
        several = any(len(_read(column, arm)) > 1 for column in self.panels(comparison) for arm in comparison.arms)
        return lacking + (["Small points are single seeds."] if several else [])


def _write_title(column: Column) -> str:
    return column.title.replace("/ ", "/")  # where the table breaks it


def _read(column: Column, arm: Arm) -> pd.Series:
    return average_seeds(column.values(arm)[0])


def _draw_row(axes: Axes, place: int, values: pd.Series, column: Column, colour: str) -> None:
    if values.empty:
        return
    if column.key == "bits_per_byte":
        if len(values) > 1:
            axes.plot(values, [place] * len(values), "o", color=colour, markersize=4, alpha=0.4, markeredgewidth=0)
        axes.plot([values.mean()], [place], "o", color=colour, markersize=7)
    else:
        axes.barh(place, values.mean(), height=0.55, color=colour)
    axes.annotate(
        column.write(values.mean()), (values.max() if column.key == "bits_per_byte" else values.mean(), place), (7, 0),
        textcoords="offset points", va="center", fontsize=9, color="#333333",
    )  # fmt: skip


def _shape(axes: Axes, column: Column, values: pd.Series) -> None:
    """Room at the right for the numbers; bars begin at zero."""
    low = float(values.min()) if column.key == "bits_per_byte" else 0.0
    reach = float(values.max()) - low or abs(float(values.max())) or 1.0
    axes.set_xlim(low - 0.15 * reach if column.key == "bits_per_byte" else 0.0, low + 1.45 * reach)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
