"""sight: what was seen of one scheme under its name, and how its lines and maps look."""

from dataclasses import dataclass

import numpy as np

from wordorder.compare.look import COLOURS, Style, choose_styles, shade
from wordorder.show.plots import Line
from wordorder.show.seen import Array, ByDistance, Layer, Seen

HEADS = 4  # as many as are told apart
ACTS = {"q and k": "q and k", "score": "bias", "mask": "mask", "softmax": "softmax", "values": "values"}  # in a layer
DISTANCE = "distance i − j in tokens"


@dataclass(frozen=True)
class Sight:
    """A scheme by name, and what was seen of it: at the start of training and, where that differs, at its end."""

    name: str
    moments: dict[str, Seen]

    @property
    def first(self) -> Seen:
        return next(iter(self.moments.values()))

    @property
    def views(self) -> dict[str, Layer]:
        """Every layer that does something else, by what is said of it; "" for the only one."""
        return {
            ", ".join(part for part in (moment, spell(numbers) if len(seen.layers) > 1 else "") if part): layer
            for moment, seen in self.moments.items()
            for numbers, layer in seen.layers.items()
        }

    @property
    def acts(self) -> frozenset[str]:
        return frozenset().union(*(seen.acts for seen in self.moments.values()))

    def style(self, view: int = 0) -> Style:
        """The scheme's own colour for the first view, other ones for more."""
        own, marker, _ = choose_styles({self.name: self.name})[self.name]
        colours = [own, *(colour for colour in COLOURS if colour != own)]
        return colours[view % len(colours)], marker, "-"

    def lines(self, spreads: dict[str, ByDistance]) -> list[Line]:
        """A line for each of these views and, where heads differ, for some of them; a band where there is one to show."""
        lines = []
        for view, label in enumerate(self.views):
            if label not in spreads:
                continue
            spread, heads = spreads[label], pick_heads(spreads[label].mean_HS, HEADS if len(self.views) == 1 else 2)
            for number, (head_label, head) in enumerate(heads.items()):
                name = ", ".join(part for part in (label, head_label) if part) or self.name
                style = tint(self.style(view), number, len(heads))
                band = (spread.low_HS[head], spread.high_HS[head]) if varies(spread) else (None, None)
                lines.append(Line(name, spread.mean_HS[head], style, *band))
        return lines


def tint(style: Style, number: int, count: int) -> Style:
    """One of several shades, none of them pale."""
    return shade(style, number, count + 1) if count > 1 else style


def spell(numbers: tuple[int, ...]) -> str:
    """(0, 1, 2, 4) as "layers 0–2, 4"."""
    runs: list[list[int]] = []
    for number in numbers:
        runs[-1].append(number) if runs and number == runs[-1][-1] + 1 else runs.append([number])
    parts = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return f"layer{'s' * (len(numbers) > 1)} {', '.join(parts)}"


def pick_heads(x_H: Array, most: int = HEADS) -> dict[str, int]:
    """Some heads, the first and the last among them; only the first where all are alike."""
    n_heads = len(x_H)
    if all(np.allclose(x_H[0], x_H[head], equal_nan=True, atol=1e-5) for head in range(n_heads)):
        return {"": 0}
    chosen = np.unique(np.linspace(0, n_heads - 1, min(n_heads, most)).round().astype(int))
    return {f"head {head}": int(head) for head in chosen}


def maps_of_heads(x_HTS: Array) -> dict[str, Array]:
    return {label or "all heads": x_HTS[head] for label, head in pick_heads(x_HTS).items()}


def varies(spread: ByDistance) -> bool:
    """Is there more than one value at some distance?"""
    return bool(np.nanmax(spread.high_HS - spread.low_HS, initial=0) > 1e-4)
