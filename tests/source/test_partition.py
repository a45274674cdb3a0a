"""Three splits of one thing, all of it, in shares that are told."""

import json
from pathlib import Path

import pytest

from wordorder.errors import InputError
from wordorder.source.base import SPLITS
from wordorder.source.partition import split_files, split_rows, split_text, whole
from wordorder.source.stretches import Part


def test_a_text_is_cut_near_90_and_95_percent_where_a_paragraph_ends(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"Paragraph {n}.\n\n" for n in range(1000)), encoding="utf-8")
    parts, raw = split_text(path), path.read_bytes()
    edges = [(part.start, part.stop) for split in SPLITS for part in parts[split]]
    assert [stop for _, stop in edges[:-1]] == [start for start, _ in edges[1:]]
    assert (edges[0][0], edges[-1][1]) == (0, len(raw))
    for (_, stop), share in zip(edges, (0.9, 0.95), strict=False):
        assert raw[:stop].endswith(b".\n\n") and abs(stop - share * len(raw)) <= len("Paragraph 999.\n\n")


@pytest.mark.parametrize(("rows", "cuts"), [(20, (0, 18, 19, 20)), (1000, (0, 900, 950, 1000)), (59, (0, 55, 57, 59))])
def test_rows_are_cut_by_number(rows, cuts):
    parts = split_rows(Path("x.jsonl"), rows)
    assert parts == {split: [Part(Path("x.jsonl"), cuts[n], cuts[n + 1])] for n, split in enumerate(SPLITS)}


def test_files_go_whole_to_one_split_by_their_names(tmp_path):
    files = [tmp_path / f"{n:02}.txt" for n in range(40)]
    for file in files:
        file.write_text(f"{file.name} " + "x" * 90)
    splits = split_files(tmp_path, files)
    found = {split: [part.path for part in splits[split]] for split in SPLITS}
    assert sorted(sum(found.values(), [])) == files
    assert [len(found[split]) for split in SPLITS] == [36, 2, 2]  # a twentieth of the bytes each
    assert all(set(found[s]) == {part.path for part in split_files(tmp_path, files[::-1])[s]} for s in SPLITS)


def test_a_table_is_taken_whole_without_counting_its_rows(tmp_path):
    (tmp_path / "a.txt").write_text("abc")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": "x"}))
    assert [(part.start, part.stop) for part in whole([tmp_path / "a.txt", tmp_path / "b.jsonl"])] == [
        (0, 3),
        (0, None),
    ]


def test_what_is_too_small_to_be_split_says_what_it_takes(tmp_path):
    (tmp_path / "a.txt").write_text("short")
    with pytest.raises(InputError, match="has 5 bytes and needs 1000"):
        split_text(tmp_path / "a.txt")
    with pytest.raises(InputError, match="has 19 row.s. with text and needs 20"):
        split_rows(tmp_path / "a.jsonl", 19)
    with pytest.raises(InputError, match="holds 1 file.*needs 3"):
        split_files(tmp_path, [tmp_path / "a.txt"])
