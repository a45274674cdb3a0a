"""What qualifies the numbers: where they come from, what is missing, what differs without being said."""

from pathlib import Path

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.quantities import choose_split, select_scores

HARDWARE = ["device", "host_processor", "host_system", "versions_python"]
LOGS, TAIL = ("log.txt", "traceback.txt"), 15  # lines
LUCK = 30  # bits below the floor that chance alone gives once in a billion runs


def list_failures(folder: Path, runs: pd.DataFrame, arms: list[Arm]) -> list[dict[str, str]]:
    """The runs that are not in the table: run, arm, status, reason, and the end of what they said."""
    arm_of = {run: arm.label for arm in arms for run in arm.runs}
    rows = runs[runs["status"] != "done"].fillna({"reason": "", "status": "missing"})
    return [
        {"run": r.run, "arm": arm_of.get(r.run, "–"), "status": r.status, "reason": r.reason}
        | {"log": read_tail(folder / r.run)}
        for r in rows.itertuples()
    ]


def read_tail(folder: Path) -> str:
    """The last lines of a run's log, or its traceback, or nothing."""
    for name in LOGS:
        if (folder / name).is_file() and (
            text := (folder / name).read_text(encoding="utf-8", errors="replace").rstrip()
        ):
            return "\n".join(text.splitlines()[-TAIL:])
    return ""


def list_origins(runs: pd.DataFrame, arms: list[Arm]) -> list[dict[str, str]]:
    """Per arm where its data, tokenizer and code came from: the first 12 characters of each digest."""
    origins = []
    for arm in arms:
        own = runs[runs["run"].isin(arm.runs)]
        columns = {"data": "digests_data", "tokenizer": "digests_tokenizer", "code": "code", "kernel": "kernel"}
        columns |= {"vocabulary": "vocabulary_actual", "parameters": "parameters_total", "tokens": "tokens"}
        origins.append({"arm": arm.label} | {name: _join(own, column) for name, column in columns.items()})
    return origins


def _join(rows: pd.DataFrame, column: str) -> str:
    values = rows[column].dropna().unique() if column in rows else []
    return ", ".join(str(v)[:12] if isinstance(v, str) else f"{v:,}" for v in values) or "–"


def list_hardware(runs: pd.DataFrame) -> dict[str, str]:
    """Machines and versions that the runs recorded."""
    versions = [column for column in runs if column.startswith("versions_") and column not in HARDWARE]
    present = {c: runs[c].dropna().unique() for c in [*HARDWARE, *versions] if c in runs}
    return {
        c.removeprefix("versions_").removeprefix("host_"): ", ".join(map(str, v)) for c, v in present.items() if len(v)
    }


def list_commits(runs: pd.DataFrame) -> list[str]:
    """The commits that the runs recorded."""
    rows = runs.reindex(columns=["commit", "dirty"]).dropna(subset="commit").drop_duplicates()
    return [f"{r.commit}{' with uncommitted changes' if r.dirty is True else ''}" for r in rows.itertuples()]


def list_warnings(runs: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """What could make the table mislead, a line each."""
    return [*_warn_of_floors(runs, scores), *_warn_of_splits(runs, scores)]


def _warn_of_floors(runs: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Runs that need less than the text's own information: k bits less in all is luck of probability 2^-k at most."""
    bits, floors = (_read_floor(runs, scores, metric) for metric in ("bits_per_byte_with_end", "floor_with_end"))
    notes = []
    for key in bits.index.intersection(floors.index):
        value, floor, count = bits.loc[key, "value"], floors.loc[key, "value"], bits.loc[key, "count"]
        if (floor - value) * count > LUCK:  # a target has a byte at least, so this counts too few bits
            notes.append(
                f"{key[0]} needs {value:.3f} bits per byte, ends counted, where {floor:.3f} is the least that any model can"
                f" need on its text ({key[1]}): this proves a bug, such as a leak, a wrong count of bytes or shifted labels."
            )
    return notes


def _read_floor(runs: pd.DataFrame, scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """value and count of finished runs, by run and split."""
    done = scores[scores["run"].isin(runs.loc[runs["status"] == "done", "run"])]
    rows = select_scores(done, evaluation="bits_per_byte", metric=metric).dropna(subset="value")
    return rows.reindex(columns=["run", "split", "value", "count"]).set_index(["run", "split"])


def _warn_of_splits(runs: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    splits = sorted(scores["split"].dropna().unique()) if "split" in scores else []
    if len(splits) < 2:
        return []
    return [
        f"Scored on {', '.join(splits)}: an evaluation of several is shown on test; scores.csv has all.",
        *_list_left_out(runs, scores),
    ]


def _list_left_out(runs: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Finished runs that an evaluation scored on other splits than the one that is shown, so that they lack its numbers."""
    done = scores[scores["run"].isin(runs.loc[runs["status"] == "done", "run"])]
    notes = []
    for evaluation, own in done.groupby("evaluation", sort=False):
        shown = choose_split(done, str(evaluation))
        for run, rows in own.dropna(subset="split").groupby("run"):
            if shown not in (had := sorted(rows["split"].unique())):
                notes.append(
                    f"{run} has {evaluation} on {', '.join(had)} and not on {shown}: those numbers are without it."
                )
    return notes
