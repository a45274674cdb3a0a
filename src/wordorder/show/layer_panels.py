"""layer_panels: plots of what a scheme does to queries, keys and scores, where it does it."""

from collections.abc import Iterator

import numpy as np

from wordorder.compare.look import choose_styles
from wordorder.show.plots import Line, Panel, draw_curves, draw_maps, draw_masks
from wordorder.show.seen import Array, ByDistance
from wordorder.show.sight import ACTS, DISTANCE, Sight, maps_of_heads, varies

PRODUCT = "q · k   (unchanged: 1)"


def kernel(sight: Sight) -> Iterator[Panel]:
    if "q and k" in sight.acts:
        lines = sight.lines({label: layer.kernel for label, layer in sight.views.items()})
        yield Panel(
            "q · k of equal vectors",
            "One vector as query and as key: mean over all directions, the middle 80 % shaded.",
            lambda cell: draw_curves(cell, lines, xlabel=DISTANCE, ylabel=PRODUCT),
        )


def kernel_by_place(sight: Sight) -> Iterator[Panel]:
    for label, layer in sight.views.items():
        if "q and k" not in layer.acts or layer.turned_by_text or depends_on_distance_alone(layer.kernel_HTS):
            continue
        maps = maps_of_heads(layer.kernel_HTS)
        yield Panel(
            titled("q · k of equal vectors by place", label),
            "The mean over directions, which is not a function of the distance alone.",
            lambda cell, maps=maps: draw_maps(
                cell, maps, xlabel="key j", ylabel="query i", colour_label=PRODUCT, white=1.0
            ),
        )


def channels(sight: Sight) -> Iterator[Panel]:
    maps = {
        label: layer.channel_KS
        for label, layer in sight.views.items()
        if "q and k" in layer.acts and np.ptp(layer.channel_KS, axis=0).max() > 1e-3
    }
    if maps:
        yield Panel(
            "q · k of equal vectors by channel",
            "A vector along one channel alone, in head 0: a row shows how fast the channel turns.",
            lambda cell: draw_maps(cell, maps, xlabel="distance i − j", ylabel="channel", colour_label=PRODUCT),
        )


def bias_by_place(sight: Sight) -> Iterator[Panel]:
    for label, layer in sight.views.items():
        if "score" not in layer.acts:
            continue
        maps = maps_of_heads(layer.bias_HTS)
        text = " of one random text" if varies(layer.bias) else ""
        yield Panel(
            titled("Added to the score", label),
            f"For each query and key{text}; keys that it does not see are grey.",
            lambda cell, maps=maps: draw_maps(cell, maps, xlabel="key j", ylabel="query i", colour_label="added"),
        )


def bias(sight: Sight) -> Iterator[Panel]:
    spreads = {label: layer.bias for label, layer in sight.views.items() if "score" in layer.acts}
    if spreads:
        lines = sight.lines(spreads)
        shaded = any(varies(one) for one in spreads.values())
        over = ": mean over texts and queries, the middle 80 % shaded." if shaded else "."
        yield Panel(
            "Added to the score at a distance",
            f"By how far back the key lies{over}",
            lambda cell: draw_curves(cell, lines, xlabel=DISTANCE, ylabel="added"),
        )


def masks(sight: Sight) -> Iterator[Panel]:
    if "mask" in sight.acts:
        seen = {label: layer.visible_HTS[0] for label, layer in list(sight.views.items())[:4]}
        caption = "A query looks along its row."
        yield Panel("Which keys a query sees", caption, lambda cell: draw_masks(cell, seen, sight.style()))


def weights(sight: Sight) -> Iterator[Panel]:
    for label, layer in sight.views.items():
        if "softmax" in layer.acts:
            maps = maps_of_heads(np.where(layer.visible_HTS, layer.weight_HTS, np.nan))
            yield Panel(
                titled("What replaces the softmax", label),
                "The weights of each query with random queries and keys, mean over texts.",
                lambda cell, maps=maps: draw_maps(cell, maps, xlabel="key j", ylabel="query i", colour_label="weight"),
            )


def attention(sight: Sight) -> Iterator[Panel]:
    if sight.acts and not sight.acts & set(ACTS):
        return  # what is done before the layers shows in what queries and keys are, and here these are random
    lines = sight.lines({label: ByDistance(*[layer.weight_HS] * 3) for label, layer in sight.views.items()})
    if sight.acts:
        lines = [Line("no scheme", sight.first.plain_S, choose_styles({"none": "none"})["none"]), *lines]
    smallest = min(float(layer.weight_HS.sum(1).mean()) for layer in sight.views.values())
    short = f" Weights sum to {smallest:.2f}." if smallest < 0.995 else ""
    short += " Values get a vector too." if "values" in sight.acts else ""
    yield Panel(
        "Where attention lands",
        f"The last token's weights with random queries and keys, mean over texts.{short}",
        lambda cell: draw_curves(cell, lines, xlabel=DISTANCE, ylabel="weight", log=True),
    )


def depends_on_distance_alone(x_HTS: Array) -> bool:
    diagonals = (np.diagonal(x_HTS, -distance, 1, 2) for distance in range(x_HTS.shape[1]))
    return max(np.ptp(diagonal, axis=1).max() for diagonal in diagonals) < 1e-3


def titled(title: str, label: str) -> str:
    return f"{title}: {label}" if label else title
