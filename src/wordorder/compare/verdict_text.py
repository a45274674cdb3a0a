"""How verdicts are written: the cells of their table, and the notes under it that say what each number means."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wordorder.compare.paired import ALPHA, ENUMERABLE
from wordorder.compare.power import POWER, minimum_detectable_effect
from wordorder.compare.tables import Cell
from wordorder.compare.verdict import RULE

HEADINGS = {
    "difference": "difference",
    "interval": "95\u00a0% interval",
    "p_holm": "p (Holm)",
    "sign_flip": "sign-flip p",
    "detectable": "detectable",
    "bootstrap": "bootstrap 95\u00a0%",
    "verdict": "verdict",
}
NONE = "–"


def write_cells(row: Mapping[str, Any], mark: str) -> dict[str, Cell]:
    """The cells of one arm by the names of HEADINGS; row: its numbers, None where there is none; mark: that of a footnote."""
    decimals = choose_decimals(row)
    texts = {
        "difference": ("n/a" if row["difference"] is None else write_signed(row["difference"], decimals)) + mark,
        "interval": write_interval(row["low"], row["high"], decimals),
        "p_holm": write_p(row["p_holm"]),
        "sign_flip": write_p(row["sign_flip_p"]),
        "detectable": NONE if row["detectable"] is None else f"{row['detectable']:.{decimals}f}",
        "bootstrap": write_interval(row["bootstrap_low"], row["bootstrap_high"], decimals),
        "verdict": row["verdict"],
    }
    return {name: Cell(None, None, row["seeds"], text) for name, text in texts.items()}


def choose_decimals(row: Mapping[str, Any]) -> int:
    """Three as the means have, or as many as give the interval's half, else the difference, two digits; at most eight."""
    size = (row["high"] - row["low"]) / 2 if row["low"] is not None else 0.0
    size = size or abs(row["difference"] or 0.0)
    return min(8, max(3, 1 - math.floor(math.log10(size)))) if size else 3


def write_signed(value: float, decimals: int) -> str:
    text = f"{value:+.{decimals}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def write_interval(low: float | None, high: float | None, decimals: int) -> str:
    if low is None or high is None:
        return NONE
    return f"{write_signed(low, decimals)} to {write_signed(high, decimals)}"


def write_p(p: float | None) -> str:
    """Four decimals: three would hide on which side of .05 it lies."""
    return NONE if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"


def list_notes(*, baseline: str, lower_is_better: bool, margin: str) -> tuple[str, ...]:
    """What a verdict rests on."""
    better = "lower" if lower_is_better else "higher"
    return (
        f"Difference: arm minus {baseline} at the same pair of seeds, mean over pairs; {better} is better.",
        RULE,
        f"Margin: {margin}. Intervals are of each arm alone, from the t-test, without adjustment.",
    )


def note_groups(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which pairs of seeds count as one, and how to get more; rows: arms, each with its `pairs` and the `seeds` they count as."""
    joined = dict.fromkeys(
        f"the {row['pairs']} of {row['arm']} as {row['seeds']}" for row in rows if row["pairs"] > row["seeds"]
    )
    if not joined:
        return []
    return [
        f"Pairs of seeds that share a weight or a data seed count as one, with their mean: {', '.join(joined)}. To tell more, train"
        " pairs whose seeds are all different in both, as seed=0,1,2 does."
    ]


def note_conditions(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What holds for one seed alone, because all pairs have it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["condition"]:
            found.setdefault(row["condition"], []).append(row["arm"])
    return [f"For {condition} alone, which all pairs have: {', '.join(arms)}." for condition, arms in found.items()]


def list_extras(rows: list[Mapping[str, Any]], *, family: int, described: bool) -> tuple[str, ...]:
    """What the columns mean that decide nothing; rows: the numbers of all arms; family: how many Holm's adjustment counts;
    described: there is a bootstrap."""
    tested = [row for row in rows if row["p_holm"] is not None]
    counts, notes = sorted({row["seeds"] for row in tested}), []
    if tested:
        alpha = ALPHA / family
        found = [f"{minimum_detectable_effect(n, 1.0, alpha=alpha):.2f} at {n} pairs" for n in counts]
        notes.append(
            f"Detectable: the true difference found with power {POWER} at Holm's strictest step, p < {_write_alpha(family)},"
            f" taking the deviation of the arm's differences for the true one; in such deviations {', '.join(found)}."
        )
    low = [f"at {n} pairs not below {floor:g}" for n in counts if (floor := 2.0 ** (1 - n)) > ALPHA]
    notes.append(
        "Sign-flip p: exact, for the arm alone; it decides nothing."
        + (f" It cannot reach {ALPHA}: {', '.join(low)}." if low else "")
        + (f" Above {ENUMERABLE} pairs it is not counted." if counts and counts[-1] > ENUMERABLE else "")
    )
    if described:
        notes.append(
            "Bootstrap: 10,000 draws of pairs of seeds, each with one draw of documents for all;"
            " it describes and decides nothing."
        )
    return tuple(notes)


def _write_alpha(family: int) -> str:
    return f"{ALPHA}/{family}" if family > 1 else f"{ALPHA}"
