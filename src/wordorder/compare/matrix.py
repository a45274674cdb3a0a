"""Position schemes by tokenizers: a cell for each pair that was trained, with its number in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from wordorder.compare.figure import Drawing
from wordorder.compare.look import LOOK
from wordorder.compare.quantities import average_seeds, read_values, select_whole, write_score

if TYPE_CHECKING:
    from wordorder.compare.comparison import Comparison

CELL = (1.15, 0.5)  # inches, wider where a tokenizer's name is
LETTER = 0.085  # inches


class SchemeTokenizerMatrix(Drawing):
    """Bits per byte, means over seeds; drawn where arms differ in both choices. A cell is one arm: of several that differ in a
    third thing no mean is taken."""

    def __init__(self) -> None:
        self.name = "scheme_tokenizer"
        self.title = "Schemes and tokenizers"
        self.caption = (
            "Bits per byte, mean over seeds, lower (lighter) is better; a cell is one arm, an empty one has no finished run or"
            " several arms. Where a row's order changes from column to column, scheme and tokenizer act on each other."
        )

    def places(self, comparison: Comparison) -> pd.DataFrame:
        """position, tokenizer and value (mean over seeds) of each arm that has one, in the order of the table."""
        whole = select_whole(comparison.scores[comparison.scores["run"].isin(comparison.done)])
        rows = []
        for arm in comparison.arms:
            tokenizers = whole.loc[whole["run"].isin(arm.runs), "tokenizer"].dropna()
            known = average_seeds(read_values(whole, arm)[0])
            if len(tokenizers) and len(known):
                rows.append((arm.position, tokenizers.iloc[0], known.mean()))
        return pd.DataFrame(rows, columns=["position", "tokenizer", "value"])

    def cells(self, comparison: Comparison) -> pd.DataFrame:
        """Scheme by tokenizer, in the order of the table."""
        places = self.places(comparison)
        values = places.groupby(["position", "tokenizer"], sort=False)["value"]
        table = values.first().where(values.size() == 1).unstack()
        return table.reindex(index=places["position"].unique(), columns=sorted(table.columns))

    def is_empty(self, comparison: Comparison) -> bool:
        cells = self.cells(comparison)
        return min(cells.shape) < 2 or cells.isna().all(axis=None)

    def say_empty(self, comparison: Comparison) -> str:
        if min(self.cells(comparison).shape) < 2:
            return ""  # most comparisons vary one of the two
        return f"“{self.title}” is not drawn. {' '.join(self.notes(comparison))}"

    def notes(self, comparison: Comparison) -> list[str]:
        """The cells that several arms would share."""
        counts = self.places(comparison).groupby(["position", "tokenizer"], sort=False).size()
        shared = [f"{scheme} with {tokenizer} ({n})" for (scheme, tokenizer), n in counts.items() if n > 1]
        if not shared:
            return []
        return [f"Left out for having several arms, which differ in a third thing: {'; '.join(shared)}."]

    def draw(self, comparison: Comparison) -> Figure:
        cells = self.cells(comparison)
        with matplotlib.rc_context(LOOK | {"axes.grid": False}):
            width = max(CELL[0], LETTER * (2 + max(map(len, cells.columns))))
            size = (2.2 + width * cells.shape[1], 1.2 + CELL[1] * cells.shape[0])
            figure = Figure(figsize=size, layout="constrained", facecolor="white")
            axes = figure.subplots()
            values = cells.to_numpy(dtype=float)
            axes.imshow(np.ma.masked_invalid(values), cmap="Blues", aspect="auto")
            middle = (np.nanmin(values) + np.nanmax(values)) / 2
            for (row, column), value in np.ndenumerate(values):
                if np.isfinite(value):
                    ink = "white" if value > middle else "#1a1a1a"
                    axes.text(column, row, write_score(value), ha="center", va="center", color=ink)
            axes.set_xticks(range(cells.shape[1]), cells.columns)
            axes.set_yticks(range(cells.shape[0]), cells.index)
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            axes.set_title(self.title, pad=10)
        return figure
