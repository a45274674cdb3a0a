"""What a comparison measures: the columns of its table and where their values come from."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.record.seeds import SEEDS

ROUNDING = 1e-9  # bits per byte that two sums of the same numbers in another order may differ by
Values = tuple[pd.Series, str]  # a value per pair of seeds, and why there is none where there is none


@dataclass(frozen=True)
class Heading:
    """What stands above a column, and under which key its numbers are kept."""

    key: str
    group: str
    title: str


@dataclass(frozen=True)
class Column(Heading):
    """A quantity: where its values come from and how a mean is written."""

    values: Callable[[Arm], Values]
    write: Callable[[float], str]
    mark: Callable[[Arm], str] = lambda arm: ""  # a footnote to the number of this arm


def choose_split(scores: pd.DataFrame, evaluation: str) -> str | None:
    """The split that is shown of an evaluation: test where it was scored, else the one that was."""
    splits = (
        list(scores.loc[scores["evaluation"] == evaluation, "split"].dropna().unique()) if "split" in scores else []
    )
    return "test" if "test" in splits else next(iter(splits), None)


def select_scores(scores: pd.DataFrame, *, evaluation: str, metric: str, **facts: str | int | None) -> pd.DataFrame:
    """The rows of one metric with these facts; a fact given as None does not matter."""
    chosen = (scores["evaluation"] == evaluation) & (scores["metric"] == metric)
    for name, value in facts.items():
        if value is not None:
            chosen &= (scores[name] == value).fillna(False) if name in scores else False
    return scores[chosen]


def select_whole(scores: pd.DataFrame) -> pd.DataFrame:
    """Bits per byte of the whole split that is shown."""
    split = choose_split(scores, "bits_per_byte")
    return select_scores(scores, evaluation="bits_per_byte", metric="bits_per_byte", split=split)


def count_tokenizers(runs: pd.DataFrame) -> int:
    """How many tokenizers the finished runs have; where there are several, a token is no unit of comparison."""
    done = runs[runs["status"] == "done"]
    return int(done["digests_tokenizer"].nunique()) if "digests_tokenizer" in done else 0


def list_qualities(scores: pd.DataFrame, baseline: Arm | None) -> list[Column]:
    """Bits per byte: on the whole split, minus the baseline, and at the lengths of the sweep."""
    split = choose_split(scores, "bits_per_byte")
    group = f"bits per byte, {split} split" if split else "bits per byte"
    whole = select_whole(scores)
    columns = []
    if len(whole):
        columns.append(Column("bits_per_byte", group, "whole", lambda arm: read_values(whole, arm), write_score))
    if len(whole) and baseline:
        own = read_values(whole, baseline)[0]

        def subtract(arm: Arm) -> Values:
            values, why = read_values(whole, arm)
            common = (values - own).dropna()
            return common, why if values.dropna().empty else f"no seed in common with {baseline.label}"

        short = baseline.label if len(baseline.label) <= 12 else "baseline"
        columns.append(Column("difference", group, f"minus {short}", subtract, _write_difference))
    split = choose_split(scores, "length_sweep")
    swept = select_scores(scores, evaluation="length_sweep", metric="bits_per_byte", split=split, scoring="last_k")
    for factor in sorted(swept["factor"].dropna().unique()) if "factor" in swept else []:
        rows = swept[swept["factor"] == factor]
        length = rows["length"].iloc[0] if rows["length"].nunique() == 1 else ""
        title = f"{factor}x {length}".strip()
        values = lambda arm, rows=rows: read_values(rows, arm)  # noqa: E731
        columns.append(Column(f"last_k_{factor}x", "last tokens of a context of", title, values, write_score))
    return columns


def list_costs(done: pd.DataFrame) -> list[Column]:
    """What the runs spent, as far as they recorded it; where tokenizers differ, speed is that of the text."""
    speed = ("tokens_per_second", "tokens_per_second", "tok/s", 1.0)
    if count_tokenizers(done) > 1:
        done = done.assign(bytes_per_second=done["bytes"] / done["seconds"].astype(float))
        speed = ("kilobytes_per_second", "bytes_per_second", "text kB/s", 1e3)
    quantities = [
        ("parameters_position", "parameters_position", "position params", 1.0),
        speed,
        ("memory_megabytes", "memory_bytes", "MB", 1e6),
        ("seconds", "seconds", "train s", 1.0),
    ]

    return [
        Column(key, "cost", title, lambda arm, fact=fact, unit=unit: read_facts(done, arm, fact, unit), write_amount)
        for key, fact, title, unit in quantities
        if fact in done
    ]


def read_facts(done: pd.DataFrame, arm: Arm, fact: str, unit: float = 1.0) -> Values:
    """What run.json says of an arm's runs, in this unit."""
    return done.loc[done["run"].isin(arm.runs), [*SEEDS, fact]].set_index(SEEDS)[fact] / unit, "not in run.json"


def read_values(rows: pd.DataFrame, arm: Arm) -> Values:
    """Scores of an arm's runs."""
    own = rows.loc[rows["run"].isin(arm.runs), [*SEEDS, "value", "why"]]
    whys = "; ".join(why for why in own["why"].unique() if why)
    return own.set_index(SEEDS)["value"], whys or ("no reason was recorded" if len(own) else "not evaluated")


def average_seeds(values: pd.Series) -> pd.Series:
    """The known values as floats, one for each pair of seeds; a seed that was run twice counts once, with its mean."""
    return pd.to_numeric(values).groupby(level=SEEDS).mean().dropna().astype(float)


def average_common(values: dict[str, pd.Series]) -> dict[str, float]:
    """Means over the seeds that all of these have in common; what has no value at all does not count, and has no mean.

    Means over different seeds differ by the seeds alone. Empty where no seed is common.
    """
    known = {name: own for name, own in values.items() if len(own)}
    table = pd.DataFrame(known).dropna()
    return {name: float(mean) for name, mean in table.mean().items()} if len(table) else {}


def write_amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == 0 or not math.isfinite(value) else f"{value:.2g}"


def write_score(value: float) -> str:
    return f"{value:.3f}"


def _write_difference(value: float) -> str:
    """Three decimals, more where these would hide that there is a difference, of more than rounding."""
    value = 0.0 if abs(value) < ROUNDING else value
    text = f"{value:+.3f}"
    return (text if float(text) or not value else f"{value:+.1g}").replace("-", "−")
