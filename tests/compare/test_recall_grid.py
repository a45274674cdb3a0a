"""Heat maps of exact match by length and depth: every cell its own number, one scale, trained lengths marked, gaps explained."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.recall_grid import RecallGrid
from wordorder.compare.report import write
from wordorder.compare.tasks import NOT_LEARNED

ENDS = "Learned ends at position 8"
LUMINANCE = [0.2126, 0.7152, 0.0722]  # of linear red, green and blue
# What eyes without the cones for red and for green make of linear colours, Machado et al. 2009, table 1.
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
Grid = dict[tuple[int, int], float | None]


def add_grid(folder: Path, cells: Grid, *, trained: Iterable[int] = range(1, 5), learned: float = 1.0) -> Path:
    """More of scores.jsonl: exact match by length and depth as exact_match writes it, among other metrics and tables."""
    trained = [*trained]
    own = {"evaluation": "exact_match", "evaluation_id": "x" * 16}
    rows: list[dict[str, Any]] = []
    for (length, depth), value in cells.items():
        facts = {"split": "test", "length": length, "range": "in" if length in trained else "out", "depth": depth}
        told = {"value": value, "count": 0 if value is None else 6, "why": ENDS if value is None else ""}
        rows += [own | told | {"metric": metric, "facts": facts} for metric in ("exact_match", "answers")]
        without = {name: fact for name, fact in facts.items() if name != "depth"}
        rows.append(own | told | {"metric": "exact_match", "facts": without})
    about = {"split": "test", "range": "in"}
    for name, value in (("in", learned), ("out", 0.5)):
        told = {"value": value, "count": 6, "why": "", "facts": about | {"range": name}}
        rows.append(own | told | {"metric": "exact_match"})
    rows.append(own | {"metric": "learned", "value": float(learned >= 0.9), "count": 6, "why": "", "facts": about})
    with (folder / "scores.jsonl").open("a") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def fill(lengths: Iterable[int], depths: Iterable[int], value: float | None) -> Grid:
    depths = [*depths]
    return {(length, depth): value for length in lengths for depth in depths}


def read(lab: Path) -> Comparison:
    return compare(lab, baseline="", figures=[RecallGrid()])


def maps_of(comparison: Comparison) -> dict[str, np.ndarray]:
    """The values that each panel shows, depth by length, missing ones nan."""
    axes = [axes for axes in RecallGrid().draw(comparison).axes if axes.images]
    return {
        one.get_title(loc="left").replace("\n", " "): np.ma.filled(one.images[0].get_array(), np.nan) for one in axes
    }


def test_a_cell_is_the_mean_over_seeds_of_its_length_and_depth(add_run: Callable[..., Path], lab: Path) -> None:
    add_grid(add_run("rope", 0), {(2, 0): 1.0, (2, 1): 0.8, (8, 0): 0.4, (8, 1): 0.0})
    add_grid(add_run("rope", 1), {(2, 0): 1.0, (2, 1): 0.6, (8, 0): 0.2, (8, 1): 0.0})
    add_grid(add_run("rope", 2, facts={"status": "failed"}), fill((2, 8), (0, 1), 0.0))
    add_grid(add_run("none"), {(8, 1): 0.3, (8, 0): 0.25, (2, 1): 0.9, (2, 0): 0.95})
    maps = maps_of(read(lab))
    assert list(maps) == ["none", "rope"]
    assert maps["rope"] == pytest.approx(np.array([[1.0, 0.3], [0.7, 0.0]]))
    assert maps["none"] == pytest.approx(np.array([[0.95, 0.25], [0.9, 0.3]]))


def test_all_maps_have_one_scale_that_grows_lighter_from_0_to_1(add_run: Callable[..., Path], lab: Path) -> None:
    add_grid(add_run("rope"), fill((2, 8), (0, 1), 0.1))
    add_grid(add_run("none"), fill((2, 8), (0, 1), 0.9))
    images = [axes.images[0] for axes in RecallGrid().draw(read(lab)).axes if axes.images]
    assert [image.get_clim() for image in images] == [(0, 1)] * 2
    (name,) = {image.get_cmap().name for image in images}
    colours = matplotlib.colormaps[name](np.linspace(0, 1, 64))[:, :3]
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    for seen in (np.eye(3), PROTANOPIA, DEUTERANOPIA):  # that of the first is what a printer makes of it in grey
        assert np.all(np.diff(linear @ np.asarray(seen).T @ LUMINANCE) > 0)


def test_a_seed_without_a_cell_does_not_shift_its_mean(add_run: Callable[..., Path], lab: Path) -> None:
    add_grid(add_run("rope", 0), {(2, 0): 1.0, (8, 0): 1.0})
    add_grid(add_run("rope", 1), {(2, 0): 0.0, (8, 0): None})
    comparison = read(lab)
    assert maps_of(comparison)["rope"][0, 0] == 0.5 and np.isnan(maps_of(comparison)["rope"][0, 1])
    assert f"rope is n/a at 8: {ENDS}." in RecallGrid().notes(comparison)


@pytest.mark.parametrize(("n_lengths", "n_depths", "written"), [(6, 4, True), (44, 4, False), (6, 30, False)])
def test_numbers_are_written_where_they_fit(
    n_lengths: int, n_depths: int, written: bool, add_run: Callable[..., Path], lab: Path
) -> None:
    cells = {(length, depth): depth / n_depths for length in range(1, n_lengths + 1) for depth in range(n_depths)}
    add_grid(add_run("rope"), cells)
    add_grid(add_run("none"), cells)
    figure = RecallGrid().draw(read(lab))
    figure.draw_without_rendering()
    maps = [axes for axes in figure.axes if axes.images]
    assert len(maps) == 2
    for axes in maps:
        numbers = [text for text in axes.texts if text.get_text() != "trained"]
        assert len(numbers) == (len(cells) if written else 0)
        for text in numbers:
            column, row = text.get_position()
            assert text.get_text() == f"{row / n_depths:.2f}"
            box = text.get_window_extent().transformed(axes.transData.inverted())
            assert column - 0.5 < box.x0 and box.x1 < column + 0.5
            assert row - 0.5 < min(box.intervaly) and max(box.intervaly) < row + 0.5


def test_a_number_is_told_from_its_cell(add_run: Callable[..., Path], lab: Path) -> None:
    """Light on dark and dark on light, by the contrast that the web's guidelines ask of large text, 3 to 1."""
    add_grid(add_run("rope"), {(length, 0): length / 10 for length in range(11)})
    axes = RecallGrid().draw(read(lab)).axes[0]
    for text in axes.texts:
        if text.get_text() != "trained":
            cell = matplotlib.colormaps["cividis"](float(text.get_text()))
            dark, light = sorted((luminance(to_hex(text.get_color())), luminance(to_hex(cell))))
            assert (light + 0.05) / (dark + 0.05) > 3


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, LUMINANCE))


