"""What a comparison shows of chance alone, where the weight and data seeds of an arm are crossed."""

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.noise import Noise, measure_noise
from wordorder.compare.quantities import Heading, average_seeds, read_values, select_whole
from wordorder.compare.tables import Cell, Table

GROUP = "standard deviation of bits per byte"
COLUMNS = (
    Heading("weight_seeds", GROUP, "over weight seeds"),
    Heading("data_seeds", GROUP, "over data seeds"),
    Heading("left", GROUP, "left over"),
    Heading("difference", GROUP, "of a difference"),
)
ABOUT = (
    "Variance components of weight seed, of data seed, and of what the two together do, by mean squares; below 0 they count as 0.",
    "Of a difference: between two runs that share neither seed. Differences of two schemes at the same seeds"
    " vary at most so much where both vary like this arm and no seed helps one and harms the other.",
)


def make_noise_table(runs: pd.DataFrame, scores: pd.DataFrame, arms: list[Arm]) -> Table | None:
    """A row for each arm that has runs which differ in either seed alone and in both; None where none has."""
    done = runs.loc[runs["status"] == "done", "run"]
    rows = select_whole(scores[scores["run"].isin(done)])
    values = {arm.label: average_seeds(read_values(rows, arm)[0]).to_dict() for arm in arms}
    measured = {label: measure_noise([own]) for label, own in values.items() if own}
    crossed = {label: noise for label, noise in measured.items() if noise.components}
    if not crossed:
        return None
    return Table(
        heading="",
        baseline="",
        columns=COLUMNS,
        rows={label: fill(noise) for label, noise in crossed.items()},
        seeds={label: noise.n for label, noise in crossed.items()},
        footnotes=[],
        title="Noise",
        about=ABOUT,
    )


def fill(noise: Noise) -> list[Cell]:
    return [Cell(one, None, noise.n, f"{one:.3g}") for one in (*(noise.components or ()), noise.difference)]
