"""Exact match in the table and by length, and the gate before which other lengths say nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.figure import Curves
from wordorder.compare.report import write
from wordorder.compare.tables import Cell, Table, render_markdown
from wordorder.compare.tasks import NOT_LEARNED, ExactMatchCurves


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def add_answers(folder: Path, hits: dict[int, float | None], *, trained: int = 4, chance: float = 0.25) -> None:
    """scores.jsonl of a task: exact match by length, its mean inside and outside of 1 .. trained, and the gate at 0.9."""
    rows: list[dict[str, Any]] = []

    def add(metric: str, value: float | None, **facts: Any) -> None:
        own = {"evaluation": "exact_match", "evaluation_id": "x" * 16, "metric": metric, "value": value, "count": 10}
        why = "Learned ends at position 8" if value is None else ""
        rows.append(own | {"facts": {"split": "test"} | facts, "why": why})

    for length, value in hits.items():
        where = {"range": "in" if length <= trained else "out", "length": length}
        add("exact_match", value, **where)
        add("chance", None if value is None else chance, **where)
        add("majority", None if value is None else chance / length, **where)
    for name in ("in", "out"):
        own = [value for length, value in hits.items() if (length <= trained) == (name == "in")]
        mean = None if None in own else sum(own) / max(1, len(own))
        if own:
            add("exact_match", mean, range=name)
        if name == "in":
            add("learned", float(mean >= 0.9), range=name)
    write_rows(folder / "scores.jsonl", rows)


def read(lab: Path) -> Comparison:
    return compare(lab, baseline="", figures=[ExactMatchCurves()])


def get(table: Table, label: str, key: str) -> Cell:
    return table.rows[label][[column.key for column in table.columns].index(key)]


def lines_of(figure: Curves, comparison: Comparison) -> dict[str, dict[float, float]]:
    lines = figure.draw(comparison).axes[0].get_lines()
    return {str(x.get_label()): dict(zip(x.get_xdata(), x.get_ydata(), strict=True)) for x in lines}


def test_the_table_shows_both_ranges_as_means_over_seeds(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("none", 0), {2: 1.0, 4: 0.9, 6: 0.5, 8: 0.1})
    add_answers(add_run("none", 1), {2: 1.0, 4: 1.0, 6: 0.7, 8: 0.3})
    table = read(lab).table
    assert get(table, "none", "exact_match_in").text == "0.975"
    cell = get(table, "none", "exact_match_out")
    assert (cell.text, cell.mean, cell.n) == ("0.400", pytest.approx((0.3 + 0.5) / 2), 2)
    assert "Exact match: higher is better." in render_markdown(table)


def test_a_task_that_was_not_learned_says_nothing_about_length(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("none", 0), {2: 1.0, 6: 0.5})
    for seed, inside in ((0, 1.0), (1, 0.89)):
        add_answers(add_run("rope", seed), {2: inside, 6: 0.5})
    comparison = read(lab)
    table = comparison.table
    assert get(table, "none", "exact_match_out").text == "0.500"
    assert get(table, "rope", "exact_match_out").text == "0.500¹" and table.footnotes == [NOT_LEARNED]
    assert get(table, "rope", "exact_match_in").text == "0.945"
    assert f"rope: {NOT_LEARNED}." in ExactMatchCurves().notes(comparison)
    assert not any("none" in note for note in ExactMatchCurves().notes(comparison))


def test_a_length_that_cannot_be_asked_has_its_reason(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("none"), dict.fromkeys(range(1, 17), 1.0))
    add_answers(add_run("learned"), {length: 1.0 if length <= 8 else None for length in range(1, 17)})
    comparison = read(lab)
    assert get(comparison.table, "learned", "exact_match_out").text == "n/a¹"
    assert "learned is n/a at 8 places from 9 to 16: Learned ends at position 8." in ExactMatchCurves().notes(
        comparison
    )
    assert max(lines_of(ExactMatchCurves(), comparison)["learned"]) == 8


def test_the_figure_has_lines_of_arms_seeds_and_baselines(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("none", 0), {1: 1.0, 4: 0.8, 8: 0.2})
    add_answers(add_run("none", 1), {1: 1.0, 4: 1.0, 8: 0.4})
    add_answers(add_run("rope", 0), {1: 1.0, 4: 1.0, 8: 1.0})
    comparison = read(lab)
    lines = lines_of(ExactMatchCurves(), comparison)
    assert lines["none"] == pytest.approx({1: 1.0, 4: 0.9, 8: 0.3})
    assert lines["chance"] == {1: 0.25, 4: 0.25, 8: 0.25}
    assert lines["majority"] == {1: 0.25, 4: 0.0625, 8: 0.03125}
    axes = ExactMatchCurves().draw(comparison).axes[0]
    assert sum(len(line.get_xdata()) == 3 for line in axes.get_lines()) == 2 + 2 + 2  # arms, seeds of one, baselines
    (shade,) = axes.patches
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == (0.5, 4.5)
    bottom, top = axes.get_ylim()
    assert bottom < 0 and 1 < top < 1.1


def test_what_differs_between_arms_is_not_drawn_as_one(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("none"), {2: 1.0, 6: 0.5})
    add_answers(add_run("rope"), {2: 1.0, 6: 0.5}, trained=6, chance=0.5)
    comparison = read(lab)
    axes = ExactMatchCurves().draw(comparison).axes[0]
    assert not axes.patches and not {"chance", "majority"} & {str(line.get_label()) for line in axes.get_lines()}
    notes = " ".join(ExactMatchCurves().notes(comparison))
    assert "differs between the arms: chance and majority" in notes and "different lengths" in notes


def test_a_text_without_answers_has_no_such_columns_and_no_word_of_the_figure(
    add_run: Callable[..., Path], lab: Path
) -> None:
    folder = add_run("none")
    why = {"value": None, "count": 0, "why": "this text has no answers", "facts": {"split": "test"}}
    own = {"evaluation": "exact_match", "evaluation_id": "x" * 16, "metric": "exact_match"}
    text = (folder / "scores.jsonl").read_text()
    write_rows(folder / "scores.jsonl", [own | why])
    (folder / "scores.jsonl").write_text(text + (folder / "scores.jsonl").read_text())
    comparison = read(lab)
    assert not [column for column in comparison.table.columns if column.key.startswith("exact_match")]
    assert ExactMatchCurves().is_empty(comparison)
    write(comparison, lab / "compare")
    assert "Answers by length" not in (lab / "compare" / "report.html").read_text()


@pytest.mark.parametrize(("below", "noted"), [(0.0, False), (0.005, False), (0.02, True)])
def test_less_than_the_information_of_the_text_is_a_bug_beyond_luck(
    below: float, noted: bool, add_run: Callable[..., Path], lab: Path
) -> None:
    """Of 4096 targets, 0.005 bits each below the floor are 20 bits, which luck can do; 0.02 are 82, which it cannot."""
    folder = add_run("none")
    floor = {"evaluation": "bits_per_byte", "evaluation_id": "e" * 16, "metric": "floor_with_end", "count": 4096}
    floor |= {"value": 2.695 + 0.11 + below, "facts": {"split": "test"}, "why": ""}
    with (folder / "scores.jsonl").open("a") as file:
        file.write(json.dumps(floor) + "\n")
    notes = read(lab).notes
    assert [note for note in notes if "proves a bug" in note] == (notes if noted else [])
    assert len(notes) == noted and all(note.startswith(folder.name) for note in notes)


def test_tables_by_other_facts_are_no_points_of_the_curve(add_run: Callable[..., Path], lab: Path) -> None:
    """By depth, and by length and depth together: neither a mean over a range nor a length of its own."""
    folder = add_run("none")
    add_answers(folder, {2: 1.0, 6: 0.5})
    own = {"evaluation": "exact_match", "evaluation_id": "x" * 16, "metric": "exact_match", "value": 0.1, "count": 5}
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    for facts in ({"depth": 1}, {"depth": 1, "length": 2}, {"depth": 2, "length": 2}):
        rows.append(own | {"why": "", "facts": {"split": "test", "range": "in"} | facts})
    write_rows(folder / "scores.jsonl", rows)
    comparison = read(lab)
    assert get(comparison.table, "none", "exact_match_in").text == "1.000"
    assert lines_of(ExactMatchCurves(), comparison)["none"] == {2: 1.0, 6: 0.5}
