"""What a page says of a figure whose scores were asked for and cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wordorder.compare.figure import Curves

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison


def say_unanswered(figure: Curves, comparison: Comparison) -> str:
    """Why a figure that is empty is; nothing where no finished run was asked, and the figure does not concern these runs."""
    asked = [panel.points[panel.points["run"].isin(comparison.done)] for panel in figure.panels(comparison)]
    whys = dict.fromkeys(why or "not recorded" for points in asked for why in points["why"])
    return f"“{figure.title}” is not drawn: {'; '.join(whys)}." if whys else ""
