"""What quality costs: bits per byte over what the training spent, a point for each arm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from wordorder.compare.figure import Drawing
from wordorder.compare.layout import add_legend, add_title, arrange, wrap
from wordorder.compare.look import LOOK, choose_styles
from wordorder.compare.quantities import average_seeds, read_facts, read_values, select_whole

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

Cost = Literal["seconds", "flops", "memory_bytes", "parameters_total"]
LABELS = {
    "seconds": "seconds of training",
    "flops": "FLOPs of training",
    "memory_bytes": "peak memory in bytes",
    "parameters_total": "parameters",
}


class CostQuality(Drawing):
    """A panel for each of `costs`: the mean of each arm, its seeds small behind it."""

    def __init__(self, *, costs: list[Cost]) -> None:
        if unknown := [cost for cost in costs if cost not in LABELS]:
            raise ValueError(f"costs={unknown} are not known: choose of {', '.join(LABELS)}")
        self.costs = costs
        self.name = "cost_quality"
        self.title = "Quality and cost"
        self.caption = (
            "Bits per byte (lower is better) over what the runs spent: the best arms lie at the lower left. Seconds and"
            " memory are those of the machine that trained; FLOPs are counted."
        )

    def is_empty(self, comparison: Comparison) -> bool:
        return not self.panels(comparison)

    def say_empty(self, comparison: Comparison) -> str:
        return ""  # a task without bits per byte has none

    def panels(self, comparison: Comparison) -> dict[str, dict[str, pd.DataFrame]]:
        """Cost -> arm -> a row per pair of seeds with x and y; costs that no arm has are left out."""
        done = comparison.runs[comparison.runs["status"] == "done"]
        whole = select_whole(comparison.scores[comparison.scores["run"].isin(done["run"])])
        found = {}
        for cost in self.costs:
            pairs = {
                arm.label: pd.DataFrame(
                    {"x": average_seeds(read_facts(done, arm, cost)[0]), "y": average_seeds(read_values(whole, arm)[0])}
                )
                for arm in comparison.arms
                if cost in done
            }
            if known := {label: points.dropna() for label, points in pairs.items() if len(points.dropna())}:
                found[cost] = known
        return found

    def draw(self, comparison: Comparison) -> Figure:
        panels = self.panels(comparison)
        styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
        with matplotlib.rc_context(LOOK):
            rows, columns, size = arrange(len(panels), [wrap(label) for label in styles])
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
            for axes, (cost, arms) in zip(grid.flat, panels.items(), strict=False):
                draw_panel(axes, arms, styles)
                axes.set_xlabel(LABELS[cost])
            for axes in grid.flat[len(panels) :]:
                axes.set_axis_off()
            for axes in grid[:, 0]:
                axes.set_ylabel("bits per byte")
            add_title(figure, self.title)
            add_legend(figure)
        return figure


def draw_panel(axes: Axes, arms: dict[str, pd.DataFrame], styles: dict[str, tuple[str, str, str]]) -> None:
    """Points of one cost; room on both sides, so that equal costs do not fill the panel with their rounding."""
    for label, points in arms.items():
        colour, marker, _ = styles[label]
        if len(points) > 1:
            axes.plot(points["x"], points["y"], marker, color=colour, markersize=3.5, alpha=0.4, linestyle="none")
        middle = points.mean()
        axes.plot(middle["x"], middle["y"], marker, color=colour, markersize=8, linestyle="none", label=wrap(label))
    every = pd.concat(list(arms.values()))["x"]
    room = max(0.1 * (every.max() - every.min()), 0.05 * every.max())
    axes.set_xlim(every.min() - room, every.max() + room)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.locator_params(axis="x", nbins=5)
