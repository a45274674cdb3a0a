"""What each document cost each run, as stored beside the scores: the lower level of the bootstrap."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.quantities import SEEDS, choose_split
from wordorder.errors import InputError

COLUMNS = ["run", *SEEDS, "item", "nats", "bytes"]


def read_documents(folder: Path, runs: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """A row for each finished run and document of bits_per_byte on the split that is shown: COLUMNS; item is its number."""
    split = choose_split(scores, "bits_per_byte")
    done = runs[runs["status"] == "done"].reindex(columns=["run", *SEEDS, "evaluations_bits_per_byte"])
    parts = []
    for run, weight, data, identity in done.itertuples(index=False, name=None):
        items = _read_items(folder / run / "items.parquet")
        written = items["evaluation_id"].tolist()
        if identity not in written:
            identity = written[-1] if written else ""
        items = items[items["evaluation_id"] == identity]
        facts = [json.loads(text) for text in items["facts"]]
        items = items.assign(run=run, weight_seed=weight, data_seed=data, item=[one.get("item") for one in facts])
        parts.append(items.loc[[one.get("split") == split for one in facts], COLUMNS].dropna(subset=["item", "nats"]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def pair_documents(documents: pd.DataFrame, arm: Arm, baseline: Arm) -> tuple[pd.DataFrame, np.ndarray] | None:
    """Nats of the arm minus nats of the baseline, a row for each pair of seeds that both have and a column for each document,
    and the documents' bytes: (documents,).

    None where they have none, or where the documents or their bytes are not the same in all these runs.
    """
    ours, theirs = (documents[documents["run"].isin(one.runs)] for one in (arm, baseline))
    nats, base = _by_seed(ours, "nats"), _by_seed(theirs, "nats")
    common = nats.index.intersection(base.index)
    if common.empty or not nats.columns.equals(base.columns):
        return None
    sizes = pd.concat([_by_seed(ours, "bytes").loc[common], _by_seed(theirs, "bytes").loc[common]])
    differences = nats.loc[common] - base.loc[common]
    if differences.isna().any(axis=None) or (sizes.nunique() != 1).any():
        return None
    return differences.astype(float), sizes.iloc[0].to_numpy(float)


def _by_seed(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row for each pair of seeds, a column for each document; a seed that was run twice counts once, with its mean."""
    return rows.pivot_table(index=SEEDS, columns="item", values=column, aggfunc="mean")


def _read_items(file: Path) -> pd.DataFrame:
    """The items of bits_per_byte; empty where the run stored none."""
    columns = ["evaluation_id", "nats", "bytes", "facts"]
    if not file.is_file():
        return pd.DataFrame(columns=columns)
    try:
        items = pd.read_parquet(file, filters=[("evaluation", "==", "bits_per_byte")])
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: not a table of items ({error}); remove the run's folder and run it again") from error
    return items.reindex(columns=columns)
