"""What every figure of a comparison is, and lines over an x-axis, which most of them are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wordorder.compare.layout import add_legend, add_title, arrange, wrap
from wordorder.compare.look import LOOK, choose_limits, choose_styles, draw_arm
from wordorder.compare.quantities import count_tokenizers

if TYPE_CHECKING:
    from .comparison import Comparison

OWN_TOKENS = "Tokens are those of each arm's own tokenizer: the same number of them is another length of text."
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


@dataclass(frozen=True)
class Panel:
    """One pair of axes. key: what the figure calls it; title: above it, where there are several and their x-axes
    do not tell them apart."""

    key: str
    title: str
    xlabel: str
    points: pd.DataFrame  # columns run, x, y (missing where not applicable), why, at (what x is called in a note)


class Curves(Drawing):
    """A line per arm: the mean over seeds, each seed thin behind it. Subclasses say what the points are.

    Several panels stand side by side and share the y-axis.
    """

    ylabel = "bits per byte"

    def panels(self, comparison: Comparison) -> list[Panel]:
        """What is drawn, of whatever runs; a panel without points of finished runs is left out."""
        raise NotImplementedError

    def shape(self, axes: Axes, panel: Panel, comparison: Comparison) -> None:
        """The x-axis of this panel, and what stands behind the lines; its points have their arms."""
        raise NotImplementedError

    def limits(self, panels: list[Panel]) -> tuple[float, float, dict[str, float]]:
        """The y-axis of all panels, and the arms that leave it; see choose_limits."""
        return choose_limits(pd.concat([panel.points for panel in panels]))

    def draw(self, comparison: Comparison) -> Figure:
        """The figure; an arm that would leave the others no room is cut off at the top, see notes()."""
        panels = self.name_points(comparison)
        styles = choose_styles({arm.label: arm.position for arm in comparison.arms})
        bottom, top, cut = self.limits(panels)
        said = {label: wrap(label + (f" (up to {cut[label]:,.2f})" if label in cut else "")) for label in styles}
        with matplotlib.rc_context(LOOK):
            rows, columns, size = arrange(len(panels), list(said.values()))
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
            if len(panels) > 1:
                add_title(figure, self.title)
            for axes, panel in zip(grid.flat, panels, strict=False):
                if len(panels) == 1:
                    axes.set_title(self.title, pad=18)
                elif panel.title:
                    axes.set_title(panel.title, pad=18, fontsize=9.5, fontweight="normal")
                axes.set_xlabel(panel.xlabel)
                for label, own in panel.points.groupby("arm", sort=False):
                    draw_arm(axes, own, said[str(label)], styles[str(label)])
                self.shape(axes, panel, comparison)
            for axes in grid.flat[len(panels) :]:
                axes.set_axis_off()
            for axes in grid[:, 0]:
                axes.set_ylabel(self.ylabel)
            grid[0, 0].set_ylim(bottom, top)
            add_legend(figure)
        return figure

    def notes(self, comparison: Comparison) -> list[str]:
        """What is not in the figure, and why; of a panel, where it is not so in all of them."""
        panels = self.name_points(comparison)
        said: dict[str, list[str]] = {}  # note -> the panels it is true of
        for panel in panels:
            for note in note_gaps(panel.points, [arm.label for arm in comparison.arms]):
                said.setdefault(note, []).append(panel.title or panel.xlabel)
        notes = [
            note if len(names) == len(panels) else f"In “{'”, “'.join(names)}”: {note}" for note, names in said.items()
        ]
        for label, peak in self.limits(panels)[2].items():
            notes.append(f"{label} leaves the chart at the top, it goes up to {peak:,.2f}.")
        return notes

    def is_empty(self, comparison: Comparison) -> bool:
        return not self.name_points(comparison)

    def name_points(self, comparison: Comparison) -> list[Panel]:
        """The panels with the points of finished runs, with their arm, in the order of the table."""
        arms = {run: arm.label for arm in comparison.arms for run in arm.runs if run in comparison.done}
        order = {arm.label: number for number, arm in enumerate(comparison.arms)}
        named = []
        for panel in self.panels(comparison):
            points = panel.points.assign(arm=panel.points["run"].map(arms)).dropna(subset="arm")
            points = points.astype({"x": float, "y": float}).assign(order=points["arm"].map(order))
            points = points.sort_values(["order", "run", "x"]).drop(columns="order")
            if len(points.dropna(subset=["x", "y"])):
                named.append(replace(panel, points=points))
        return named


def note_gaps(points: pd.DataFrame, labels: list[str]) -> list[str]:
    """What arms lack, and why, the arms of one reason together."""
    missing: dict[str, list[str]] = {}  # what is said -> the arms it is said of
    for label in labels:
        own = points[points["arm"] == label]
        gaps = own[own[["x", "y"]].isna().any(axis=1)]
        why = "; ".join(why for why in gaps["why"].unique() if why) or "not recorded"
        if len(gaps) == len(own):
            missing.setdefault(f"not drawn: {why}.", []).append(label)
        elif len(gaps):
            missing.setdefault(f"n/a at {_list_places(gaps['at'])}: {why}.", []).append(label)
    return [f"{'; '.join(labels)} {'is' if len(labels) == 1 else 'are'} {said}" for said, labels in missing.items()]


def note_own_tokens(comparison: Comparison) -> list[str]:
    """What is true of an axis that counts tokens."""
    return [OWN_TOKENS] if count_tokenizers(comparison.runs) > 1 else []


def _list_places(at: pd.Series) -> str:
    places = sorted(at.dropna().unique())
    if len(places) > LISTED:
        return f"{len(places)} places from {places[0]:,} to {places[-1]:,}"
    return ", ".join(f"{x:,}" for x in places)
