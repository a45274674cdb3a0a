"""input_picture: a line of tokens over a column for each scheme, in the order in which a text meets what they show."""

from dataclasses import dataclass
from textwrap import fill

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from wordorder.compare.look import LOOK
from wordorder.show import layer_panels as inside
from wordorder.show.panels import ids
from wordorder.show.plots import HEIGHT, SOFT, WIDTH, Cell, Panel, draw_maps, draw_words
from wordorder.show.sight import Sight

TOP, LINE, NAME = 1.0, 0.95, 0.85  # heights in inches: the title, a line of tokens, the names of schemes
BOX = 0.55  # width of a token
READABLE = 32  # tokens, as many as can be named along an axis
Token = tuple[str, int]  # as it can be seen, and its id


@dataclass(frozen=True)
class Way:
    """One scheme's way from the lookup to the first block; `sight` is what it does anywhere."""

    name: str
    sight: Sight
    parameters: str  # which ones it was looked at with
    lookup_TD: Tensor
    factor: float  # of the lookup
    added_TD: Tensor
    norm: str
    dropout: float
    entering_TD: Tensor

    @property
    def embeds(self) -> bool:
        return self.factor != 1 or bool(self.added_TD.any())


def draw_ways(tokens: list[Token], ways: list[Way]) -> Figure:
    """Three stages of each way and what follows inside attention; a stage stands in the same row in all columns."""
    stages = [[part(way, tokens) for way in ways] for part in (lookup, before, entering, within)]
    rows = [max(map(len, stage)) for stage in stages]
    width = WIDTH * max(2, len(ways))
    per_line = int((width - 0.4) / BOX)
    lines = [tokens[first : first + per_line] for first in range(0, len(tokens), per_line)]
    top = NAME + sum(rows) * HEIGHT  # of what stands below the tokens
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(width, TOP + len(lines) * LINE + top), facecolor="white")
        write_title(figure)
        for number, line in enumerate(lines):
            draw_tokens(figure, line, TOP + number * LINE)
        for column, way in enumerate(ways):
            head = Cell(figure, column * WIDTH, 0)
            head.write(0.1, top - 0.15, way.name, fontsize=15, weight="bold", va="top", color=way.sight.style()[0])
            head.write(0.1, top - 0.46, fill(way.parameters, 68), fontsize=8.5, color=SOFT, va="top")
            for stage, panels in enumerate(stages):
                for row, panel in enumerate(panels[column]):
                    cell = Cell(figure, column * WIDTH, (sum(rows[stage:]) - row - 1) * HEIGHT)
                    cell.head(panel.title, panel.caption)
                    panel.draw(cell)
    return figure


def lookup(way: Way, tokens: list[Token]) -> list[Panel]:
    return [heat("1  Lookup", "A row of the embedding for each token, whatever its place.", way.lookup_TD, tokens)]


def before(way: Way, tokens: list[Token]) -> list[Panel]:
    """What the scheme does before the first block."""
    title = "2  The position scheme, at the embedding"
    if not way.embeds:
        words = "nothing is added here:\nthis scheme acts inside attention" if way.sight.acts else "nothing is added"
        return [Panel(title, "", lambda cell: draw_words(cell, words)), *ids(way.sight)]
    scaled = f"The lookup is multiplied by {way.factor:.4g}, and this" if way.factor != 1 else "This"
    return [*ids(way.sight), heat(title, f"{scaled} is added: a vector for each place.", way.added_TD, tokens)]


def entering(way: Way, tokens: list[Token]) -> list[Panel]:
    said = ["The lookup with its positions" if way.embeds else "The lookup as it is"]
    said += [f"after {way.norm}"] * bool(way.norm)
    said += [f"{(way.entering_TD == 0).float().mean():.0%} of it dropped"] * bool(way.dropout)
    return [heat("3  What enters the first block", f"{', '.join(said)}.", way.entering_TD, tokens)]


def within(way: Way, tokens: list[Token]) -> list[Panel]:
    """What the scheme does inside attention: a panel for queries and keys, for scores, for the mask and for the softmax."""
    turned = list(inside.channels(way.sight)) or list(inside.kernel(way.sight))
    found = [turned, *(list(make(way.sight)) for make in (inside.bias_by_place, inside.masks, inside.weights))]
    panels = [one[0] for one in found if one]
    if not panels:
        words = "order is already\nin what entered" if way.embeds else "only the mask,\nwhich hides later tokens"
        return [Panel("4  Nothing more", "Inside attention.", lambda cell: draw_words(cell, words))]
    return [Panel(f"4  {panel.title}", f"Inside attention. {panel.caption}", panel.draw) for panel in panels]


def heat(title: str, caption: str, x_TD: Tensor, tokens: list[Token]) -> Panel:
    """A row for each token, named where there is room."""
    rows = [token for token, _ in tokens] if len(tokens) <= READABLE else []
    options = dict(xlabel="channel", ylabel="" if rows else "token", colour_label="value", rows=rows)
    return Panel(title, caption, lambda cell: draw_maps(cell, {"": x_TD.numpy()}, **options))


def write_title(figure: Figure) -> None:
    width, height = figure.get_size_inches()
    title = "How a text enters the first block"
    figure.text(0.1 / width, 1 - 0.14 / height, title, fontsize=17, weight="bold", va="top")
    note = "text → tokens → ids → rows of the embedding → positions → norm, dropout → first block"
    figure.text(0.1 / width, 1 - 0.56 / height, note, fontsize=10.5, color=SOFT, va="top")


def draw_tokens(figure: Figure, tokens: list[Token], down: float) -> None:
    """Tokens in boxes, each over its id, `down` inches from the top."""
    width, height = figure.get_size_inches()
    box = (0.15 / width, 1 - (down + LINE - 0.1) / height, len(tokens) * BOX / width, (LINE - 0.15) / height)
    axes = figure.add_axes(box)
    axes.set(xlim=(0, len(tokens)), ylim=(2, 0))
    axes.axis("off")
    for x, (token, number) in enumerate(tokens):
        axes.add_patch(Rectangle((x + 0.04, 0.05), 0.92, 0.95, facecolor="#f3e3c3", edgecolor="none"))
        size = min(12.0, 90 * BOX / len(token))  # points; a character is about 0.6 as wide as it is high
        axes.text(x + 0.5, 0.54, token, ha="center", va="center", fontsize=size)
        axes.text(x + 0.5, 1.4, str(number), ha="center", va="center", fontsize=9, color=SOFT)
