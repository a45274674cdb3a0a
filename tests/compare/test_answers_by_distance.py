"""Shares of right single answers by what is told of them: a panel inside, one outside of the trained lengths, chance in both."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from wordorder.compare.answers_by_distance import AnswersByDistance
from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.report import write

ENDS = "Learned ends at position 8"
Parts = dict[tuple[int, int], float | None]  # first <= gap < end -> share
INSIDE: Parts = {(3, 6): 0.9, (6, 11): 0.8, (11, 20): 0.7}


def add_gaps(
    folder: Path, inside: Parts, outside: Parts | None = None, *, chance: float | None = 0.25, fact: str = "gap"
) -> Path:
    """More of scores.jsonl: single answers and, if given, chance by parts of a fact."""
    rows: list[dict[str, Any]] = []
    for where, parts in (("in", inside), ("out", outside or {})):
        for (first, past), share in parts.items():
            own = {"evaluation": "exact_match", "evaluation_id": "x" * 16, "why": ENDS if share is None else ""}
            own |= {"facts": {"split": "test", "range": where, fact: first, f"{fact}_end": past}}
            own |= {"count": 0 if share is None else 40}
            rows.append(own | {"metric": "answers", "value": share})
            if chance is not None:
                rows.append(own | {"metric": "chance", "value": share and chance})
    with (folder / "scores.jsonl").open("a") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def read(lab: Path) -> Comparison:
    return compare(lab, baseline="", figures=[AnswersByDistance()])


def lines_of(comparison: Comparison) -> dict[str, dict[str, dict[float, float]]]:
    """What is drawn with a label, by panel."""
    return {
        axes.get_title(loc="left"): {
            str(line.get_label()): dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
            for line in axes.get_lines()
            if not str(line.get_label()).startswith("_")
        }
        for axes in AnswersByDistance().draw(comparison).axes
    }


def test_a_point_is_the_mean_over_seeds_in_the_middle_of_its_part(add_run: Callable[..., Path], lab: Path) -> None:
    add_gaps(add_run("rope", 0), INSIDE, {(20, 31): 0.5})
    add_gaps(add_run("rope", 1), {(3, 6): 0.7, (6, 11): 0.8, (11, 20): 0.9}, {(20, 31): 0.1})
    add_gaps(add_run("rope", 2, facts={"status": "failed"}), dict.fromkeys(INSIDE, 0.0))
    add_gaps(add_run("none"), INSIDE, {(20, 31): 0.2})
    lines = lines_of(read(lab))
    inside, outside = lines["inside the trained lengths"], lines["outside the trained lengths"]
    assert inside["rope"] == pytest.approx({4: 0.8, 8: 0.8, 15: 0.8})
    assert inside["none"] == {4: 0.9, 8: 0.8, 15: 0.7}
    assert outside["rope"] == pytest.approx({25: 0.3}) and outside["none"] == {25: 0.2}


def test_chance_is_drawn_where_all_runs_have_the_same(add_run: Callable[..., Path], lab: Path) -> None:
    add_gaps(add_run("rope"), INSIDE, {(20, 31): 0.5})
    add_gaps(add_run("none"), INSIDE, {(20, 31): 0.5})
    add_gaps(add_run("none", 1, facts={"status": "failed"}), INSIDE, chance=0.5)
    comparison = read(lab)
    inside, outside = lines_of(comparison).values()
    assert inside["chance"] == {4: 0.25, 8: 0.25, 15: 0.25} and outside["chance"] == {25: 0.25}
    assert AnswersByDistance().notes(comparison) == []
    add_gaps(add_run("alibi"), INSIDE, chance=0.5)
    comparison = read(lab)
    inside, outside = lines_of(comparison).values()
    assert "chance" not in inside and outside["chance"] == {25: 0.25}
    assert AnswersByDistance().notes(comparison) == [
        "In “outside the trained lengths”: alibi is not drawn: not recorded.",
        "Chance is not drawn where the arms differ in it, or where it was not scored.",
    ]


def test_scores_without_chance_have_their_shares(add_run: Callable[..., Path], lab: Path) -> None:
    add_gaps(add_run("rope"), INSIDE, chance=None)
    comparison = read(lab)
    assert lines_of(comparison)["Single answers by distance"] == {"rope": {4: 0.9, 8: 0.8, 15: 0.7}}
    assert len(AnswersByDistance().notes(comparison)) == 1


def test_every_fact_that_is_told_has_panels_of_its_own(add_run: Callable[..., Path], lab: Path) -> None:
    add_gaps(add_gaps(add_run("rope"), INSIDE), {(0, 2): 0.6, (2, 4): 0.4}, fact="hops")
    axes = AnswersByDistance().draw(read(lab)).axes
    assert [one.get_xlabel() for one in axes] == ["gap in words", "hops"]
    assert [one.get_xscale() for one in axes] == ["log", "linear"]  # a zero has no logarithm


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        ([(3, 6), (6, 11), (11, 20)], ["3", "6", "11", "19"]),
        ([(30, 31), (31, 32), (32, 64)], ["30", "32", "63"]),  # 31 would lie on 30
        ([(5, 6)], ["5"]),
    ],
)
def test_the_ends_of_parts_are_written_where_they_do_not_meet(
    parts: list[tuple[int, int]], written: list[str], add_run: Callable[..., Path], lab: Path
) -> None:
    add_gaps(add_run("rope"), dict.fromkeys(parts, 0.5))
    (axes,) = AnswersByDistance().draw(read(lab)).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == written


@pytest.mark.parametrize("step", [1, 3, 700])
def test_the_ends_of_many_parts_lie_side_by_side(step: int, add_run: Callable[..., Path], lab: Path) -> None:
    parts = {(step * n, step * (n + 1)): 0.5 for n in range(1, 31)}
    add_gaps(add_run("rope"), parts, parts)
    figure = AnswersByDistance().draw(read(lab))
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
        assert len(boxes) > 4 and all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_what_an_arm_lacks_is_said_with_its_reason(add_run: Callable[..., Path], lab: Path) -> None:
    add_gaps(add_run("none"), INSIDE)
    add_gaps(add_run("rope"), INSIDE | {(11, 20): None})
    add_gaps(add_run("learned"), dict.fromkeys(INSIDE))
    add_run("alibi")
    assert AnswersByDistance().notes(read(lab)) == [
        "alibi is not drawn: not recorded.",
        f"learned is not drawn: {ENDS}.",
        f"rope is n/a at 11: {ENDS}.",
    ]


def test_the_page_is_silent_where_no_run_was_asked_and_gives_the_reason_where_none_could_answer(
    add_run: Callable[..., Path], lab: Path
) -> None:
    folder = add_run("learned")
    comparison = read(lab)
    assert AnswersByDistance().is_empty(comparison) and AnswersByDistance().say_empty(comparison) == ""
    add_gaps(folder, dict.fromkeys(INSIDE))
    comparison = read(lab)
    assert AnswersByDistance().is_empty(comparison)
    write(comparison, lab / "compare")
    page = (lab / "compare" / "report.html").read_text()
    assert f"“Single answers by distance” is not drawn: {ENDS}." in page
