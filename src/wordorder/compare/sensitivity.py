"""How much a result hangs on a number that was chosen, such as the learning rate: a line per arm over its values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from wordorder.compare.arms import Arm, find_differences, label_arms
from wordorder.compare.figure import Drawing
from wordorder.compare.look import LOOK, choose_styles, draw_arm
from wordorder.compare.quantities import read_values, select_whole

if TYPE_CHECKING:
    from wordorder.compare.report import Comparison


class Sensitivity(Drawing):
    """`key` is one of the config, such as optimizer.lr; drawn where arms differ in it."""

    def __init__(self, *, key: str) -> None:
        self.key = key
        self.name = f"sensitivity_{key.replace('.', '_')}"
        self.title = f"Sensitivity to {key}"
        self.caption = (
            f"Bits per byte (lower is better) by {key}; a ring marks an arm's best value. A best value at an end of its"
            " line may not be the best there is."
        )

    def lines(self, comparison: Comparison) -> dict[str, pd.DataFrame]:
        """Label -> columns run, x, y of arms that differ in the key alone; of those with several values."""
        groups: dict[str, list[Arm]] = {}
        for arm in comparison.arms:
            if is_number(arm.config.get(self.key)):
                rest = {name: value for name, value in arm.config.items() if name != self.key}
                groups.setdefault(json.dumps(rest, sort_keys=True, default=str), []).append(arm)
        groups = {rest: arms for rest, arms in groups.items() if len(arms) > 1}
        labels = label_arms(
            [{k: v for k, v in arms[0].config.items() if k != self.key} for arms in groups.values()],
            [{"position": arms[0].position} for arms in groups.values()],
        )
        return {label: self.points(comparison, arms) for label, arms in zip(labels, groups.values(), strict=True)}

    def points(self, comparison: Comparison, arms: list[Arm]) -> pd.DataFrame:
        whole = select_whole(comparison.scores[comparison.scores["run"].isin(comparison.done)])
        rows = [
            {"run": number, "x": float(arm.config[self.key]), "y": value}  # a seed's line runs over the arms
            for arm in arms
            for number, value in enumerate(pd.to_numeric(read_values(whole, arm)[0]).dropna())
        ]
        return pd.DataFrame(rows, columns=["run", "x", "y"]).sort_values(["run", "x"])

    def is_empty(self, comparison: Comparison) -> bool:
        return not any(points["x"].nunique() > 1 for points in self.lines(comparison).values())

    def say_empty(self, comparison: Comparison) -> str:
        return ""  # most comparisons have one value

    def draw(self, comparison: Comparison) -> Figure:
        lines = {label: points for label, points in self.lines(comparison).items() if len(points)}
        schemes = {arm.position for arm in comparison.arms}
        styles = choose_styles(
            {label: next((s for s in schemes if label.split(",")[0] == s), label) for label in lines}
        )
        with matplotlib.rc_context(LOOK):
            figure = Figure(figsize=(7.6, max(4.0, 0.6 + 0.2 * len(lines))), layout="constrained", facecolor="white")
            axes = figure.subplots()
            axes.set_title(self.title)
            axes.set(xlabel=self.key, ylabel="bits per byte", xscale="log")
            for label, points in lines.items():
                draw_arm(axes, points, label, styles[label])
                means = points.groupby("x")["y"].mean()
                axes.plot(
                    means.idxmin(), means.min(), "o", markersize=12, markerfacecolor="none", color=styles[label][0]
                )
            values = sorted({x for points in lines.values() for x in points["x"]})
            axes.set_xticks(values)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.xaxis.set_minor_locator(NullLocator())
            figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper")
        return figure


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def swept_numbers(arms: list[Arm]) -> list[str]:
    """The keys of the config in which arms differ by positive numbers."""
    return [
        key for key in find_differences([a.config for a in arms]) if all(is_number(a.config.get(key)) for a in arms)
    ]
