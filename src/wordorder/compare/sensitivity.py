"""How much a result hangs on a number that was chosen, such as the learning rate: a line per arm over its values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from wordorder.compare.arms import Arm
from wordorder.compare.figure import Drawing
from wordorder.compare.labels import shorten
from wordorder.compare.layout import add_legend, arrange, wrap
from wordorder.compare.look import LOOK, choose_styles, draw_arm
from wordorder.compare.quantities import average_common, average_seeds, read_values, select_whole
from wordorder.compare.tuned import Line, note_tuning, read_lines

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

MOST_TICKS = 8


class Sensitivity(Drawing):
    """`key` is one of the config, such as optimizer.lr; drawn where it was tuned, of the runs that tuned it, else where arms
    differ in it."""

    def __init__(self, *, key: str) -> None:
        self.key = key
        self.name = f"sensitivity_{key.replace('.', '_')}"
        self.title = f"Sensitivity to {key}"
        self.caption = (
            f"Bits per byte (lower is better) by {key}; a ring marks an arm's best value, which is the one chosen where it was"
            " tuned. A best value at an end of its line may not be the best there is."
        )

    def is_tuned(self, comparison: Comparison) -> bool:
        return comparison.tuning.get("key") == self.key and all(map(is_number, comparison.tuning["values"]))

    def lines(self, comparison: Comparison) -> dict[str, Line]:
        """By label: of the tuning runs, else of arms that differ in the key alone and have several values."""
        if self.is_tuned(comparison):
            return read_lines(comparison.tuning, comparison.arms)
        groups: dict[str, list[Arm]] = {}
        for arm in comparison.arms:
            if is_number(arm.config.get(self.key)):
                rest = {name: value for name, value in arm.config.items() if name != self.key}
                groups.setdefault(json.dumps(rest, sort_keys=True, default=str), []).append(arm)
        groups = {rest: arms for rest, arms in groups.items() if len(arms) > 1}
        return {self.label(arms[0]): self.line(comparison, arms) for arms in groups.values()}

    def label(self, arm: Arm) -> str:
        """What sets it apart from the other lines: its label without the key."""
        said = f"{self.key.removeprefix('position.')}="
        return ", ".join(part for part in arm.label.split(", ") if not part.startswith(said)) or arm.position

    def line(self, comparison: Comparison, arms: list[Arm]) -> Line:
        whole = select_whole(comparison.scores[comparison.scores["run"].isin(comparison.done)])
        values = {float(arm.config[self.key]): average_seeds(read_values(whole, arm)[0]) for arm in arms}
        rows = [
            {"run": f"{weight}/{data}", "x": x, "y": value}  # a line for each pair of seeds runs over the arms
            for x, own in values.items()
            for (weight, data), value in own.items()
        ]
        points = pd.DataFrame(rows, columns=["run", "x", "y"]).sort_values(["run", "x"])
        means = average_common(values)
        best = min(means, key=means.__getitem__, default=None)
        return Line(arms[0].position, points, None if best is None else (best, means[best]))

    def is_empty(self, comparison: Comparison) -> bool:
        return not any(line.points["x"].nunique() > 1 for line in self.lines(comparison).values())

    def say_empty(self, comparison: Comparison) -> str:
        return ""  # most comparisons have one value

    def notes(self, comparison: Comparison) -> list[str]:
        if self.is_tuned(comparison):
            return note_tuning(comparison.tuning)
        return [note for label, line in self.lines(comparison).items() if (note := note_seeds(label, line.points))]

    def draw(self, comparison: Comparison) -> Figure:
        lines = {label: line for label, line in self.lines(comparison).items() if len(line.points)}
        styles = choose_styles({label: line.scheme for label, line in lines.items()})
        with matplotlib.rc_context(LOOK):
            size = arrange(1, [wrap(label) for label in lines])[2]
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            axes = figure.subplots()
            axes.set_title(self.title)
            axes.set(xlabel=self.key, ylabel="bits per byte", xscale="log")
            for label, line in lines.items():
                draw_arm(axes, line.points, wrap(label), styles[label])
                if line.best:
                    axes.plot(*line.best, "o", markersize=12, markerfacecolor="none", color=styles[label][0])
            shape(axes, sorted({x for line in lines.values() for x in line.points["x"]}))
            add_legend(figure)
        return figure


def note_seeds(label: str, points: pd.DataFrame) -> str:
    """What the best value was chosen by, where a seed is not at all values; nothing where each is."""
    n_values = points.groupby("run")["x"].nunique()
    common = n_values[n_values == points["x"].nunique()]
    if len(common) == len(n_values):
        return ""
    if common.empty:
        return f"{label} has no ring: no seed is at all of its values."
    seeds = f"{len(common)} of {len(n_values)} seeds"
    return f"{label}: its best value is that of {seeds}, the ones that all of its values have."


def shape(axes: Axes, values: list[float]) -> None:
    """A tick at each value, or at as many as there is room for."""
    every = -(-len(values) // MOST_TICKS)
    axes.set_xticks(values[::every], [shorten(value) for value in values[::every]])
    axes.xaxis.set_minor_locator(NullLocator())


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
