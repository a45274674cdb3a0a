"""What an experiment of two stages tried, as lines of a figure: tuning.json beside its final runs."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.labels import shorten


@dataclass(frozen=True)
class Line:
    """points: columns run (a seed's number), x, y (missing where it diverged); best: x and its mean over seeds, if it has one."""

    scheme: str
    points: pd.DataFrame
    best: tuple[float, float] | None


def read_lines(tuning: dict[str, Any], arms: list[Arm]) -> dict[str, Line]:
    """A line for each tuned arm by its label there; its scheme is that of its final runs, its best the value chosen."""
    scheme_of = {run: arm.position for arm in arms for run in arm.runs}
    lines = {}
    for one in tuning["arms"]:
        rows = [(tried["seed"], float(tried["value"]), tried[tuning["metric"]]) for tried in one["tried"]]
        points = pd.DataFrame(rows, columns=["run", "x", "y"]).astype({"y": float}).sort_values(["run", "x"])
        scheme = next((scheme_of[run] for run in one["final"] if run in scheme_of), one["arm"])
        mean = one["means"][tuning["values"].index(one["chosen"])]
        lines[one["arm"]] = Line(scheme, points, None if mean is None else (float(one["chosen"]), mean))
    return lines


def note_tuning(tuning: dict[str, Any]) -> list[str]:
    """Which runs these are, and which of them have no point."""
    seeds = f"seed{'s' if len(tuning['seeds']) > 1 else ''} {', '.join(map(str, tuning['seeds']))}"
    notes = [f"These are the tuning runs ({seeds}) on the {tuning['split']} split, not those of the table."]
    for one in tuning["arms"]:
        lost = [shorten(value) for value, mean in zip(tuning["values"], one["means"], strict=True) if mean is None]
        if lost:
            notes.append(f"{one['arm']} diverged at {', '.join(lost)}.")
    return notes
