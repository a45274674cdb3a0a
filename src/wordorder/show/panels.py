"""panels: which plots show what was measured, chosen by what a scheme does and not by its name; here what precedes the layers."""

from collections.abc import Iterator

import numpy as np

from wordorder.show import layer_panels as inside
from wordorder.show.plots import Line, Panel, draw_curves, draw_maps, draw_table, draw_words
from wordorder.show.seen import NOTHING, by_distance
from wordorder.show.sight import ACTS, DISTANCE, Sight, tint


def choose_panels(sight: Sight) -> list[Panel]:
    """All panels that have something to show, in the order in which a token meets what they show."""
    before = (nothing, ids, table, likeness, layout)
    kernels = (inside.kernel, inside.kernel_by_place, inside.channels)
    scores = (inside.bias_by_place, inside.bias, inside.masks, inside.weights, inside.attention)
    return [panel for make in (*before, *kernels, *scores) for panel in make(sight)]


def nothing(sight: Sight) -> Iterator[Panel]:
    if not sight.acts:
        text = "no vector at the embedding\nno change of queries or keys\nno bias, no mask, the usual softmax"
        caption = "Only the causal mask tells the past from the future."
        yield Panel("Nothing is added or changed", caption, lambda cell: draw_words(cell, text))


def ids(sight: Sight) -> Iterator[Panel]:
    if "ids" not in sight.acts:
        return
    ids_BS = sight.first.ids_BS[:3]
    lines = [Line(f"text {n}", ids_BS[n], tint(sight.style(), n, len(ids_BS))) for n in range(len(ids_BS))]
    yield Panel(
        "Position ids",
        "The ids that the scheme inside is asked with, instead of 0, 1, 2 and so on.",
        lambda cell: draw_curves(cell, lines, xlabel="index of the token", ylabel="id"),
    )


def table(sight: Sight) -> Iterator[Panel]:
    if "embedding" not in sight.acts:
        return
    tables = {moment: seen.table_TD for moment, seen in sight.moments.items()}
    factor, empty = sight.first.factor, np.abs(sight.first.table_TD).max(1) <= NOTHING
    scaled = f" Token vectors are multiplied by {factor:.4g}." if factor != 1 else ""
    some = f" {empty.sum()} of {len(empty)} tokens get none." if empty.any() else ""
    options = dict(xlabel="channel", ylabel="position", colour_label="added")
    yield Panel(
        "Added to the embedded tokens",
        f"A row for each position, a column for each channel.{scaled}{some}",
        lambda cell: draw_maps(cell, tables, **options),
    )


def likeness(sight: Sight) -> Iterator[Panel]:
    table_TD = sight.first.table_TD
    if np.abs(table_TD).max() <= NOTHING:
        return
    length_T1 = np.linalg.norm(table_TD, axis=1, keepdims=True)
    unit_TD = table_TD / np.where(length_T1 > NOTHING, length_T1, np.nan)
    found = by_distance(np.where(np.tri(len(unit_TD), dtype=bool), unit_TD @ unit_TD.T, np.nan)[None, None])
    line = Line("", found.mean_HS[0], sight.style(), found.low_HS[0], found.high_HS[0])
    yield Panel(
        "How alike two positions are",
        "Cosine of their vectors: mean over all pairs, the middle 80 % shaded.",
        lambda cell: draw_curves(cell, [line], xlabel=DISTANCE, ylabel="cosine"),
    )


def layout(sight: Sight) -> Iterator[Panel]:
    views = list(sight.views.values())
    if len(views) < 2:
        return
    acts = [act for act in ACTS if act in sight.acts]
    letters = dict(zip(map(id, views), "ABCDEFGH", strict=False))
    colours = {letter: sight.style(number) for number, letter in enumerate(letters.values())}
    by_layer = {
        f"layer {number}": layer
        for number, layer in sorted((n, layer) for numbers, layer in sight.first.layers.items() for n in numbers)
    }
    shown = by_layer if len(sight.moments) == 1 else sight.views
    rows = {label: [letters[id(layer)] if act in layer.acts else "" for act in acts] for label, layer in shown.items()}
    yield Panel(
        "What each layer does" if len(sight.moments) == 1 else "What is done when",
        "A letter stands for one way of doing it, an empty field for nothing.",
        lambda cell: draw_table(cell, rows, [ACTS[act] for act in acts], colours),
    )
