"""picture: one scheme's figure, a title over a grid of panels."""

from dataclasses import dataclass
from textwrap import shorten

import matplotlib
from matplotlib.figure import Figure

from wordorder.compare.look import LOOK
from wordorder.show.panels import choose_panels
from wordorder.show.plots import HEIGHT, SOFT, WIDTH, Cell
from wordorder.show.sight import Sight

COLUMNS, TOP, DPI = 3, 1.2, 110  # TOP: height of the title, in inches


@dataclass(frozen=True)
class Card:
    """What is written of a scheme: what it is, whose it is, under which conditions it was looked at, and where it acts."""

    name: str
    sentence: str
    paper: str
    conditions: str
    acts: str = ""


def draw(card: Card, sight: Sight) -> Figure:
    """All panels of what was seen, under the card."""
    panels = choose_panels(sight)
    columns = 2 if len(panels) in (1, 2, 4) else COLUMNS
    rows = -(-len(panels) // columns)
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(columns * WIDTH, TOP + rows * HEIGHT), facecolor="white")
        write_title(figure, card)
        for number, panel in enumerate(panels):
            row, column = divmod(number, columns)
            cell = Cell(figure, column * WIDTH, (rows - 1 - row) * HEIGHT)
            cell.head(panel.title, panel.caption)
            panel.draw(cell)
    return figure


def write_title(figure: Figure, card: Card) -> None:
    width, height = figure.get_size_inches()
    lines = [
        (card.name, 0.12, dict(fontsize=17, weight="bold")),
        (shorten(card.sentence, int(width * 12)), 0.44, dict(fontsize=10.5)),
        (f"{card.paper}\n{card.conditions}", 0.67, dict(fontsize=9, color=SOFT, linespacing=1.4)),
    ]
    for text, inches, how in lines:
        figure.text(0.1 / width, 1 - inches / height, text, va="top", **how)