def test_the_bar_spans_the_trained_lengths_of_its_arm(add_run: Callable[..., Path], lab: Path) -> None:
    cells = fill((2, 4, 6, 8, 10), (0, 1), 0.5)
    add_grid(add_run("none"), cells, trained=(4, 6, 8))
    add_grid(add_run("rope"), cells, trained=(2, 4))
    spans = {}
    for axes in RecallGrid().draw(read(lab)).axes[:2]:
        bar, *edges = axes.get_lines()
        spans[axes.get_title(loc="left")] = ([*bar.get_xdata()], sorted({line.get_xdata()[0] for line in edges}))
    assert spans == {"none": ([0.5, 3.5], [0.5, 3.5]), "rope": ([-0.5, 1.5], [1.5])}


def test_a_reader_learns_of_how_many_documents_a_cell_is_and_who_has_not_learned(
    add_run: Callable[..., Path], lab: Path
) -> None:
    add_grid(add_run("none"), fill((2, 8), (0, 1), 0.5))
    add_grid(add_run("rope"), fill((2, 8), (0, 1), 0.5), learned=0.4)
    assert RecallGrid().notes(read(lab)) == [
        "A cell is of 6 documents of each seed.",
        f"rope: {NOT_LEARNED}.",
    ]


def test_the_page_is_silent_where_no_run_was_asked_and_gives_the_reason_where_none_could_answer(
    add_run: Callable[..., Path], lab: Path
) -> None:
    folder = add_run("learned")
    comparison = read(lab)
    assert RecallGrid().is_empty(comparison) and RecallGrid().say_empty(comparison) == ""
    add_grid(folder, fill((2, 8), (0, 1), None))
    comparison = read(lab)
    assert RecallGrid().is_empty(comparison)
    write(comparison, lab / "compare")
    page = (lab / "compare" / "report.html").read_text()
    assert f"“Exact match by length and depth” is not drawn: {ENDS}." in page
