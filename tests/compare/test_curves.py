"""What is drawn: the right points, told apart without colour, and no arm squeezed out by another."""

import importlib
import inspect
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.curves import LearningCurves, LengthCurves, PositionCurves
from wordorder.compare.figure import Curves, Drawing
from wordorder.compare.look import SCHEMES as LOOKS
from wordorder.compare.look import choose_limits, choose_styles

SCHEMES = ("none", "rope", "alibi", "sinusoidal", "learned")
SCORINGS = ["last_k", "non_overlapping", "window_limited"]


def read(lab: Path, baseline: str = "none") -> Comparison:
    return compare(lab, baseline=baseline, figures=[])


def read_lines(figure: Curves, comparison: Comparison) -> dict[str, dict[float, float]]:
    """label -> x -> y of the labelled lines of the drawn figure."""
    axes = figure.draw(comparison).axes[0]
    lines = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    return {str(line.get_label()): dict(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in lines}


def test_length_curves_show_the_chosen_scoring_and_end_where_it_does_not_apply(
    add_run: Callable[..., Path], lab: Path
) -> None:
    for position in SCHEMES:
        add_run(position)
    comparison = read(lab)
    lines = read_lines(LengthCurves(scoring="last_k"), comparison)
    assert lines["rope"] == {128: 2.563, 256: 2.655, 512: 2.741, 1024: 2.865}
    assert lines["learned"] == {128: 2.6}
    assert read_lines(LengthCurves(scoring="non_overlapping"), comparison)["rope"][512] == pytest.approx(2.941)
    assert read_lines(LengthCurves(scoring="window_limited"), comparison)["rope"][512] == pytest.approx(2.841)
    assert LengthCurves().notes(comparison) == ["learned is n/a at 256, 512, 1,024: Learned ends at position 128."]


def test_mean_is_over_seeds_and_every_seed_is_drawn(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, shift in enumerate((0.0, 0.1, 0.5)):
        add_run("none", seed, shift=shift)
    add_run("none", 3, shift=9.0, facts={"status": "failed"})
    comparison = read(lab)
    assert read_lines(LengthCurves(), comparison)["none"][1024] == pytest.approx(2.735 + 0.2)
    axes = LengthCurves().draw(comparison).axes[0]
    assert sum(len(line.get_xdata()) == 4 for line in axes.get_lines()) == 1 + 3


def test_learning_curves_are_validation_against_tokens(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    line = read_lines(LearningCurves(), read(lab))["none"]
    assert line[0] == 8.0 and max(line) == 700 * 1024
    assert line[300 * 1024] == pytest.approx(2.815 + 5.185 / 32)
    assert LearningCurves().draw(read(lab)).axes[0].get_ylim()[1] < 5  # the start lies above the chart


def test_position_curves_put_a_bin_at_its_geometric_middle(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    line = read_lines(PositionCurves(), read(lab))["none"]
    assert list(line)[:3] == pytest.approx([1.0, 2.0, 12**0.5]) and len(line) == 10
    assert line[2.0] == pytest.approx(2.695 + 1.2 / 2**0.5)


def test_trained_length_is_marked(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    for figure in (LengthCurves(), PositionCurves()):
        assert "trained length 128" in [text.get_text() for text in figure.draw(read(lab)).axes[0].texts]


def test_arm_off_the_chart_leaves_the_others_readable_and_is_named(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        add_run(position, sweep=[2.9, 4.1, 8.8, 15.0]) if position == "sinusoidal" else add_run(position)
    comparison = read(lab)
    axes = LengthCurves().draw(comparison).axes[0]
    assert 2.865 < axes.get_ylim()[1] < 3.3
    assert "sinusoidal (up to 15.00)" in [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert any("sinusoidal leaves the chart" in note for note in LengthCurves().notes(comparison))


def test_published_spread_of_schemes_is_not_cut(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        add_run(position)
    bottom, top = LengthCurves().draw(read(lab)).axes[0].get_ylim()
    assert bottom < 2.560 and top > 3.465


def test_one_of_two_arms_can_leave_the_chart() -> None:
    points = pd.DataFrame({"arm": ["a", "a", "b", "b"], "y": [2.7, 2.8, 2.7, 9.0]})
    bottom, top, cut = choose_limits(points)
    assert cut == {"b": 9.0} and bottom < 2.7 and 2.8 < top < 4


def test_no_two_labels_of_the_legend_overlap(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        for lr in (0.001, 0.002, 0.004, 0.008):
            add_run(position, config={"optimizer": {"lr": lr}})
    figure = LengthCurves().draw(read(lab, baseline=""))
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.legends[0].get_texts()]
    assert len(boxes) == 20 and all(above.y0 >= below.y1 - 0.5 for above, below in pairwise(boxes))
    assert figure.legends[0].get_window_extent().x0 >= figure.axes[0].get_window_extent().x1
    assert figure.bbox.contains(boxes[0].x1, boxes[-1].y0)


def test_schemes_keep_their_look_whoever_else_is_there() -> None:
    alone = choose_styles({"rope": "rope"})
    among = choose_styles({name: name for name in (*SCHEMES, "newcomer")})
    assert alone["rope"] == among["rope"]
    assert among["newcomer"] == choose_styles({"newcomer": "newcomer"})["newcomer"]


def test_no_two_arms_share_a_colour() -> None:
    styles = choose_styles({f"rope, theta={theta}": "rope" for theta in range(7)} | {"none": "none", "alibi": "alibi"})
    assert len({style[0] for style in styles.values()}) == 9
    shipped = choose_styles({name: name for name in SCHEMES})
    assert len({marker for _, marker, _ in shipped.values()}) == len(SCHEMES)


def test_arms_of_one_scheme_are_told_apart_by_hue_only_when_alone() -> None:
    alone = choose_styles({"bpe": "rope", "byte": "rope"})
    assert len({marker for _, marker, _ in alone.values()}) == 2 or len({c for c, _, _ in alone.values()}) == 2
    among = choose_styles({"rope, lr=1": "rope", "rope, lr=2": "rope", "none": "none"})
    (dark, marker, line), (light, same, other) = among["rope, lr=1"], among["rope, lr=2"]
    assert marker == same and line != other and sum(to_rgb(dark)) < sum(to_rgb(light))


def test_figure_without_scores_is_empty(add_run: Callable[..., Path], lab: Path) -> None:
    folder = add_run("none")
    (folder / "scores.jsonl").unlink()
    comparison = read(lab)
    assert LengthCurves().is_empty(comparison) and PositionCurves().is_empty(comparison)
    assert not LearningCurves().is_empty(comparison)
    (folder / "train.jsonl").unlink()
    assert LearningCurves().is_empty(read(lab))


def test_default_config_lists_every_argument() -> None:
    config = yaml.safe_load((Path(__file__).parents[2] / "conf" / "compare" / "default.yaml").read_text())
    for node in config["figures"]:
        module, name = node.pop("_target_").rsplit(".", 1)
        figure = getattr(importlib.import_module(module), name)
        assert issubclass(figure, Drawing) and set(inspect.signature(figure).parameters) == set(node)
        figure(**node)


def test_arms_of_several_trained_lengths_do_not_crowd_the_axis(add_run: Callable[..., Path], lab: Path) -> None:
    for length in (45, 67, 128):
        folder = add_run("none", config={"model": {"context_length": length}}, facts={"context_length": length})
        rows = (folder / "scores.jsonl").read_text()
        for factor in (1, 2, 4, 8):
            rows = rows.replace(f'"length": {128 * factor}, "factor"', f'"length": {length * factor}, "factor"')
        (folder / "scores.jsonl").write_text(rows)
    figure = LengthCurves().draw(read(lab, baseline=""))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    assert len(boxes) >= 3 and all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert [text.get_text() for text in axes.texts] == ["trained lengths 45, 67, 128"]


def drop_scores(folder: Path, *words: str) -> None:
    rows = (folder / "scores.jsonl").read_text().splitlines(keepends=True)
    (folder / "scores.jsonl").write_text("".join(row for row in rows if not any(word in row for word in words)))


def test_each_scoring_is_a_panel_on_one_scale(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        add_run(position)
    figure = LengthCurves(scoring=SCORINGS).draw(read(lab))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "same last tokens", "all tokens", "window of the trained length",
    ]  # fmt: skip
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    rope = [line for axes in figure.axes for line in axes.get_lines() if line.get_label() == "rope"]
    assert [line.get_ydata()[2] for line in rope] == pytest.approx([2.741, 2.941, 2.841])
    assert figure.axes[0].get_ylim()[0] < 2.56 and figure.axes[0].get_ylim()[1] > 3.665  # of all panels
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "none",
        "alibi",
        "learned",
        "rope",
        "sinusoidal",
    ]


def test_a_scoring_that_no_finished_run_has_is_left_out(add_run: Callable[..., Path], lab: Path) -> None:
    drop_scores(add_run("none"), "window_limited")
    add_run("rope", facts={"status": "failed"})
    figure = LengthCurves(scoring=SCORINGS)
    assert len(figure.draw(read(lab)).axes) == 2
    assert "window of the trained length" not in " ".join([figure.caption, *figure.notes(read(lab))])


def test_what_an_arm_lacks_in_one_panel_alone_is_said_of_that_panel(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    drop_scores(add_run("rope"), "window_limited")
    add_run("learned")
    notes = LengthCurves(scoring=SCORINGS).notes(read(lab))
    assert "In “window of the trained length”: rope is not drawn: not recorded." in notes
    assert [note for note in notes if "learned" in note] == [
        "learned is n/a at 256, 512, 1,024: Learned ends at position 128."
    ]


def test_truncation_is_a_level_line_from_the_trained_length_in_the_arm_s_colour(
    add_run: Callable[..., Path], lab: Path
) -> None:
    for seed, shift in enumerate((0.0, 0.2)):
        add_run("rope", seed, shift=shift)
        add_run("alibi", seed, shift=shift)
    panels = LengthCurves(scoring=SCORINGS).draw(read(lab, baseline="rope")).axes
    levels = [[one for one in axes.collections if isinstance(one, LineCollection)] for axes in panels]
    assert [len(own) for own in levels] == [2, 0, 0]
    drawn = {to_hex(one.get_color()[0]): one.get_segments()[0].tolist() for one in levels[0]}
    for name, bits in (("rope", 2.563), ("alibi", 2.560)):
        (left, right) = drawn[LOOKS[name][0]]
        assert left == pytest.approx([128, bits + 0.1]) and right == pytest.approx([1024, bits + 0.1])


def test_learning_is_drawn_against_each_quantity_that_was_recorded(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none", facts={"flops": 1.4e12})
    axes = LearningCurves().draw(read(lab)).axes
    ends = {one.get_xlabel(): max(one.get_lines()[0].get_xdata()) for one in axes}
    assert ends == {
        "training tokens": 700 * 1024, "training steps": 700, "seconds of training": 70.0,
        "FLOPs of training": pytest.approx(1.4e12),
    }  # fmt: skip
    assert len({one.get_ylim() for one in axes}) == 1
    add_run("rope")
    notes = LearningCurves().notes(read(lab))
    assert notes == ["In “FLOPs of training”: rope is not drawn: not recorded."]


def test_learning_leaves_out_what_no_run_recorded(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    figure = LearningCurves(against=["flops", "steps"]).draw(read(lab))
    assert [axes.get_xlabel() for axes in figure.axes] == ["training steps"]
    assert LearningCurves(against=["flops"]).is_empty(read(lab))


@pytest.mark.parametrize("make", [lambda: LearningCurves(against=["hours"]), lambda: LengthCurves(scoring=["hours"])])
def test_an_unknown_panel_is_refused_with_those_there_are(make: Callable[[], Drawing]) -> None:
    with pytest.raises(ValueError, match=r"=\['hours'\] .*known: choose of .*(tokens|last_k)"):
        make()


def test_an_arm_scored_at_another_length_is_not_said_to_be_unrecorded(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    folder = add_run("rope")
    rows = (folder / "scores.jsonl").read_text()
    (folder / "scores.jsonl").write_text(rows.replace('"length": 512, "position"', '"length": 256, "position"'))
    longest, short = PositionCurves(), PositionCurves(length=256)
    assert longest.notes(read(lab)) == ["rope is not drawn: scored in contexts of 256 tokens, not 512."]
    assert short.notes(read(lab)) == ["none is not drawn: scored in contexts of 512 tokens, not 256."]
    assert list(read_lines(longest, read(lab))) == ["none"] and list(read_lines(short, read(lab))) == ["rope"]
    assert PositionCurves(length=99).is_empty(read(lab))
