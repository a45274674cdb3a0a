"""What a comparison shows of tokenizers, where its arms have several: how each cuts the text, what it costs, what it brings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.quantities import (
    Column,
    choose_split,
    count_tokenizers,
    read_facts,
    read_values,
    select_scores,
    select_whole,
    write_amount,
    write_score,
)
from wordorder.compare.tables import Table, fill_table

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIXES = {"E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3}
ABOUT = (
    "Of unseen text: bytes a token; fertility, tokens over whitespace-separated words; Rényi efficiency, a descriptor and no"
    " verdict. Unused: share of the vocabulary that the training text never uses.",
    "Train s: to learn the vocabulary, reading the text included. Context bytes: the text that it holds on average.",
)


def make_tokenizer_table(runs: pd.DataFrame, scores: pd.DataFrame, arms: list[Arm]) -> Table | None:
    """A row per arm; None where arms on one text share one tokenizer. Columns without any value are left out."""
    done = runs[runs["status"] == "done"]
    if not cut_one_text(done):
        return None
    scores = scores[scores["run"].isin(done["run"])]
    columns = [list_bits(scores), *_list_recipe(done), *_list_cuts(scores), *_list_costs(done)]
    known = [column for column in columns if any(column.values(arm)[0].notna().any() for arm in arms)]
    return replace(fill_table(known, done, arms), title="Tokenizers", about=ABOUT)


def cut_one_text(done: pd.DataFrame) -> bool:
    """Do several tokenizers cut one text? A tokenizer each for texts that differ is no choice between tokenizers."""
    texts = done.get("digests_data", pd.Series("", index=done.index)).fillna("")
    return any(count_tokenizers(own) > 1 for _, own in done.groupby(texts))


def list_bits(scores: pd.DataFrame) -> Column:
    """Bits per byte of the whole split, by which tokenizers are compared."""
    rows = select_whole(scores)
    return Column("bits_per_byte", "", "bits/ byte", lambda arm: read_values(rows, arm), write_score)


def list_panels(done: pd.DataFrame, scores: pd.DataFrame) -> list[Column]:
    """What a figure shows beside bits per byte: text in a token, and the cost of reading text."""
    done = _with_columns(done, "flops", "bytes", "parameters_embedding")
    done = done.assign(flops_a_byte=done["flops"] / done["bytes"])
    columns = [column for column in _list_cuts(scores) if column.key == "bytes_per_token"]
    columns += _scale(done, {"flops_a_byte": "training FLOPs/ byte"})
    return columns + _scale(done, {"parameters_embedding": "embedding parameters"})


def warn_of_tokenizers(runs: pd.DataFrame, arms: list[Arm], limits: dict[str, int]) -> list[str]:
    """What keeps bits per byte from being comparable; limits: run -> tokens that bits_per_byte is limited to, 0 for none."""
    if count_tokenizers(runs) < 2:
        return []
    notes = []
    lossy = runs.loc[runs["vocabulary_lossless"].eq(False), "run"] if "vocabulary_lossless" in runs else []
    for arm in arms:
        if set(lossy).intersection(arm.runs):
            notes.append(
                f"{arm.label}: its tokenizer does not give back every text, so its bits per byte are those of another text;"
                " they are not comparable."
            )
    done = runs[runs["status"] == "done"]
    if tokens := sorted({limits.get(run, 0) for run in done["run"]} - {0}):
        notes.append(
            f"bits_per_byte was limited to {', '.join(f'{n:,}' for n in tokens)} tokens, which are another text for each"
            " tokenizer; evaluation.bits_per_byte.tokens=0 scores the same bytes for all."
        )
    if "evaluations_length_sweep" in done and cut_one_text(done.dropna(subset="evaluations_length_sweep")):
        notes.append(
            "The lengths of length_sweep are counted in tokens, so that arms of different tokenizers are scored on different text"
            " there: compare them at a length only where they share a tokenizer."
        )
    return notes


def _list_recipe(done: pd.DataFrame) -> list[Column]:
    """Size of the vocabulary; what was asked for only where it could not be had."""
    done = _with_columns(done, "vocabulary_requested", "vocabulary_actual")
    asked, actual = done["vocabulary_requested"], done["vocabulary_actual"]
    columns = [_fact(done, "vocabulary_actual", "vocabulary", "size", "{:,.0f}".format)]
    if (asked.notna() & (asked != actual)).any():
        said = lambda arm: (read_facts(done, arm, "vocabulary_requested")[0], "its recipe asks for no size")  # noqa: E731
        columns.insert(0, Column("vocabulary_requested", "vocabulary", "asked", said, "{:,.0f}".format))
    return columns


def _list_cuts(scores: pd.DataFrame) -> list[Column]:
    """How the tokenizer cuts unseen text, as the evaluation `tokenization` says."""
    split = choose_split(scores, "tokenization")
    metrics = {
        "bytes_per_token": ("bytes/ token", "{:.2f}"),
        "fertility": ("tokens/ word", "{:.2f}"),
        "unused": ("unused", "{:.0%}"),
        "renyi_efficiency": ("Rényi", "{:.2f}"),
    }
    columns = []
    for metric, (title, form) in metrics.items():
        rows = select_scores(scores, evaluation="tokenization", metric=metric, split=split)
        values = lambda arm, rows=rows: read_values(rows, arm)  # noqa: E731
        columns.append(Column(metric, f"{split} split", title, values, form.format))
    return columns


def _list_costs(done: pd.DataFrame) -> list[Column]:
    """What tokenizer and model cost."""
    speed = "tokenizer_cost_encode_bytes_per_second"
    done = _with_columns(done, "tokenizer_cost_seconds", speed, "parameters_embedding", "parameters_total", "flops")
    done = _with_columns(done, "context_length", "text_bytes_per_token")
    done = done.assign(
        parameters_others=done["parameters_total"] - done["parameters_embedding"],
        context_bytes=done["context_length"] * done["text_bytes_per_token"],
    )
    return [
        _fact(done, "tokenizer_cost_seconds", "tokenizer", "train s", _write_seconds),
        _fact(done, speed, "tokenizer", "encode MB/s", write_amount, 1e6),
        *_scale(done, {"parameters_embedding": "embedding params", "parameters_others": "other params"}),
        _fact(done, "context_bytes", "model", "context bytes", "{:,.0f}".format),
        *_scale(done, {"flops": "train FLOPs"}),
    ]


def _with_columns(done: pd.DataFrame, *facts: str) -> pd.DataFrame:
    """These facts of run.json as floats, missing where no run has them."""
    return done.assign(**{fact: pd.to_numeric(done[fact]).astype(float) if fact in done else np.nan for fact in facts})


def _fact(
    done: pd.DataFrame, fact: str, group: str, title: str, write: Callable[[float], str], unit: float = 1.0
) -> Column:
    return Column(fact, group, title, lambda arm: read_facts(done, arm, fact, unit), write)


def _scale(done: pd.DataFrame, titles: dict[str, str]) -> list[Column]:
    """Columns in one unit, in which the largest number of all has one to three digits before the point."""
    largest = done[list(titles)].max().max()
    prefix, unit = next(((prefix, size) for prefix, size in PREFIXES.items() if largest >= size), ("", 1.0))
    shown = f" ({prefix})" if prefix else ""
    return [_fact(done, fact, "model", f"{title}{shown}", _write_digits, unit) for fact, title in titles.items()]


def _write_seconds(value: float) -> str:
    return write_amount(value) if value >= 0.01 else "<0.01"


def _write_digits(value: float) -> str:
    """Three digits, as many as differences between tokenizers need."""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"
