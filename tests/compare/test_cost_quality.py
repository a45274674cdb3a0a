"""A point lies where its arm's mean cost and mean bits per byte are."""

import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.cost_quality import CostQuality


@pytest.fixture
def comparison(add_run, lab):
    """Two schemes of three seeds; a run of seed s takes 60 + s seconds."""
    for position in ("none", "rope"):
        for seed in (0, 1, 2):
            add_run(position, seed, shift=0.01 * seed)
    add_run("rope", 3, shift=9.0, facts={"status": "failed"})
    return compare(lab, baseline="none", figures=[])


def test_a_panel_for_each_cost_has_the_means_of_finished_runs(comparison):
    figure = CostQuality(costs=["seconds", "memory_bytes"]).draw(comparison)
    assert [axes.get_xlabel() for axes in figure.axes] == ["seconds of training", "peak memory in bytes"]
    seconds, memory = (
        {line.get_label(): (*line.get_xdata(), *line.get_ydata()) for line in axes.get_lines()} for axes in figure.axes
    )
    assert seconds["none"] == pytest.approx((61.0, 2.695 + 0.1 + 0.01))
    assert memory["rope"] == pytest.approx((400e6, 2.563 + 0.1 + 0.01))


def test_a_cost_that_no_run_recorded_has_no_panel(comparison):
    assert list(CostQuality(costs=["flops", "seconds"]).panels(comparison)) == ["seconds"]
    assert CostQuality(costs=["flops"]).is_empty(comparison)


def test_an_unknown_cost_is_refused():
    with pytest.raises(ValueError, match=r"^costs=\['hours'\] are not known: choose of seconds, flops"):
        CostQuality(costs=["hours"])
