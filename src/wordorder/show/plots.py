"""plots: curves, maps and tables drawn into one cell of a figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from wordorder.compare.look import Style
from wordorder.show.seen import Array

WIDTH, HEIGHT = 4.6, 4.3  # of a cell, in inches; what follows too
HEAD, LEFT, RIGHT, BOTTOM = 0.95, 0.78, 0.3, 1.0
SOFT, HIDDEN = "#5a5a5a", "#d8d8d4"


@dataclass(frozen=True)
class Cell:
    """A rectangle of the figure, its lower left corner in inches."""

    figure: Figure
    x: float
    y: float

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes at these inches of the cell."""
        w, h = self.figure.get_size_inches()
        return self.figure.add_axes(((self.x + x) / w, (self.y + y) / h, width / w, height / h))

    def write(self, x: float, y: float, text: str, **how: object) -> None:
        w, h = self.figure.get_size_inches()
        self.figure.text((self.x + x) / w, (self.y + y) / h, text, **how)

    def head(self, title: str, caption: str) -> None:
        """The title and what is seen, above the plot."""
        self.write(0.1, HEIGHT - 0.2, title, fontsize=11.5, weight="bold", va="center")
        self.write(0.1, HEIGHT - 0.36, fill(caption, 64), fontsize=9, color=SOFT, va="top", linespacing=1.25)


@dataclass(frozen=True)
class Panel:
    """What fills one cell, and what is said above it."""

    title: str
    caption: str
    draw: Callable[[Cell], None]


@dataclass(frozen=True)
class Line:
    label: str
    y_S: Array
    style: Style
    low_S: Array | None = None
    high_S: Array | None = None


def draw_curves(cell: Cell, lines: Sequence[Line], *, xlabel: str, ylabel: str, log: bool = False) -> None:
    """A line each, over a band where it has one; the legend stands under the axes."""
    axes = cell.axes(LEFT, BOTTOM, WIDTH - LEFT - RIGHT, HEIGHT - HEAD - BOTTOM)
    for line in lines:
        colour, _, dashes = line.style
        x = np.arange(len(line.y_S))
        axes.plot(x, line.y_S, color=colour, linestyle=dashes, linewidth=1.7, label=line.label)
        if line.low_S is not None and line.high_S is not None:
            axes.fill_between(x, line.low_S, line.high_S, color=colour, alpha=0.13, linewidth=0)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if np.ptp(np.concatenate([line.y_S[~np.isnan(line.y_S)] for line in lines])) < 1e-4:
        axes.set_ylim(lines[0].y_S[0] - 0.5, lines[0].y_S[0] + 0.5)  # rounding is no shape
    if log:
        values = np.concatenate([line.y_S for line in lines])
        axes.set_yscale("log")
        axes.set_ylim(max(1e-6, min(values.min() / 1.5, 0.1 / len(x))), max(values.max() * 1.5, 10 / len(x)))
    if len(lines) > 1:
        columns = max(1, min(len(lines), int((WIDTH - 0.2) / (0.5 + 0.068 * max(len(line.label) for line in lines)))))
        place = (0.5 * (WIDTH - LEFT - RIGHT) - LEFT / 2 + RIGHT / 2) / (WIDTH - LEFT - RIGHT)
        axes.legend(
            loc="upper center", bbox_to_anchor=(place, -0.215), ncol=columns, fontsize=8.5, handlelength=2.2,
            columnspacing=1.2, labelspacing=0.25, borderaxespad=0,
        )  # fmt: skip


def draw_maps(
    cell: Cell,
    maps: dict[str, Array],
    *,
    xlabel: str,
    ylabel: str,
    colour_label: str,
    white: float = 0.0,
    rows: Sequence[str] = (),
) -> None:
    """Heat maps of rows from above, by name where they have one, one colour scale around `white`; NaN is grey."""
    norm, colours = choose_colours(list(maps.values()), white)
    image = None
    for axes, (label, values) in zip(lay_out(cell, len(maps), xlabel, ylabel), maps.items(), strict=True):
        image = axes.imshow(values, norm=norm, cmap=colours, aspect="auto", interpolation="nearest", origin="upper")
        axes.set_title(label, fontsize=9, weight="normal", pad=2)
        if rows:
            axes.set_yticks(range(len(rows)), rows, fontsize=min(8.0, 180 / len(rows)))
    bar = cell.figure.colorbar(image, cax=cell.axes(WIDTH - 1.0, 0.62, 0.12, HEIGHT - HEAD - 0.82))
    bar.set_label(colour_label, fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)


