"""What every figure of a comparison is, and lines over an x-axis, which most of them are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wordorder.compare.look import LOOK, choose_limits, choose_styles, draw_arm
from wordorder.compare.quantities import count_tokenizers

if TYPE_CHECKING:
    from .report import Comparison

OWN_TOKENS = "Tokens are those of each arm's own tokenizer: the same number of them is another length of text."
LONG = 20  # characters of a label from which on the figure grows with it
LISTED = 6  # as many places are named one by one


class Drawing:
    """name: file name; title stands in the figure; caption is true of every comparison, notes() of this one."""

    name: str
    title: str
    caption: str

    def draw(self, comparison: Comparison) -> Figure:
        raise NotImplementedError

    def notes(self, comparison: Comparison) -> list[str]:
        """What a reader of this figure must know of these runs."""
        return []

    def is_empty(self, comparison: Comparison) -> bool:
        """True where no finished run has anything to draw."""
        raise NotImplementedError

    def say_empty(self, comparison: Comparison) -> str:
        """What the page says where the figure is empty; nothing where it does not concern these runs."""
        return f"“{self.title}” is not drawn: no finished run has its scores."

    def refuse(self, comparison: Comparison) -> str:
        """Why these runs must not be shown in this way, beginning with the argument and its value; or nothing."""
        return ""


class Curves(Drawing):
    """A line per arm: the mean over seeds, each seed thin behind it. Subclasses say what the points are."""

    xlabel: str
    ylabel = "bits per byte"

    def points(self, comparison: Comparison) -> pd.DataFrame:
        """Columns run, x, y (missing where not applicable), why, at (what x is called in a note)."""
        raise NotImplementedError

    def label_x(self, comparison: Comparison) -> str:
        return self.xlabel

    def shape(self, axes: Axes, points: pd.DataFrame, comparison: Comparison) -> None:
        """The x-axis of this figure, and what stands behind the lines."""
        raise NotImplementedError

    def limits(self, points: pd.DataFrame) -> tuple[float, float, dict[str, float]]:
        """The y-axis, and the arms that leave it; see choose_limits."""
        return choose_limits(points)

    def draw(self, comparison: Comparison) -> Figure:
        """The figure; an arm that would leave the others no room is cut off at the top, see notes()."""
        points = self.name_points(comparison)
        styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
        with matplotlib.rc_context(LOOK):
            height = max(4.0, 0.6 + 0.2 * len(styles))  # the legend has a line for each arm
            width = 7.6 + 0.07 * max(0, max(map(len, styles)) - LONG)
            figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
            axes = figure.subplots()
            axes.set_title(self.title, pad=18)
            axes.set(xlabel=self.label_x(comparison), ylabel=self.ylabel)
            bottom, top, cut = self.limits(points)
            for label, own in points.groupby("arm", sort=False):
                above = f" (up to {cut[str(label)]:,.2f})" if label in cut else ""
                draw_arm(axes, own, f"{label}{above}", styles[str(label)])
            self.shape(axes, points, comparison)
            axes.set_ylim(bottom, top)
            figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper")
        return figure

    def notes(self, comparison: Comparison) -> list[str]:
        """What is not in the figure, and why."""
        points = self.name_points(comparison)
        missing: dict[str, list[str]] = {}  # what is said -> the arms it is said of
        for arm in comparison.arms:
            own = points[points["arm"] == arm.label]
            gaps = own[own["y"].isna()]
            why = "; ".join(why for why in gaps["why"].unique() if why) or "not recorded"
            if own["y"].notna().sum() == 0:
                missing.setdefault(f"not in this figure: {why}.", []).append(arm.label)
            elif len(gaps):
                missing.setdefault(f"n/a at {_list_places(gaps['at'])}: {why}.", []).append(arm.label)
        notes = [
            f"{'; '.join(labels)} {'is' if len(labels) == 1 else 'are'} {said}" for said, labels in missing.items()
        ]
        for label, peak in self.limits(points)[2].items():
            notes.append(f"{label} leaves the chart at the top, it goes up to {peak:,.2f}.")
        return notes

    def is_empty(self, comparison: Comparison) -> bool:
        return not self.name_points(comparison)["y"].notna().any()

    def name_points(self, comparison: Comparison) -> pd.DataFrame:
        """The points of finished runs, with their arm, in the order of the table."""
        done = comparison.done
        arm_of = {run: arm.label for arm in comparison.arms for run in arm.runs if run in done}
        order = {arm.label: number for number, arm in enumerate(comparison.arms)}
        points = self.points(comparison)
        points = points.assign(arm=points["run"].map(arm_of)).dropna(subset="arm").astype({"x": float, "y": float})
        return points.assign(order=points["arm"].map(order)).sort_values(["order", "run", "x"]).drop(columns="order")


def note_own_tokens(comparison: Comparison) -> list[str]:
    """What is true of an axis that counts tokens."""
    return [OWN_TOKENS] if count_tokenizers(comparison.runs) > 1 else []


def _list_places(at: pd.Series) -> str:
    places = sorted(at.dropna().unique())
    if len(places) > LISTED:
        return f"{len(places)} places from {places[0]:,} to {places[-1]:,}"
    return ", ".join(f"{x:,}" for x in places)
