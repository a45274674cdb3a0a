"""Run folders -> tables. The files of a run are the truth; nothing here needs torch or Hydra."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from wordorder.record.folders import SHELVES, find_experiment, list_runs, read_run
from wordorder.record.rows import Row, read_rows

RUN_COLUMNS = ["run", "experiment", "status", "reason", *SHELVES, "weight_seed", "data_seed"]
SCORE_COLUMNS = ["run", *SHELVES, "weight_seed", "data_seed", "step", "evaluation", "metric", "value", "count", "why"]


def read(experiment: str | Path, *, output_dir: str | Path = "outputs") -> pd.DataFrame:
    """The scores of an experiment, named or given as its folder; columns as in read_scores."""
    return read_scores(find_experiment(experiment, output_dir=output_dir))


def read_runs(folder: Path) -> pd.DataFrame:
    """A row per run: RUN_COLUMNS, then what else run.json says: versions: {torch: ...} is column versions_torch."""
    frame = pd.DataFrame([_flatten(read_run(path)) for path in list_runs(folder)])
    columns = RUN_COLUMNS + [column for column in frame.columns if column not in RUN_COLUMNS]
    return _use_integers(frame.reindex(columns=columns))


def read_scores(folder: Path) -> pd.DataFrame:
    """A row per score: SCORE_COLUMNS, then a column per fact; a fact named like one of them is column fact_<name>.

    Of several identities of one evaluation in a run only the one that run.json lists counts, else the last written.
    """
    frame = pd.DataFrame([row for path in list_runs(folder) for row in _read_run_scores(path)])
    columns = SCORE_COLUMNS + [column for column in frame.columns if column not in SCORE_COLUMNS]
    frame = frame.reindex(columns=columns)
    return _use_integers(frame.astype({"value": "float64"}))


def read_curves(folder: Path) -> pd.DataFrame:
    """The rows of every train.jsonl with the run they belong to; a training row has no val_loss and the reverse."""
    rows = [
        {"run": path.name, **row}
        for path in list_runs(folder)
        for row in read_rows(path / "train.jsonl", required=("step", "tokens"))
    ]
    return _use_integers(pd.DataFrame(rows, columns=None if rows else ["run", "step", "tokens"]))


def _read_run_scores(path: Path) -> Iterator[Row]:
    run = read_run(path)
    facts = _flatten(run)
    shared = {column: facts.get(column) for column in SCORE_COLUMNS if column in RUN_COLUMNS}
    rows = read_rows(path / "scores.jsonl", required=("evaluation", "metric", "value"))
    for row in _keep_newest(rows, run.get("evaluations") or {}):
        named = {f"fact_{name}" if name in SCORE_COLUMNS else name: fact for name, fact in _facts(row).items()}
        score = {column: row.get(column) for column in ("evaluation", "metric", "value", "count")}
        yield shared | {"step": row.get("step", facts.get("steps"))} | score | {"why": row.get("why") or ""} | named


def _keep_newest(rows: list[Row], listed: dict[str, str]) -> list[Row]:
    """One identity per evaluation, and of a score that was written twice the later one."""
    written: dict[str, list[str | None]] = {}
    for row in rows:
        written.setdefault(row["evaluation"], []).append(row.get("evaluation_id"))
    newest = {name: listed[name] if listed.get(name) in ids else ids[-1] for name, ids in written.items()}
    kept = [row for row in rows if row.get("evaluation_id") == newest[row["evaluation"]]]
    return list({json.dumps([r["evaluation"], r["metric"], _facts(r)], sort_keys=True): r for r in kept}.values())


def _facts(row: Row) -> Row:
    return row.get("facts") or {}


def _flatten(facts: Row) -> Row:
    flat: Row = {}
    for key, value in facts.items():
        if key == "choices":
            flat |= {name if name in SHELVES else f"choices_{name}": choice for name, choice in value.items()}
        elif key == "seeds":
            flat |= {f"{name}_seed": seed for name, seed in value.items()}
        elif isinstance(value, dict):
            flat |= {f"{key}_{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat


def _use_integers(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers stay whole where some rows lack them (a length is 128 and not 128.0); scores stay numbers."""
    for column in frame.columns.drop("value", errors="ignore"):
        known = frame[column].dropna()
        if pd.api.types.is_float_dtype(known) and len(known) and (known % 1 == 0).all():
            frame[column] = frame[column].astype("Int64")
    return frame
