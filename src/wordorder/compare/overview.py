"""What a stranger must know before the first number of a page: how much was trained and when, and what the numbers are."""

import pandas as pd

from wordorder.compare.tables import Table

MOMENTS = ("first_step_at", "scored_at")  # of run.json, ISO 8601 in UTC
ARM = "An arm is one setting, trained once with each of its seeds."
BITS = (
    "Bits per byte: how many bits the model needs for a byte of unseen text, on average. 8 is no compression at all;"
    " lower is better."
)
ANSWERS = "Exact match: the share of texts answered without any mistake; higher is better."


def describe_runs(runs: pd.DataFrame, table: Table) -> str:
    """Arms, runs, seeds and days in one line; no days where no run recorded any."""
    done = int((runs["status"] == "done").sum())
    said = [count(len(table.rows), "arm"), count(len(runs), "run")]
    said += [f"{done} of them finished"] if done < len(runs) else []
    fewest, most = min(table.seeds.values(), default=0), max(table.seeds.values(), default=0)
    said += [f"{count(most, 'seed')} each" if fewest == most else f"{fewest} to {most} seeds each"]
    days = list_days(runs)
    return ", ".join(said) + (f"; trained {' to '.join(days)} (UTC)." if days else ".")


def list_days(runs: pd.DataFrame) -> list[str]:
    """The first and last day on which these runs trained or were scored; one day once, none where none is known."""
    moments = [str(moment) for name in MOMENTS if name in runs for moment in runs[name].dropna() if moment]
    return list(dict.fromkeys(moment[:10] for moment in (min(moments), max(moments)))) if moments else []


def explain(table: Table) -> list[str]:
    """What an arm, the baseline and each measured quantity is, a sentence each."""
    keys = {column.key for column in table.columns}
    said = [BITS] * ("bits_per_byte" in keys) + [ANSWERS] * bool(keys & {"exact_match_in", "exact_match_out"}) + [ARM]
    return said + [f"The others are held against {table.baseline}, the shaded row."] * bool(table.baseline)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
