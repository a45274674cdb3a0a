"""How arms look in every figure: colour, marker, line, and how far the y-axis goes."""

from hashlib import sha256

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

Style = tuple[str, str, str]  # colour, marker, line

# Hues that differ under colour blindness, lightness L* from 9 to 66 in steps of 10 and more for print in grey.
# Lines that often coincide (rope and alibi within the trained length) are one broken, one whole.
SCHEMES: dict[str, Style] = {
    "none": ("#1a1a1a", "o", "-"),
    "sinusoidal": ("#7b1e5b", "s", ":"),
    "rope": ("#0b62b8", "^", "--"),
    "learned": ("#1d9a6f", "D", "-."),
    "alibi": ("#ef8a2b", "v", "-"),
}
COLOURS = ["#56b4e9", "#9e1b1b", "#c9a400", "#d6669f", "#8c6d1f", "#5e4fa2", "#6b7f8c"]
MARKERS = ["P", "X", "*", "h", "<", ">", "p"]
LINES = ["-", "--", "-.", ":"]
# The others in a fixed order, so that each has one look in every figure: a colour, a marker and a line that no other has
# together. What is not listed, such as a scheme of somebody's own, gets one from its name.
OTHERS = (
    "t5 kerple fire xpos pope cope fox shaw transformer_xl sandwich path cape randomized window by_layer dape coupled"
    " digit_index drope inkling selective_rope shape ssmax stick_breaking sum temperature alibi_learned cable kerple_power p_rope"
    " rope_partial rope_two_bases rope_llama3 rope_qwen rope_smollm3 rope_gemma3 rope_cohere2 rope_local_nope_global"
    " nope_every_4th llama4_layout window_mistral"
).split()
LOOK = {
    "font.size": 10,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "axes.edgecolor": "#555555",
    "legend.frameon": False,
    "legend.handlelength": 3.0,
    "svg.fonttype": "path",
    "text.parse_math": False,  # a label is what a config says, with whatever dollars
}


def choose_styles(positions: dict[str, str]) -> dict[str, Style]:
    """label -> colour, marker and line, given label -> scheme.

    A scheme keeps its look in every figure; one that is not listed above gets one from its name, the next free one where
    two meet. Arms that share a scheme are shades of it, unless there is no other scheme to tell them from.
    """
    groups: dict[str, list[str]] = {}
    for label, scheme in positions.items():
        groups.setdefault(scheme if len(set(positions.values())) > 1 or len(positions) == 1 else label, []).append(
            label
        )
    looks = {name: fixed_style(name) for name in groups if name in SCHEMES or name in OTHERS}
    for name in sorted(groups):
        if name not in looks:
            looks[name] = _choose_style(name, taken=[colour for colour, _, _ in looks.values()])
    return {
        label: shade(looks[name], number, len(labels)) if len(labels) > 1 else looks[name]
        for name, labels in groups.items()
        for number, label in enumerate(labels)
    }


def fixed_style(name: str) -> Style:
    """Of a listed scheme."""
    if name in SCHEMES:
        return SCHEMES[name]
    round_, place = divmod(OTHERS.index(name), len(COLOURS))
    return COLOURS[place], MARKERS[(place + round_) % len(MARKERS)], LINES[round_ % len(LINES)]


def choose_limits(points: pd.DataFrame) -> tuple[float, float, dict[str, float]]:
    """bottom, top, and label -> highest value of the arms that reach above it.

    All of them fit unless some rise more than four times as far as the rest, which then are shown without them; the
    flatter half of the arms is always shown whole.
    """
    finite = points[np.isfinite(points["y"])]
    if finite.empty:
        return 0.0, 1.0, {}
    bottom, peaks = float(finite["y"].min()), finite.groupby("arm")["y"].max().sort_values()
    rises = np.maximum(peaks.to_numpy() - bottom, 0.05 * abs(bottom) + 1e-9)
    top = rises[-1]
    for last in range((len(rises) + 1) // 2 - 1, len(rises) - 1):
        if rises[last + 1] > 4 * rises[last]:
            top = 1.4 * rises[last]
            break
    cut = {str(label): float(peak) for label, peak in peaks.items() if peak > bottom + top}
    return bottom - 0.06 * top, bottom + 1.06 * top, cut


def _choose_style(name: str, taken: list[str]) -> Style:
    number = int(sha256(name.encode()).hexdigest(), 16)
    free = [colour for colour in COLOURS if colour not in taken]  # a scheme's colour only when there is no other
    free = free or [colour for colour, _, _ in SCHEMES.values() if colour not in taken] or COLOURS
    return free[number % len(free)], MARKERS[number // 7 % len(MARKERS)], LINES[number // 49 % len(LINES)]


def shade(style: Style, number: int, count: int) -> Style:
    """From a darker to a lighter tone of the colour, with another line each time."""
    tone = -0.35 + 0.8 * number / (count - 1)
    rgb = [(1 - abs(tone)) * part + max(tone, 0.0) for part in to_rgb(style[0])]
    return to_hex(rgb), style[1], LINES[number % len(LINES)]


def draw_arm(axes: Axes, points: pd.DataFrame, label: str, style: Style) -> None:
    """The mean over seeds, where all of them have a value, over a thin line for each seed."""
    colour, marker, line = style
    points = points.dropna(subset=["x", "y"])
    if points.empty:
        return
    if points["run"].nunique() > 1:
        for _, seed in points.groupby("run"):
            axes.plot(seed["x"], seed["y"], color=colour, linewidth=0.7, alpha=0.45)
    by_x = points.groupby("x")["y"].agg(["mean", "count"])
    mean = by_x.loc[by_x["count"] == by_x["count"].max(), "mean"]
    every = max(1, len(mean) // 12)
    axes.plot(
        mean.index, mean, color=colour, marker=marker, linestyle=line, markevery=every, markersize=5.5, linewidth=1.8,
        label=label,
    )  # fmt: skip
