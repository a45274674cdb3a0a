"""A line runs over arms that differ in the one number alone, and its best value is marked."""

import pytest

from wordorder.compare.report import compare
from wordorder.compare.sensitivity import Sensitivity

RATES = (0.0005, 0.001, 0.002)


@pytest.fixture
def comparison(add_run, lab):
    """Two schemes, three rates, two seeds; rope is best at .001, none at .002."""
    for position, best in (("none", 0.002), ("rope", 0.001)):
        for lr in RATES:
            for seed in (0, 1):
                add_run(position, seed, shift=(lr != best) * 0.2 + 0.02 * seed, config={"optimizer": {"lr": lr}})
    return compare(lab, baseline="", figures=[])


def test_each_scheme_is_a_line_over_its_rates(comparison):
    lines = Sensitivity(key="optimizer.lr").lines(comparison)
    assert sorted(lines) == ["none", "rope"]
    rope = lines["rope"].groupby("x")["y"].mean()
    assert rope.to_dict() == pytest.approx({lr: 2.563 + 0.1 + 0.01 + (lr != 0.001) * 0.2 for lr in RATES})


def test_the_best_value_of_each_line_is_marked(comparison):
    (axes,) = Sensitivity(key="optimizer.lr").draw(comparison).axes
    rings = [line for line in axes.get_lines() if line.get_markerfacecolor() == "none"]
    assert sorted(float(*ring.get_xdata()) for ring in rings) == [0.001, 0.002]


def test_arms_that_agree_in_the_number_have_no_figure(add_run, lab):
    add_run("none")
    add_run("rope")
    assert Sensitivity(key="optimizer.lr").is_empty(compare(lab, baseline="", figures=[]))
