"""The main table: a row per arm, means over seeds, differences to a baseline paired by seed; no ranking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from rich.table import Table as TerminalTable
from rich.text import Text

from wordorder.compare.arms import Arm
from wordorder.compare.labels import refuse_unknown
from wordorder.compare.quantities import SEEDS, Column, Heading, average_seeds, list_costs, list_qualities
from wordorder.compare.seed_groups import average_groups
from wordorder.compare.tasks import list_answers

ONE_SEED = "one seed: a picture, not a ranking"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Cell:
    """Mean and standard deviation (n - 1) over n seeds or pairs of runs; text and spread are how they are shown."""

    mean: float | None
    deviation: float | None
    n: int
    text: str
    spread: str = ""


@dataclass(frozen=True)
class Table:
    """rows: label -> a cell per column; seeds: label -> finished pairs of seeds; footnotes: why a cell is n/a."""

    heading: str
    baseline: str
    columns: Sequence[Heading]
    rows: dict[str, list[Cell]]
    seeds: dict[str, int]
    footnotes: list[str]
    title: str = "Results"
    about: tuple[str, ...] = ()  # what its quantities are
    more: tuple[str, ...] = ()  # the same of those that a reader may skip, which a page folds

    def frame(self) -> pd.DataFrame:
        """The numbers: a row per arm; per column its mean, <key>_deviation and <key>_n."""
        rows = []
        for label, cells in self.rows.items():
            row: dict[str, str | float | None] = {"arm": label, "seeds": self.seeds[label]}
            for column, cell in zip(self.columns, cells, strict=True):
                row |= {column.key: cell.mean, f"{column.key}_deviation": cell.deviation, f"{column.key}_n": cell.n}
            rows.append(row)
        return pd.DataFrame(rows)

    def notes(self) -> list[str]:
        """What a reader of the table must know, in the order of reading."""
        spread = any("±" in cell.spread for cells in self.rows.values() for cell in cells)
        notes = [*self.about, *self.more, *["Mean ± standard deviation over seeds."] * spread]
        if self.baseline:
            notes.append(f"minus: mean difference to {self.baseline} over the seeds that both have (their number).")
        return notes + [f"{_raise(number)} {why}" for number, why in enumerate(self.footnotes, start=1)]


def make_table(runs: pd.DataFrame, scores: pd.DataFrame, arms: list[Arm], *, baseline: str = "") -> Table:
    """The table of these arms, baseline first; only finished runs count. An empty baseline: no difference column."""
    refuse_unknown(baseline, [arm.label for arm in arms])
    arms = sorted(arms, key=lambda arm: arm.label != baseline)
    done = runs[runs["status"] == "done"]
    scores = scores[scores["run"].isin(done["run"])]
    answers, qualities = list_answers(scores), list_qualities(scores, arms[0] if baseline else None)
    columns = [*answers, *qualities, *list_costs(done)]
    table = fill_table(columns, done, arms)
    for label, cells in table.rows.items():  # the baseline has no difference to itself
        own = [column.key == "difference" and label == baseline for column in columns]
        table.rows[label] = [replace(c, text="–", spread="") if o else c for c, o in zip(cells, own, strict=True)]
    said = ["Exact match: higher is better."] * bool(answers) + ["Bits per byte: lower is better."] * bool(qualities)
    about = (" ".join(said),) if said else ()
    return replace(
        table, heading=ONE_SEED if max(table.seeds.values(), default=0) <= 1 else "", baseline=baseline, about=about
    )


def fill_table(columns: list[Column], done: pd.DataFrame, arms: list[Arm]) -> Table:
    """These columns of these arms, means over the seeds of finished runs."""
    seeds = {arm.label: len(done.loc[done["run"].isin(arm.runs), SEEDS].drop_duplicates()) for arm in arms}
    footnotes: list[str] = []
    rows = {arm.label: [_fill(column, arm, seeds[arm.label], footnotes) for column in columns] for arm in arms}
    return Table("", "", columns, rows, seeds, footnotes)


def _fill(column: Column, arm: Arm, seeds: int, footnotes: list[str]) -> Cell:
    values, why = column.values(arm)
    known = average_seeds(values)
    if column.key == "difference":
        known = average_groups(known)
    if known.empty:
        return Cell(None, None, 0, f"n/a{add_footnote(why if seeds else 'no finished run', footnotes)}")
    mean, deviation = float(known.mean()), float(known.std(ddof=1)) if len(known) > 1 else None
    visible = deviation and deviation > 1e-9 * abs(mean)  # below that it is rounding
    spread = [f"±{_write_spread(deviation)}"] if deviation and visible else []
    if column.key == "difference" or len(known) < seeds:
        spread.append(f"({len(known)})")
    text = f"{column.write(mean)}{add_footnote(column.mark(arm), footnotes)}"
    return Cell(mean, deviation, len(known), text, " ".join(spread))


def add_footnote(why: str, footnotes: list[str]) -> str:
    """The mark of this footnote, which is put to the others; none for none."""
    if why and why not in footnotes:
        footnotes.append(why)
    return _raise(footnotes.index(why) + 1) if why else ""


def render_terminal(table: Table) -> TerminalTable:
    """The table for a terminal of 100 columns: deviations stand under their means."""
    shown = TerminalTable(box=None, padding=(0, 1, 0, 0), title_justify="left", caption_justify="left")
    title = table.heading if table.title == "Results" else f"\n{table.title}"
    shown.title, shown.caption = Text(title) or None, Text("\n".join(table.notes()))
    shown.add_column(
        Text("arm"), min_width=min(24, max(len(part) for label in table.rows for part in label.split(", ")) + 1)
    )
    shown.add_column(Text("seeds"), justify="right")
    for column in table.columns:
        shown.add_column(Text(column.title.replace(" ", "\n")), justify="right")
    for label, cells in table.rows.items():
        texts = [Text.assemble(cell.text, ("\n".join(["", *cell.spread.split()]), "dim")) for cell in cells]
        shown.add_row(Text(label.replace(", ", ",\n")), Text(str(table.seeds[label])), *texts)
    return shown


def render_markdown(table: Table) -> str:
    """The table as GitHub markdown, its notes below."""
    titles = ["arm", "seeds", *(column.title for column in table.columns)]
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)]]
    for label, cells in table.rows.items():
        lines.append([label, str(table.seeds[label]), *(f"{cell.text} {cell.spread}".strip() for cell in cells)])
    rows = ["| " + " | ".join(text.replace("|", "\\|") for text in line) + " |" for line in lines]
    heading = [f"**{table.heading}**", ""] if table.heading else []
    return "\n".join([*heading, *rows, "", *(f"- {note}" for note in table.notes())]) + "\n"


def _raise(number: int) -> str:
    return str(number).translate(SUPERSCRIPTS)


def _write_spread(value: float) -> str:
    """Three decimals as the means have, two digits where it is large, one where three decimals would show none."""
    if value >= 0.1:
        return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
    return f"{value:.3f}" if value >= 0.0005 else f"{value:.1g}"
