"""Lines of tuning.json: a seed's points, what was chosen with its mean, and what diverged."""

import pytest

from wordorder.compare.arms import Arm
from wordorder.compare.tuned import note_tuning, read_lines


def make_tuning(means, chosen, final=()):
    """One arm of one seed."""
    values = [0.5, 1, 2]
    tried = [{"run": f"t{v}", "value": v, "seed": 7, "bits_per_byte": m} for v, m in zip(values, means, strict=True)]
    arm = {"arm": "position=rope", "chosen": chosen, "edge": "", "means": means, "tried": tried, "final": list(final)}
    return {"metric": "bits_per_byte", "split": "val", "seeds": [7], "values": values, "arms": [arm]}


def test_points_are_those_tried_and_the_best_is_the_one_chosen():
    line = read_lines(make_tuning([2.5, 2.25, None], 1, ["final"]), [Arm("a", "rope", ("final",), {})])["position=rope"]
    assert line.points[["run", "x"]].to_numpy().tolist() == [[7, 0.5], [7, 1.0], [7, 2.0]]
    assert line.points["y"].tolist() == pytest.approx([2.5, 2.25, float("nan")], nan_ok=True)
    assert (line.scheme, line.best) == ("rope", (1.0, 2.25))


def test_an_arm_whose_every_run_diverged_has_no_best():
    tuning = make_tuning([None, None, None], 0.5)
    line = read_lines(tuning, [])["position=rope"]
    assert line.best is None and line.points["y"].isna().all()
    assert note_tuning(tuning)[1:] == ["position=rope diverged at 0.5, 1, 2."]
