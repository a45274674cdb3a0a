"""Sums of documents as runs store them, and when two arms' may be paired."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from wordorder.compare.arms import make_arms
from wordorder.compare.documents import pair_documents, read_documents
from wordorder.errors import InputError
from wordorder.record.folders import list_runs
from wordorder.record.read import read_runs, read_scores


def add_items(
    folder: Path, documents: dict[int, tuple[float, float]], *, split: str = "test", identity: str = "e" * 16
) -> None:
    """items.parquet of one evaluation: number -> nats and bytes; and a row of another evaluation."""
    rows = [
        {"nats": nats, "bytes": size, "facts": json.dumps({"split": split, "item": number})}
        for number, (nats, size) in documents.items()
    ]
    own = [{"evaluation": "bits_per_byte", "evaluation_id": identity} | row for row in rows]
    other = [
        {"evaluation": "length_sweep", "evaluation_id": "l", "nats": 9.0, "bytes": 9.0, "facts": '{"split": "test"}'}
    ]
    earlier = pd.read_parquet(folder / "items.parquet") if (folder / "items.parquet").exists() else pd.DataFrame()
    pd.concat([earlier, pd.DataFrame(own + other)]).to_parquet(folder / "items.parquet", index=False)


def read(lab: Path) -> pd.DataFrame:
    return read_documents(lab, read_runs(lab), read_scores(lab))


def pair(lab: Path) -> tuple[list[list[float]], list[float]] | None:
    """rope minus none."""
    arms = {arm.label: arm for arm in make_arms(list_runs(lab))}
    paired = pair_documents(read(lab), arms["rope"], arms["none"])
    return (paired[0].to_numpy().tolist(), paired[1].tolist()) if paired else None


def test_documents_are_those_of_the_split_and_identity_that_are_shown(add_run: Callable[..., Path], lab: Path) -> None:
    folder = add_run("none", 3)
    add_items(folder, {0: (99.0, 9.0)}, identity="old")
    add_items(folder, {0: (1.0, 4.0), 1: (2.0, 5.0)})
    add_items(folder, {0: (77.0, 7.0)}, split="val", identity="e" * 16)
    add_run("rope")  # stored none
    rows = read(lab)
    assert rows[["weight_seed", "data_seed", "item", "nats", "bytes"]].to_numpy().tolist() == [
        [3, 3, 0, 1, 4],
        [3, 3, 1, 2, 5],
    ]


def test_the_last_written_identity_counts_where_none_is_listed(add_run: Callable[..., Path], lab: Path) -> None:
    folder = add_run("none", facts={"evaluations": {}})
    add_items(folder, {0: (99.0, 9.0)}, identity="z")
    add_items(folder, {0: (1.0, 4.0)}, identity="a")
    assert read(lab)["nats"].tolist() == [1.0]


def test_arms_are_paired_over_common_seeds(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, (none, rope) in enumerate([(1.0, 1.5), (2.0, 2.25), (3.0, None)]):
        add_items(add_run("none", seed), {1: (2 * none, 6.0), 0: (none, 4.0)})
        if rope:
            add_items(add_run("rope", seed), {0: (rope, 4.0), 1: (rope, 6.0)})
    assert pair(lab) == ([[0.5, -0.5], [0.25, -1.75]], [4.0, 6.0])


def test_a_seed_that_was_run_twice_counts_once(add_run: Callable[..., Path], lab: Path) -> None:
    for nats in (1.0, 3.0):
        add_items(add_run("none"), {0: (nats, 4.0)})
    add_items(add_run("rope"), {0: (1.0, 4.0)})
    assert pair(lab) == ([[-1.0]], [4.0])


@pytest.mark.parametrize("other", [{0: (1.0, 4.0)}, {0: (1.0, 4.0), 2: (1.0, 5.0)}, {0: (1.0, 4.0), 1: (1.0, 6.0)}])
def test_other_documents_or_bytes_are_not_paired(
    add_run: Callable[..., Path], lab: Path, other: dict[int, tuple[float, float]]
) -> None:
    add_items(add_run("none"), {0: (1.0, 4.0), 1: (1.0, 5.0)})
    add_items(add_run("rope"), other)
    assert pair(lab) is None


def test_a_run_that_lacks_a_document_is_not_paired(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in (0, 1):
        add_items(add_run("none", seed), {0: (1.0, 4.0), 1: (1.0, 5.0)})
        add_items(add_run("rope", seed), {0: (1.0, 4.0)} if seed else {0: (1.0, 4.0), 1: (1.0, 5.0)})
    assert pair(lab) is None


def test_without_documents_there_is_no_pair(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope")
    assert read(lab).empty and pair(lab) is None


def test_items_that_cannot_be_asked_are_no_documents(add_run: Callable[..., Path], lab: Path) -> None:
    row = {"evaluation": "bits_per_byte", "evaluation_id": "e" * 16, "facts": '{"split": "test", "why": "too long"}'}
    pd.DataFrame([row]).to_parquet(add_run("none") / "items.parquet")
    assert read(lab).empty


def test_a_broken_file_is_named(add_run: Callable[..., Path], lab: Path) -> None:
    (add_run("none") / "items.parquet").write_text("no table")
    with pytest.raises(InputError, match=r"items\.parquet: not a table of items"):
        read(lab)
