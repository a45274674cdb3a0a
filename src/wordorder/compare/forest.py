"""A forest plot: how far each arm is from the baseline, seed by seed, how sure that is, and what the rule makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from wordorder.compare.figure import Drawing
from wordorder.compare.layout import add_title, wrap
from wordorder.compare.look import LOOK, Style, choose_styles
from wordorder.compare.verdict_table import VerdictTable

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

LETTER, LINE = 0.075, 0.18  # inches of a character and a line of a label
PANEL = 6.2  # inches of the axes and of the words at their right
LONGEST = 64  # characters of a line below the axes
MEAN, SEEDS, SPREAD = -0.12, 0.2, 0.06  # of a row: where mean and seeds lie, how far the seeds from each other


class ForestPlot(Drawing):
    """A panel for each quantity that has verdicts, below each other, in it a row for each arm but the baseline. The numbers are
    those of the tables of verdicts."""

    def __init__(self) -> None:
        self.name = "differences"
        self.title = "Differences from the baseline"
        self.caption = (
            "Each small point is the difference at one pair of seeds (or the mean of those that share a seed), the large one their"
            " mean, the bar its 95 % interval (t-test, of each arm alone). Shaded is the margin within which arms count as"
            " equivalent. The words are those of the table of verdicts."
        )

    def is_empty(self, comparison: Comparison) -> bool:
        return not comparison.verdicts

    def say_empty(self, comparison: Comparison) -> str:
        return ""  # where verdicts lack seeds the main table says so

    def notes(self, comparison: Comparison) -> list[str]:
        lacking = dict.fromkeys(
            f"{row['arm']} has no seed in common with {comparison.table.baseline}."
            for table in comparison.verdicts
            for row in table.numbers
            if not row["seeds"]
        )
        return list(lacking)

    def draw(self, comparison: Comparison) -> Figure:
        tables, baseline = comparison.verdicts, comparison.table.baseline
        styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
        labels = {row["arm"]: wrap(row["arm"]) for table in tables for row in table.numbers}
        with matplotlib.rc_context(LOOK):
            longest = max(len(line) for label in labels.values() for line in label.split("\n"))
            row = max(0.36, 0.16 + LINE * max(1 + label.count("\n") for label in labels.values()))
            size = (0.5 + LETTER * longest + PANEL, 0.5 + len(tables) * (0.9 + row * len(labels)))
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            for axes, table in zip(figure.subplots(len(tables), squeeze=False)[:, 0], tables, strict=True):
                draw_panel(axes, table, list(labels), styles)
                better = "lower" if table.measure.lower_is_better else "higher"
                axes.set_xlabel(wrap(f"{table.measure.title} minus {baseline} ({better} is better)", LONGEST))
                axes.set_yticks(range(len(labels)), labels.values())
                axes.set_ylim(len(labels) - 0.5, -0.5)  # in the order of the table
            add_title(figure, self.title)
        return figure


def draw_panel(axes: Axes, table: VerdictTable, order: list[str], styles: dict[str, Style]) -> None:
    """The margin and zero, then what each arm has, and its verdict at the right."""
    margin = table.numbers[0]["margin"]
    axes.axvspan(-margin, margin, color="#e9e9e2", linewidth=0, zorder=0.5)
    axes.axvline(0, color="#555555", linewidth=1, zorder=0.9)
    for numbers in table.numbers:
        place = order.index(numbers["arm"])
        colour, marker, _ = styles[numbers["arm"]]
        if numbers["low"] is not None:
            axes.plot(
                [numbers["low"], numbers["high"]], [place + MEAN] * 2, color=colour, linewidth=2, solid_capstyle="butt"
            )
        if seeds := table.differences[numbers["arm"]]:
            heights = [place + SEEDS + SPREAD * (n % 3 - 1) for n in range(len(seeds))]
            axes.plot(seeds, heights, "o", color=colour, markersize=4, alpha=0.75, markeredgewidth=0)
            axes.plot(
                [numbers["difference"]], [place + MEAN], marker, color=colour, markersize=8, markeredgecolor="white"
            )
        axes.annotate(
            wrap(numbers["verdict"], 24), (1, place), (8, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=9, color="#333333",
        )  # fmt: skip
    axes.margins(x=0.06)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}".replace("-", "−") if value else "0"))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
