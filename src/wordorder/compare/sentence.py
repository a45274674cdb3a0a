"""A comparison's outcome in one sentence, for the top of its page; it says no more than the table of verdicts does."""

from collections.abc import Sequence

from wordorder.compare.tables import Table
from wordorder.compare.verdict import LEAST, TOO_FEW
from wordorder.compare.verdict_table import VerdictTable
from wordorder.compare.verdict_text import choose_decimals, write_interval, write_signed

LISTED = 3  # arms with their figures


def write_verdict(table: Table, verdicts: Sequence[VerdictTable]) -> str:
    """Which arms are better, worse, equivalent, and which cannot be told, by the first table of verdicts."""
    if not table.baseline:
        return "No verdict: no baseline was named (compare.baseline=ARM)." if len(table.rows) > 1 else ""
    if len(table.rows) < 2:
        return ""
    if not verdicts:
        n = most_pairs(table)
        if n is None:
            return "No verdict: nothing was scored that verdicts are about."
        apart = "independent " * (n < min(table.seeds.values()))  # others share a seed, which a note of the table says
        return f"No verdict: {n} {apart}pair{'s' * (n != 1)} of seeds, {TOO_FEW}; a verdict takes {LEAST}."
    first = verdicts[0]
    words: dict[str, list[str]] = {}
    for row in first.numbers:
        words.setdefault(row["verdict"], []).append(tell(row) if len(first.numbers) <= LISTED else row["arm"])
    said = "; ".join(f"{join(arms)} {choose_verb(word, len(arms))} {word}" for word, arms in words.items())
    counts = sorted({n for n in first.seeds.values()})
    seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    quantity = first.title.removeprefix("Verdicts: ")
    joined = any(row["pairs"] > row["seeds"] for row in first.numbers)
    over = f"{seeds} {'groups of ' * joined}pairs of seeds{say_condition(first)}"
    return f"Against {table.baseline}, in {quantity} over {over}: {said}."


def say_condition(verdicts: VerdictTable) -> str:
    """For which seed alone all of it holds; nothing where arms differ in that, which the notes of the table say."""
    conditions = {row["condition"] for row in verdicts.numbers if row["seeds"] >= LEAST}
    condition = conditions.pop() if len(conditions) == 1 else ""
    return f", for {condition} alone" if condition else ""


def most_pairs(table: Table) -> int | None:
    """The most pairs of seeds that an arm has in common with the baseline, those that share a seed counting as one; None where
    the table has no differences."""
    at = next((n for n, column in enumerate(table.columns) if column.key == "difference"), None)
    if at is None:
        return None
    return max(cells[at].n for label, cells in table.rows.items() if label != table.baseline)


def tell(row: dict) -> str:
    """An arm with its difference and interval."""
    if row["low"] is None:
        return str(row["arm"])
    decimals = choose_decimals(row)
    interval = write_interval(row["low"], row["high"], decimals)
    return f"{row['arm']} ({write_signed(row['difference'], decimals)}, 95\u00a0% {interval})"


def choose_verb(word: str, number: int) -> str:
    """An arm is better, and has too few seeds."""
    one, several = ("has", "have") if word == TOO_FEW else ("is", "are")
    return one if number == 1 else several


def join(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
