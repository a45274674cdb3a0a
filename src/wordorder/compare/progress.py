"""How far a run was at a step, in what a reader may hold equal: tokens, steps, seconds or FLOPs."""

from typing import Literal

import numpy as np
import pandas as pd

from wordorder.compare.quantities import count_tokenizers

Against = Literal["tokens", "steps", "seconds", "flops"]
AGAINST = {
    "tokens": "training tokens",  # bytes where tokenizers differ
    "steps": "training steps",
    "seconds": "seconds of training",
    "flops": "FLOPs of training",
}


def place(rows: pd.DataFrame, against: Against, *, runs: pd.DataFrame, curves: pd.DataFrame) -> tuple[pd.Series, str]:
    """Where rows of train.jsonl (columns run, step, tokens) lie on this axis, and what it is called; missing where a run did
    not record it. FLOPs are those of the whole training in proportion to the steps, which all cost the same."""
    label = AGAINST[against]
    if against == "tokens" and count_tokenizers(runs) > 1:
        x, label = rows["tokens"] * rows["run"].map(read_fact(runs, "text_bytes_per_token")), "training text in bytes"
    elif against == "flops":
        whole = read_fact(runs, "flops") / read_fact(runs, "steps")
        x = rows["step"] * rows["run"].map(whole)
    elif against == "seconds":
        x = find_seconds(rows, curves)
    else:
        x = rows["step" if against == "steps" else "tokens"]
    return x.astype(float), label


def read_fact(runs: pd.DataFrame, name: str) -> pd.Series:
    """What run.json says, by run; missing where it does not."""
    return pd.to_numeric(runs.reindex(columns=["run", name]).set_index("run")[name]).astype(float)


def find_seconds(rows: pd.DataFrame, curves: pd.DataFrame) -> pd.Series:
    """How long each run had trained at the steps of `rows`: as its training rows say, in between in proportion."""
    known = curves.reindex(columns=["run", "step", "seconds"]).dropna().astype({"step": float, "seconds": float})
    seconds = pd.Series(np.nan, index=rows.index)
    for run, own in rows.groupby("run"):
        clock = known[known["run"] == run].sort_values("step")
        if len(clock):
            steps, spent = np.append(0.0, clock["step"]), np.append(0.0, clock["seconds"])
            seconds[own.index] = np.interp(own["step"].astype(float), steps, spent, right=np.nan)
    return seconds
