"""Where things stand in a figure: its size, panels beside each other, one title and one legend for all of them."""

import textwrap

from matplotlib.figure import Figure

WIDTHS, HEIGHTS = {1: 6.0, 2: 3.8, 3: 2.75}, {1: 4.0, 2: 2.9}  # inches of a panel, by columns and by rows
LINE, ENTRY = 0.165, 0.07  # inches of a line of text, and between two entries of a legend
LONG = 20  # characters of a label from which on the figure grows with it
LONGEST = 34  # characters of a line of a label


def arrange(n_panels: int, labels: list[str]) -> tuple[int, int, tuple[float, float]]:
    """Rows and columns of panels, and the size in inches with a legend of these labels at the right."""
    columns = n_panels if n_panels < 4 else 2
    rows = -(-n_panels // columns)
    lines = [line for label in labels for line in label.split("\n")]
    beside = 1.6 + 0.07 * max(0, max(map(len, lines)) - LONG)
    legend = 1.2 + ENTRY * len(labels) + LINE * len(lines)
    return rows, columns, (columns * WIDTHS[columns] + beside, max(rows * HEIGHTS[rows], legend))


def wrap(label: str, width: int = LONGEST) -> str:
    """A long label in several lines, broken between words, within one only where that alone is longer than a line."""
    return "\n".join(textwrap.wrap(label, width, break_on_hyphens=False)) or label


def add_title(figure: Figure, title: str) -> None:
    """Above all panels, where a single one would have it."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=11.5, fontweight="bold")


def add_legend(figure: Figure) -> None:
    """Once for all panels, at their right; an arm that only one of them has is in it."""
    handles = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(list(handles.values()), list(handles), loc="outside right upper")
