"""Every difference of the verdicts is a dot, and mean, interval, margin and word are those of the table."""

from math import sqrt

import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.forest import MEAN, ForestPlot
from wordorder.compare.verdict import TOO_FEW

DIFFERENCES = {"rope": [-0.04, -0.05, -0.06], "alibi": [0.001, 0.0, -0.001]}


@pytest.fixture
def comparison(add_run, lab):
    """rope and alibi lie around none, by SWEEP and what is added here; learned shares one seed with it."""
    ends = {"none": 2.695, "rope": 2.563, "alibi": 2.560, "learned": 2.600}
    for seed in range(3):
        add_run("none", seed, shift=0.3 * seed)
        for name, differences in DIFFERENCES.items():
            add_run(name, seed, shift=0.3 * seed + differences[seed] + ends["none"] - ends[name])
    add_run("learned", 1, shift=0.3 + ends["none"] - ends["learned"] + 0.01)
    add_run("sinusoidal", 9)
    return compare(lab, baseline="none", figures=[])


@pytest.fixture
def axes(comparison):
    (axes,) = ForestPlot().draw(comparison).axes
    return axes


def list_lines(axes, label):
    """What is drawn in the row of an arm, leftmost x first."""
    row = [text.get_text() for text in axes.get_yticklabels()].index(label)
    near = [line for line in axes.get_lines() if abs(line.get_ydata()[0] - row) < 0.5 and line.get_color() != "#555555"]
    return row, [(sorted(line.get_xdata()), line.get_ydata()[0]) for line in near]


def test_each_seed_is_a_dot_beside_mean_and_interval(axes):
    half = 4.302653 * 0.01 / sqrt(3)  # Student at 2 degrees of freedom
    row, drawn = list_lines(axes, "rope")
    bar, seeds, mean = (x for x, _ in drawn)
    assert seeds == pytest.approx([-0.06, -0.05, -0.04])
    assert mean == pytest.approx([-0.05]) and bar == pytest.approx([-0.05 - half, -0.05 + half])
    assert drawn[0][1] == drawn[2][1] == row + MEAN != drawn[1][1]  # no dot lies under the mean


def test_an_arm_of_one_seed_has_its_dot_and_no_interval(axes):
    _, drawn = list_lines(axes, "learned")
    assert [x for x, _ in drawn] == [pytest.approx([0.01])] * 2


def test_margin_is_shaded_around_zero_and_words_are_those_of_the_table(axes, comparison):
    (shade,) = axes.patches
    margin = 0.005 * (2.695 + 0.1 + 0.3)
    assert (shade.get_x(), shade.get_width()) == (pytest.approx(-margin), pytest.approx(2 * margin))
    labels = [text.get_text() for text in axes.get_yticklabels()]
    words = {labels[round(text.xy[1])]: text.get_text() for text in axes.texts}
    assert words == {"alibi": "equivalent", "rope": "better", "learned": TOO_FEW, "sinusoidal": TOO_FEW}
    assert axes.get_xlabel() == "bits per byte minus none (lower is better)"
    assert ForestPlot().notes(comparison) == ["sinusoidal has no seed in common with none."]


def test_what_is_not_comparable_has_its_words_and_no_dot(add_run, lab):
    for seed in range(3):
        add_run("none", seed)
        add_run("rope", seed, facts={"evaluations": {"bits_per_byte": "f" * 16}})
    comparison = compare(lab, baseline="none", figures=[])
    (axes,) = ForestPlot().draw(comparison).axes
    assert list_lines(axes, "rope")[1] == [] and ForestPlot().notes(comparison) == []
    assert [text.get_text() for text in axes.texts] == ["not comparable: other\nevaluation"]


def test_without_verdicts_there_is_no_figure_and_no_word_of_it(add_run, lab):
    add_run("none")
    add_run("rope")
    for baseline in ("none", ""):
        comparison = compare(lab, baseline=baseline, figures=[])
        assert ForestPlot().is_empty(comparison) and not ForestPlot().say_empty(comparison)