def lay_out(cell: Cell, n: int, xlabel: str, ylabel: str) -> list[Axes]:
    """Axes of up to four maps, side by side or two by two."""
    columns, rows = (1, 1) if n == 1 else (2, (n + 1) // 2)
    width, height = WIDTH - LEFT - 1.15, HEIGHT - HEAD - 0.82
    gap = 0.32
    w, h = (width - gap * (columns - 1)) / columns, (height - 0.3 * (rows - 1)) / rows
    found = []
    for number in range(n):
        row, column = divmod(number, columns)
        axes = cell.axes(LEFT + column * (w + gap), 0.62 + (rows - 1 - row) * (h + 0.3), w, h)
        axes.grid(False)
        axes.tick_params(labelsize=8, length=2)
        for locator in (axes.xaxis, axes.yaxis):
            locator.set_major_locator(MaxNLocator(3, integer=True))
        last = row == rows - 1 or number + columns >= n
        axes.set_xlabel(xlabel if last else "", fontsize=9)
        axes.set_ylabel(ylabel if column == 0 else "", fontsize=9)
        if not last:
            axes.set_xticklabels([])
        if column:
            axes.set_yticklabels([])
        found.append(axes)
    return found


def choose_colours(all_values: list[Array], white: float) -> tuple[Normalize, Colormap]:
    """Blue below white and red above, as far as the values reach; one colour where they are on one side."""
    values = np.concatenate([values[np.isfinite(values)] for values in all_values])
    low, high = (float(values.min()) - white, float(values.max()) - white) if len(values) else (0.0, 0.0)
    reach = max(-low, high) or 1.0
    if low >= -0.02 * reach:
        norm, name = Normalize(white, white + reach), "Reds"
    elif high <= 0.02 * reach:
        norm, name = Normalize(white - reach, white), "Blues_r"
    else:
        norm, name = Normalize(white - reach, white + reach), "RdBu_r"
    return norm, colormaps[name].with_extremes(bad=HIDDEN)


def draw_masks(cell: Cell, seen: dict[str, Array], style: Style) -> None:
    """Which keys each query sees, hidden ones apart from those to come."""
    colours = [HIDDEN, "#f3e3c3", style[0]]
    for axes, (label, visible_TS) in zip(lay_out(cell, len(seen), "key j", "query i"), seen.items(), strict=True):
        kind_TS = np.where(visible_TS, 2, np.tri(*visible_TS.shape, dtype=int))
        axes.imshow(kind_TS, cmap=ListedColormap(colours), vmin=0, vmax=2, aspect="auto", interpolation="nearest")
        axes.set_title(label, fontsize=9, weight="normal", pad=2)
    names = ["to come", "hidden", "seen"]
    patches = [Patch(color=colour, label=name) for colour, name in zip(colours, names, strict=True)]
    w, h = cell.figure.get_size_inches()
    where = ((cell.x + WIDTH - 1.05) / w, (cell.y + HEIGHT - HEAD + 0.2) / h)
    cell.figure.legend(handles=patches[::-1], loc="upper left", bbox_to_anchor=where, fontsize=8.5, handlelength=1.2)


def draw_table(cell: Cell, rows: dict[str, list[str]], columns: list[str], colours: dict[str, Style]) -> None:
    """A grid of short words; a word has its colour, an empty one none."""
    left = 0.25 + 0.075 * max(map(len, rows))
    height = min(HEIGHT - HEAD - 0.75, 0.45 * len(rows))
    axes = cell.axes(left, HEIGHT - HEAD - 0.3 - height, WIDTH - left - 0.4, height)
    for y, words in enumerate(rows.values()):
        for x, word in enumerate(words):
            face = to_rgba(colours[word][0], 0.25) if word else "#f4f4f1"
            axes.add_patch(Rectangle((x + 0.04, y + 0.06), 0.92, 0.88, facecolor=face, edgecolor="none"))
            axes.text(x + 0.5, y + 0.5, word, ha="center", va="center", fontsize=9)
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, fontsize=8.5)
    axes.set_yticks(np.arange(len(rows)) + 0.5, list(rows), fontsize=8.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_words(cell: Cell, text: str) -> None:
    """A picture of nothing."""
    axes = cell.axes(LEFT, 0.6, WIDTH - LEFT - RIGHT, HEIGHT - HEAD - 0.7)
    axes.axis("off")
    axes.text(0.5, 0.6, text, ha="center", va="center", fontsize=11, color=SOFT, linespacing=1.6)
