"""What a page says of arms that have not learned a task inside the trained lengths: other lengths tell nothing about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wordorder.compare.tasks import list_answers

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison


def note_unlearned(comparison: Comparison) -> list[str]:
    """One sentence with all such arms; none where every finished run reached the gate, or none was asked."""
    scores = comparison.scores[comparison.scores["run"].isin(comparison.done)]
    said: dict[str, list[str]] = {}  # what is said -> the arms it is said of
    for column in list_answers(scores):
        for arm in comparison.arms:
            if why := column.mark(arm):
                said.setdefault(why, []).append(arm.label)
    everybody = len(comparison.arms) if len(comparison.arms) > 1 else 0
    return [f"{'All arms' if len(labels) == everybody else '; '.join(labels)}: {why}." for why, labels in said.items()]
