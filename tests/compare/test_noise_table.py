"""The table of variance components: where seeds are crossed, with the numbers of the runs that are done, and nowhere else."""

import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.report import write
from wordorder.compare.tables import render_markdown


@pytest.fixture
def add(add_run):
    """add(weight, data, shift): a run of rope with these seeds whose bits per byte are that much higher."""

    def one(weight, data, shift, **facts):
        add_run("rope", shift=shift, facts={"seeds": {"weight": weight, "data": data}} | facts)

    return one


def test_a_crossing_shows_its_components(lab, add):
    for weight, data, shift in [(0, 0, 0.0), (1, 0, 0.3), (0, 1, 0.1), (1, 1, 0.4)]:  # the sum of two effects
        add(weight, data, shift)
    add(2, 2, 9.0, status="failed")
    comparison = compare(lab, baseline="", figures=[])
    (row,) = comparison.noise.frame().to_dict("records")
    assert row["arm"] == "rope" and row["seeds"] == 4
    # half the squares: weights alone .045, data alone .005, both (.4 and .2) .05 on average
    expected = {"weight_seeds": 0.045**0.5, "data_seeds": 0.005**0.5, "left": 0.0, "difference": 0.1**0.5}
    assert {key: row[key] for key in expected} == pytest.approx(expected, abs=1e-6)
    assert comparison.tables[-1] is comparison.noise and "0.212" in render_markdown(comparison.noise)
    write(comparison, lab / "compare")
    for name in ("report.html", "summary.md"):
        text = (lab / "compare" / name).read_text(encoding="utf-8")
        assert "Noise" in text and "0.212" in text and "0.316" in text


def test_seeds_that_go_together_show_none(lab, add):
    for seed in range(4):
        add(seed, seed, 0.1 * seed)
    add(0, 9, 0.0)  # data alone, and both, but never weights alone
    comparison = compare(lab, baseline="", figures=[])
    assert comparison.noise is None and [table.title for table in comparison.tables] == ["Results"]
