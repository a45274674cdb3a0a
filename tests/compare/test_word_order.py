"""Shares of preferred true orders by distance, with chance in view and the number of excerpts behind them."""

import json
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.report import write
from wordorder.compare.word_order import WordOrderCurves

LONG = "its texts have up to 257 tokens, the trained length is 128: fewer bytes"
SHARES: dict[int, float | None] = {1: 0.9, 2: 0.8, 4: 0.7}


def add_preferences(folder: Path, shares: dict[int, float | None], *, count: int = 100) -> Path:
    """More of scores.jsonl: the share by distance, and the difference in nats, which is another metric."""
    with (folder / "scores.jsonl").open("a") as file:
        for distance, share in shares.items():
            own = {
                "evaluation": "word_order",
                "evaluation_id": "w" * 16,
                "facts": {"split": "test", "distance": distance},
            }
            own |= {"count": 0 if share is None else count, "why": LONG if share is None else ""}
            for metric, value in (("preference", share), ("difference", share and 10 * share)):
                file.write(json.dumps(own | {"metric": metric, "value": value}) + "\n")
    return folder


def read(lab: Path) -> Comparison:
    return compare(lab, baseline="", figures=[WordOrderCurves()])


def lines_of(comparison: Comparison) -> dict[str, dict[float, float]]:
    lines = WordOrderCurves().draw(comparison).axes[0].get_lines()
    return {str(x.get_label()): dict(zip(x.get_xdata(), x.get_ydata(), strict=True)) for x in lines}


def test_the_line_is_the_mean_share_over_seeds_and_chance_is_a_line(add_run: Callable[..., Path], lab: Path) -> None:
    add_preferences(add_run("rope", 0), SHARES)
    add_preferences(add_run("rope", 1), {1: 0.7, 2: 0.8, 4: 0.9})
    add_preferences(add_run("rope", 2, facts={"status": "failed"}), dict.fromkeys(SHARES, 0.0))
    add_preferences(add_run("none"), {1: 0.6, 2: 0.55, 4: 0.5})
    comparison = read(lab)
    lines = lines_of(comparison)
    assert lines["rope"] == pytest.approx({1: 0.8, 2: 0.8, 4: 0.8})
    assert lines["none"] == {1: 0.6, 2: 0.55, 4: 0.5}
    assert set(lines["chance"].values()) == {0.5}
    axes = WordOrderCurves().draw(comparison).axes[0]
    assert sum(len(line.get_xdata()) == 3 for line in axes.get_lines()) == 2 + 2  # arms, seeds of one
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["none", "rope", "chance"]


@pytest.mark.parametrize("shares", [(0.95, 0.99), (0.3, 0.4), (0.5, 0.5), (0.4, 0.9)])
def test_chance_and_every_share_are_in_view(
    shares: tuple[float, float], add_run: Callable[..., Path], lab: Path
) -> None:
    add_preferences(add_run("rope"), dict(zip((1, 2), shares, strict=True)))
    bottom, top = WordOrderCurves().draw(read(lab)).axes[0].get_ylim()
    assert bottom < min(0.5, *shares) and max(0.5, *shares) < top
    assert top - bottom < 1.2 * max(0.05, max(0.5, *shares) - min(0.5, *shares))  # and little else


@pytest.mark.parametrize("distances", [(1, 3, 5, 32), range(1, 41)])
def test_distances_are_written_side_by_side(distances: Iterable[int], add_run: Callable[..., Path], lab: Path) -> None:
    add_preferences(add_run("rope"), dict.fromkeys(distances, 0.8))
    figure = WordOrderCurves().draw(read(lab))
    figure.draw_without_rendering()
    shown = [label for label in figure.axes[0].get_xticklabels() if label.get_text()]
    boxes = [label.get_window_extent() for label in shown]
    assert {"1", "32"} < {label.get_text() for label in shown}
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_a_reader_learns_how_sure_a_share_is(add_run: Callable[..., Path], lab: Path) -> None:
    """Of 100 tosses of a coin the share of heads has a deviation of 0.05, and 1.96 of them are 0.098."""
    add_preferences(add_run("rope"), SHARES)
    add_preferences(add_run("none"), SHARES)
    (note,) = WordOrderCurves().notes(read(lab))
    assert note.startswith("Each seed's share is of 100 excerpts and lies within 0.10 of")


def test_arms_that_were_asked_of_different_excerpts_are_named(add_run: Callable[..., Path], lab: Path) -> None:
    add_preferences(add_run("rope", 0), SHARES, count=1600)
    add_preferences(add_run("rope", 1), SHARES, count=2500)
    add_preferences(add_run("none"), SHARES, count=400)
    (note,) = WordOrderCurves().notes(read(lab))
    assert ": none 400; rope 1,600 to 2,500." in note and "within 0.05 of" in note


def test_what_an_arm_lacks_is_said_with_its_reason(add_run: Callable[..., Path], lab: Path) -> None:
    add_preferences(add_run("none"), SHARES)
    add_preferences(add_run("rope"), SHARES | {4: None})
    add_preferences(add_run("learned"), dict.fromkeys(SHARES))
    add_run("alibi")
    comparison = read(lab)
    assert WordOrderCurves().notes(comparison)[:3] == [
        "alibi is not drawn: not recorded.",
        f"learned is not drawn: {LONG}.",
        f"rope is n/a at 4: {LONG}.",
    ]
    assert set(lines_of(comparison)) == {"none", "rope", "chance"}


def test_the_page_is_silent_where_no_run_was_asked_and_gives_the_reason_where_none_could_answer(
    add_run: Callable[..., Path], lab: Path
) -> None:
    folder = add_run("none")
    comparison = read(lab)
    assert WordOrderCurves().is_empty(comparison) and WordOrderCurves().say_empty(comparison) == ""
    add_preferences(folder, dict.fromkeys(SHARES))
    comparison = read(lab)
    assert WordOrderCurves().is_empty(comparison)
    write(comparison, lab / "compare")
    page = (lab / "compare" / "report.html").read_text()
    assert f"“True order against two words swapped” is not drawn: {LONG}." in page
